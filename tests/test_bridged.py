"""What Alertmanager tells a webhook, made a value of `notifications`."""

from typing import Any

import orjson
import pytest

from pipeline.alert import fingerprint
from pipeline.bridged import Bridged, bridged, read_webhook
from pipeline.step import BadRecordError
from tests.test_schema import misfits

TIME = "2026-11-21T00:06:33.000000001Z"


def told(**changes: Any) -> dict[str, Any]:
    """Return an alert of a webhook."""
    return {
        "status": "firing",
        "labels": {"alertname": "PanicRate", "service": "e1", "severity": "critical"},
        "annotations": {"summary": "x"},
        "startsAt": "2026-11-21T00:06:32.175262983Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://panicstream/1",
        "fingerprint": "8c79229140f1873a",
        **changes,
    }


def webhook(*alerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the body of a webhook."""
    return {
        "receiver": "chat",
        "status": "firing",
        "alerts": list(alerts) or [told()],
        "groupLabels": {"alertname": "PanicRate", "service": "e1"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://am:9093",
        "version": "4",
        "groupKey": '{}:{alertname="PanicRate", service="e1"}',
        "truncatedAlerts": 0,
        **changes,
    }


def made(body: dict[str, Any]) -> Bridged:
    return bridged(read_webhook(orjson.dumps(body)), "chat", 60.0, TIME)


def alerts(*given: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(webhook(*given)).value["alerts"]
    return found


def test_it_fits_the_schema() -> None:
    over = told(status="resolved", endsAt="2026-11-21T00:07:32+00:00")
    value = made(webhook(told(), over)).value
    assert misfits(value, "notifications.v1") == []


def test_an_alert_without_our_labels_and_with_names_that_labels_may_not_have_fits_it_too() -> None:
    value = made(webhook(told(labels={"a.b": "c", "服务": "d", "e": ""}), groupLabels={})).value
    assert misfits(value, "notifications.v1") == []


def test_the_group_is_whole_and_waits_for_nothing() -> None:
    value = made(webhook()).value
    waits = [value[name] for name in ("group_wait_s", "group_interval_s", "repeat_interval_s")]
    assert (value["whole"], waits) == (True, [0.0, 0.0, 60.0])


def test_its_key_is_that_of_its_labels_whatever_the_route_and_of_no_group_that_routes_lead_to() -> None:
    keys = {made(webhook(groupKey=key)).value["group_key"] for key in ("{}:{x}", '{}/{team="x"}:{y}')}
    assert keys == {"bridge-" + fingerprint({"alertname": "PanicRate", "service": "e1"})}


def test_an_alert_keeps_its_name_and_begins_an_episode_when_it_starts() -> None:
    (one,) = alerts(told())
    assert (one["fingerprint"], one["episode"], one["startsAt"], one["endsAt"]) == (
        "8c79229140f1873a",
        "8c79229140f1873a-1795219592",
        "2026-11-21T00:06:32.000000000Z",
        None,
    )


def test_an_alert_without_a_name_gets_the_one_that_alertmanager_would_give() -> None:
    (one,) = alerts(told(fingerprint="?"))
    assert one["fingerprint"] == "8c79229140f1873a"


def test_times_of_any_zone_are_understood() -> None:
    (one,) = alerts(told(startsAt="2026-11-21T08:06:32+08:00"))
    assert one["startsAt"] == "2026-11-21T00:06:32.000000000Z"


def test_a_group_is_over_when_all_of_it_is() -> None:
    over = told(status="resolved", endsAt="2026-11-21T00:07:32Z")
    statuses = [made(webhook(*group)).value["status"] for group in ([told(), over], [over])]
    assert statuses == ["firing", "resolved"]


def test_of_too_many_those_that_fire_are_told_and_the_others_counted() -> None:
    over = [told(status="resolved", endsAt="2026-11-21T00:07:32Z")] * 150
    found = made(webhook(*over, *[told()] * 100, truncatedAlerts=7))
    statuses = [one["status"] for one in found.value["alerts"]]
    assert (statuses, found.left_out) == (["firing"] * 100 + ["resolved"] * 100, 57)


def test_texts_are_clean_and_a_megabyte_of_them_is_cut() -> None:
    (one,) = alerts(told(annotations={"summary": "a\x1b[31mb\x00", "big": "x" * 1_000_000}))
    assert (one["annotations"]["summary"], len(one["annotations"]["big"].encode())) == ("ab", 4_096)


def test_many_large_alerts_are_less_than_a_megabyte() -> None:
    texts = {f"n{number}": '"' * 4_000 for number in range(4)}
    found = made(webhook(*[told(annotations=texts)] * 200))
    assert len(orjson.dumps(found.value)) < 1_000_000
    assert len(found.value["alerts"]) + found.left_out == 200


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "value: Invalid JSON"),
        (b"[]", "value: Input should be an object"),
        (orjson.dumps(webhook(version="3")), "version: Input should be '4'"),
        (orjson.dumps(webhook(alerts=[])), "alerts: List should have at least 1 item"),
        (orjson.dumps(webhook(told(status="ok"))), "alerts.0.status: Input should be"),
        (orjson.dumps(webhook(told(startsAt=""))), "alerts.0.startsAt: Input should be a valid datetime"),
        (orjson.dumps(webhook(told(labels={"a": 7}))), "alerts.0.labels.a: Input should be a valid string"),
    ],
)
def test_what_is_no_webhook_is_refused_in_words(body: bytes, why: str) -> None:
    with pytest.raises(BadRecordError) as refused:
        read_webhook(body)
    assert why in refused.value.detail
