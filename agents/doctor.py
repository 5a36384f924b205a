"""The command `doctor`: how panicstream is set, from where, and all that is wrong."""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import click
import orjson
from rich.text import Text

from agents import asking, terminal
from agents.configuration import Configuration, read
from agents.exits import Exit
from agents.finding import Finding
from agents.layout import counted
from pipeline.setting_rows import ROWS

EXAMPLES = """\b
Examples:
  panicstream doctor                           every setting, where it comes from, and what is wrong
  panicstream doctor --config shop.toml
  panicstream doctor --json | jq '.checks[] | select(.ok | not)'

\b
Exit codes:
  0   all is well
  1   a check failed
  2   the settings are faulty: the worker would not start
"""

OPTION = "Settings as TOML; without it panicstream.toml of this folder, where there is one."


@click.command(short_help="Show every setting with its origin, and what is wrong.", epilog=EXAMPLES)
@click.option("--config", metavar="FILE", help=OPTION)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: settings and checks.")
def doctor(*, config: str | None, as_json: bool) -> Exit:
    """Show every setting and where it comes from, and look whether the worker can work so.

    It asks each broker, looks for logs, at the topics of panicstream, at the files of rules and routes, and
    changes nothing.
    """
    return asking.run(partial(_look, config, as_json))


def _look(config: str | None, as_json: bool) -> Exit:
    configuration = read(config, os.environ)
    found = list(_findings(configuration))
    settings = list(_settings(configuration))
    if as_json:
        terminal.write(orjson.dumps({"settings": settings, "checks": [_fields(one) for one in found]}))
    else:
        terminal.show(Text("\n").join([*_lines(settings), Text(), *map(_line, found), _verdict(found)]))
    if configuration.faults:
        return Exit.COULD_NOT
    return Exit.FOUND if any(one.remedy for one in found) else Exit.FINE


def _findings(configuration: Configuration) -> Iterator[Finding]:
    from agents.file_checks import files  # noqa: PLC0415  # channels are not for every command
    from agents.kafka_checks import kafka  # noqa: PLC0415  # Kafka's client is not for every command
    from agents.machine_checks import libraries, port  # noqa: PLC0415  # nor is the web server

    for fault in configuration.faults:
        yield Finding("settings", fault, "mend it where it stands")
    if not configuration.faults:
        yield Finding("settings", f"{len(configuration.origins)} of {len(ROWS)} are set")
    yield libraries()
    yield port(configuration.settings.http.listen)
    yield from files(configuration.settings)
    yield from kafka(configuration.settings)


def _settings(configuration: Configuration) -> Iterator[dict[str, Any]]:
    values = configuration.settings.model_dump(mode="json")
    for name, row in ROWS.items():
        section, _, key = name.partition(".")
        value = values[section][key]
        shown = ("set" if value else "not set") if row.secret else value
        yield {"name": name, "value": shown, "origin": configuration.origins.get(name, "default")}


def _fields(one: Finding) -> dict[str, Any]:
    return {"check": one.check, "ok": not one.remedy, "found": one.found, "remedy": one.remedy or None}


def _lines(settings: list[dict[str, Any]]) -> Iterator[Text]:
    """Show the settings in columns; a long value pushes its origin away."""
    rows = [(row["name"], _shown(row["value"]), row["origin"]) for row in settings]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        shown = terminal.clean(f"{name:<{widths[0]}}  {value:<{min(widths[1], 30)}}  ")
        yield Text.assemble(shown, (terminal.clean(origin), "dim" if origin == "default" else "bold"))


def _shown(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _line(one: Finding) -> Text:
    mark = ("wrong", "bold red") if one.remedy else ("ok   ", "green")
    told = f"  {one.check}: {one.found}" + (f"; {one.remedy}" if one.remedy else "")
    return Text.assemble(mark, terminal.clean(told))


def _verdict(found: list[Finding]) -> Text:
    wrong = sum(bool(one.remedy) for one in found)
    return Text(f"\n{counted(wrong, 'check')} failed" if wrong else "\nall is well")
