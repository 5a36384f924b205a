"""The command `rules test`: timelines played through rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import orjson
from rich.text import Text

from agents import asking, terminal
from agents.exits import Exit
from agents.rule_files import load, text_of, unread
from pipeline.rules import Rule
from pipeline.timeline import Timeline
from pipeline.timeline_play import Became, play
from pipeline.timeline_verdicts import Verdict, judged
from pipeline.timelines import read_timelines
from pipeline.toml_lines import FaultsError

BAD = (FaultsError, OSError, UnicodeDecodeError)  # what a file may be
MARKS = {True: ("ok    ", "green"), False: ("FAILED", "bold red")}

EXAMPLES = """\b
Examples:
  panicstream rules test demo/rules/crashes.toml
  panicstream rules test --rules rules.toml timelines.toml
  panicstream rules test --json timelines.toml | jq 'select(.is_ok | not)'

\b
A timeline says what happens, and which alerts are expected of it:
  [[timeline]]
  name = "a deadlock, and then many crashes"
  service = "pay"
  environment = "production"
  release = "v1.42"
  rules = ["GoDeadlock", "GoPanicRateHigh"]  # without it, all but those of panicstream itself
  happens = [
    { at = "10s", new = "deadlock in main.main" },
    { at = "30s", crashes = 3 },
    { at = "1m", until = "6m", crashes = "12/min" },
  ]
  expect = [
    { alert = "GoDeadlock", between = ["10s", "10s"], labels = { service = "pay" } },
    { alert = "GoPanicRateHigh", between = ["2m", "4m"] },
    { alert = "GoPanicRateHigh", becomes = "resolved", between = ["8m", "10m"] },
  ]
What fires and is not expected is a fault, too. Times are those of the logs, from the first second on.

\b
What can happen, with the fields that go with it (all take service, namespace, environment, release):
  crashes          how many, or how many a minute; bug: its title; streams: how many it is in by now
  lines            the same
  gc               cycles; alloc: "30 MB/s", pause: "9 ms", heap_goal_ratio: 1.2
  new, regressed   the title of a bug that is found to be so
  lag              how far the pipeline is behind
  services         so many services instead of one: pay-1, pay-2, ...

\b
Exit codes:
  0   all expectations were met
  1   one was not, or something is wrong with rules or timelines: one line each says what
  2   a file could not be read
"""


@click.command(
    "test", short_help="Play timelines, and say whether alerts fire when they should.", epilog=EXAMPLES
)
@click.option(
    "--rules", "rules_path", metavar="FILE", default="", help="Rules of your own, beside those shipped."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a timeline.")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
def trial(paths: tuple[str, ...], *, rules_path: str, as_json: bool) -> Exit:
    """Play the timelines of each FILE, and say of each whether alerts fire and end when they should."""
    return asking.run(lambda: _tried(paths, rules_path, as_json))


def _tried(paths: Sequence[str], rules_path: str, as_json: bool) -> Exit:
    try:
        rules = load(rules_path)
    except BAD as error:
        return _refused(rules_path, error, "rules")
    return max([_file(path, rules, as_json) for path in paths])


def _file(path: str, rules: Sequence[Rule], as_json: bool) -> Exit:
    try:
        timelines = read_timelines(text_of(Path(path)), path, rules)
    except BAD as error:
        return _refused(path, error, "timelines")
    return max([_played(path, timeline, as_json) for timeline in timelines])


def _refused(path: str, error: FaultsError | OSError | UnicodeDecodeError, what: str) -> Exit:
    if isinstance(error, FaultsError):
        terminal.show(Text("\n".join(map(terminal.clean, error.faults))))
        return Exit.FOUND
    terminal.complain(f"{path}: {unread(error)}", f"name a file of {what}, in TOML")
    return Exit.COULD_NOT


def _played(path: str, timeline: Timeline, as_json: bool) -> Exit:
    told = play(timeline)
    verdicts = judged(timeline, told)
    is_ok = all(verdict.is_ok for verdict in verdicts)
    if as_json:
        terminal.write(orjson.dumps(_fields(path, timeline, told, verdicts)))
    else:
        terminal.show(_text(timeline, is_ok, verdicts))
    return Exit.FINE if is_ok else Exit.FOUND


def _text(timeline: Timeline, is_ok: bool, verdicts: Sequence[Verdict]) -> Text:
    title = Text.assemble(MARKS[is_ok], " ", (terminal.clean(timeline.name), "bold"))
    lines = [Text.assemble("  ", MARKS[one.is_ok], " ", terminal.clean(one.text)) for one in verdicts]
    return Text("\n").join([title, *lines])


def _fields(
    path: str, timeline: Timeline, told: Sequence[Became], verdicts: Sequence[Verdict]
) -> dict[str, Any]:
    return {
        "file": path,
        "timeline": timeline.name,
        "is_ok": all(verdict.is_ok for verdict in verdicts),
        "verdicts": [verdict._asdict() for verdict in verdicts],
        "alerts": [one._asdict() for one in told],
    }
