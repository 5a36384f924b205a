"""A group of commands with one that nobody has to write."""

from typing import Any

import click

SHOW = "show"


class Shows(click.Group):
    """Runs its command `show`, where its first word is none of its commands."""

    unwritten = SHOW

    def names(self, word: str) -> bool:
        """Return whether a first word names a command."""
        return word in self.commands

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let the words that name no command be those of the one that nobody has to write."""
        if args and self.names(args[0]):
            return super().parse_args(ctx, args)
        is_help = not set(args).isdisjoint(ctx.help_option_names)
        return super().parse_args(ctx, ["--help"] if is_help else [self.unwritten, *args])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Raises click.UsageError, which does not name the one that nobody has to write."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            error.ctx = ctx if error.ctx and error.ctx.info_name == self.unwritten else error.ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Tell the options of the command that nobody has to write, and the commands."""
        self.commands[self.unwritten].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


class Lists(Shows):
    """Runs its command `list`, where no command is named."""

    unwritten = "list"

    def names(self, word: str) -> bool:
        """Return whether a first word names a command, or is to do so."""
        return not word.startswith("-")
