"""The command `alerts route`: who would be told of an alert, and why."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
import orjson

from agents import terminal
from agents.cluster_api import ClusterApi
from agents.cluster_options import worker_options
from agents.exits import Exit
from agents.route_files import load
from agents.rule_files import unread
from agents.show_silences import explanation_text
from pipeline.explanation import explanation, read_labels
from pipeline.matchers import read_matcher
from pipeline.route_checks import RouteFaultsError
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream alerts route alertname=GoPanicRateHigh service=pay severity=critical env=prod
  panicstream alerts route --routes new.toml service=pay severity=critical    before a file is rolled out
  panicstream alerts route --json severity=critical | jq -r '.targets[].channel'

\b
A LABEL is a name and a value, as `panicstream alerts ID` shows them. What is not given is not there.
A worker tells by its routes, silences, and what fires now; with --routes nobody is asked.

\b
Exit codes:
  0   it was shown
  1   the file of --routes has faults: `panicstream rules check FILE` shows them, too
  2   no worker could be asked, or the file could not be read
"""


@click.command("route", short_help="Show which channels would be told of an alert, and why.", epilog=EXAMPLES)
@click.argument("labels", metavar="LABEL...", nargs=-1)
@click.option("--routes", "path", metavar="FILE", help="Routes to go by, instead of those of the workers.")
@worker_options
def route(_: Settings, api: ClusterApi, *, as_json: bool, labels: Sequence[str], path: str | None) -> Exit:
    """Show which channels would be told of an alert, by which route, in which group; and what is silent."""
    asked = _labels(labels)
    try:
        told = api.route(asked) if path is None else _by_file(path, asked)
    except RouteFaultsError as error:
        for fault in error.faults:
            terminal.tell(fault)
        return Exit.FOUND
    except (OSError, UnicodeDecodeError) as error:
        terminal.complain(f"{path}: {unread(error)}", "name a file of routes, in TOML")
        return Exit.COULD_NOT
    if as_json:
        terminal.write(orjson.dumps(told))
    else:
        terminal.show(explanation_text(told))
    return Exit.FINE


def _labels(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        try:
            matcher = read_matcher(text)
        except ValueError:
            matcher = None
        if matcher is None or matcher.op != "=":
            raise click.UsageError(f"{text!r} is no label with its value, such as service=pay")
        found[matcher.name] = matcher.value
    return read_labels(found)


def _by_file(path: str, labels: dict[str, str]) -> dict[str, Any]:
    """Tell by a file. Raises RouteFaultsError, OSError, UnicodeDecodeError."""
    return explanation(load(path), labels, datetime.fromtimestamp(time.time(), UTC), None)
