"""Clusters: how near the shipped settings come to the labels of other people, beside published ways."""

from pathlib import Path

from agents.evaluation import Result, scored
from agents.history import History, ordered, read
from agents.reading import Reading
from agents.shuffles import live_shuffled
from pipeline.history import Labelled
from pipeline.ranking import Figures, Query
from tests.accuracy.measure import Measure

AHEAD_OF_FAST, BEHIND_FAST, AHEAD_OF_BLEND = 0.005, 0.03, 0.03
PRECISION, F1 = 0.99, 0.95


class Quiet:
    """Nobody watches."""

    def advance(self, count: int) -> None:
        """See `agents.shuffles.Progress`."""

    def note(self, text: str) -> None:
        """See `agents.shuffles.Progress`."""


def history(corpus: Path, name: str) -> History:
    """Read one of the labelled sets."""
    return read(str(corpus / "dedup" / f"{name}.jsonl.gz"), None, Reading())


def results(rows: list[Labelled]) -> dict[str, Result]:
    """Score all methods."""
    return {result.method: result for result in scored(rows, Quiet(), _silent)}


def _silent(_: Query) -> None:
    pass


def figures(result: Result, subset: str) -> Figures:
    """Return the figures of a subset that every set has."""
    found = result.ranking[subset]
    assert found
    return found


def against(name: str, ours: float | None, theirs: float | None, ahead: float, who: str) -> Measure:
    """Compare with a baseline: we have to be `ahead` of it by so much."""
    one, other = ours or 0.0, theirs or 0.0
    bar = f">= {who} + {ahead:g}" if ahead else f">= {who}"
    return Measure(name, f"{one:.3f} ({who} {other:.3f})", bar, one >= other + ahead)


def kernel(rows: list[Labelled]) -> list[Measure]:
    """Ranking on the largest public set; FaST is what is to be beaten, the blend shows that it measures."""
    found = results(rows)
    ours, fast, blend = (figures(found[method], "all") for method in ("panicstream", "fast", "blend"))
    gap = (fast.auc or 0.0) - (blend.auc or 0.0)
    return [
        against("clusters: kernel, all: AUC", ours.auc, fast.auc, AHEAD_OF_FAST, "fast"),
        against("clusters: kernel, all: RR@1", ours.rr_1, fast.rr_1, 0, "fast"),
        against("clusters: kernel, all: MRR", ours.mrr, fast.mrr, 0, "fast"),
        Measure(
            "clusters: kernel, all: AUC of blend",
            f"{blend.auc or 0.0:.3f}",
            f"<= fast - {BEHIND_FAST:g}",
            gap >= BEHIND_FAST,
        ),
    ]


def go(rows: list[Labelled]) -> list[Measure]:
    """Ranking of Go crashes whose fingerprint is new."""
    found = results(rows)
    ours, blend = (figures(found[method], "new_fingerprint") for method in ("panicstream", "blend"))
    return [against("clusters: Go, new: MRR", ours.mrr, blend.mrr, AHEAD_OF_BLEND, "blend")]


def matrix(rows: list[Labelled]) -> list[Measure]:
    """Clusters of a rollout over three releases and eight versions of Go, as they came."""
    precision, _, f1 = results(rows)["panicstream"].pairwise
    return [
        Measure(
            "clusters: matrix, rollout: precision",
            f"{precision:.3f}",
            f">= {PRECISION}",
            precision >= PRECISION,
        ),
        Measure("clusters: matrix, rollout: pairwise F1", f"{f1:.3f}", f">= {F1}", f1 >= F1),
    ]


def orders(name: str, rows: list[Labelled]) -> Measure:
    """Twenty other orders make the same clusters with the same names."""
    lowest, same_names = live_shuffled(rows, Quiet())
    names = "same names" if same_names else "other names"
    return Measure(
        f"clusters: {name}, 20 orders: ARI", f"{lowest:.3f}, {names}", "= 1, same", lowest == 1 and same_names
    )


def row(corpus: Path) -> list[Measure]:
    """All sets."""
    sets = {name: history(corpus, name) for name in ("kernel_reports", "go_issues", "go_matrix")}
    rollout = ordered(sets["go_matrix"], str(corpus / "dedup" / "go_matrix_stream.json"))
    return [
        *kernel(sets["kernel_reports"].rows),
        *go(sets["go_issues"].rows),
        *matrix(rollout),
        *(orders(name, found.rows) for name, found in sets.items()),
    ]
