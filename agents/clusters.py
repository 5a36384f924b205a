"""The command `clusters`: ask a worker which bugs it knows."""

import urllib.error
import urllib.request
from functools import partial
from typing import Any

import click
import orjson

from agents import asking, terminal
from agents.configuration import config_option
from agents.exits import Exit
from agents.role import MisfitError
from agents.show_clusters import cluster_text, known_text
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream clusters                         the 20 most frequent bugs
  panicstream clusters --limit 500 --json | jq -r '[.crashes_total, .title] | @tsv'
  panicstream clusters --url http://worker-2:8321

\b
Exit codes:
  0   they were shown, or there are none
  2   no worker could be asked
"""

PATIENCE_S = 30.0
STRANGER = "name a worker of panicstream with --url"
REFUSALS = {
    404: "the worker there does not run track; name one that does with --url",
    503: "it is reading its tables, ask again in a moment",
}


class StrangeAnswerError(Exception):
    """What answers is no worker of panicstream."""


@click.command(epilog=EXAMPLES)
@config_option
@click.option(
    "--url", metavar="URL", help="The worker to ask; without it the one of the settings, http.listen."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, metavar="N", help="The N most frequent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a bug.")
def clusters(settings: Settings, *, url: str | None, limit: int, as_json: bool) -> Exit:
    """Show how often each bug has crashed, in which releases and services, and since when.

    A worker knows the bugs of its own partitions: where several run `track`, ask each.
    """
    return asking.run(partial(_show, url or f"http://{settings.http.listen}", limit, as_json))


def _show(url: str, limit: int, as_json: bool) -> Exit:
    told = _ask(url, limit)
    for row in told["clusters"]:
        if as_json:
            terminal.write(orjson.dumps(row))
        else:
            terminal.show(cluster_text(row))
    if not as_json:
        terminal.show(known_text(told))
    return Exit.FINE


def _ask(url: str, limit: int) -> dict[str, Any]:
    """Ask a worker for its bugs. Raises MisfitError where it does not tell them."""
    try:
        with urllib.request.urlopen(f"{url}/api/clusters?limit={limit}", timeout=PATIENCE_S) as answer:  # noqa: S310  # whoever calls it names the place
            return _read(answer.read())
    except urllib.error.HTTPError as error:
        raise MisfitError(f"{url}: {error.reason.lower()}", REFUSALS.get(error.code, STRANGER)) from None
    except StrangeAnswerError:
        raise MisfitError(f"{url}: something else answers there", STRANGER) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        why = str(getattr(reason, "strerror", None) or reason).lower()
        raise MisfitError(f"{url}: {why}", "start `panicstream worker`, or name one with --url") from None


def _read(answer: bytes) -> dict[str, Any]:
    """Take an answer apart. Raises StrangeAnswerError where no worker gives such a one."""
    try:
        told = orjson.loads(answer)
    except orjson.JSONDecodeError:
        raise StrangeAnswerError from None
    if not isinstance(told, dict) or not told.keys() >= {"known", "partitions", "of", "clusters"}:
        raise StrangeAnswerError
    return told
