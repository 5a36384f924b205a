"""Alerts as Alertmanager takes them, and what its answers mean."""

from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from pipeline.channels import alertmanager
from pipeline.channels.alertmanager import (
    AlertmanagerSettings,
    alert,
    classify,
    fault,
    joined,
    lost,
    posts,
    up,
)
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.event_time import written
from tests.example_alerts import fired

URL = "http://am:9093"
NOW = 1_900_000_000
SETTINGS = AlertmanagerSettings(urls=[URL])


def record(**changes: Any) -> dict[str, Any]:
    return {**fired("alerts"), "startsAt": written(NOW - 60), **changes}


def over(ends: int) -> dict[str, Any]:
    return record(status="resolved", endsAt=written(ends))


def test_what_fires_is_up_for_five_minutes_from_now() -> None:
    told = alert(SETTINGS, record(), NOW)
    assert (told["startsAt"], told["endsAt"]) == (written(NOW - 60), written(NOW + 300))


def test_what_is_over_ended_when_it_did() -> None:
    assert alert(SETTINGS, over(NOW - 30), NOW)["endsAt"] == written(NOW - 30)


def test_nothing_begins_later_than_now() -> None:
    assert alert(SETTINGS, record(startsAt=written(NOW + 60)), NOW)["startsAt"] == written(NOW)


def test_what_ended_later_than_now_is_over_all_the_same() -> None:
    assert alert(SETTINGS, over(NOW + 60), NOW)["endsAt"] == written(NOW)


def test_nothing_ends_before_it_begins() -> None:
    assert alert(SETTINGS, over(NOW - 90), NOW)["endsAt"] == written(NOW - 60)


def test_labels_stay_as_they_are_since_they_name_the_alert() -> None:
    assert alert(SETTINGS, record(), NOW)["labels"] == record()["labels"]


def test_annotations_are_clean_and_empty_ones_left_out() -> None:
    told = alert(SETTINGS, record(annotations={"summary": "a\x1b[31mb", "runbook": ""}), NOW)
    assert told["annotations"] == {"summary": "ab"}


@pytest.mark.parametrize("link", ["", "not an address", "https://dash/ä", "javascript:alert(1)"])
def test_a_link_that_is_no_address_is_left_out(link: str) -> None:
    settings = SETTINGS.model_copy(update={"link": link})
    assert "generatorURL" not in alert(settings, record(), NOW)


def test_a_link_leads_to_the_alert() -> None:
    settings = SETTINGS.model_copy(update={"link": "https://dash/alerts/{fingerprint}"})
    told = alert(settings, record(), NOW)
    assert told["generatorURL"] == f"https://dash/alerts/{record()['fingerprint']}"


def test_an_alert_of_ours_is_taken() -> None:
    assert fault(alert(SETTINGS, record(), NOW)) == ""


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({}, "it has no labels"),
        ({"a.b": "c"}, "'a.b' is no name of a label"),
        ({"1st": "c"}, "'1st' is no name of a label"),
        ({"服务": "c"}, "'服务' is no name of a label"),
        ({"a": ""}, "a is no text, or an empty one"),
        ({"a": 7}, "a is no text, or an empty one"),
        ({"a": "é" * 513}, "a is longer than 1024 bytes"),
    ],
)
def test_it_is_said_why_an_alert_would_not_be_taken(labels: dict[str, Any], why: str) -> None:
    assert fault({"labels": labels, "annotations": {}}) == why


def test_annotations_have_names_and_sizes_too() -> None:
    told = {"labels": {"a": "b"}, "annotations": {f"n{number}": "x" * 16_000 for number in range(5)}}
    assert fault(told) == "its texts are longer than 65536 bytes"


def test_many_alerts_are_several_requests() -> None:
    made = posts(SETTINGS, URL, [{"labels": {"n": str(number)}} for number in range(600)])
    assert [len(orjson.loads(one.body)) for one in made] == [256, 256, 88]


def test_a_request_is_json_with_the_token() -> None:
    settings = AlertmanagerSettings(urls=[f"{URL}/"], token=SecretStr("abcd"))
    (made,) = posts(settings, settings.urls[0], [alert(settings, record(), NOW)])
    assert (made.method, made.url, made.headers, made.is_keyed, made.secrets) == (
        "POST",
        "http://am:9093/api/v2/alerts",
        {"Content-Type": "application/json", "Authorization": "Bearer abcd"},
        True,
        ("abcd",),
    )


@pytest.mark.parametrize("url", ["am:9093", "ftp://am", "http://", "http://kim:pw@am:9093", "http://am?x=1"])
def test_what_is_no_address_of_an_alertmanager_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="it is http://HOST:PORT of an Alertmanager"):
        AlertmanagerSettings(urls=[url])


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(200), Verdict.OK),
        (Answer(202), Verdict.REJECTED),
        (Answer(302), Verdict.REJECTED),
        (Answer(400), Verdict.REJECTED),
        (Answer(401), Verdict.DISABLED),
        (Answer(403), Verdict.DISABLED),
        (Answer(404), Verdict.RETRY),
        (Answer(415), Verdict.REJECTED),
        (Answer(422), Verdict.REJECTED),
        (Answer(429), Verdict.RETRY),
        (Answer(500), Verdict.RETRY),
        (Answer(503), Verdict.RETRY),
        (Answer(fault="cannot be reached", was_sent=False), Verdict.RETRY),
        (Answer(fault="no answer within 10 s", was_sent=True), Verdict.RETRY),
    ],
)
def test_only_200_is_taken_and_what_is_wrong_stays_wrong(answer: Answer, verdict: Verdict) -> None:
    (request,) = posts(SETTINGS, URL, [alert(SETTINGS, record(), NOW)])
    assert classify(SETTINGS, request, answer).verdict == verdict


def test_one_alertmanager_that_took_it_is_enough() -> None:
    told = joined({"a": Outcome(Verdict.RETRY, "away", 5.0), "b": Outcome(Verdict.OK, "taken")})
    assert told == Outcome(Verdict.OK, "taken by 1 of 2; a: away")


def test_where_none_took_it_the_one_with_most_hope_decides() -> None:
    told = joined({"a": Outcome(Verdict.DISABLED, "no token"), "b": Outcome(Verdict.RETRY, "away", 5.0)})
    assert told == Outcome(Verdict.RETRY, "a: no token; b: away", 5.0)


def test_what_it_lost_is_that_an_alert_fires_or_that_it_is_over() -> None:
    records = {"a": record(), "b": record(), "c": over(NOW), "d": over(NOW)}
    assert lost(records, {"a", "c", "e"}) == ["b", "c"]


def test_its_list_of_alerts_is_read() -> None:
    assert up(b'[{"fingerprint": "ab", "labels": {}}]') == {"ab"}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": 1}', b"[1]", b"null", b'[{"labels": {}}]'])
def test_what_is_no_list_of_alerts_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|it is no list of alerts"):
        up(body)


def test_it_is_asked_for_our_alerts_alone() -> None:
    asked = alertmanager.question(SETTINGS, URL)
    assert asked.url == "http://am:9093/api/v2/alerts?filter=source%3D%22panicstream%22"
