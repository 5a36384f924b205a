"""Rules that are well written and can never do what they say."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from pipeline.facts import FACTS, RETAINED_S, Fact
from pipeline.rules import Condition, Rule, Subject
from pipeline.summaries import faults
from pipeline.units import shown, span_shown

MINUTE = 60


def lint(rules: Iterable[Rule]) -> list[str]:
    """Say in a line each what can never work, and what to do: `rule NAME: field: ...`."""
    listed = list(rules)
    found = [f"rule {rule.name}: {finding}" for rule in listed for check in CHECKS for finding in check(rule)]
    return found + list(_twins(listed))


def _conditions(rule: Rule) -> Iterator[str]:
    """Find conditions that no value meets, that every value meets, or that one value meets both of."""
    if not rule.fire or not rule.clear or not rule.fact:
        return
    fact, fire, clear = FACTS[rule.fact], rule.fire, rule.clear
    values = _values(fact, fire, clear)
    span = (
        f"{rule.fact} is from 0 to {fact.most:g}"
        if fact.most < RETAINED_S
        else f"{rule.fact} is never below 0"
    )
    if not any(map(fire.holds, values)):
        yield f"fire: it can never fire: {span}; change `{_said(fire, fact)}`"
    elif all(map(fire.holds, values)):
        yield f"fire: it always fires: {span}; change `{_said(fire, fact)}`"
    elif not any(map(clear.holds, values)):
        yield f"clear: it can never be clear again: {span}; change `{_said(clear, fact)}`"
    for value in values:
        if fire.holds(value) and clear.holds(value):
            both = f"{shown(value, fact.unit)} meets both fire and clear"
            yield f"clear: it can never last: {both}; leave a gap between `{_said(fire, fact)}` and this"
            return


def _values(fact: Fact, *conditions: Condition) -> list[float]:
    """Return one value of each stretch that thresholds part, and the thresholds: what fits these fits all."""
    edges = sorted({0.0, *(one.threshold for one in conditions)})
    between = [(low + high) / 2 for low, high in pairwise(edges)]
    return [
        value for value in sorted({*edges, *between, edges[-1] + 1, fact.most}) if 0 <= value <= fact.most
    ]


def _said(condition: Condition, fact: Fact) -> str:
    return f"{condition.op} {shown(condition.threshold, fact.unit)}"


def _window(rule: Rule) -> Iterator[str]:
    if rule.subject is Subject.SERVICE and rule.window_s > RETAINED_S:
        yield f"window: it can never be full: {span_shown(RETAINED_S)} are kept; take a shorter one"


def _samples(rule: Rule) -> Iterator[str]:
    """Find more samples than a window can hold: rates of what is counted itself, and quantiles of few."""
    fire, fact = rule.fire, FACTS.get(rule.fact or "")
    if fire and fact and fact.unit == "/min" and fire.op in {"<", "<="} and rule.min_samples:
        most = fire.threshold * rule.window_s / MINUTE
        if most < rule.min_samples or (most == rule.min_samples and fire.op == "<"):
            yield f"min_samples: it can never fire: there are {most:g} at most where `fire` holds; lower it"
    if rule.quantile is not None:
        needed = round(1 / (1 - rule.quantile))
        if rule.min_samples < needed:
            told = f"of fewer than {needed} samples, the quantile {rule.quantile:g} is the largest one"
            yield f"min_samples: it fires at any outlier: {told}; make it {needed}"


def _templates(rule: Rule) -> Iterator[str]:
    return (f"summary: {fault}" for fault in faults(rule.summary))


def lint_summary(name: str, template: str) -> list[str]:
    """Say what is wrong with the template of a rule that cannot be read."""
    return [f"rule {name}: summary: {fault}" for fault in faults(template)]


def _twins(rules: list[Rule]) -> Iterator[str]:
    first: dict[str, str] = {}
    for rule in rules:
        name = first.setdefault(replace(rule, name="").hash, rule.name)
        if name != rule.name:
            yield f"rule {rule.name}: it tells all that {name} tells; take one of them away"


CHECKS: tuple[Callable[[Rule], Iterator[str]], ...] = (_conditions, _window, _samples, _templates)
