"""The commands `channels`: which there are, what one would send, and a test of one."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson
from rich.text import Text

from agents import asking, route_files, terminal
from agents.channel_secrets import unlocked
from agents.channel_trial import Trial, alerts_of, rendered, tried
from agents.configuration import config_option
from agents.default_command import Lists
from agents.exits import Exit
from agents.rule_files import unread
from agents.show_channels import fields, joined, request_text, row
from pipeline.channels.answer import Verdict
from pipeline.channels.card import SEVERITIES
from pipeline.channels.settings import ChannelSettings
from pipeline.route_checks import RouteFaultsError
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream channels                         those that are configured, and how much each takes
  panicstream channels render chat --alert alert.json
  panicstream channels test chat               send a marked test, and say what the vendor answers
"""

RENDER_EXAMPLES = """\b
Examples:
  panicstream channels render chat --alert schemas/examples/alerts.v1.firing.json
  panicstream channels render chat --alert alert.json --status resolved
  kcat -C -b kafka:9092 -t panicstream.alerts -o -1 -e | panicstream channels render pager --alert -

\b
FILE holds one value of the topic `alerts`, a list of them, or a webhook of Alertmanager.

\b
Exit codes:
  0   it was shown; or the channel does not tell of such alerts, which is said
  2   there is no such channel, or the file has no alerts
"""

TEST_EXAMPLES = """\b
Examples:
  panicstream channels test chat
  panicstream channels test sms --severity critical

\b
Exit codes:
  0   the vendor took it
  1   the vendor refuses it: the line says why
  2   nobody was reached, or there is no such channel
"""

VERDICTS = {Verdict.OK: Exit.FINE, Verdict.REJECTED: Exit.FOUND, Verdict.DISABLED: Exit.FOUND}
REMEDY = "give a file of routes with [channels.NAME] (notify.routes, or --routes FILE)"

MEND_FILE = "see that it is there, may be read, and holds the secret alone"


class ChannelFaultError(Exception):
    """A channel cannot be used; what is wrong, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def routes_options(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """Give a command the settings, the file of routes, and `--json`."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="JSON, one object a line."),
        click.option(
            "--routes", "path", metavar="FILE", help="Routes and channels; without it those of the settings."
        ),
        config_option,
    )
    for option in options:
        command = option(command)
    return command


@click.group(cls=Lists, epilog=EXAMPLES, subcommand_metavar="[COMMAND [ARGS]...]")
def channels() -> None:
    """Show the channels, what one would send, and whether it works."""


@channels.command("list")
@routes_options
def list_channels(settings: Settings, *, path: str | None, as_json: bool) -> Exit:
    """List the channels that are configured.

    Each with its type, how much it takes in a minute, and its language.
    """
    return _run(lambda: _list(_channels(settings, path), as_json))


@channels.command(epilog=RENDER_EXAMPLES)
@click.argument("name")
@click.option("--alert", "file", metavar="FILE", required=True, help="What is told; - is stdin.")
@click.option("--status", type=click.Choice(["firing", "resolved"]), help="As if it were in this state.")
@routes_options
def render(settings: Settings, *, name: str, path: str | None, as_json: bool, **told: Any) -> Exit:
    """Show what the channel NAME would send of an alert.

    It is shown without its secrets, and nothing is sent.
    """

    def rendering() -> Exit:
        chosen = _chosen(settings, path, name)
        made = rendered(chosen, *_alerts(told["file"], told["status"]))
        if not made:
            terminal.tell(f"{name}: {chosen.type} does not tell of such alerts")
        elif as_json:
            for request in made:
                terminal.write(orjson.dumps(request))
        else:
            terminal.show(joined(map(request_text, made)))
        return Exit.FINE

    return _run(rendering)


@channels.command("test", epilog=TEST_EXAMPLES)
@click.argument("name")
@click.option(
    "--severity", type=click.Choice(SEVERITIES), default="info", help="Of the test; info, if not said."
)
@routes_options
def test_channel(settings: Settings, *, name: str, severity: str, path: str | None, as_json: bool) -> Exit:
    """Send a test to the channel NAME, and tell the answer.

    It is an alert that is marked as a test; the answer of the vendor is told in words.
    """

    def trying() -> Exit:
        try:
            chosen = unlocked(_chosen(settings, path, name))
        except ValueError as error:
            raise ChannelFaultError(f"{name}: {error}", MEND_FILE) from None
        trials = asyncio.run(tried(chosen, severity))
        if not trials:
            what = f"{name}: {chosen.type} does not tell of what is {severity}"
            raise ChannelFaultError(what, "--severity critical, which wakes people")
        for trial in trials:
            _tell(name, trial, as_json)
        return max(VERDICTS.get(trial.outcome.verdict, Exit.COULD_NOT) for trial in trials)

    return _run(trying)


def _run(work: Callable[[], Exit]) -> Exit:
    try:
        return asking.run(work)
    except ChannelFaultError as fault:
        terminal.complain(str(fault), fault.remedy)
        return Exit.COULD_NOT


def _channels(settings: Settings, path: str | None) -> dict[str, ChannelSettings]:
    file = path or settings.notify.routes
    try:
        return dict(route_files.load(file).channels)
    except RouteFaultsError as error:
        raise ChannelFaultError(
            error.faults[0], f"`panicstream rules check {file}` says all that is wrong"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelFaultError(f"{file}: {unread(error)}", "name a file of routes, in TOML") from None


def _chosen(settings: Settings, path: str | None, name: str) -> ChannelSettings:
    known = _channels(settings, path)
    if name not in known:
        names = f"there are: {', '.join(known)}" if known else REMEDY
        raise ChannelFaultError(f"there is no channel {name!r}", names)
    return known[name]


def _alerts(file: str, status: str | None) -> tuple[str, Any]:
    try:
        text = click.get_text_stream("stdin").read() if file == "-" else Path(file).read_text()
        return alerts_of(json.loads(text), status)
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelFaultError(f"{file}: {unread(error)}", "name a file with an alert, in JSON") from None
    except ValueError as error:
        raise ChannelFaultError(f"{file}: {error}", "`panicstream alerts --json` writes alerts") from None


def _list(known: dict[str, ChannelSettings], as_json: bool) -> Exit:
    for name, settings in known.items() if as_json else ():
        terminal.write(orjson.dumps(fields(name, settings)))
    if not as_json and known:
        terminal.show(joined(row(name, settings) for name, settings in known.items()))
    if not known:
        terminal.tell(f"no channels are configured, so that nobody is told; {REMEDY}")
    return Exit.FINE


def _tell(name: str, trial: Trial, as_json: bool) -> None:
    outcome = trial.outcome
    if as_json:
        told = {"channel": name, "action": trial.action, "sent_to": trial.request.where}
        terminal.write(orjson.dumps(told | {"verdict": outcome.verdict, "said": outcome.said}))
    else:
        style = "green" if outcome.verdict is Verdict.OK else "red"
        said = terminal.clean(f"{outcome.said} ({trial.request.where})")
        terminal.show(Text.assemble(f"{name}: {trial.action} ", (outcome.verdict.value, style), f": {said}"))
