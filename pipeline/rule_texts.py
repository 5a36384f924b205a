"""What a rule says, as a sentence: made of what it does, so that it is always true."""

from collections.abc import Callable, Iterator, Mapping

from pipeline.facts import FACTS, unit
from pipeline.rules import Condition, Kind, Rule, Scope
from pipeline.units import shown, span_shown

PERCENT = 100


def rule_text(rule: Rule) -> str:
    """Return when it fires, for whom, and when it is over."""
    return "; ".join([", ".join([SUBJECTS[rule.kind](rule), *_narrowed(rule)]), *_over(rule)])


def _measured(rule: Rule) -> str:
    return f"{_fact(rule)} {_condition(rule, rule.fire)} over {span_shown(rule.window_s)}"


def _quantile(rule: Rule) -> str:
    return f"P{(rule.quantile or 0) * PERCENT:g} of {_measured(rule)}"


def _new(rule: Rule) -> str:
    return "a bug was never seen before" + (" in this service" if rule.scope is Scope.SERVICE else "")


SUBJECTS: Mapping[Kind, Callable[[Rule], str]] = {
    Kind.RATE: _measured,
    Kind.RATIO: _measured,
    Kind.QUANTILE: _quantile,
    Kind.ABSENT: lambda rule: f"no {rule.fact} for {span_shown(rule.window_s)}, after there were some",
    Kind.NEW_CLUSTER: _new,
    Kind.REGRESSION: lambda _: "a bug that was resolved comes again in a later release",
    Kind.SURGE: lambda rule: f"a bug comes {_condition(rule, rule.fire)} as often as usual",
    Kind.SPREAD: lambda rule: (
        f"a bug came to {_condition(rule, rule.fire)} {rule.fact} within {span_shown(rule.window_s)}"
    ),
    Kind.GAUGE: lambda rule: f"{_fact(rule)} {_condition(rule, rule.fire)}",
}


def _fact(rule: Rule) -> str:
    return rule.fact or ""


def _condition(rule: Rule, condition: Condition | None) -> str:
    return f"{condition.op} {shown(condition.threshold, unit(rule))}" if condition else ""


def _narrowed(rule: Rule) -> Iterator[str]:
    fact = FACTS.get(rule.fact or "")
    if rule.min_samples and fact:
        yield f"of {rule.min_samples} {fact.samples} or more"
    if rule.confidence is not None:
        yield f"sure to {rule.confidence * PERCENT:g} %"
    if rule.for_s:
        yield f"for {span_shown(rule.for_s)}"
    if rule.by:
        yield f"each {' and '.join(rule.by)} apart"
    yield from (f"{name} {wanted}" for name, wanted in rule.where.items())


def _over(rule: Rule) -> Iterator[str]:
    clear = [f"at {_condition(rule, rule.clear)}"] if rule.clear else []
    kept = [f"for {span_shown(rule.keep_firing_for_s)}"] if rule.keep_firing_for_s else []
    if clear or kept:
        yield f"over {' '.join([*clear, *kept])}"
