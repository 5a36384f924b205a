"""README names what there is: commands, targets, dependencies, words, exit codes."""

import json
import re
import tomllib
from pathlib import Path

import click
import orjson
import pytest
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from agents.__main__ import cli
from agents.exits import Exit
from agents.metrics import Metrics
from pipeline._native import envelopes
from pipeline.setting_rows import ROWS
from pipeline.setting_sources import from_toml
from pipeline.setting_values import settle
from tests.command import PROGRAM, panicstream, run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def options(command: click.Command) -> list[str]:
    """Give the options of a command, and of those that it is made of."""
    parts = command.commands.values() if isinstance(command, click.Group) else ()
    shown = (option for option in command.params if not getattr(option, "hidden", False))
    own = [name for option in shown for name in option.opts if name.startswith("--")]
    return [*own, *(name for part in parts for name in options(part))]


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


def cells(heading: str) -> list[list[str]]:
    """Give all cells of the table below a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize("target", targets())
def test_every_target_is_named(target: str) -> None:
    assert f"`make {target}`" in README


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_and_option_is_named(name: str) -> None:
    assert f"panicstream {name}" in README
    assert [option for option in options(cli.commands[name]) if option not in README] == []


def test_every_dependency_has_its_reason() -> None:
    assert sorted(rows("Dependencies")) == libraries()


def test_every_setting_is_told_with_its_default_and_meaning() -> None:
    expected = [[f"`{row.name}`", f"`{json.dumps(row.default)}`", row.meaning] for row in ROWS.values()]
    assert cells("Settings") == expected


@pytest.mark.parametrize("shown", re.findall(r"^```toml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
def test_the_settings_that_are_shown_have_no_fault(shown: str) -> None:
    layer = from_toml(shown, "README.md")
    assert (layer.faults, settle(layer.given).faults) == ([], {})


def test_every_metric_is_told_with_its_labels_and_meaning() -> None:
    series = [one for one in vars(Metrics()).values() if isinstance(one, MetricWrapperBase)]
    assert cells("Metrics") == [[f"`{name(one)}`", labels(one), one._documentation] for one in series]


def name(series: MetricWrapperBase) -> str:
    """Give the name that a series has in Prometheus."""
    return f"{series._name}{'_total' if isinstance(series, Counter) else ''}"


def labels(series: MetricWrapperBase) -> str:
    return ", ".join(f"`{label}`" for label in series._labelnames)


def test_every_exit_code_is_told() -> None:
    assert rows("Exit codes") == [str(int(code)) for code in Exit]


def test_the_topics_are_those_of_the_table() -> None:
    assert rows("Topics") == list(tomllib.loads((ROOT / "schemas/topics.toml").read_text()))


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
    assert re.findall(r"^make ([\w-]+)", shown, re.MULTILINE) == targets()


def test_the_shown_output_is_what_the_command_gives() -> None:
    shown = re.findall(r"^```\n\$ (.*)\n((?:(?!```).*\n)*)```$", README, re.MULTILINE)
    assert shown
    for command, output in shown:
        words = command.replace(".venv/bin/panicstream", PROGRAM).split()
        given = run(words, folder=ROOT).output
        assert _without_fingerprints(given) == _without_fingerprints(output)


def _without_fingerprints(text: str) -> str:
    return re.sub(r"  [0-9a-f]{12}$", "", text, flags=re.MULTILINE)
