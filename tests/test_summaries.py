"""Templates of summaries: names are put in, and a fault in a template keeps no alert back."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.summaries import NAMES, expand, faults, summary
from tests.rules import RATE

RULE = replace(
    RATE,
    summary="{service} ({environment}): {value} > {threshold} over {window} for {for}, {samples} samples",
)


def test_a_summary_says_values_with_their_units() -> None:
    assert (
        summary(RULE, {"service": "pay", "environment": "live"}, 12.0, 1200)
        == "pay (live): 12/min > 5/min over 1m for 2m, 1,200 samples"
    )


def test_what_is_not_known_is_a_question_mark() -> None:
    assert (
        summary(RULE, {"service": "pay", "environment": None}, None)
        == "pay (?): ? > 5/min over 1m for 2m, 0 samples"
    )


def test_a_fault_is_told_in_its_place_and_the_rest_is_expanded() -> None:
    assert expand("{servce}: {value}, {, {{x}}, {value.__class__}", {"value": "3", "service": "pay"}) == (
        "<error expanding template: no name {servce}; did you mean {service}?>: 3, "
        "<error expanding template: a single {; write {{ for a brace>, {x}, "
        "<error expanding template: no name {value.__class__}; names: value, service>"
    )


def test_what_a_log_says_is_not_expanded_again() -> None:
    assert expand("{title}", {"title": "{value} {"}) == "{value} {"


@given(st.text(alphabet="{}ab value", max_size=40))
def test_any_template_expands_and_has_faults_where_it_says_so(template: str) -> None:
    told = expand(template, dict.fromkeys(NAMES, "x"))
    assert told.count("<error expanding template: ") == len(faults(template))
