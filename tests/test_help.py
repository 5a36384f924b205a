"""What `--help` says of commands, on a terminal of 80 columns."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from agents.__main__ import cli


def groups(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the words that call each command that has others below it."""
    if isinstance(command, click.Group):
        yield path
        for name, below in command.commands.items():
            yield from groups(below, *path, name)


@pytest.mark.parametrize("path", [*groups(cli)], ids=" ".join)
def test_what_each_command_does_is_said_in_a_line_that_is_not_cut(path: tuple[str, ...]) -> None:
    told = CliRunner(env={"COLUMNS": "80"}).invoke(cli, [*path, "--help"]).output
    listed = told.partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()

    assert listed != []
    assert [line for line in listed if line.endswith("...")] == []
