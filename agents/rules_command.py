"""The commands `rules`, and `rules check`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import click
import orjson
from rich.text import Text

from agents import asking, terminal
from agents.exits import Exit
from agents.routes_check import CheckedRoutes, checked_routes
from agents.rule_files import load, unread
from agents.rules_trial import trial
from pipeline.route_checks import is_routes
from pipeline.rule_checks import RuleFaultsError
from pipeline.rule_lint import lint, lint_summary
from pipeline.rule_texts import rule_text
from pipeline.rules import Rule

STYLES = {"critical": "bold red", "warning": "yellow", "info": "dim"}
NAME_WIDTH, SEVERITY_WIDTH = 24, 10

EXAMPLES = """\b
Examples:
  panicstream rules check                      the rules that are shipped, each with what it says
  panicstream rules check rules.toml           what is wrong with rules of your own, all at once
  panicstream rules check routes.toml          the same of whom alerts go to
  panicstream rules test timelines.toml        whether they fire when they should
"""

CHECK_EXAMPLES = """\b
Examples:
  panicstream rules check
  panicstream rules check rules.toml
  panicstream rules check rules.toml routes.toml     routes may name labels that these rules give
  panicstream rules check --json rules.toml | jq '.faults, .findings'

\b
A file of your own adds rules, changes fields of shipped ones by their names, and switches others off:
  [GoPanicRateHigh]
  fire = "> 20/min"
  [GoServiceSilent]
  enabled = false
  [PayPanics]
  kind = "rate"
  fact = "crashes"
  where = { service = "~pay.*", environment = "production" }
  fire = "> 1/min"
  for = "1m"
  severity = "critical"
  labels = { team = "payments" }
  summary = "{service} crashes {value} in release {release}"

\b
A file of routes says whom alerts go to, in the words of Alertmanager (but for `channel`):
  [route]
  channel = "chat"
  [[route.routes]]
  matchers = ['severity="critical"', 'env=~"prod|live"']
  channel = "pager"
  continue = true
  [channels.chat]
  type = "slack"
  webhook_url_file = "/run/secrets/slack"
  [channels.pager]
  type = "pagerduty"
  routing_key_file = "/run/secrets/pagerduty"

\b
Exit codes:
  0   all rules and routes can be used, and can do what they say
  1   some cannot: one line each says which, why, and what to do
  2   a file could not be read
"""


class Checked(NamedTuple):
    """What is known of a file; `path` is empty for the shipped rules."""

    path: str
    rules: Sequence[Rule]
    faults: Sequence[str]
    findings: Sequence[str]


@click.group(epilog=EXAMPLES)
def rules() -> None:
    """Check rules and routes, and try rules on timelines."""


@rules.command(short_help="Say all that is wrong with rules or routes.", epilog=CHECK_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file; without a file, one a rule.")
@click.argument("paths", metavar="[FILE]...", nargs=-1)
def check(paths: tuple[str, ...], *, as_json: bool) -> Exit:
    """Say all that is wrong with the rules or routes of each FILE, and which can never do what they say.

    Without a FILE, the rules that are shipped are listed.
    """
    return asking.run(lambda: max(_check(paths or ("",), as_json)))


rules.add_command(trial)


def _check(paths: Sequence[str], as_json: bool) -> Iterator[Exit]:
    """Look at each file; routes come after rules, whose labels they may name."""
    known = {rule.name: rule for rule in load()}
    for path in sorted(paths, key=_is_routes):
        try:
            found = checked_routes(path, known.values()) if _is_routes(path) else checked(path)
        except (OSError, UnicodeDecodeError) as error:
            terminal.complain(f"{path}: {unread(error)}", "name a file of rules or routes, in TOML")
            yield Exit.COULD_NOT
            continue
        if isinstance(found, Checked):
            known |= {rule.name: rule for rule in found.rules}
        _tell(found, as_json)
        yield Exit.FOUND if found.faults or found.findings else Exit.FINE


def _is_routes(path: str) -> bool:
    try:
        return bool(path) and is_routes(Path(path).read_text())
    except (OSError, UnicodeDecodeError):
        return False


def checked(path: str) -> Checked:
    """Read a file and look at its rules. Raises OSError, UnicodeDecodeError."""
    found: Sequence[Rule]
    faults: Sequence[str]
    try:
        found, faults, broken = load(path), [], []
    except RuleFaultsError as error:
        found, faults = error.rules, error.faults
        broken = [one for name, text in error.summaries.items() for one in lint_summary(name, text)]
    findings = [f"{path or 'shipped'}: {finding}" for finding in [*lint(found), *broken]]
    return Checked(path, [] if faults else found, faults, findings)


def _tell(found: Checked | CheckedRoutes, as_json: bool) -> None:
    if as_json:
        for fields in [found.fields()] if isinstance(found, CheckedRoutes) else _fields(found):
            terminal.write(orjson.dumps(fields))
    elif found.faults or found.findings:
        terminal.show(Text("\n").join(map(Text, map(terminal.clean, [*found.faults, *found.findings]))))
    elif isinstance(found, CheckedRoutes):
        terminal.show(Text(terminal.clean(found.fine())))
    elif found.path:
        terminal.show(Text(_fine(found)))
    else:
        terminal.show(Text("\n").join(map(_row, found.rules)))


def _fields(found: Checked) -> list[dict[str, Any]]:
    told = [asdict(rule) | {"hash": rule.hash, "text": rule_text(rule)} for rule in found.rules]
    if not found.path:
        return told
    return [{"file": found.path, "rules": told, "faults": found.faults, "findings": found.findings}]


def _fine(found: Checked) -> str:
    shipped, now = {rule.name: rule for rule in load()}, {rule.name: rule for rule in found.rules}
    counts = {
        "of its own": len(now.keys() - shipped.keys()),
        "changed": sum(now[name] != shipped[name] for name in now.keys() & shipped.keys()),
        "switched off": len(shipped.keys() - now.keys()),
    }
    told = [f"{count} {name}" for name, count in counts.items() if count]
    return ", ".join([f"{terminal.clean(found.path)}: fine, {len(now)} rules", *told])


def _row(rule: Rule) -> Text:
    return Text.assemble(
        (f"{rule.name:<{NAME_WIDTH}}", "bold"),
        (f"{rule.severity:<{SEVERITY_WIDTH}}", STYLES[rule.severity]),
        rule_text(rule),
    )
