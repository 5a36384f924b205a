"""README names what there is: commands, targets, dependencies, words, exit codes."""

import re
import tomllib
from pathlib import Path

import click
import orjson
import pytest

from agents.__main__ import cli
from agents.exits import Exit
from pipeline._native import envelopes
from tests.command import PROGRAM, panicstream, run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def targets() -> list[str]:
    return re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def options(command: click.Command) -> list[str]:
    return [name for option in command.params for name in option.opts if name.startswith("--")]


def libraries() -> list[str]:
    """Give the names of all direct dependencies, Python's and Rust's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    crate = tomllib.loads((ROOT / "pipeline/native/Cargo.toml").read_text())
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return sorted({line.partition("==")[0] for line in wanted} | set(crate["dependencies"]))


def rows(heading: str) -> list[str]:
    """Give the first cells of the table below a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line.split("|")[1].strip().strip("`") for line in section.splitlines() if line.startswith("| ")][
        1:
    ]


@pytest.mark.parametrize("target", targets())
def test_every_target_is_named(target: str) -> None:
    assert f"`make {target}`" in README


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_and_option_is_named(name: str) -> None:
    assert f"panicstream {name}" in README
    assert [option for option in options(cli.commands[name]) if option not in README] == []


def test_every_dependency_has_its_reason() -> None:
    assert sorted(rows("Dependencies")) == libraries()


def test_every_exit_code_is_told() -> None:
    assert rows("Exit codes") == [str(int(code)) for code in Exit]


def test_the_envelopes_are_those_of_the_core_in_their_order() -> None:
    assert rows("Envelopes") == envelopes()


def test_every_field_of_a_decoded_line_is_told() -> None:
    named = re.findall(r"\w+", " ".join(rows("Why are my logs not understood?")))
    decoded = panicstream("decode", "--json", "demo/records/odd.jsonl", folder=ROOT).output
    assert named == list(orjson.loads(decoded.splitlines()[0]))


def test_what_changes_go_to_is_there() -> None:
    places = re.findall(r"`((?:pipeline|agents|schemas|tests|demo)/[^` ]*)`", README)
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_make_alone_names_every_target() -> None:
    shown = run(["make", "--no-print-directory"], folder=ROOT).output
    assert re.findall(r"^make (\w+)", shown, re.MULTILINE) == targets()


def test_the_shown_output_is_what_the_command_gives() -> None:
    shown = re.findall(r"^```\n\$ (.*)\n((?:(?!```).*\n)*)```$", README, re.MULTILINE)
    assert shown
    for command, output in shown:
        words = command.replace(".venv/bin/panicstream", PROGRAM).split()
        given = run(words, folder=ROOT).output
        assert _without_fingerprints(given) == _without_fingerprints(output)


def _without_fingerprints(text: str) -> str:
    return re.sub(r"  [0-9a-f]{12}$", "", text, flags=re.MULTILINE)
