"""How often chance alone pages, and how soon a surge does.

A service that crashes by chance, four times a minute, has nothing new to tell: a page of it is false. The
plain rule beside it, more than five in a minute for two minutes, looks every ten seconds as Prometheus does.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from agents.rule_files import load
from pipeline.event_time import DAY, HOUR, MINUTE
from pipeline.poisson import lower_bound
from pipeline.rules import Kind, Rule, Severity
from pipeline.surge import FEW, surge
from tests.accuracy.measure import Measure
from tests.bugs import WatchedBug, told
from tests.watched import Watched, crashes

DAYS, SERVICES, PER_MINUTE = 7, 100, 4.0
BAR, BAR_S = 0.1, 30  # false pages a service and day; seconds from the step to the alert
PLAIN, PLAIN_FOR_S, PLAIN_EVERY_S = 5, 120, 10
STEPS, USUAL, AFTER = 200, 0.1, 30.0  # crashes a minute before and after the step


def poisson(chance: Random, per_minute: float, span: int) -> list[int]:
    """Return the seconds, in their order, of crashes by chance."""
    at, seconds = 0.0, []
    while (at := at + chance.expovariate(per_minute / MINUTE)) < span:
        seconds.append(int(at))
    return seconds


def plain(seconds: Sequence[int], span: int) -> int:
    """Return how often the plain rule fires."""
    fired, held, first, end = 0, 0, 0, 0
    for at in range(PLAIN_EVERY_S, span, PLAIN_EVERY_S):
        while end < len(seconds) and seconds[end] < at:
            end += 1
        while first < end and seconds[first] < at - MINUTE:
            first += 1
        held = held + PLAIN_EVERY_S if end - first > PLAIN else -PLAIN_EVERY_S
        fired += held == PLAIN_FOR_S
    return fired


def fewest(rule: Rule) -> int:
    """Return the least number of crashes in its window at which a rule about their rate can fire."""
    assert rule.fire
    for number in range(1, 10_000):
        judged = lower_bound(number, rule.confidence) if rule.confidence else number
        if rule.fire.holds(judged * MINUTE / rule.window_s):
            return number
    raise ValueError(f"rule {rule.name} never fires")


def busy(seconds: Sequence[int], rules: Sequence[Rule]) -> list[int]:
    """Return the seconds of crashes at which a window of some rule holds enough: at others none can fire."""
    found: set[int] = set()
    for rule in rules:
        number = fewest(rule) - 1
        ends = seconds[number:]
        found.update(end for begin, end in zip(seconds, ends, strict=False) if end - begin <= rule.window_s)
    return sorted(found)


def spans(moments: Sequence[int], before: int, after: int) -> Iterator[tuple[int, int]]:
    """Yield the spans around moments, those that touch as one."""
    begin = end = None
    for at in moments:
        if begin is None or end is None or at - before > end:
            if begin is not None and end is not None:
                yield begin, end
            begin = at - before
        end = at + after
    if begin is not None and end is not None:
        yield begin, end


def rates(seconds: Sequence[int], rules: Sequence[Rule]) -> int:
    """Return how often rules about rates page: only spans in which they can are played."""
    pages, place = 0, 0
    window = max(rule.window_s for rule in rules)
    after = max(rule.for_s for rule in rules) + window
    for begin, end in spans(busy(seconds, rules), window, after):
        watched = Watched(rules)
        while place < len(seconds) and seconds[place] < begin:
            place += 1
        at = max(begin, 0)
        while at < end or (watched.row and is_open(watched)):
            while place < len(seconds) and seconds[place] == at:
                watched.take(at, crashes(at))
                place += 1
            watched.tick(at)
            at += 1
        pages += sum(one["status"] == "firing" for one in watched.of("notifications"))
    return pages


def is_open(watched: Watched) -> bool:
    """Return whether an alert is neither resolved nor inactive."""
    return any(
        entry["state"][0] != "resolved" for entry in (watched.row or {"alerts": {}})["alerts"].values()
    )


def surges(seconds: Sequence[int], rules: Sequence[Rule]) -> int:
    """Return how often rules about surges page for a bug with these crashes; an hour is one page."""
    pages, quiet_until = 0, 0
    by_minute: dict[int, int] = {}
    for at in seconds:
        minute = at // MINUTE
        by_minute[minute] = by_minute.get(minute, 0) + 1
        lately = by_minute[minute] + by_minute.get(minute - 1, 0)
        if lately < max(FEW, 3 * PER_MINUTE) or minute < 60 or at < quiet_until:
            continue
        found = surge([by_minute.get(one, 0) for one in range(minute - 59, minute + 1)], DAY, at % MINUTE)
        for rule in rules:
            if (
                found
                and rule.fire
                and rule.fire.holds(found.times)
                and found.is_one(rule.confidence, rule.min_samples)
            ):
                pages, quiet_until = pages + 1, at + HOUR
    return pages


def step(chance: Random, rules: Sequence[Rule]) -> int | None:
    """Return how many seconds after the step the alert of a surge is told, within ten minutes."""
    before = poisson(chance, USUAL, HOUR)
    begin = HOUR + chance.randrange(MINUTE)
    seconds = before + [begin + at for at in poisson(chance, AFTER, 10 * MINUTE)]
    watched = WatchedBug(rules)
    for number, at in enumerate(seconds):
        if at >= begin or number == len(before) - 1:
            watched.take(at, told(seconds[: number + 1], at))
            if watched.of("notifications"):
                return at - begin
    return None


def false_pages() -> Measure:
    """Count what pages where chance alone crashes services, beside what the plain rule would."""
    critical = [rule for rule in load() if rule.severity == Severity.CRITICAL]
    about_rates = [rule for rule in critical if rule.fact == "crashes"]
    about_surges = [rule for rule in critical if rule.kind == Kind.SURGE]
    pages, plainly, span = Counter[str](), 0, DAYS * DAY
    for number in range(SERVICES):
        seconds = poisson(Random(number), PER_MINUTE, span)  # noqa: S311  # no secret
        plainly += plain(seconds, span)
        pages["GoPanicSurge"] += surges(seconds, about_surges)
        for rule in about_rates:
            pages[rule.name] += rates(seconds, [rule])
    days = SERVICES * DAYS
    false = pages.total() / days
    each = ", ".join(f"{name} {count / days:.3f}" for name, count in sorted(pages.items()))
    figure = f"{false:.3f} ({each}; plain > {PLAIN}/min for {PLAIN_FOR_S} s: {plainly / days:.2f})"
    return Measure("noise: false pages a service and day", figure, f"<= {BAR}", false <= BAR)


def steps() -> Measure:
    """Measure how soon a step is told."""
    rules = [rule for rule in load() if rule.kind == Kind.SURGE]
    found = [step(Random(number), rules) for number in range(STEPS)]  # noqa: S311  # no secret
    times = sorted(seconds for seconds in found if seconds is not None)
    most = times[int(len(times) * 0.99) - 1]
    figure = f"50 % {times[len(times) // 2]} s, 99 % {most} s, all {times[-1]} s ({len(times)} of {STEPS})"
    return Measure(
        *(f"noise: step from {USUAL:g} to {AFTER:g}/min", figure, f"all <= {BAR_S} s"),
        ok=len(times) == STEPS and times[-1] <= BAR_S,
    )


def row(_corpus: Path) -> list[Measure]:
    """Measure both; the corpus has no part in it."""
    return [false_pages(), steps()]
