"""The rows of a partition among those who watch: alerts about panicstream, the digest of what came late.

`{alerts, fired, digested, ...}`; `digested` is when the last digest was made. What the whole pipeline has in
common is told in partition 0 alone; what is folded, in each: that of services at ticks, and in a row of its
own (`storm`) that of bugs, when one of them is told.
"""

from collections.abc import Iterator

from pipeline import routing, storms
from pipeline.alert import Timing, fingerprint
from pipeline.alerting import OURS, Alerts, Row, Subject
from pipeline.observation import Observation
from pipeline.rules import Kind, Rule
from pipeline.step import Effect
from pipeline.storms import Count
from pipeline.terms import Terms

DIGEST = "Digest"
EVERYWHERE = ("lag_s", "watching")  # facts that are equal in all partitions


def new_row() -> Row:
    """Return the row of a partition that nothing is known of."""
    fields: Row = {"service": [None, None, None], "alerts": {}, "fired": [], "digested": ""}
    return fields | {"windows": {}, "clusters": [], "deploys": []}


def evaluate_pipeline(
    row: Row | None, partition: int, lag_s: float, terms: Terms, timing: Timing
) -> tuple[Row, list[Effect]]:
    """Return the row of a partition after a tick, and what that causes; `lag_s` is the worst worker's."""
    row = row or new_row()
    at = timing.watermark
    if at is None:
        return row, []
    alerts = Alerts(row, terms, timing)
    for rule in terms.rules:
        if rule.kind == Kind.GAUGE:
            for subject, seen in _looks(rule, partition, lag_s, terms, at):
                alerts.see(rule, subject, seen)
    alerts.end_others(at)
    return _digested(alerts.row, alerts.effects, terms, timing)


def evaluate_storm(
    row: Row | None, partition: int, at: int, terms: Terms, timing: Timing
) -> tuple[Row, list[Effect]]:
    """Return the row about what is folded of bugs, before one is told at `at`, and what that causes."""
    alerts = Alerts(row or {**new_row(), "storm": True, "partition": partition}, terms, timing)
    for rule in terms.rules:
        if rule.kind == Kind.GAUGE and rule.fact == "folded":
            names = {"partition": str(partition), "about": "bugs"}
            alerts.see(rule, Subject(names, tuple(names)), _folded(terms.tally.bugs, at))
    alerts.end_others(at)
    return alerts.row, alerts.effects


def _folded(count: Count, at: int) -> Observation:
    folded, beyond = count.folded(), count.beyond
    number = len(folded) + beyond
    return Observation(at, float(number), number, evidence=storms.summed(folded) | {"beyond": beyond})


def _looks(
    rule: Rule, partition: int, lag_s: float, terms: Terms, at: int
) -> Iterator[tuple[Subject, Observation]]:
    if rule.fact in EVERYWHERE and partition == 0:
        value = lag_s if rule.fact == "lag_s" else 1.0
        yield Subject({}, ()), Observation(at, value, int(value))
    if rule.fact == "folded":
        yield Subject({"partition": str(partition)}, ("partition",)), _folded(terms.tally, at)


def _digested(row: Row, effects: list[Effect], terms: Terms, timing: Timing) -> tuple[Row, list[Effect]]:
    """Tell in one notification of all that fired long before it was seen, once nothing more is behind."""
    late = [] if timing.catching_up or timing.is_old else terms.tally.late(row["digested"])
    if not late:
        return row, effects
    newest = max(held.since for held in late if held.since)
    labels = {"alertname": DIGEST, "severity": "warning", "source": OURS}
    told = {"episode": f"digest-{newest}", "seq": 1, "status": "digest", "alerts": []}
    for target in routing.routed(terms.routes, labels):
        # A group of its own, so that each is told once, and not with the last one.
        alone = {"group_key": fingerprint({"alertname": DIGEST, "since": newest}), "group_wait_s": 0.0}
        value = routing.addressed(target, whole=True) | alone | told | {"digest": storms.summed(late)}
        effects = [*effects, Effect("notifications", target.channel, value)]
    return row | {"digested": newest}, effects
