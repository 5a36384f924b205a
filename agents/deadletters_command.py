"""The commands `deadletters list` and `deadletters retry`."""

import heapq
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps

import click
import orjson

from agents import asking, terminal
from agents.admin import Admin
from agents.configuration import config_option
from agents.deadletters import Letter, letterbox
from agents.exits import Exit
from agents.layout import counted
from agents.retry import Plan, Retry
from agents.show_letters import letter_json, letter_text, plan_rows, plan_text, tally_text
from pipeline.deadletters import Asked
from pipeline.settings import Settings

EXAMPLES = """\b
Examples:
  panicstream deadletters list --limit 5
  panicstream deadletters retry --topic logs.shop --dry-run
"""

LIST_EXAMPLES = """\b
Examples:
  panicstream deadletters list                       all that the topic holds
  panicstream deadletters list --limit 5             the newest
  panicstream deadletters list --json | panicstream decode -
  panicstream deadletters list --json | jq -r .reason | sort | uniq -c

\b
Exit codes:
  0   they were listed, or there are none
  2   Kafka could not be asked
"""

RETRY_EXAMPLES = """\b
Examples:
  panicstream deadletters retry --dry-run            how many would be put back, and where
  panicstream deadletters retry --reason cut_json
  panicstream deadletters retry --topic logs.shop --yes

\b
Each is put back once, however often this is called; `deadletters list` shows which were. Ctrl-C is safe.

\b
Exit codes:
  0   all were put back, or there are none
  2   some could not be, or Kafka could not be asked
"""


@click.group(short_help="List records that could not be read, and put them back.", epilog=EXAMPLES)
def deadletters() -> None:
    """Look at the records that could not be read, and put them back."""


def asked_options(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """Give a command the options that say which dead letters are meant, as its argument `asked`."""

    @config_option
    @click.option("--topic", metavar="T", help="Those from this topic.")
    @click.option("--reason", metavar="R", help="Those with this reason, such as cut_json.")
    @click.option("--json", "as_json", is_flag=True, help="JSON, one object a line.")
    @wraps(command)
    def with_asked(*, topic: str | None, reason: str | None, **others: object) -> Exit:
        return command(asked=Asked(topic, reason), **others)

    return with_asked


@deadletters.command(
    "list", short_help="Show where each was read, and why it could not be used.", epilog=LIST_EXAMPLES
)
@asked_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The newest N.")
def list_letters(settings: Settings, asked: Asked, *, as_json: bool, limit: int | None) -> Exit:
    """Show where each was read and when, why it could not be used, and how it begins."""
    return asking.run(partial(_list, settings, asked, as_json, limit))


def _list(settings: Settings, asked: Asked, as_json: bool, limit: int | None) -> Exit:
    reasons: Counter[str] = Counter()
    with letterbox(settings, Admin(settings.kafka)) as box:
        letters: Iterable[Letter] = _counted(box.letters(asked), reasons)
        if limit:
            letters = reversed(heapq.nlargest(limit, letters, key=lambda letter: letter.origin.time))
        for letter in letters:
            _show(letter, as_json)
    if not as_json:
        terminal.show(tally_text(reasons, limit))
    if box.strange:
        what = f"passed over {counted(box.strange, 'record')} that are no dead letters of panicstream"
        terminal.complain(what, f"look who else writes to {settings.topic('deadletters')}")
    return Exit.FINE


def _counted(letters: Iterable[Letter], reasons: Counter[str]) -> Iterator[Letter]:
    for letter in letters:
        reasons[letter.origin.reason] += 1
        yield letter


def _show(letter: Letter, as_json: bool) -> None:
    if as_json:
        terminal.write(orjson.dumps(letter_json(letter)))
    else:
        terminal.show(letter_text(letter))


@deadletters.command(short_help="Put records back into the partitions they came from.", epilog=RETRY_EXAMPLES)
@asked_options
@click.option("--dry-run", is_flag=True, help="Only say how many, and where.")
@click.option("--yes", is_flag=True, help="Do not ask before.")
def retry(settings: Settings, asked: Asked, *, as_json: bool, dry_run: bool, yes: bool) -> Exit:
    """Put the records back into the partitions they came from, to be read again.

    Key, value and headers are their own; their time is the present one.
    """
    may_go = _never if dry_run else _at_once if yes else _confirmed
    return asking.run(partial(_retry, settings, asked, as_json, may_go))


def _retry(settings: Settings, asked: Asked, as_json: bool, may_go: Callable[[int], bool]) -> Exit:
    admin = Admin(settings.kafka)
    partitions = {name: len(topic.partitions) for name, topic in admin.metadata().topics.items()}
    with letterbox(settings, admin) as box:
        retry = Retry(box, asked, partitions)
        plan = retry.plan()
        try:
            if plan.wanted and may_go(plan.wanted.total()):
                retry.run(settings.kafka)
        finally:
            _tell(plan, retry.put_back, as_json)
    return Exit.COULD_NOT if plan.unfit else Exit.FINE


def _never(_: int) -> bool:
    return False


def _at_once(_: int) -> bool:
    return True


def _confirmed(records: int) -> bool:
    """Ask whether so many are to be put back. Raises click.UsageError where nobody can answer."""
    question = f"put {counted(records, 'record')} back?"
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} nobody can be asked here: say --yes, or --dry-run")
    return click.confirm(question.capitalize(), err=True)


def _tell(plan: Plan, put_back: Counter[str], as_json: bool) -> None:
    """Say how many were put back, and what was not."""
    if as_json:
        for row in plan_rows(plan, put_back):
            terminal.write(orjson.dumps(row))
    else:
        terminal.show(plan_text(plan, put_back))
    for why, count in plan.unfit.items():
        what = f"{counted(count, 'record')} cannot be put back: {why}"
        terminal.complain(what, "`panicstream deadletters list` shows what is there")
