"""The command `clusters`: ask a worker which bugs it knows, and say what is to be done with one."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, get_args

import click
import orjson
from rich.text import Text

from agents import terminal
from agents.cluster_api import ClusterApi
from agents.cluster_options import Id, worker_options
from agents.cluster_orders import ORDERS
from agents.default_command import SHOW, Shows
from agents.exits import Exit
from agents.show_clusters import cluster_text, table
from agents.watch_clusters import watch
from pipeline.listing import MOST, Sort, State
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream clusters                         the 20 most frequent bugs
  panicstream clusters --watch                 the same, drawn anew all the time, until Ctrl-C
  panicstream clusters c-1118e17081b1aa02      all that is known of one
  panicstream clusters --state regressed --service cart
  panicstream clusters --release v1.43 --sort first_seen
  panicstream clusters --search OwnerName      in titles, culprits, ids, fingerprints
  panicstream clusters --limit 500 --json | jq -r '[.crashes_total, .title] | @tsv'
  panicstream clusters --url http://worker-2:8321

\b
  panicstream clusters resolve c-1118e17081b1aa02 --release v1.43
  panicstream clusters mute c-1118e17081b1aa02
  panicstream clusters resolve --help          more

\b
Exit codes:
  0   they were shown, or there are none; what was asked for is written
  2   no worker could be asked, it refuses, or some workers do not answer
  130 Ctrl-C
"""


@click.group(
    cls=Shows,
    short_help="Show how often each bug crashed, where, and since when.",
    epilog=EXAMPLES,
    subcommand_metavar="[ID] | COMMAND [ARGS]...",
)
def clusters() -> None:
    """Show how often each bug has crashed, in which releases and services, and since when; or one in detail.

    Any worker that runs `track` tells those of all.
    """


@clusters.command(SHOW, hidden=True)
@click.argument("cluster_id", type=Id(), metavar="ID", required=False)
@click.option("--state", type=click.Choice(get_args(State)), help="Those in this state.")
@click.option("--service", metavar="S", help="Those that crashed this service: cart, or shop/cart/live.")
@click.option("--release", metavar="R", help="Those that were seen in this release.")
@click.option("--search", metavar="TEXT", help="Those with this text in title, culprit, id or fingerprint.")
@click.option("--sort", type=click.Choice(get_args(Sort)), help="Most, or latest, first.")
@click.option("--limit", type=click.IntRange(1, MOST), metavar="N", help="So many; without it 20.")
@click.option("--watch", "is_live", is_flag=True, help="Draw them anew all the time, until Ctrl-C.")
@worker_options
def show(
    _: Settings, api: ClusterApi, *, cluster_id: str | None, as_json: bool, is_live: bool, **question: Any
) -> Exit:
    """Show bugs, or one."""
    question = {name: value for name, value in question.items() if value is not None}
    if is_live and as_json:
        raise click.UsageError("--watch is for people, --json for programs: leave one away")
    if cluster_id and question:
        raise click.UsageError(f"--{next(iter(question))} is for lists of bugs, not for one")
    look = partial(_one, api, cluster_id) if cluster_id else partial(_list, api, question)
    if is_live:
        watch(lambda: look().lines)
    return _show(look(), as_json)


class Seen(NamedTuple):
    """What a look gave: JSON objects, the same as lines for people, what is missing."""

    rows: Sequence[dict[str, Any]]
    lines: Sequence[Text]
    missing: str = ""


def _list(api: ClusterApi, question: dict[str, Any]) -> Seen:
    told = api.page(question)
    missing = told["of"] - len(told["partitions"])
    lack = f"{missing} of {told['of']} partitions are missing" if missing > 0 else ""
    return Seen(told["clusters"], table(told), lack)


def _one(api: ClusterApi, cluster_id: str) -> Seen:
    row = api.cluster(cluster_id)
    return Seen([row], [cluster_text(row), Text()])


def _show(seen: Seen, as_json: bool) -> Exit:
    for row in seen.rows if as_json else ():
        terminal.write(orjson.dumps(row))
    for line in () if as_json else seen.lines:
        terminal.show(line)
    if seen.missing:
        terminal.complain(seen.missing, "look whether all workers run and reach each other (http.advertise)")
    return Exit.COULD_NOT if seen.missing else Exit.FINE


for order in ORDERS:
    clusters.add_command(order)
