"""The commands of `clusters` that change a bug; each is written to Kafka by the worker that is asked."""

from typing import Any

import click
import orjson

from agents import terminal
from agents.cluster_api import REMEDIES, STRANGER, ClusterApi
from agents.cluster_options import Id, worker_options
from agents.exits import Exit
from agents.login import login
from agents.role import MisfitError
from agents.show_clusters import command_text
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream clusters resolve c-1118e17081b1aa02 --release v1.43   it is back where a later release shows it
  panicstream clusters reopen c-1118e17081b1aa02
  panicstream clusters mute c-1118e17081b1aa02 --by alice
  panicstream clusters unmute c-1118e17081b1aa02
  panicstream clusters merge c-9d2f60cc3f60aa11 --into c-1118e17081b1aa02
  panicstream clusters split c-1118e17081b1aa02 9d2f60cc3f60aa1109c2f00e8d7b3a55

\b
It needs the token of the workers: http.token, http.token_file or PANICSTREAM_HTTP_TOKEN.

\b
Exit codes:
  0   it is written, every worker does it in a moment
  2   no worker could be asked, or it refuses
"""

RELEASE = click.Option(["--release"], metavar="R", help="The release that has the cure; without it, any.")
INTO = click.Option(["--into"], type=Id(), metavar="ID", required=True, help="The bug that it is.")
FINGERPRINTS = click.Argument(["fingerprints"], nargs=-1, required=True, metavar="FINGERPRINT...")


def _order(name: str, meaning: str, *own: click.Parameter) -> click.Command:
    """Make a command; `own` are its arguments beside those that all have."""

    @click.option("--by", metavar="WHO", default=login, help="Who wants it; without it, your login name.")
    @worker_options
    def give(
        settings: Settings, api: ClusterApi, *, cluster_id: str, as_json: bool, **arguments: Any
    ) -> Exit:
        token = settings.http.token.get_secret_value()
        if not token:
            raise MisfitError("http.token is not set", REMEDIES[STRANGER])
        told = api.command(name, cluster_id, {key: one for key, one in arguments.items() if one}, token)
        if as_json:
            terminal.write(orjson.dumps(told))
        else:
            terminal.show(command_text(told))
        return Exit.FINE

    command = click.command(name, help=meaning, epilog=EXAMPLES)(give)
    command.params = [click.Argument(["cluster_id"], type=Id(), metavar="ID"), *own, *command.params]
    return command


ORDERS = [
    _order("resolve", "Say that a bug is cured. It is `regressed` where a later release shows it.", RELEASE),
    _order("reopen", "Take back that a bug is cured."),
    _order("mute", "Say that nobody wants to hear of a bug. It is counted on."),
    _order("unmute", "Take that back."),
    _order("merge", "Say that a bug is another one. Its id leads there from now on.", INTO),
    _order("split", "Say that some fingerprints of a bug are one of their own.", FINGERPRINTS),
]
