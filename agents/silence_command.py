"""The commands `silence`: nobody is told of some alerts for a while."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
import orjson
from rich.text import Text

from agents import terminal
from agents.cluster_api import REMEDIES, STRANGER, ClusterApi
from agents.cluster_options import worker_options
from agents.exits import Exit
from agents.login import login
from agents.role import MisfitError
from agents.show_silences import silence_text, silences_table
from agents.times import SECOND_NS, utc
from pipeline.matchers import read_matchers
from pipeline.settings import Settings
from pipeline.silence import State
from pipeline.units import span

EXAMPLES = """\b
Examples:
  panicstream silence add service=pay --for 2h --comment "the database is moved"
  panicstream silence add 'severity=~"warning|info"' env=staging --until 2026-11-23T08:00:00Z
  panicstream silence list                     what is silent, what will be, what was
  panicstream silence expire s-1118e17081b1aa02
"""

ADD_EXAMPLES = """\b
Examples:
  panicstream silence add service=pay --for 2h --comment "the database is moved"
  panicstream silence add alertname=GoPanicNewIssue cluster_id=c-1118e17081b1aa02 --for 7d
  panicstream silence add 'severity=~"warning|info"' 'env!=prod' --until 2026-11-23T08:00:00+08:00
  panicstream silence add service=cart --from 2026-11-22T22:00:00Z --for 1h30m
  panicstream silence add --all --for 10m --comment "the chat is moved"
  panicstream alerts route service=pay severity=critical       what it does

\b
A MATCHER is a label's name, one of = != =~ !~ and a value: all of them have to be met. Patterns fit the
whole value. Alerts are judged on, and `panicstream alerts` shows them; nobody is told of them. What was told
already is acknowledged where a channel can do that, and told to be over when it is.

\b
It needs the token of the workers: http.token, http.token_file or PANICSTREAM_HTTP_TOKEN.

\b
Exit codes:
  0   it is written, and holds in a moment
  2   no worker could be asked, or it refuses
"""

LIST_EXAMPLES = """\b
Examples:
  panicstream silence list
  panicstream silence list --state active
  panicstream silence list --json | jq -r 'select(.by == "kim") | .id'

\b
Those that are over are shown for 30 days.
"""

EXPIRE_EXAMPLES = """\b
Examples:
  panicstream silence expire s-1118e17081b1aa02
  panicstream silence list --state active --json | jq -r .id | xargs panicstream silence expire

\b
What fires is told of in a moment. It needs the token of the workers.
"""


class Span(click.ParamType):
    """A span such as 2h, in seconds."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it. Raises click.BadParameter where it is none, or of nothing."""
        try:
            seconds = span(value)
        except ValueError:
            seconds = 0
        if not seconds:
            self.fail(f"{value!r} is no span such as 90s, 2h or 1d12h", param, ctx)
        return seconds


class Moment(click.ParamType):
    """A time with its zone, as it stands in records."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it. Raises click.BadParameter where it is none, or has no zone."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(f"{value!r} is no time with its zone, such as 2026-11-23T08:00:00Z", param, ctx)
        return utc(int(moment.timestamp()) * SECOND_NS)


@click.group(epilog=EXAMPLES)
def silence() -> None:
    """Let nobody be told of some alerts for a while."""


@silence.command(short_help="Let nobody be told of alerts that meet all MATCHERs.", epilog=ADD_EXAMPLES)
@click.argument("matchers", metavar="[MATCHER]...", nargs=-1)
@click.option("--for", "for_s", type=Span(), metavar="SPAN", help="For how long, such as 2h; 30d at most.")
@click.option("--until", "ends_at", type=Moment(), metavar="TIME", help="Until when, instead of --for.")
@click.option("--from", "starts_at", type=Moment(), metavar="TIME", help="From when on; without it, now.")
@click.option("--comment", metavar="TEXT", default="", help="Why; others see it.")
@click.option("--by", metavar="WHO", default=login, help="Who wants it; without it, your login name.")
@click.option("--all", "is_all", is_flag=True, help="Silence all alerts.")
@worker_options
def add(
    settings: Settings,
    api: ClusterApi,
    *,
    as_json: bool,
    matchers: Sequence[str],
    is_all: bool,
    **given: Any,
) -> Exit:
    """Let nobody be told of alerts whose labels meet all MATCHERs, for a while."""
    if (given["for_s"] is None) == (given["ends_at"] is None):
        raise click.UsageError("say either --for how long, or --until when")
    if not matchers and not is_all:
        raise click.UsageError("name labels, such as service=pay; or --all, to silence all alerts")
    if matchers and is_all:
        raise click.UsageError("--all is for all alerts: leave it, or the matchers, away")
    try:
        read = [str(one) for one in read_matchers(matchers)]
    except ValueError as error:
        raise click.UsageError(f"a matcher is {error}") from None
    wish = {name: value for name, value in given.items() if value} | {"matchers": read, "all": is_all}
    return _show(api.silence(wish, _token(settings)), as_json)


@silence.command(
    "list", short_help="Show silences: those that are on, to come, and over.", epilog=LIST_EXAMPLES
)
@click.option("--state", type=click.Choice(list(map(str, State))), help="Those in this state.")
@worker_options
def listed(_: Settings, api: ClusterApi, *, as_json: bool, state: str | None) -> Exit:
    """Show silences: those that are on, those that begin later, those that are over."""
    found = [one for one in api.silences()["silences"] if state in {None, one["state"]}]
    for one in found if as_json else ():
        terminal.write(orjson.dumps(one))
    if not as_json:
        terminal.show(Text("\n").join(silences_table(found)))
    return Exit.FINE


@silence.command(epilog=EXPIRE_EXAMPLES)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--by", metavar="WHO", default=login, help="Who wants it; without it, your login name.")
@worker_options
def expire(settings: Settings, api: ClusterApi, *, as_json: bool, ids: Sequence[str], by: str) -> Exit:
    """End silences."""
    token = _token(settings)
    return max(_show(api.unsilence(one, by, token), as_json) for one in ids)


def _token(settings: Settings) -> str:
    token = settings.http.token.get_secret_value()
    if not token:
        raise MisfitError("http.token is not set", REMEDIES[STRANGER])
    return token


def _show(one: dict[str, Any], as_json: bool) -> Exit:
    if as_json:
        terminal.write(orjson.dumps(one))
    else:
        terminal.show(silence_text(one))
    return Exit.FINE
