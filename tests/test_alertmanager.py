"""Prometheus' Alertmanager itself, told by us: nothing is lost, nothing is told twice."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.channels.answer import Verdict
from pipeline.event_time import seconds, written
from tests.alertmanager import Alertmanager, alertmanagers, routed
from tests.kafka.topics import until
from tests.posting import CHANNEL, Telling, firing, renewed, resolved, telling
from tests.webhooks import Webhooks, webhooks

PATIENCE_S = 30.0
NEVER_S = 3_600.0
QUICK = {"resend": 1.0, "reconcile": NEVER_S}
SNAPSHOTS = ("--data.maintenance-interval=500ms",)


@pytest.fixture
def hook() -> Iterator[Webhooks]:
    with webhooks() as listening:
        yield listening


@pytest.fixture
def one(tmp_path: Path, hook: Webhooks) -> Iterator[Alertmanager]:
    with alertmanagers(tmp_path, routed(hook.url), flags=SNAPSHOTS) as (only,):
        yield only


@pytest.fixture
def us(one: Alertmanager) -> Iterator[Telling]:
    with telling([one.url], **QUICK) as ours:
        yield ours


def now() -> int:
    return int(time.time())


def told(hook: Webhooks, *wanted: tuple[str, str]) -> None:
    """Wait until exactly this was told."""
    until(lambda: hook.told() == list(wanted), PATIENCE_S, f"{wanted} in {hook.told()}")


def held(one: Alertmanager) -> dict[str, dict[str, Any]]:
    return {alert["labels"]["alertname"]: alert for alert in one.alerts()}


def test_it_has_our_fingerprint_and_both_times_and_whole_annotations(one: Alertmanager, us: Telling) -> None:
    began = now() - 100
    record = firing("A", began)
    assert us.tell(record).verdict is Verdict.OK
    (alert,) = one.alerts()
    assert (alert["fingerprint"], seconds(alert["startsAt"]), alert["annotations"]) == (
        record["fingerprint"],
        began,
        record["annotations"],
    )
    assert 290 <= seconds(alert["endsAt"]) - now() <= 300


def test_an_end_without_a_start_would_begin_in_the_future(one: Alertmanager) -> None:
    ends = now() + 3_600
    one.post([{"labels": {"alertname": "A"}, "endsAt": written(ends)}])
    assert seconds(held(one)["A"]["startsAt"]) == ends


def test_what_began_longer_ago_than_the_wait_is_told_at_once(tmp_path: Path, hook: Webhooks) -> None:
    config = routed(hook.url, wait="90s")
    with alertmanagers(tmp_path, config) as (one,), telling([one.url], **QUICK) as us:
        us.tell(firing("A", now() - 100))
        told(hook, ("A", "firing"))


def test_a_bad_alert_among_others_is_refused_and_the_others_stand(one: Alertmanager) -> None:
    answer = one.post([{"labels": {"alertname": "A"}}, {"labels": {"a.b": "c"}}])
    assert (answer.status, list(held(one))) == (400, ["A"])


def test_we_never_tell_a_bad_alert_and_the_others_are_taken(one: Alertmanager, us: Telling) -> None:
    verdicts = [us.tell(firing("A", now(), **{"a.b": "c"})).verdict, us.tell(firing("B", now())).verdict]
    assert (verdicts, list(held(one))) == ([Verdict.REJECTED, Verdict.OK], ["B"])
    assert us.value("alertmanager_bad_total", channel=CHANNEL) == 1


def test_the_first_start_stays_and_annotations_are_the_last_ones(one: Alertmanager, us: Telling) -> None:
    record = firing("A", now() - 100)
    us.tell(record)
    us.tell(renewed(record, lambda _: {"startsAt": written(now()), "annotations": {"summary": "worse"}}))
    alert = held(one)["A"]
    assert (seconds(alert["startsAt"]), alert["annotations"]) == (
        seconds(record["startsAt"]),
        {"summary": "worse"},
    )


def test_it_is_told_once_that_an_alert_fires_and_once_that_it_is_over(hook: Webhooks, us: Telling) -> None:
    record = firing("A", now())
    us.tell(record)
    told(hook, ("A", "firing"))
    us.tell(resolved(record))
    told(hook, ("A", "firing"), ("A", "resolved"))


def test_an_older_state_changes_nothing(one: Alertmanager, us: Telling) -> None:
    record = firing("A", now())
    us.tell(resolved(record))
    us.tell(record)
    assert held(one) == {}


def test_a_killed_alertmanager_loses_no_end(one: Alertmanager, hook: Webhooks, us: Telling) -> None:
    record = firing("A", now())
    us.tell(record)
    told(hook, ("A", "firing"))
    one.remember("A")
    one.kill()
    assert us.tell(resolved(record)).verdict is Verdict.RETRY
    one.start()
    told(hook, ("A", "firing"), ("A", "resolved"))


def test_a_killed_alertmanager_does_not_tell_again_what_fires(
    one: Alertmanager, hook: Webhooks, us: Telling
) -> None:
    us.tell(firing("A", now()))
    told(hook, ("A", "firing"))
    one.remember("A")
    one.kill()
    one.start()
    until(lambda: held(one), PATIENCE_S, "alert")
    us.tell(firing("B", now()))
    told(hook, ("A", "firing"), ("B", "firing"))


def test_what_it_lost_is_found_missing_and_told_again(one: Alertmanager) -> None:
    with telling([one.url], resend=NEVER_S, reconcile=0.5) as us:
        us.tell(firing("A", now()))
        one.kill()
        one.start()
        until(lambda: held(one), PATIENCE_S, "alert")
        assert us.value("alertmanager_lost_total", channel=CHANNEL, url=one.url) >= 1


def test_an_end_that_it_lost_is_told_again(one: Alertmanager) -> None:
    record = firing("A", now())
    with telling([one.url], resend=NEVER_S, reconcile=0.5) as us:
        us.tell(resolved(record))
        with telling([one.url], resend=NEVER_S) as older:
            older.tell(record)
        until(lambda: not held(one), PATIENCE_S, "end")


def test_whoever_takes_a_channel_over_tells_what_it_was_told(one: Alertmanager) -> None:
    with telling([one.url], resend=NEVER_S) as us:
        us.adopt(firing("A", now()), firing("B", now()))
        until(lambda: held(one).keys() == {"A", "B"}, PATIENCE_S, "alerts")


def test_two_replicas_tell_once(tmp_path: Path, hook: Webhooks) -> None:
    with (
        alertmanagers(tmp_path, routed(hook.url), 2, SNAPSHOTS) as pair,
        telling([one.url for one in pair], **QUICK) as us,
    ):
        record = firing("A", now())
        us.tell(record)
        told(hook, ("A", "firing"))
        pair[1].remember("A")
        pair[0].kill()
        assert us.tell(resolved(record)).verdict is Verdict.OK
        told(hook, ("A", "firing"), ("A", "resolved"))
        pair[0].start()
        us.tell(firing("B", now()))
        until(lambda: all(held(one) for one in pair), PATIENCE_S, "alert")
        told(hook, ("A", "firing"), ("A", "resolved"), ("B", "firing"))


def test_one_that_is_away_is_told_of_in_one_line_and_gets_all_when_it_is_back(
    tmp_path: Path, hook: Webhooks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "agents")
    with (
        alertmanagers(tmp_path, routed(hook.url), 2) as (first, second),
        telling([first.url, second.url], **QUICK) as us,
    ):
        second.kill()
        outcomes = [us.tell(firing(name, now())).verdict for name in "ABC"]
        until(lambda: "does not take alerts" in caplog.text, PATIENCE_S, "line")
        assert us.value("alertmanager_up", channel=CHANNEL, url=second.url) == 0
        second.start()
        until(lambda: held(second).keys() == {"A", "B", "C"}, PATIENCE_S, "alerts")
        until(lambda: "takes alerts again" in caplog.text, PATIENCE_S, "line")
        assert outcomes == [Verdict.OK] * 3
        assert caplog.text.count("does not take alerts") == 1
        assert us.value("alertmanager_up", channel=CHANNEL, url=second.url) == 1


def test_where_all_are_away_it_is_to_be_tried_again_and_told_by_itself(
    one: Alertmanager, us: Telling
) -> None:
    one.kill()
    verdict = us.tell(firing("A", now())).verdict
    one.start()
    until(lambda: held(one), PATIENCE_S, "alert")
    assert verdict is Verdict.RETRY


def test_a_storm_is_few_requests(one: Alertmanager) -> None:
    with telling([one.url], resend=1.0) as us:
        us.adopt(*(firing(f"A{number}", now()) for number in range(1_000)))
        until(lambda: len(held(one)) == 1_000, PATIENCE_S, "alerts")


def test_one_that_hangs_holds_up_no_other(one: Alertmanager) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # takes connections, and says nothing
        urls = [f"http://127.0.0.1:{hanging.getsockname()[1]}", one.url]
        with telling(urls, **QUICK) as us:
            outcomes = [us.tell(firing(name, now())) for name in "ABC"]
            assert [outcome.said for outcome in outcomes] == ["taken by 1 of 1"] * 3
            assert held(one).keys() == {"A", "B", "C"}
