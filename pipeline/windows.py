"""What is kept of a service in its row: the last quarter of an hour of its vitals, by event time.

`crashes`: {release: buckets of 1 s}; `lines`: {release: buckets of 10 s}; `heard`: buckets of 10 s, in each a
bit for every second that had lines; `gc`: {release: [[span of 10 s, cycles, bytes allocated, seconds covered,
sums of heap goals, of heaps in use], ...]}; `pauses`: {release: [[minute, sketch], ...]}; `last`: {fact:
second}; `skews`: see `pipeline/skews.py`. Buckets are those of `pipeline/buckets.py`. A release that is not
known is the empty text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline import buckets, sketch, skews
from pipeline.alert import Timing
from pipeline.event_time import MINUTE, seconds
from pipeline.sighting import Time
from pipeline.vital import Second, Vital

KEPT_S = 900
SPAN_S = 10  # of what workers gather for as long before they tell it
AHEAD_S, BEHIND_S = 60, 300  # of the watermark: a clock that is further off is wrong
LATENESS_S = 5  # how far the watermark is behind what is written now
RELEASES = 8  # of a service, those that were heard of last; crashes of others count as `OTHERS`
OTHERS = "(others)"
SPANS = {"crashes": 1, "lines": SPAN_S, "gc": SPAN_S, "pauses": MINUTE}  # of a cell, in seconds
KEPT = {"crashes": KEPT_S, "lines": KEPT_S // SPAN_S, "heard": KEPT_S // SPAN_S}  # buckets
SUMMED = ("gc_cycles", "alloc_bytes", "covered_s", "heap_goal_bytes", "heap_live_bytes")

Windows = dict[str, Any]


def put(windows: Windows, vital: Vital, timing: Timing) -> tuple[Windows, int]:
    """Return the windows with what a record tells, and how many of its seconds came of a wrong clock."""
    windows, skewed, told = dict(windows), 0, list[tuple[int, Second]]()
    present = Present.of(timing, vital.watermark)
    for second in vital.seconds:
        at, is_skewed = present.placed(second["time"])
        if is_skewed:
            skewed += 1
            windows["skews"] = skews.learnt(windows.get("skews", ()), seconds(second["time"] or ""), at)
            at = righted(windows, second["time"], at)
        told.append((at, second))
    (_put_gc if vital.kind == "gc" else _put_counts)(windows, told)
    return windows, skewed


class Present(NamedTuple):
    """The second that is written now, and the first and the last of a clock that is right."""

    second: int
    first: int
    last: int

    @classmethod
    def of(cls, timing: Timing, told: Time = None) -> "Present":
        """Return it by the watermark; while something is behind, what is old is old.

        `told` is how far the partition of logs is of which this is told: after an outage that may be far
        ahead of the watermark, but not of the clock of the brokers.
        """
        watermark, arrived = timing.watermark, seconds(timing.arrival)
        if watermark is None:
            return cls(arrived, 0, arrived + AHEAD_S)
        now = min(seconds(told), arrived) if told else 0
        first = 0 if timing.catching_up else watermark - BEHIND_S
        return cls(max(watermark + LATENESS_S, now), first, max(watermark, now) + AHEAD_S)

    def placed(self, time: Time) -> tuple[int, bool]:
        """Return the second since 1970 in which something counts, and whether its clock is wrong.

        What comes of a wrong clock counts as if it were written now, but for what that clock showed before
        (`righted`); what has no time, now.
        """
        if time is None:
            return self.second, False
        at = seconds(time)
        return (at, False) if self.first <= at <= self.last else (self.second, True)


def righted(windows: Windows, time: Time, present: int) -> int:
    """Return when something was that a wrong clock tells of and that came at `present`."""
    return skews.righted(windows.get("skews", ()), seconds(time or ""), present)


def pruned(windows: Windows, watermark: int) -> Windows:
    """Return the windows without what is too old for any rule."""
    kept = dict(windows)
    for name, span in SPANS.items():
        if name in kept:
            first = (watermark - KEPT_S) // span
            told = ((release, _since(first, cells)) for release, cells in kept[name].items())
            kept[name] = {release: cells for release, cells in told if cells}
    if not kept.get("lines"):
        kept.pop("heard", None)
    return {name: cells for name, cells in kept.items() if cells}


def _since(first: int, cells: list[Any]) -> list[Any]:
    """Return cells without those before a span; buckets go together, when their newest is before it."""
    if newest(cells) < first:
        return []
    return cells if isinstance(cells[0], int) else [cell for cell in cells if cell[0] >= first]


def releases(windows: Windows) -> list[str]:
    """Return the releases that something is kept of."""
    return sorted({release for name in ("crashes", "lines", "gc") for release in windows.get(name, {})})


def _put_counts(windows: Windows, told: Iterable[tuple[int, Second]]) -> None:
    crashes, lines, heard = dict[tuple[str, int], int](), dict[tuple[str, int], int](), dict[int, int]()
    for at, second in told:
        if crashed := second.get("crashes"):
            cell = second["release"] or "", at
            crashes[cell] = crashes.get(cell, 0) + crashed
        if heard_of := second.get("lines"):
            cell = second["release"] or "", at // SPAN_S
            lines[cell] = lines.get(cell, 0) + heard_of
            heard[cell[1]] = heard.get(cell[1], 0) | 1 << at % SPAN_S
    _count(windows, "crashes", crashes)
    _count(windows, "lines", lines)
    for span, bits in heard.items():
        windows["heard"] = _heard(windows.get("heard", []), span, bits)
        _last(windows, "lines", span * SPAN_S + bits.bit_length() - 1)


def _count(windows: Windows, name: str, counts: Mapping[tuple[str, int], int]) -> None:
    """Add counts by release and span."""
    for (release, span), count in counts.items():
        cells = _room(windows, name, release)
        cells[release] = buckets.counted(cells.get(release, []), span, count, KEPT[name])


def _heard(heard: list[int], span: int, bits: int) -> list[int]:
    """Set the bits of seconds that are not set yet."""
    known = heard[1 + heard[0] - span] if heard and 0 <= heard[0] - span < len(heard) - 1 else 0
    return buckets.counted(heard, span, bits & ~known, KEPT["heard"])


def _put_gc(windows: Windows, told: Iterable[tuple[int, Second]]) -> None:
    for at, second in told:
        release = second["release"] or ""
        sums = [second.get(name, 0) for name in SUMMED]
        cells = _room(windows, "gc", release)
        cells[release] = _added(cells.get(release, []), at // SPAN_S, sums)
        if pauses := second.get("pauses"):
            cells = _room(windows, "pauses", release)
            cells[release] = _sketched(cells.get(release, []), at // MINUTE, pauses)
        _last(windows, "gc_cycles", at)


def _added(cells: list[list[Any]], span: int, told: list[Any]) -> list[list[Any]]:
    """Add to the cell of a span; cells are in the order of time."""
    known = next((cell[1:] for cell in cells if cell[0] == span), [0] * len(told))
    cell = [span, *(have + more for have, more in zip(known, told, strict=True))]
    return _replaced(cells, cell, KEPT_S // SPAN_S)


def _sketched(cells: list[list[Any]], minute: int, pauses: Sequence[int]) -> list[list[Any]]:
    known: sketch.Packed = next((cell[1] for cell in cells if cell[0] == minute), [])
    return _replaced(cells, [minute, sketch.added(known, pauses)], KEPT_S // MINUTE)


def _replaced(cells: list[list[Any]], cell: list[Any], number: int) -> list[list[Any]]:
    others = [other for other in cells if other[0] != cell[0]]
    return sorted([*others, cell], key=lambda one: one[0])[-number:]


def _last(windows: Windows, fact: str, at: int) -> None:
    known = windows.get("last", {})
    if at > known.get(fact, -1):
        windows["last"] = known | {fact: at}


def _room(windows: Windows, name: str, release: str) -> dict[str, Any]:
    """Return a copy of the cells of releases, in its place, with room for one more."""
    cells = windows[name] = dict(windows.get(name, {}))
    while release not in cells and len(cells) >= RELEASES:
        _drop(cells, min(cells.keys() - {OTHERS}, key=lambda one: (newest(cells[one]), one)), name)
    return cells


def newest(cells: list[Any]) -> int:
    """Return the newest span of cells of either form."""
    return int(cells[0]) if isinstance(cells[0], int) else int(cells[-1][0])


def oldest(cells: list[Any], first: int) -> int | None:
    """Return the oldest span of cells of either form that is not before `first`, and is not empty."""
    if not isinstance(cells[0], int):
        return next((int(cell[0]) for cell in cells if cell[0] >= first), None)
    newest = cells[0]
    for age in range(min(len(cells) - 2, newest - first), -1, -1):
        if cells[1 + age]:
            return newest - age
    return None


def _drop(cells: dict[str, Any], release: str, name: str) -> None:
    """Forget which release it was; crashes and lines still count."""
    dropped = cells.pop(release)
    if name in {"gc", "pauses"}:
        return
    others = cells.get(OTHERS, [])
    for span, count in filled(dropped):
        others = buckets.counted(others, span, count, KEPT[name])
    cells[OTHERS] = others


def filled(cells: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the span and the count of each bucket that is not empty, the newest first."""
    if cells:
        yield from ((cells[0] - age, count) for age, count in enumerate(cells[1:]) if count)


def of(windows: Windows, name: str, release: str | None) -> list[list[Any]]:
    """Return the cells of a release, of all where it is None."""
    cells = windows.get(name, {})
    if release is None:
        return list(cells.values())
    return [cells[release]] if release in cells else []
