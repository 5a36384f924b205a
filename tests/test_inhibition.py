"""Alerts that keep others silent."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.inhibition import Sources, inhibitor, is_inhibited
from pipeline.matchers import matches, read_matchers
from pipeline.routes import Inhibition

Labels = dict[str, str]


def rule(source: str, target: str, *equal: str) -> Inhibition:
    return Inhibition(read_matchers([source]), read_matchers([target]), equal)


CRITICAL = rule("severity=critical", "severity=~warning|info", "service", "env")
SAME = rule('team=~".+"', 'team=~".+"')


def labels(severity: str, **others: str) -> Labels:
    return {"severity": severity, **others}


def test_what_fires_keeps_others_silent_that_are_equal_to_it() -> None:
    firing = [labels("critical", service="pay", env="prod")]
    assert is_inhibited([CRITICAL], labels("warning", service="pay", env="prod"), firing)
    assert not is_inhibited([CRITICAL], labels("warning", service="cart", env="prod"), firing)
    assert not is_inhibited([CRITICAL], labels("critical", service="pay", env="prod"), firing)


def test_a_label_that_both_lack_is_equal() -> None:
    assert is_inhibited(
        [CRITICAL], labels("info", service="pay"), [labels("critical", service="pay", env="")]
    )


def test_what_keeps_it_silent_is_told() -> None:
    firing = [labels("info"), labels("critical", service="pay")]
    assert inhibitor([CRITICAL], labels("info", service="pay"), firing) == firing[1]


def test_what_is_source_and_target_is_silenced_neither_by_itself_nor_by_its_like() -> None:
    mine, other = labels("info", team="a"), labels("info", team="b")
    assert not is_inhibited([SAME], mine, [mine, other])


def test_what_is_a_target_alone_is_silenced_by_one_that_is_both() -> None:
    both = rule('a=~".+"', 'b=~".+"')
    assert is_inhibited([both], {"b": "x"}, [{"a": "x", "b": "x"}])
    assert not is_inhibited([both], {"a": "x", "b": "x"}, [{"a": "y", "b": "y"}])


def test_what_fires_no_more_silences_nobody() -> None:
    sources = Sources([CRITICAL])
    assert sources.note("1", labels("critical", service="pay"))
    assert not sources.note("1", labels("critical", service="pay"))
    assert not sources.note("2", labels("info", service="pay"))
    assert sources.inhibits(labels("info", service="pay"))
    assert [sources.drop("1"), sources.drop("1"), sources.drop("2")] == [True, False, False]
    assert sources.inhibits(labels("info", service="pay")) is None


NAMES = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)
PARTS = st.lists(
    st.builds("{}{}{}".format, st.sampled_from("abc"), st.sampled_from(["=", "!="]), st.sampled_from("xy"))
)
RULES = st.lists(
    st.builds(
        lambda source, target, equal: Inhibition(read_matchers(source), read_matchers(target), tuple(equal)),
        PARTS,
        PARTS,
        st.lists(st.sampled_from("abc"), unique=True, max_size=2),
    ),
    max_size=3,
)


def as_alertmanager_does(rules: list[Inhibition], target: Labels, firing: list[Labels]) -> bool:
    """Look at each alert for each rule, one after the other."""
    return any(
        matches(one.target, target)
        and matches(one.source, source)
        and all(source.get(name, "") == target.get(name, "") for name in one.equal)
        and not (matches(one.source, target) and matches(one.target, source))
        for one in rules
        for source in firing
    )


@given(RULES, NAMES, st.lists(NAMES, max_size=5))
def test_sources_that_are_found_by_what_is_equal_are_those_that_a_walk_finds(
    rules: list[Inhibition], target: Labels, firing: list[Labels]
) -> None:
    assert is_inhibited(rules, target, firing) is as_alertmanager_does(rules, target, firing)


@given(RULES, st.lists(NAMES, max_size=5), NAMES)
def test_after_all_are_gone_nothing_is_left(
    rules: list[Inhibition], firing: list[Labels], one: Labels
) -> None:
    sources: Any = Sources(rules)
    for number, alert in enumerate(firing):
        sources.note(str(number), alert)
    for number in range(len(firing)):
        sources.drop(str(number))
    assert (sources.inhibits(one), sources._labels) == (None, {})
    assert all(not found for found in sources._found)
