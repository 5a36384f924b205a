"""Silences: what people say, and what is silent by it."""

import tomllib
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.topics import SCHEMAS
from pipeline.commands import read_cluster_command, read_command
from pipeline.event_time import written
from pipeline.silence import (
    LONGEST_S,
    Silence,
    Silences,
    State,
    expiry,
    is_silenced,
    refusal,
    silence,
)
from pipeline.step import BadRecordError
from tests.watched import BEGIN

LABELS = {"alertname": "GoPanicRateHigh", "service": "pay", "severity": "critical"}


def said(*matchers: str, begin: int = 0, end: int = 3_600, by: str = "kim") -> Silence:
    return silence(matchers or ["service=pay"], BEGIN + begin, BEGIN + end, by, "we know")


def taken(*values: dict[str, Any]) -> Silences:
    silences = Silences()
    for value in values:
        silences.take(read_command(orjson.dumps(value)))
    return silences


def test_a_silence_is_on_from_its_beginning_to_its_end() -> None:
    one = said(begin=10, end=20)
    states = [(one.state(BEGIN + at), one.is_on(LABELS, BEGIN + at)) for at in (9, 10, 19, 20)]
    assert states == [
        (State.PENDING, False),
        (State.ACTIVE, True),
        (State.ACTIVE, True),
        (State.EXPIRED, False),
    ]


def test_all_matchers_have_to_meet_the_labels() -> None:
    silences = [said("service=pay", "severity=info"), said("env=prod")]
    assert not is_silenced(silences, LABELS, BEGIN)
    assert is_silenced([*silences, said("alertname=~Go.*")], LABELS, BEGIN)


def test_an_id_is_derived_and_the_order_of_matchers_is_no_matter() -> None:
    one, other = said("a=b", "c=d"), said('{c="d", a="b"}')
    assert one == other
    assert one.id != said("a=b", "c=d", by="lee").id


def test_it_is_the_same_after_commands() -> None:
    one = said("service=~pay|cart", 'severity!="info"')
    assert list(taken(one.command(written(BEGIN))).all()) == [one]


def test_it_ends_where_somebody_ends_it_and_not_later_by_a_second_word() -> None:
    one = said()
    ends = [expiry(one.id, "lee", written(BEGIN + at)) for at in (60, 90)]
    silences = taken(one.command(written(BEGIN)), *ends)
    assert [len(silences.on(LABELS, BEGIN + at)) for at in (59, 60, 100)] == [1, 0, 0]


@given(st.permutations(["said", "ended"]), st.booleans())
def test_in_whatever_order_and_however_often_commands_come(order: Sequence[str], twice: bool) -> None:
    one = said()
    values = {"said": one.command(written(BEGIN)), "ended": expiry(one.id, "kim", written(BEGIN + 60))}
    silences = taken(*[values[name] for name in [*order, *(order if twice else [])]])
    assert [found.ends_at for found in silences.all()] == [BEGIN + 60]


def test_what_is_said_again_is_no_change() -> None:
    silences, command = Silences(), read_command(orjson.dumps(said().command(written(BEGIN))))
    assert [silences.take(command), silences.take(command)] == [True, False]


def test_what_is_long_over_is_forgotten() -> None:
    silences = taken(said().command(written(BEGIN)))
    silences.forget(BEGIN + 3_600 + LONGEST_S)
    assert len(list(silences.all())) == 1
    silences.forget(BEGIN + 3_601 + LONGEST_S)
    assert list(silences.all()) == []


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (said(), None),
        (said(end=LONGEST_S), None),
        (said(end=LONGEST_S + 1), "it ends in more than 30 days"),
        (said(begin=60, end=60), "it ends before it begins"),
        (said(begin=-60, end=0), "it is over already"),
        (said('alertname=~".+"'), "it would silence all alerts"),
        (said('env!="dev"'), "it would silence all alerts"),
        (said("source=panicstream"), "it would silence all alerts"),
        (said('env!="dev"', "service=pay"), None),
        (silence([], BEGIN, BEGIN + 60, "kim"), "it would silence all alerts"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(one: Silence, expected: str | None) -> None:
    told = refusal(one, BEGIN)
    assert told is expected or (told or "").startswith(expected or "-")


def test_all_can_be_silenced_by_who_says_that_he_wants_it() -> None:
    assert refusal(silence([], BEGIN, BEGIN + 60, "kim"), BEGIN, is_all=True) is None


def test_no_silence_is_longer_than_commands_are_kept() -> None:
    table = tomllib.loads((SCHEMAS / "topics.toml").read_text())
    assert table["commands"]["config"]["retention.ms"] == LONGEST_S * 1_000


def test_silences_change_no_row_of_clusters() -> None:
    values = [said().command(written(BEGIN)), expiry("s-0123456789abcdef", "kim", written(BEGIN))]
    assert [read_cluster_command(orjson.dumps(value)) for value in values] == [None, None]


def test_a_command_about_a_cluster_is_still_one() -> None:
    value = expiry("c-0123456789abcdef", "kim", written(BEGIN)) | {"command": "mute", "shard": "go"}
    found = read_cluster_command(orjson.dumps(value))
    assert found is not None
    assert found.command == "mute"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"arguments": {}}, "bad_arguments: silence needs ends_at, matchers, starts_at"),
        ({"command": "hush"}, "unknown_command: 'hush' is none of resolve, "),
    ],
)
def test_what_is_no_silence_is_refused(fields: dict[str, Any], expected: str) -> None:
    with pytest.raises(BadRecordError, match=expected):
        read_command(orjson.dumps(said().command(written(BEGIN)) | fields))


def test_a_matcher_that_is_none_is_refused() -> None:
    value = said().command(written(BEGIN))
    value["arguments"]["matchers"] = ["service=~("]
    with pytest.raises(BadRecordError, match="bad_arguments: matchers: "):
        taken(value)


def test_what_was_ended_is_forgotten_as_silences_are_also_where_there_was_none() -> None:
    silences, now = Silences(), BEGIN + LONGEST_S + 10
    for number in range(3):
        silences.take(read_command(orjson.dumps(expiry(f"s-{number}", "kim", written(BEGIN + 5 * number)))))
    silences.forget(now)
    assert list(silences._ended) == ["s-2"]
