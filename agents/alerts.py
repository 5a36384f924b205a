"""The command `alerts`: ask a worker what fires, and why."""

import re
from typing import Any

import click
import orjson
from rich.text import Text

from agents import terminal
from agents.alert_route import route
from agents.cluster_api import ClusterApi
from agents.cluster_options import worker_options
from agents.default_command import SHOW, Shows
from agents.exits import Exit
from agents.show_alerts import alert_text, table
from agents.watch_clusters import watch
from pipeline.alert_state import SHOWN
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream alerts                           what fires, what is pending, what was resolved of late
  panicstream alerts --watch                   the same, drawn anew all the time, until Ctrl-C
  panicstream alerts 8c79229140f1873a          why: what the rule sees, and since when it holds
  panicstream alerts route service=cart severity=critical      who would be told, and why
  panicstream alerts --state firing --service cart --json | jq -r .annotations.summary

\b
Exit codes:
  0   they were shown, or there are none
  2   no worker could be asked, it refuses, or some workers do not answer
  130 Ctrl-C
"""

ID = re.compile("[0-9a-f]{16}")


@click.group(
    cls=Shows,
    short_help="Show what fires, why, and who would be told.",
    epilog=EXAMPLES,
    subcommand_metavar="[ID] | COMMAND [ARGS]...",
)
def alerts() -> None:
    """Show the alerts of all workers, or of one why it is one; or who would be told of one.

    Any worker that runs `track` tells those of all.
    """


@alerts.command(SHOW, hidden=True)
@click.argument("fingerprint", metavar="[ID]", required=False)
@click.option("--state", type=click.Choice(SHOWN), help="Those in this state.")
@click.option("--service", metavar="S", help="Those of this service.")
@click.option("--rule", metavar="R", help="Those of this rule.")
@click.option("--watch", "is_live", is_flag=True, help="Draw them anew all the time, until Ctrl-C.")
@worker_options
def show(
    _: Settings, api: ClusterApi, *, fingerprint: str | None, as_json: bool, is_live: bool, **question: Any
) -> Exit:
    """Show alerts, or one."""
    if fingerprint and not ID.fullmatch(fingerprint):
        raise click.UsageError(
            f"{fingerprint!r} is no id of an alert: 16 digits, as `panicstream alerts` shows them"
        )
    if is_live and as_json:
        raise click.UsageError("--watch is for people, --json for programs: leave one away")
    if fingerprint:
        return _one(api, fingerprint, as_json)
    asked = {name: value for name, value in question.items() if value is not None}
    if is_live:
        watch(lambda: table(api.alerts(asked)))
    return _all(api.alerts(asked), as_json)


def _one(api: ClusterApi, fingerprint: str, as_json: bool) -> Exit:
    alert = api.alert(fingerprint)
    if as_json:
        terminal.write(orjson.dumps(alert))
    else:
        terminal.show(alert_text(alert))
    return Exit.FINE


def _all(told: dict[str, Any], as_json: bool) -> Exit:
    for alert in told["alerts"] if as_json else ():
        terminal.write(orjson.dumps(alert))
    if not as_json:
        terminal.show(Text("\n").join(table(told)))
    missing = told["of"] - len(told["partitions"])
    if missing > 0:
        what = f"{missing} of {told['of']} partitions are missing"
        terminal.complain(what, "look whether all workers run and reach each other (http.advertise)")
    return Exit.COULD_NOT if missing > 0 else Exit.FINE


alerts.add_command(route)
