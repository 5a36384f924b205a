"""One line of the report: a figure against its bar, with the misses behind it."""

from collections.abc import Sequence
from typing import NamedTuple

CLIP = 160


class Miss(NamedTuple):
    """One thing that is not as the corpus says. `cause` groups misses that likely fall together."""

    id: str
    expected: str
    got: str
    cause: str


class Measure(NamedTuple):
    """A figure and its bar as text, whether the bar is reached, and what is explained by a table."""

    name: str
    figure: str
    bar: str
    ok: bool
    misses: Sequence[Miss] = ()
    explained: Sequence[str] = ()


class Asked(NamedTuple):
    """One question to the corpus: right, or a miss; `explained` when the label itself is wrong."""

    id: str
    right: bool
    expected: object = ""
    got: object = ""
    cause: str = ""
    explained: str = ""


def clip(value: object) -> str:
    """Return a value on one line of the report, at most 160 characters."""
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode()
    return text if len(text) <= CLIP else text[: CLIP - 3] + "..."


def miss(asked: Asked) -> Miss:
    """Return the miss behind a question that was not answered right."""
    return Miss(asked.id, clip(asked.expected), clip(asked.got), asked.cause or asked.id)


def share(name: str, questions: Sequence[Asked], bar: float) -> Measure:
    """`right/total percent` of the questions that count; `bar` is a share from 0 to 1."""
    counted = [q for q in questions if not q.explained]
    right = sum(q.right for q in counted)
    percent = 100.0 * right / len(counted) if counted else 0.0
    return Measure(
        name,
        f"{right}/{len(counted)} {percent:.1f} %",
        f">= {100 * bar:g} %",
        bool(counted) and right >= bar * len(counted),
        [miss(q) for q in counted if not q.right],
        [f"{q.id}: {q.explained}" for q in questions if q.explained],
    )


def shown(name: str, questions: Sequence[Asked]) -> Measure:
    """Return a figure that has no bar."""
    return share(name, questions, 0.0)._replace(bar="no bar", ok=True)


def exactly(name: str, wanted: int, got: int, misses: Sequence[Miss] = ()) -> Measure:
    """Return a count that must be met, no more and no less."""
    return Measure(name, f"{got}", f"= {wanted}", got == wanted, misses)


def line(measure: Measure) -> str:
    """One line of the report."""
    verdict = "ok" if measure.ok else "BELOW"
    note = f"  ({len(measure.explained)} explained)" if measure.explained else ""
    return f"{measure.name:<42} {measure.figure:<34} {measure.bar:<12} {verdict}{note}"
