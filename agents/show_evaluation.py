"""What an evaluation found, as text for people and as JSON."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rich.text import Text

from agents.evaluation import Result
from agents.history import History
from agents.layout import counted
from agents.shuffles import SHUFFLES
from pipeline.ranking import Figures

NAME_WIDTH, FIGURE_WIDTH = 30, 13
NONE = "-"
SUBSET_NAMES = {
    "all": "all crashes",
    "new_fingerprint": "new fingerprints",
    "cross_submission": "new, from another report",
}
RANKING = {"auc": "AUC", "rr_1": "RR@1", "rr_5": "RR@5", "mrr": "MRR"}
PARTING: dict[str, Callable[[Result], str]] = {
    "pairwise precision": lambda result: f"{result.pairwise.precision:.3f}",
    "pairwise recall": lambda result: f"{result.pairwise.recall:.3f}",
    "pairwise F1": lambda result: f"{result.pairwise.f1:.3f}",
    "B-cubed precision": lambda result: f"{result.b_cubed.precision:.3f}",
    "B-cubed recall": lambda result: f"{result.b_cubed.recall:.3f}",
    "B-cubed F1": lambda result: f"{result.b_cubed.f1:.3f}",
    f"ARI over {SHUFFLES} other orders": lambda result: f"{result.order_ari:.3f}",
    "clusters": lambda result: f"{result.clusters:,}",
    "ms a new fingerprint": lambda result: _figure(result.ms_per_new_fingerprint),
}


class Evaluation(NamedTuple):
    """A history, the rows of it that were scored, and what each way reached."""

    history: History
    rows: int
    fingerprints: int
    bugs: int
    results: Sequence[Result]


def evaluation_text(found: Evaluation) -> Text:
    """Show all figures, one column a method."""
    lines = [Text(_counts(found), "bold"), Text()]
    for name, title in SUBSET_NAMES.items():
        lines += _ranking(name, title, found.results)
    lines.append(_row("clusters, as crashes came", [result.method for result in found.results], "bold"))
    lines += [Text(f"  {line}", "dim") for line in _one_sided(found)]
    lines += [_row(f"  {name}", [told(result) for result in found.results]) for name, told in PARTING.items()]
    tuned = [_tuned(result) for result in found.results if result.parameters]
    return Text("\n").join([*lines, Text(), *(Text(line, "dim") for line in tuned)])


def _counts(found: Evaluation) -> str:
    history = found.history
    unused = {"left out": history.left_out, "broken": history.broken}
    parts = [
        counted(found.rows, "row"),
        counted(found.fingerprints, "fingerprint"),
        f"{counted(found.bugs, 'bug')} by {history.label}",
        *(f"{count:,} {name}" for name, count in unused.items() if count),
    ]
    return ", ".join(parts)


def _one_sided(found: Evaluation) -> Iterator[str]:
    """Say which figures say nothing, as there are no pairs that could lower them."""
    if found.bugs == found.rows:
        yield "no bug has two crashes: recall says nothing"
    if found.bugs == 1:
        yield "all crashes are one bug: precision says nothing"


def _ranking(name: str, title: str, results: Sequence[Result]) -> list[Text]:
    """Show the figures of a subset; where it has no duplicate, why there are none."""
    heading = _row(title, [result.method for result in results], "bold")
    asked = Text(f"  {_asked(results[0].ranking[name])}", "dim")
    figures = [told for result in results if (told := result.ranking[name]) and told.duplicates]
    rows = [
        _row(f"  {shown}", [_figure(told._asdict()[field]) for told in figures])
        for field, shown in (RANKING if figures else {}).items()
    ]
    return [heading, asked, *rows, Text()]


def _asked(figures: Figures | None) -> str:
    """Say what was asked for, and what cannot be measured by it."""
    if figures is None:
        return "no row names the report that it is of"
    queries, duplicates = figures.queries, figures.duplicates
    if not queries:
        return "none asked"
    if not duplicates:
        return f"{queries:,} asked, each the first of its bug: there is nothing to find"
    if duplicates == queries:
        return f"{queries:,} asked, all of them duplicates: there is no AUC"
    return f"{queries:,} asked, {duplicates:,} of them duplicates"


def _figure(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _row(name: str, figures: Sequence[str], style: str = "") -> Text:
    return Text(f"{name:<{NAME_WIDTH}}" + "".join(f"{one:>{FIGURE_WIDTH}}" for one in figures), style)


def _tuned(result: Result) -> str:
    told = ", ".join(f"{name} {value:g}" for name, value in result.parameters.items())
    return f"{result.method}: {told}, tuned on the first quarter"


def evaluation_json(found: Evaluation) -> dict[str, Any]:
    """Give all figures; null is what cannot be measured by this history."""
    history = found.history
    return {
        "file": history.path,
        "label": history.label,
        "rows": found.rows,
        "fingerprints": found.fingerprints,
        "bugs": found.bugs,
        "left_out": history.left_out,
        "broken": history.broken,
        "methods": [_method(result) for result in found.results],
    }


def _method(result: Result) -> dict[str, Any]:
    return {
        "method": result.method,
        "ranking": {name: told and told._asdict() for name, told in result.ranking.items()},
        "pairwise": result.pairwise._asdict(),
        "b_cubed": result.b_cubed._asdict(),
        "clusters": result.clusters,
        "order_ari": result.order_ari,
        "same_names": result.same_names,
        "ms_per_new_fingerprint": result.ms_per_new_fingerprint,
        "parameters": result.parameters,
    }
