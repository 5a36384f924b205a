"""Matchers are read, and meet labels, as in Prometheus' Alertmanager."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.matchers import Matcher, matches, read_matcher, read_matchers

LABELS = {"severity": "critical", "service": "pay", "env": "prod"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity="critical"', Matcher("severity", "=", "critical")),
        ("severity=critical", Matcher("severity", "=", "critical")),
        (' env =~ "prod|live" ', Matcher("env", "=~", "prod|live")),
        ('a!~"x.*"', Matcher("a", "!~", "x.*")),
        ('a!=""', Matcher("a", "!=", "")),
        ("a=", Matcher("a", "=", "")),
        (r'a="say \"hi\"\n\\ \d"', Matcher("a", "=", 'say "hi"\n\\ \\d')),
        ('a="x=y,{z}"', Matcher("a", "=", "x=y,{z}")),
    ],
)
def test_a_matcher_is_read(text: str, expected: Matcher) -> None:
    assert read_matcher(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "severity", '="x"', "9a=b", 'a="x', 'a=x"', 'a="x"y"', 'a=~"("', 'a=~"a)(b"', 'a=~"(?=a)"', "a.b=c"],
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as|is no pattern"):
        read_matcher(text)


def test_a_text_holds_several_matchers() -> None:
    expected = (Matcher("a", "=", "b,c"), Matcher("d", "!=", "e"))
    assert read_matchers(['{a="b,c", d!=e,}']) == read_matchers(['a="b,c",d!="e"']) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("severity=critical", True),
        ("severity=crit", False),
        ("severity!=critical", False),
        ("severity=~crit", False),
        ("severity=~crit.*", True),
        ('severity=~"info|crit.*"', True),
        ('severity!~"info|crit.*"', False),
        ('severity=~"[[:alpha:]]{8}"', True),
        ('severity=~"critical|"', True),
        ("none=", True),
        ("none!=x", True),
        ("none=~.*", True),
        ("none=~.+", False),
        ("none!~.+", True),
    ],
)
def test_labels_meet_a_matcher_whole_and_empty_where_they_are_not(text: str, expected: bool) -> None:
    assert matches([read_matcher(text)], LABELS) is expected


@given(st.sampled_from(["=", "!=", "=~", "!~"]), st.text(max_size=20))
def test_a_matcher_is_written_as_it_is_read(op: str, value: str) -> None:
    matcher = Matcher("name", op, value)
    if "~" not in op:
        assert read_matchers([str(matcher)]) == (matcher,)


def test_a_pattern_takes_time_that_is_linear_in_the_label() -> None:
    assert not read_matcher('a=~"(x+x+)+y"').meets({"a": "x" * 10_000})
