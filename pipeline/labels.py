"""How well a fingerprint is established: DBSCAN's labels, over crashes that count less the older they are.

A fingerprint is a core where it and those like it weigh at least `ENOUGH`, a border where one of those is a
core, else noise. One that came once is noise until it comes again, or its like does.
"""

from collections.abc import Callable, Iterable, Sequence

from pipeline.fingerprint_row import Row

NOISE, BORDER, CORE = "noise", "border", "core"
LABELS = (NOISE, BORDER, CORE)  # in the order in which rows leave
ENOUGH = 3.0
HALF_LIFE_DAYS = 7.0
LOOKED_AT = 32  # of those that are like it, the most similar

Weigh = Callable[[str], float]
Near = Callable[[str], Iterable[str]]


def weight(row: Row, day: int) -> float:
    """Return what the crashes of a row weigh on a day (since 1970): half after each half-life."""
    newest, *counts = row["days"] or [day]
    past = max(0, day - newest)
    return float(
        sum(count * 0.5 ** ((past + age) / HALF_LIFE_DAYS) for age, count in enumerate(counts) if count)
    )


def label(fingerprint: str, weigh: Weigh, near: Near) -> str:
    """Return the label of a fingerprint; `near` are those that are like it, the most similar first."""
    if _is_core(fingerprint, weigh, near):
        return CORE
    is_border = any(_is_core(other, weigh, near) for other in _few(near(fingerprint)))
    return BORDER if is_border else NOISE


def _is_core(fingerprint: str, weigh: Weigh, near: Near) -> bool:
    total = weigh(fingerprint)
    if total >= ENOUGH:
        return True
    for other in _few(near(fingerprint)):
        total += weigh(other)
        if total >= ENOUGH:
            return True
    return False


def _few(near: Iterable[str]) -> Sequence[str]:
    return [other for _, other in zip(range(LOOKED_AT), near, strict=False)]
