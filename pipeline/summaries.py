"""What is said of an alert: the template of its rule, with what was seen in place of the names in it.

A fault in a template is told in its place, and never keeps an alert back.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from pipeline.facts import unit
from pipeline.rules import Rule
from pipeline.units import shown, span_shown

NAMES: Mapping[str, str] = {  # what a template may name
    "alertname": "name of the rule",
    "severity": "how much it matters",
    "service": "name of the service",
    "namespace": "namespace of the service",
    "environment": "environment of the service",
    "release": "its version, where it is known",
    "cluster_id": "the bug",
    "title": "title of the bug",
    "value": "what was measured, with its unit",
    "threshold": "what it is compared with, with its unit",
    "window": "the span over which it was measured",
    "for": "the span for which it has to hold",
    "samples": "how much it was measured of",
}
UNKNOWN = "?"  # in place of what is not known
PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def summary(rule: Rule, labels: Mapping[str, str | None], value: float | None, samples: int = 0) -> str:
    """Expand the template of a rule. `labels` are those of the alert, and more that `NAMES` has."""
    return expand(rule.summary, named(rule, labels, value, samples))


def named(
    rule: Rule, labels: Mapping[str, str | None], value: float | None, samples: int = 0
) -> dict[str, str]:
    """Return what each of `NAMES` stands for, as it is shown."""
    known = {name: label for name in NAMES if (label := labels.get(name))}
    measured = {
        "alertname": rule.name,
        "severity": rule.severity.value,
        "value": shown(value, unit(rule)) if value is not None else UNKNOWN,
        "threshold": shown(rule.fire.threshold, unit(rule)) if rule.fire else UNKNOWN,
        "window": span_shown(rule.window_s),
        "for": span_shown(rule.for_s),
        "samples": f"{samples:,}",
    }
    return dict.fromkeys(NAMES, UNKNOWN) | known | measured


def expand(template: str, names: Mapping[str, str]) -> str:
    """Put in place of each `{name}` what it stands for; `{{` and `}}` are braces."""

    def put(place: re.Match[str]) -> str:
        if place[0] in {"{{", "}}"}:
            return place[0][0]
        if place[1] in names:
            return names[place[1]]
        return f"<error expanding template: {_fault(place, names)}>"

    return PLACE.sub(put, template)


def faults(template: str) -> list[str]:
    """Say what is wrong with each place of a template that cannot be expanded."""
    return [
        _fault(place, NAMES)
        for place in PLACE.finditer(template)
        if place[0] not in {"{{", "}}"} and place[1] not in NAMES
    ]


def _fault(place: re.Match[str], names: Mapping[str, str]) -> str:
    if place[1] is None:
        return f"a single {place[0]}; write {place[0] * 2} for a brace"
    near = get_close_matches(place[1], names, n=1)
    return f"no name {{{place[1]}}}; " + (
        f"did you mean {{{near[0]}}}?" if near else f"names: {', '.join(names)}"
    )
