"""The command `demo`: a broker, a worker and seven services that crash, all from this one command."""

import math
from functools import partial

import click

from agents import asking
from agents.exits import Exit

EXAMPLES = """\b
Examples:
  panicstream demo                              until Ctrl-C
  panicstream demo --seconds 20                 ends by itself, with a summary
  panicstream demo --bootstrap kafka:9092       the same on a real Kafka

\b
Without --bootstrap, Kafka is librdkafka's mock cluster in a process of its own: for demos only. On a real
Kafka, all topics of a run begin with panicstream-demo- and are deleted at its end, unless with --keep; how to
log in is said by variables such as PANICSTREAM_KAFKA_SECURITY_PROTOCOL.

\b
Exit codes:
  0   all crashes that were planted were found, and no other
  1   some were not
  2   Kafka could not be reached, or refused
  70  a fault of panicstream itself
  130 Ctrl-C; SIGTERM gives 0
"""


@click.command(short_help="Show crashes being found as they happen; needs nothing else.", epilog=EXAMPLES)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=math.inf,
    metavar="N",
    help="Plant crashes for so long; without it, until Ctrl-C.",
)
@click.option("--bootstrap", metavar="SERVERS", help="A real Kafka, HOST:PORT,...; without it, embedded.")
@click.option("--keep", "is_kept", is_flag=True, help="Leave the topics of the run on a real Kafka.")
def demo(*, seconds: float, bootstrap: str | None, is_kept: bool) -> Exit:
    """Show crashes being found as they happen, with nothing but this program."""
    from agents.demo.run import run  # noqa: PLC0415  # much that other commands do not need

    return asking.run(partial(run, seconds, bootstrap, is_kept))
