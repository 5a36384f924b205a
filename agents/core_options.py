"""Options of commands that the core is made with."""

from typing import TypedDict

import click

from pipeline._native import Scanner, envelopes

envelope_option = click.option(
    "--envelope",
    type=click.Choice(envelopes()),
    metavar="NAME",
    help="All records are in this envelope of a log shipper; without it, it is told by their content.",
)


class Core(TypedDict):
    """How the core reads: the only envelope it looks for, and users' rules of what is masked."""

    envelope: str | None
    redaction: tuple[tuple[str, str], ...]


class OwnRule(click.ParamType):
    """NAME=PATTERN, a rule of what is masked."""

    name = "rule"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Take the rule apart, and try it. Raises click.BadParameter."""
        name, _, pattern = str(value).partition("=")
        try:
            Scanner("", redaction=[(name, pattern)])
        except ValueError as error:
            self.fail(" ".join(str(error).split()), param, ctx)
        return name, pattern
