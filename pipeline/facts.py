"""What rules may measure: one row a fact, with its unit, what it is, and where it comes from.

5xx answers and lags of other consumers are not measured here; `deploy/prometheus/rules.yml` has rules for
them.
"""

import math
from typing import NamedTuple

from pipeline.rules import Kind, Rule


class Fact(NamedTuple):
    """One fact.

    `unit`: of its value and of thresholds (`pipeline/units.py`). `kinds`: of the rules that may use it.
    `source`: the kind of `vitals`, or the topic, that tells it. `samples`: what `min_samples` counts; empty
    where it counts nothing. `sample`: a condition on it. `most`: no value is above, and none below 0.
    """

    name: str
    unit: str
    kinds: tuple[Kind, ...]
    source: str
    samples: str
    sample: str
    meaning: str
    most: float = math.inf


RETAINED_S = 900  # so far back go the windows of a service

COUNTED = (Kind.RATE, Kind.ABSENT)

FACTS = {
    fact.name: fact
    for fact in (
        Fact("crashes", "/min", (Kind.RATE,), "counts", "crashes", "> 5/min", "crashes of a service"),
        Fact("lines", "/min", COUNTED, "counts", "lines", "> 60000/min", "log lines of a service"),
        Fact("gc_cycles", "/min", COUNTED, "gc", "cycles", "> 600/min", "GC cycles of a service"),
        Fact(
            *("alloc_rate", "B/s", (Kind.RATE,), "gc", "cycles", ">= 25 MB/s"),
            "what a process allocates, over the seconds that its GC cycles cover, ten or more",
        ),
        Fact("gc_pause", "s", (Kind.QUANTILE,), "gc", "pauses", "> 8 ms", "how long a GC stops the world"),
        Fact(
            *("heap_goal_ratio", "x", (Kind.RATIO,), "gc", "cycles", "< 1.3x"),
            "heap goals over heaps in use, summed over cycles",
        ),
        Fact(
            "crash_ratio", "", (Kind.RATIO,), "counts", "lines", "> 0.001", "crashes over log lines", most=1
        ),
        Fact(
            *("surge", "x", (Kind.SURGE,), "clusters", "crashes", ">= 3x"),
            "crashes of a bug in its last minute over what is usual for it",
        ),
        Fact("services", "", (Kind.SPREAD,), "clusters", "", ">= 5", "services that a bug came to"),
        Fact("streams", "", (Kind.SPREAD,), "clusters", "", ">= 50", "streams that a bug came to"),
        Fact("lag_s", "s", (Kind.GAUGE,), "tick", "", "> 30s", "how far the worst partition is behind"),
        Fact("folded", "", (Kind.GAUGE,), "alerts", "", ">= 1", "alerts that a limit holds back"),
        Fact("watching", "", (Kind.GAUGE,), "tick", "", ">= 1", "1 while ticks come", most=1),
    )
}


def unit(rule: Rule) -> str:
    """Return the unit of what a rule measures; of silence, its length."""
    if rule.kind is Kind.ABSENT:
        return "s"
    return FACTS[rule.fact].unit if rule.fact else ""
