"""Rules are read from TOML, and all that is wrong with them is said at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline
from pipeline.facts import FACTS, Fact
from pipeline.rule_checks import RuleFaultsError, condition, read_rules
from pipeline.rule_lint import lint
from pipeline.rules import Condition, Kind, Rule, Severity, Subject

SHIPPED = Path(pipeline.__file__).with_name("rules.toml").read_text()
RATE = """
[A]
kind = "rate"
fact = "crashes"
fire = "> 5/min"
severity = "warning"
summary = "x"
"""
NEW = '[A]\nkind = "new_cluster"\nseverity = "info"\nsummary = "x"\n'


def faults(text: str, shipped: str = "") -> list[str]:
    with pytest.raises(RuleFaultsError) as told:
        read_rules(text, "my.toml", shipped)
    return told.value.faults


def read(text: str, shipped: str = "") -> dict[str, Rule]:
    return {rule.name: rule for rule in read_rules(text, "my.toml", shipped)}


def test_a_rule_has_what_the_file_says_and_the_rest_by_default() -> None:
    assert read(RATE)["A"] == Rule(
        name="A",
        kind=Kind.RATE,
        fact="crashes",
        fire=Condition(">", 5),
        clear=Condition("<=", 5),
        severity=Severity.WARNING,
        summary="x",
    )


def test_every_fault_is_said_at_once_with_its_line_and_what_to_do() -> None:
    text = """
