"""A group of commands with one that nobody has to write."""

from typing import Any

import click

SHOW = "show"


class Shows(click.Group):
    """Runs its command `show`, where its first word is none of its commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let the words that name no command be those of `show`."""
        if args and args[0] in self.commands:
            return super().parse_args(ctx, args)
        is_help = not set(args).isdisjoint(ctx.help_option_names)
        return super().parse_args(ctx, ["--help"] if is_help else [SHOW, *args])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Raises click.UsageError, which names no `show`."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            error.ctx = ctx if error.ctx and error.ctx.info_name == SHOW else error.ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Tell the options of `show`, and the commands."""
        self.commands[SHOW].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)
