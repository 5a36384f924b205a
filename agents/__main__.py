"""The command `panicstream`, and one line for whatever goes wrong in it."""

import sys
import traceback

import click

from agents.decode import decode
from agents.exits import Exit, Terminated, stop_on_sigterm
from agents.scan import scan
from agents.terminal import complain

EXAMPLES = """\b
Examples:
  panicstream scan app.log                     every crash in a file
  panicstream scan --summary logs/             which bugs a folder holds, most frequent first
  kubectl logs my-pod | panicstream scan -     from a pipe
  kcat -C -J -t logs.shop -o beginning -e | panicstream scan --records -
  kcat -C -J -t logs.shop -o -20 -e | panicstream decode -
  panicstream scan --help                      more
"""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=SETTINGS, no_args_is_help=False, epilog=EXAMPLES)
@click.version_option(package_name="panicstream", message="%(prog)s %(version)s")
def cli() -> None:
    """Find Go crashes in logs and Kafka records, whole, and tell which bug each one is."""


cli.add_command(scan)
cli.add_command(decode)


def main() -> None:
    """Run the command line and exit with an `Exit` code; a traceback is never shown."""
    stop_on_sigterm()
    try:
        code = cli.main(prog_name="panicstream", standalone_mode=False)
    except click.UsageError as error:
        code = _misused(error)
    except Terminated:
        code = Exit.FINE
    except (KeyboardInterrupt, click.Abort):
        code = Exit.INTERRUPTED
    except SystemExit:
        raise
    except BaseException as fault:  # a panic in Rust arrives as a BaseException of its own
        code = _failed(fault)
    sys.exit(code)


def _misused(error: click.UsageError) -> Exit:
    command = error.ctx.command_path if error.ctx else "panicstream"
    complain(error.format_message().rstrip("."), f"`{command} --help` shows how it is used")
    return Exit.COULD_NOT


def _failed(fault: BaseException) -> Exit:
    place = traceback.extract_tb(fault.__traceback__)[-1]
    what = f"{type(fault).__name__}: {fault} ({place.filename}:{place.lineno}, {place.name})"
    complain(f"a fault of panicstream itself: {what}", "please report this line")
    return Exit.OUR_FAULT


if __name__ == "__main__":
    main()