x = 1
[GoPanicRateHihg]
fire = "> 3"
[GoPanicRateHigh]
fire = "> 7"
clear = "< nan/min"
widnow = "2m"
confidence = nan
[A]
kind="rate"
fact="crash"
fire="> 5/min"
by=["pod"]
scope="service"
where={env="~("}
severity="page"
for=10
[B]
kind="ratee"
"""
    assert sorted(faults(text, SHIPPED)) == sorted(
        [
            "my.toml:2: rule x: no rule; a table [x] with its fields below it",
            "my.toml:3: rule GoPanicRateHihg: it has no kind, and none is shipped that is called so; "
            "did you mean GoPanicRateHigh?",
            "my.toml:6: rule GoPanicRateHigh: fire: it is `> 7`; the unit is missing; "
            "a number with one of /s, /min, /h, such as `> 5/min`",
            "my.toml:7: rule GoPanicRateHigh: clear: it is `< nan/min`; "
            "a condition: >, >=, < or <=, and a number with its unit, such as `> 5/min`",
            "my.toml:8: rule GoPanicRateHigh: widnow: no such field; did you mean window?",
            "my.toml:9: rule GoPanicRateHigh: confidence: it is nan; a number between 0 and 1, such as 0.95",
            "my.toml:10: rule A: summary: it is missing; what is said, with {names} in it",
            "my.toml:12: rule A: fact: rules of kind rate measure no crash; did you mean crashes?",
            "my.toml:14: rule A: by: it is ['pod']; a list of labels for which values are apart: release",
            "my.toml:15: rule A: scope: rules of kind rate have none; take it away",
            "my.toml:16: rule A: where: it is {'env': '~('}; `(` of env is no pattern (unclosed group)",
            "my.toml:17: rule A: severity: it is 'page'; one of critical, warning, info",
            "my.toml:18: rule A: for: it is 10; a span in quotes, such as '90s', '2m' or '1h30m'",
            "my.toml:20: rule B: kind: it is 'ratee'; "
            "one of rate, ratio, quantile, absent, new_cluster, regression, surge, spread, gauge",
        ]
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[A]\nkind = x\n", "my.toml:2: no TOML: invalid value"),
        ("x = " + "[" * 100_000, "my.toml: no TOML: it is nested too deep"),
        ("x = " + "9" * 5_000, "my.toml: no TOML: a number has too many digits"),
        (RATE + "[A]\n", "my.toml:8: no TOML: cannot declare ('A',) twice"),
        (RATE + 'where = { envronment = "x" }', "did you mean environment?"),
        (
            RATE + 'labels = { severity = "x" }',
            "`severity` is a label of panicstream's own; take another name",
        ),
        (RATE + 'labels = { "my-team" = "x" }', "`my-team` is no name of a label; letters, digits and _"),
        (RATE + "min_samples = -1", "it is -1; a whole number, not below 0"),
        (RATE + f"min_samples = {1 << 60}", "a whole number, not below 0, of 9,007,199,254,740,992 at most"),
        (RATE + 'keep_firing_for = "99999999999999999999h"', "a year at most"),
        (RATE + "min_samples = true", "it is true; a whole number, not below 0"),
        (RATE + "confidence = 95", "a number between 0 and 1"),
        (RATE + 'window = "0s"', "a span above 0s"),
        (RATE + "quantile = 0.9", "rules of kind rate have none; take it away"),
        (RATE.replace("> 5/min", "< 5/min") + "confidence = 0.9", "the lower bound of the rate is compared"),
        (RATE.replace("> 5/min", "5/min"), "a condition: >, >=, < or <="),
        (RATE.replace("> 5/min", "> 5 MB/s"), "`MB/s` is no unit of it"),
        (RATE.replace("> 5/min", "> 1e999/min"), "too large"),
        (RATE.replace('fact = "crashes"\n', ""), "fact: it is missing; what is measured"),
        (NEW + 'fire = "> 3"', "fire: rules of kind new_cluster have none; take it away"),
        ('["x y"]\nkind = "rate"', "no name of a rule"),
    ],
)
def test_a_fault_is_told_in_one_line(text: str, fault: str) -> None:
    assert any(fault in line for line in faults(text)), faults(text)


def test_a_file_changes_fields_of_a_shipped_rule_and_leaves_the_others() -> None:
    changed = read('[GoPanicRateHigh]\nfire = "> 20/min"\nclear = "< 10/min"', SHIPPED)
    shipped = read(SHIPPED)
    assert changed["GoPanicRateHigh"].fire == Condition(">", 20)
    assert changed["GoPanicRateHigh"].for_s == shipped["GoPanicRateHigh"].for_s
    assert {name: rule for name, rule in changed.items() if name != "GoPanicRateHigh"} == {
        name: rule for name, rule in shipped.items() if name != "GoPanicRateHigh"
    }


def test_a_file_puts_a_rule_of_another_kind_in_the_place_of_a_shipped_one() -> None:
    assert read(NEW.replace("[A]", "[GoPanicRateHigh]"), SHIPPED)["GoPanicRateHigh"].kind == Kind.NEW_CLUSTER


def test_a_file_adds_rules_and_switches_others_off() -> None:
    found = read(RATE + "[GoServiceSilent]\nenabled = false", SHIPPED)
    assert set(found) == set(read(SHIPPED)) - {"GoServiceSilent"} | {"A"}


def test_thresholds_are_in_the_unit_of_the_fact() -> None:
    assert [
        condition("> 1/s", "/min"),
        condition(">= 25 MB/s", "B/s"),
        condition("<8ms", "s"),
        condition("> 0.5 %", ""),
    ] == [Condition(">", 60), Condition(">=", 25e6), Condition("<", 0.008), Condition(">", 0.005)]


def test_a_change_of_what_is_said_leaves_states_to_a_rule_and_any_other_does_not() -> None:
    rule = read(RATE)["A"]
    assert read(RATE.replace('"x"', '"y"') + 'runbook = "z"')["A"].hash == rule.hash
    others = [RATE + 'for = "2m"', RATE + 'labels = { team = "x" }', RATE.replace("> 5/min", "> 6/min")]
    assert len({rule.hash, *(read(other)["A"].hash for other in others)}) == 4


def test_a_pattern_takes_time_linear_in_what_it_is_held_against() -> None:
    rule = Rule("A", Kind.NEW_CLUSTER, None, None, Severity.INFO, "", where={"title": "~(a+)+(b|c*)*d"})
    assert not rule.matches({"title": "a" * 100_000})


def test_labels_are_matched_as_texts_and_patterns_and_their_opposites() -> None:
    where = 'where = { service = "~p.*", environment = "!test", namespace = "!~x+" }'
    rule = read(RATE + where)["A"]
    asked: list[dict[str, str | None]] = [
        {"service": "pay", "environment": "live"},
        {"service": "pay", "environment": "test"},
        {"service": "cart", "environment": "live"},
        {"service": "pay", "environment": "live", "namespace": "xx"},
        {"service": "pay", "environment": None, "namespace": "xy"},
    ]
    assert [rule.matches(labels) for labels in asked] == [True, False, False, False, True]


def test_each_shipped_rule_has_a_runbook_and_nothing_that_can_never_work() -> None:
    rules = read_rules(SHIPPED, "rules.toml")
    assert ([rule.name for rule in rules if not rule.runbook], lint(rules)) == ([], [])


def test_rules_are_about_a_service_but_those_of_clusters_and_of_the_pipeline() -> None:
    subjects = {rule.name: rule.subject for rule in read_rules(SHIPPED, "rules.toml")}
    assert {name for name, subject in subjects.items() if subject is not Subject.SERVICE} == {
        *("GoPanicSurge", "GoPanicSpread", "PipelineLagging", "Watchdog", "AlertStorm")
    }


def test_the_first_sight_of_a_fatal_error_is_told_by_one_rule_alone() -> None:
    rules = [rule for rule in read_rules(SHIPPED, "rules.toml") if rule.kind is Kind.NEW_CLUSTER]
    titles = {
        "deadlock": "GoDeadlock",
        "deadlock in main.wait": "GoDeadlock",
        "DATA RACE in main.inc": "GoDataRace",
        "concurrent map read and write in store.(*Store).Get": "GoConcurrentMapAccess",
        "out of memory in main.grow": "GoOutOfMemory",
        "nil pointer dereference in cart.(*Cart).Total": "GoPanicNewIssue",
        "deadlocked lease of worker 3 in main.lease": "GoPanicNewIssue",
    }
    assert {title: [rule.name for rule in rules if rule.matches({"title": title})] for title in titles} == {
        title: [name] for title, name in titles.items()
    }


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ('fire = "< 0/min"', "fire: it can never fire: crashes is never below 0; change `< 0/min`"),
        ('fire = ">= 0/min"', "fire: it always fires"),
        ('fire = "> -3/min"', "fire: it always fires"),
        ('clear = "< 0/min"', "clear: it can never be clear again"),
        ('clear = "< 8/min"', "clear: it can never last: 6.5/min meets both"),
        ('clear = "> 3/min"', "clear: it can never last"),
        ('window = "20m"', "window: it can never be full: 15m are kept; take a shorter one"),
        ('fire = "< 5/min"\nmin_samples = 10', "min_samples: it can never fire: there are 5 at most"),
        ('summary = "{servce}"', "summary: no name {servce}; did you mean {service}?"),
        ('summary = "{"', "summary: a single {; write {{ for a brace"),
    ],
)
def test_what_can_never_work_is_found(text: str, finding: str) -> None:
    fields = {line.split(" = ")[0] for line in text.splitlines()}
    kept = [line for line in RATE.splitlines() if line.split(" = ")[0] not in fields]
    found = lint(read("\n".join([*kept, text])).values())
    assert any(finding in line for line in found), found


def test_a_quantile_of_few_samples_and_a_rule_that_is_there_twice_are_found() -> None:
    quantile = (
        '[P]\nkind="quantile"\nfact="gc_pause"\nquantile=0.99\nfire="> 8ms"\nseverity="info"\nsummary="x"'
    )
    assert lint(read(RATE + RATE.replace("[A]", "[B]") + quantile).values()) == [
        "rule P: min_samples: it fires at any outlier: of fewer than 100 samples, the quantile 0.99 is the "
        "largest one; make it 100",
        "rule B: it tells all that A tells; take one of them away",
    ]


@pytest.mark.parametrize("fact", FACTS.values(), ids=list(FACTS))
def test_the_sample_of_each_fact_is_a_condition_on_it(fact: Fact) -> None:
    assert str(condition(fact.sample, fact.unit))[0] == fact.sample[0]


@given(
    st.dictionaries(
        st.sampled_from(["kind", "fact", "fire", "clear", "for", "window", "by", "where", "severity", "x"]),
        st.sampled_from(['"rate"', '"crashes"', '"> 5/min"', "nan", "-1", "[]", "{}", "true", '"5m"', '""']),
    )
)
def test_whatever_fields_hold_is_read_or_told(fields: dict[str, str]) -> None:
    text = "[A]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items())
    try:
        found = [rule.name for rule in read_rules(text, "x.toml")]
    except RuleFaultsError as told:
        found = told.faults
    assert found
