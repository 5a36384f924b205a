"""The command `panicstream`, and one line for whatever goes wrong in it."""

import sys

import click

from agents.alerts import alerts
from agents.channels_command import channels
from agents.clusters import clusters
from agents.configuration import FaultySettingsError
from agents.deadletters_command import deadletters
from agents.decode import decode
from agents.demo.command import demo
from agents.doctor import doctor
from agents.evaluate import evaluate
from agents.exits import Exit, Terminated, stop_on_sigterm
from agents.faults import REMEDY, told
from agents.replay import replay
from agents.role import MisfitError
from agents.rules_command import rules
from agents.scan import scan
from agents.silence_command import silence
from agents.terminal import complain, tell
from agents.topics_command import topics
from agents.worker import worker

EXAMPLES = """\b
Examples:
  panicstream demo                             see it at work
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
cli.add_command(demo)
cli.add_command(replay)
cli.add_command(worker)
cli.add_command(doctor)
cli.add_command(topics)
cli.add_command(deadletters)
cli.add_command(clusters)
cli.add_command(alerts)
cli.add_command(silence)
cli.add_command(evaluate)
cli.add_command(rules)
cli.add_command(channels)


def main() -> None:
    """Run the command line and exit with an `Exit` code; a traceback is never shown."""
    stop_on_sigterm()
    try:
        code = cli.main(prog_name="panicstream", standalone_mode=False)
    except click.UsageError as error:
        code = _misused(error)
    except MisfitError as misfit:
        code = _unfit(misfit)
    except (KeyboardInterrupt, click.Abort) as stop:  # click hides the first in the second
        code = Exit.FINE if Terminated in {type(stop), type(stop.__cause__)} else Exit.INTERRUPTED
    except SystemExit:
        raise
    except BaseException as fault:  # a panic in Rust arrives as a BaseException of its own
        code = _failed(fault)
    sys.exit(code)


def _misused(error: click.UsageError) -> Exit:
    command = error.ctx.command_path if error.ctx else "panicstream"
    complain(error.format_message().rstrip("."), f"`{command} --help` shows how it is used")
    return Exit.COULD_NOT


def _unfit(misfit: MisfitError) -> Exit:
    if isinstance(misfit, FaultySettingsError):
        for line in misfit.faults:
            tell(line)
    else:
        complain(str(misfit), misfit.remedy)
    return Exit.COULD_NOT


def _failed(fault: BaseException) -> Exit:
    complain(f"a fault of panicstream itself: {told(fault)}", REMEDY)
    return Exit.OUR_FAULT


if __name__ == "__main__":
    main()
