"""The command `worker`: run the roles, and start them again after a fault."""

import click

from agents.configuration import config_option
from agents.logs import start_logs
from agents.roles import ROLES
from agents.supervisor import same_command, supervise
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream doctor                              is all well with the settings and Kafka?
  panicstream worker                              everything in one process
  panicstream worker --config shop.toml
  panicstream worker --role detect                one half, for large fleets; --role track is the other
  panicstream worker --no-supervise               under Kubernetes, systemd, docker: they restart it
  PANICSTREAM_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 panicstream worker

\b
  curl 127.0.0.1:8321/                            what it says of itself: metrics, health, readiness

\b
Exit codes:
  0   stopped by SIGTERM
  2   it cannot work as it is set; one line for each reason
  70  a fault of panicstream itself, after all restarts
  130 Ctrl-C
"""


@click.command(epilog=EXAMPLES)
@config_option
@click.option("--role", type=click.Choice(list(ROLES)), help="Run this half alone.")
@click.option("--no-supervise", "alone", is_flag=True, help="Do not restart it after a fault; others do.")
@click.option("--lifeline", type=int, hidden=True, help="A pipe of the supervisor; where it ends, stop.")
def worker(settings: Settings, *, role: str | None, alone: bool, lifeline: int | None) -> int:
    """Find crashes in Kafka's topics of logs, as they happen.

    `detect` reads logs and writes crashes, `track` counts them by bug. How it is set: `panicstream doctor`.
    """
    start_logs(settings.log, [settings.kafka.password.get_secret_value()])
    if alone:
        from agents.process import Process, leave  # noqa: PLC0415  # much that the supervisor does not need

        roles = [role] if role else list(ROLES)
        leave(Process(settings, {name: ROLES[name] for name in roles}).run(lifeline))
    return supervise(settings.supervisor, same_command("--no-supervise"))
