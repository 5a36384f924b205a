"""The command `evaluate`: how well the shipped clusterer does on one's own labelled crashes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click
import orjson

from agents import evaluation, progress, terminal
from agents.evaluation import Result
from agents.exits import Exit, Terminated
from agents.history import History, ordered, read
from agents.inputs import Notice
from agents.reading import Reading
from agents.role import MisfitError
from agents.show_evaluation import Evaluation, evaluation_json, evaluation_text
from agents.terminal import OutputClosedError, UnwritableError
from pipeline.history import LABELS, Labelled
from pipeline.ranking import Query

EXAMPLES = """\b
Examples:
  panicstream evaluate crashes.jsonl.gz
  panicstream evaluate crashes.jsonl --label bug --json | jq '.methods[0].pairwise'
  panicstream evaluate crashes.jsonl --order rollout.json      crashes in the order of a rollout
  panicstream evaluate crashes.jsonl --ranks ranks.jsonl       which bugs each crash was found like

\b
A row is one crash, oldest first, as a line of JSON:
  {"cluster": 17, "kind": "panic", "msg": "close of closed channel", "frames":
   [["shop/cart.(*Cart).Close", "/srv/shop/cart/cart.go", 40, 0], ["main.main", "/srv/shop/main.go", 9, 0]]}
cluster or bug says which crashes are one bug. Frames are innermost first: function, file, line, and 1 for
`created by`. `header`, the lines that Go printed in front of the stack, may stand for kind and msg.

\b
A row with a key, a list of names, is taken by these: whoever made them has normalised the frames. One
without a key is normalised from its frames as the worker does it. Rows with "key": null are left out. Beside
a key tmpl may be the masked msg. Rows of one issue (or one bug, with clusters as labels) are of one report.

\b
Ranking: of each crash after the first 15 %, all before it are scored; the best score of a bug counts, ties
count half. AUC tells crashes of known bugs from the first of a bug; RR@1, RR@5: the right bug is among the
first 1 or 5; MRR: mean of 1 / its place. Clusters are those after the last crash.
Beside it stand fast (FaST, MSR 2022) and blend (0.4 Levenshtein + 0.6 Jaccard of frame n-grams, DBSCAN), both
tuned on the first quarter of the rows, 1,000 at most.

\b
Exit codes:
  0   the figures were told
  2   a row or a file could not be read (the figures are of the rest)
  70  a fault of panicstream itself
  130 Ctrl-C: the ways that were scored until then are told; SIGTERM gives 0
"""

BEST = 200  # bugs of a query that are written to the file of ranks


@click.command(short_help="Score the clusters made of crashes whose bugs are known.", epilog=EXAMPLES)
@click.option(
    "--label",
    type=click.Choice(LABELS),
    help="The field that says which crashes are one bug; without it, cluster where there is one, else bug.",
)
@click.option(
    "--order",
    "order_path",
    metavar="FILE",
    help="A JSON array of row numbers from 0: crashes come in this order, others are left out.",
)
@click.option(
    "--ranks",
    "ranks_path",
    metavar="FILE",
    help="Write for each crash that is asked for the bugs it is most like, as JSON lines.",
)
@click.option("--json", "as_json", is_flag=True, help="All figures as one JSON object.")
@click.argument("path", metavar="FILE")
def evaluate(
    path: str, *, label: str | None, order_path: str | None, ranks_path: str | None, as_json: bool
) -> Exit:
    """Score the clusters that panicstream would make of crashes whose bugs are known.

    Two published ways to compare stacks stand beside it. FILE holds JSON lines, plain or packed.
    """
    reading = Reading()
    history = read(path, label, reading)
    rows = ordered(history, order_path) if order_path else history.rows
    if not rows:
        raise MisfitError(f"{order_path}: none of these rows can be used", "name rows that are not left out")
    if ranks_path and any(_is_same(ranks_path, one) for one in (path, order_path) if one):
        raise MisfitError(f"{ranks_path}: it is read", "name another file for --ranks")
    with _ranks(ranks_path) as tell:
        results, stopped = _scored(rows, tell)
    if results:
        _tell(_evaluation(history, rows, results), reading, as_json=as_json)
    if stopped is not None:
        return stopped
    return Exit.COULD_NOT if reading.failed else Exit.FINE


def _is_same(one: str, other: str) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)


def _scored(rows: list[Labelled], tell: Callable[[Query], None]) -> tuple[list[Result], Exit | None]:
    """Score all ways, or those that there is time for until a signal; the code is that of the signal."""
    bar, results = progress.steps(evaluation.total(rows)), list[Result]()
    try:
        for result in evaluation.scored(rows, bar, tell):
            results.append(result)  # those before a signal are told
    except Terminated:
        return results, Exit.FINE
    except KeyboardInterrupt:
        return results, Exit.INTERRUPTED
    finally:
        bar.hide()
    return results, None


def _evaluation(history: History, rows: list[Labelled], results: list[Result]) -> Evaluation:
    fingerprints, bugs = {row.fingerprint for row in rows}, {row.label for row in rows}
    return Evaluation(history, len(rows), len(fingerprints), len(bugs), results)


def _tell(found: Evaluation, reading: Reading, *, as_json: bool) -> None:
    try:
        if as_json:
            terminal.write(orjson.dumps(evaluation_json(found)))
        else:
            terminal.show(evaluation_text(found))
    except OutputClosedError:
        pass
    except UnwritableError as error:
        reading.notice(Notice("stdout", str(error), "make room, or send it elsewhere"))


@contextmanager
def _ranks(path: str | None) -> Iterator[Callable[[Query], None]]:
    """Give what writes a query into the file, if one is wanted. Raises MisfitError."""
    if path is None:
        yield lambda _: None
        return
    try:
        with open(path, "wb") as file:
            yield lambda query: _write(file, query)
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise MisfitError(f"{path}: {what}", "name a file that can be written") from None


def _write(file: BinaryIO, query: Query) -> None:
    row = {"query": query.number, "label": query.label, "known": query.known, "scores": query.best(BEST)}
    file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
