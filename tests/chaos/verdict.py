"""What must hold after all that was done to workers and brokers, clause by clause."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.kafka.shipping import Planted
from tests.kafka.told import Told, Value, first_blocks

LONGEST_STILL_S = 20.0  # a session, and the start of a worker on a machine that does much else
FAULT, LOST = 70, ("partitions were lost with", "the partitions went to another worker")
CLOCKS_MS = 1_000


class Clause(NamedTuple):
    """What must hold, the figure that says so, and the one that was measured; `misses` names some."""

    what: str
    expected: object
    measured: object
    misses: Sequence[object] = ()

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return self.expected == self.measured


class Suspended(NamedTuple):
    """A worker hung: from, until when it may have repeated something, both in ms since 1970."""

    worker: str
    from_ms: int
    until_ms: int


class End(NamedTuple):
    """A worker that ended without being killed: its exit code, and the last lines of its log."""

    worker: str
    code: int
    why: str = ""


def line(clause: Clause) -> str:
    """Return what must hold, what was found, and whether it does."""
    verdict = "ok" if clause.ok else "FAILED"
    return f"{clause.what:<66} {clause.expected!s:>7} {clause.measured!s:>7}  {verdict}"


@dataclass
class Evidence:
    """All that was written, and what was seen meanwhile.

    `planted` are the crashes in the logs; `tracked` the counts of the table by fingerprint; `still` the
    longest time in seconds in which each partition's commit did not move while there was something to read
    and nobody was killed;
    `behind` names the partitions that were not read to their end; `outages` says how often a broker was lost.
    """

    planted: list[Planted]
    panics: list[Told]
    sightings: list[Value]
    vitals: list[Value]
    tracked: dict[str, int]
    still: dict[int, float] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)
    suspended: list[Suspended] = field(default_factory=list)
    outages: int = 0
    ends: list[End] = field(default_factory=list)


def clauses(evidence: Evidence) -> list[Clause]:
    """Judge all of it."""
    distinct = {one.value["id"]: one.value for one in evidence.panics}
    return [
        *crashes(evidence.planted, list(distinct.values())),
        *repeats(evidence.panics, evidence.suspended),
        *_counts(evidence, distinct.values()),
        _moving(evidence.still),
        Clause("partitions that were not read to their end", 0, len(evidence.behind), evidence.behind),
        _ends(evidence),
    ]


def crashes(planted: list[Planted], panics: list[Value]) -> list[Clause]:
    """Each planted crash is told from its first line to its last, and nothing else is."""
    wanted = {(one.partition, one.offset): one for one in planted}
    found = {(one["source_partition"], one["source_first_offset"]): one for one in panics}
    lost = [one for place, one in wanted.items() if place not in found]
    others = [_named(one) for place, one in found.items() if place not in wanted]
    torn = [_named(one) for one in found.values() if not one["complete"] or one["damage"]]
    unlike = [
        _named(one)
        for place, one in found.items()
        if place in wanted and wanted[place].fingerprint != one["fingerprint"]
    ]
    return [
        Clause("planted crashes in `panics`", len(wanted), len(wanted) - len(lost), lost),
        Clause("others in `panics`: headless, or from nowhere", 0, len(others), others),
        Clause("torn or cut short, where none is so in the logs", 0, len(torn), torn),
        Clause("with another fingerprint than in the logs", 0, len(unlike), unlike),
    ]


def repeats(panics: list[Told], suspended: list[Suspended]) -> list[Clause]:
    """No id stands twice in `panics`; a worker that hung may repeat some, then with equal content."""
    copies: dict[str, list[Told]] = {}
    for one in panics:
        copies.setdefault(one.value["id"], []).append(one)
    repeated = [alike for alike in copies.values() if len(alike) > 1]
    excused = [alike for alike in repeated if any(_hung(one, suspended) for one in alike[1:])]
    named = [_named(alike[0].value) for alike in repeated if alike not in excused]
    unlike = [_named(alike[0].value) for alike in excused if len({_content(one) for one in alike}) > 1]
    return [
        Clause("ids that stand twice in `panics`", 0, len(named), named),
        Clause(f"unlike, of {len(excused)} that a suspended worker repeated", 0, len(unlike), unlike),
    ]


def _hung(one: Told, suspended: list[Suspended]) -> bool:
    return any(
        each.from_ms - CLOCKS_MS <= one.timestamp_ms <= each.until_ms + CLOCKS_MS for each in suspended
    )


def _content(one: Told) -> str:
    """Return what copies must have in common: not when they were seen, nor whether one is abbreviated."""
    names = (
        "fingerprint",
        "trace_hash",
        "title",
        "event_time",
        "source_last_offset",
        "complete",
        "line_count",
    )
    return repr([one.value[name] for name in names])


def _counts(evidence: Evidence, panics: Iterable[Value]) -> list[Clause]:
    """Every count that is made of `panics` is exact."""
    by_fingerprint = Counter(one["fingerprint"] for one in panics)
    sightings = list(first_blocks(evidence.sightings, "fingerprint"))
    seen = Counter[str]()
    for one in sightings:
        seen[one["fingerprint"]] += one["count"]
    unlike = [one for one in sightings if one["count"] != sum(writer["count"] for writer in one["by"])]
    blocks = [one for one in evidence.vitals if one["kind"] == "counts" and one["source_topic"] is not None]
    service = ("service_namespace", "service_name", "environment")
    crashes = sum(second["crashes"] for one in first_blocks(blocks, *service) for second in one["seconds"])
    return [
        Clause("counts in `sightings`, repeated blocks left out", by_fingerprint.total(), seen.total()),
        _same("fingerprints whose counts are others", by_fingerprint, seen),
        Clause("`sightings` whose writers sum up to something else", 0, len(unlike), unlike),
        Clause("crashes in `vitals`, repeated blocks left out", by_fingerprint.total(), crashes),
        Clause("counts in the track table", by_fingerprint.total(), sum(evidence.tracked.values())),
        _same("rows of the track table whose counts are others", by_fingerprint, evidence.tracked),
    ]


def _same(what: str, wanted: dict[str, int], found: dict[str, int]) -> Clause:
    rows = ((name, wanted.get(name, 0), found.get(name, 0)) for name in sorted({*wanted, *found}))
    differing = [row for row in rows if row[1] != row[2]]
    return Clause(what, 0, len(differing), differing)


def _moving(still: dict[int, float]) -> Clause:
    stuck = {
        partition: round(seconds, 1) for partition, seconds in still.items() if seconds > LONGEST_STILL_S
    }
    longest = max(still.values(), default=0.0)
    what = f"partitions whose commit stood still for {LONGEST_STILL_S:g} s in peace (most {longest:.1f})"
    return Clause(what, 0, len(stuck), [stuck] if stuck else [])


def _ends(evidence: Evidence) -> Clause:
    """Workers wait for brokers; one that hung, or lost its session with a broker, may end, once each.

    A worker with an instance that is joining when its coordinator dies asks the next one to let it in, under
    a new member id; where the first had let it in, too, that fences it (KIP-345).
    """
    hung, unasked = Counter(one.worker for one in evidence.suspended), []
    lost = Counter(dict.fromkeys({end.worker for end in evidence.ends}, evidence.outages))
    for end in evidence.ends:
        excuses = lost if any(reason in end.why for reason in LOST) and lost[end.worker] else hung
        if end.code == FAULT and excuses[end.worker]:
            excuses[end.worker] -= 1
        else:
            unasked.append(end)
    return Clause("workers that ended by themselves, and need not have", 0, len(unasked), unasked)


def _named(panic: Value) -> str:
    place = f"{panic['source_partition']}/{panic['source_first_offset']}"
    damage = ", ".join(panic["damage"]) or ("whole" if panic["complete"] else "incomplete")
    return f"{place} {panic['title']} ({damage})"
