"""NOTIFY on a real broker: channels are programs of one's own."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.times import SECOND_NS, utc
from agents.track import Track
from pipeline.settings import Settings
from pipeline.silence import expiry, silence
from tests.certificates import certificates
from tests.kafka.notifying import (
    Value,
    alert,
    channel,
    chosen,
    deliveries,
    heard,
    notification,
    notify,
    write_routes,
)
from tests.kafka.topics import drain, produce, until
from tests.kafka.tracking import PATIENCE_S, make_topics, working
from tests.test_schema import misfits
from tests.vendors import CLOSE, HANG, REFUSED, TOO_FAST, Reply, vendor

Told = Callable[..., AbstractContextManager[Track]]


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    """Give the place of a file of routes."""
    return tmp_path / "routes.toml"


@pytest.fixture
def ready(kafka: str, prefix: str, routes: Path) -> Settings:
    """Give the settings of a worker whose topics are there."""
    write_routes(routes, "default")
    made = chosen(kafka, prefix, routes, failing_after=2)
    make_topics(made)
    return made


@pytest.fixture
def told(ready: Settings, routes: Path) -> Told:
    """Give what runs a worker that tells channels at these addresses."""

    def work(**urls: str) -> AbstractContextManager[Track]:
        root = next(iter(urls), "default")
        write_routes(routes, root, *(channel(name, url) for name, url in urls.items()))
        return working(ready)

    return work


def over(fired: Value) -> Value:
    """Return the end of an alert."""
    return fired | {"status": "resolved", "seq": fired["seq"] + 2, "endsAt": fired["startsAt"]}


def states(chosen: Settings, channel: str = "chat") -> list[str]:
    """Return what came of the attempts at a channel."""
    return [one["state"] for one in deliveries(chosen) if one["channel"] == channel]


def await_states(chosen: Settings, *expected: str) -> None:
    """Wait until these are what came of attempts."""
    until(lambda: states(chosen) == list(expected), PATIENCE_S, f"{expected} but {states(chosen)}")


def command(chosen: Settings, value: dict[str, Any]) -> None:
    """Say something in `commands`."""
    bootstrap = ",".join(chosen.kafka.bootstrap_servers)
    produce(bootstrap, chosen.topic("commands"), [(value["subject"].encode(), orjson.dumps(value))])


def metric(track: Track, name: str, **labels: str) -> float:
    """Return a series of a worker."""
    return track._metrics.registry.get_sample_value(f"panicstream_{name}", labels) or 0.0


def test_a_channel_is_told_of_an_alert_and_of_its_end(ready: Settings, told: Told) -> None:
    fired = alert("cart")
    with vendor("webhook") as stub, told(chat=stub.url):
        notify(ready, [notification("chat", fired)])
        stub.wait_for(1)
        notify(ready, [notification("chat", over(fired))])
        stub.wait_for(2)
        await_states(ready, "delivered", "delivered")
    assert [(one.action, one.status, one.seq) for one in heard(stub)] == [
        ("trigger", "firing", 1),
        ("resolve", "resolved", 2),
    ]
    assert [wrong for one in deliveries(ready) if (wrong := misfits(one, "deliveries.v1"))] == []


def test_each_channel_is_told_what_is_for_it(ready: Settings, told: Told) -> None:
    with vendor("webhook") as one, vendor("webhook") as two, told(chat=one.url, pager=two.url):
        notify(ready, [notification("chat", alert("cart")), notification("pager", alert("pay"))])
        one.wait_for(1)
        two.wait_for(1)
    assert [body["commonLabels"]["service"] for stub in (one, two) for body in [stub.asked[0].fields]] == [
        "cart",
        "pay",
    ]


def test_what_is_critical_is_told_first(ready: Settings, told: Told) -> None:
    waiting = [notification("chat", alert(f"s{number}", severity="info")) for number in range(3)]
    with vendor("webhook") as stub:
        with told():
            notify(ready, [*waiting, notification("chat", alert("pay"))])
            until(lambda: drain_rows(ready) >= 4, PATIENCE_S, "rows")
        with told(chat=stub.url):
            stub.wait_for(4)
    assert stub.asked[0].fields["commonLabels"]["service"] == "pay"


def drain_rows(chosen: Settings) -> int:
    """Return how many rows were written of what is wanted or told."""
    return len(drain(",".join(chosen.kafka.bootstrap_servers), f"{chosen.track_id}-told-changelog"))


def test_a_channel_that_fails_is_tried_again_until_it_takes_it(ready: Settings, told: Told) -> None:
    with vendor("webhook", Reply(503), Reply(500)) as stub, told(chat=stub.url):
        notify(ready, [notification("chat", alert("cart"))])
        stub.wait_for(3)
        await_states(ready, "retry", "retry", "delivered")
    assert {one.telling for one in heard(stub)} == {heard(stub)[0].telling}
    assert [one["attempt"] for one in deliveries(ready)] == [1, 2, 3]


def test_a_connection_that_breaks_is_no_answer_and_the_repeat_says_so(ready: Settings, told: Told) -> None:
    with vendor("webhook", CLOSE) as stub, told(chat=stub.url):
        notify(ready, [notification("chat", alert("cart"))])
        stub.wait_for(2)
        await_states(ready, "ambiguous", "delivered")
    assert [one.may_repeat for one in heard(stub)] == [False, True]


def test_a_worker_that_takes_over_goes_on_where_the_other_was(ready: Settings, told: Told) -> None:
    fired = alert("cart")
    with vendor("webhook") as stub:
        with told(chat=stub.url):
            notify(ready, [notification("chat", fired)])
            await_states(ready, "delivered")
        with told(chat=stub.url):
            notify(ready, [notification("chat", fired), notification("chat", over(fired))])
            stub.wait_for(2)
    assert [(one.action, one.seq) for one in heard(stub)] == [("trigger", 1), ("resolve", 2)]


def test_a_channel_that_is_not_there_yet_is_told_when_it_is(
    ready: Settings, told: Told, routes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with vendor("webhook") as stub, told() as track:
        notify(ready, [notification("chat", alert("cart")), notification("chat", alert("pay"))])
        until(lambda: metric(track, "unroutable_groups", channel="chat") == 2, PATIENCE_S, "metric")
        assert metric(track, "channel_state", channel="chat", state="missing") == 1
        write_routes(routes, "chat", channel("chat", stub.url))
        stub.wait_for(2)
        until(lambda: metric(track, "unroutable_groups", channel="chat") == 0, PATIENCE_S, "metric")
    lines = [one.getMessage() for one in caplog.records if "chat" in one.getMessage()]
    assert [line for line in lines if "wait for" in line] == [
        "alerts wait for channel chat: the file of notify.routes has no [channels.chat] that is enabled"
    ]


def test_a_channel_that_refuses_us_is_stopped_and_another_is_told(
    ready: Settings, told: Told, routes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = [REFUSED["webhook"]] * 9
    with ExitStack() as stack:
        stub, other = (stack.enter_context(vendor("webhook", *some)) for some in (refusals, []))
        with told(chat=stub.url, mail=other.url) as track:
            notify(ready, [notification("chat", alert("cart")), notification("chat", alert("pay"))])
            other.wait_for(1)
            until(
                lambda: metric(track, "channel_state", channel="chat", state="disabled"), PATIENCE_S, "metric"
            )
            time.sleep(2)
            assert len(stub.asked) == 1
            stub.answers.clear()
            write_routes(routes, "chat", channel("chat", f"{stub.url}/new"), channel("mail", other.url))
            stub.wait_for(3)
            other.wait_for(2)
    (first, second), labels = heard(other), other.asked[0].fields["commonLabels"]
    assert (labels["alertname"], labels["channel"]) == ("ChannelFailing", "chat")
    assert (first.action, second.action) == ("trigger", "resolve")
    assert sum("is stopped" in one.getMessage() for one in caplog.records) == 1


def test_a_channel_that_is_away_for_long_says_so_once_and_is_told_when_it_is_back(
    ready: Settings, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    with vendor("webhook") as gone:
        port = gone.port
    fired, brief = alert("cart"), alert("pay")
    with vendor("webhook") as other, told(chat=f"http://127.0.0.1:{port}", mail=other.url):
        notify(ready, [notification("chat", one) for one in (fired, brief)])
        other.wait_for(1)
        notify(ready, [notification("chat", over(brief))])
        with vendor("webhook", port=port) as stub:
            stub.wait_for(2, 90)
            other.wait_for(2)
    assert sorted((one.action, one.status) for one in heard(stub)) == [
        ("resolve", "resolved"),
        ("trigger", "firing"),
    ]
    lines = [one.getMessage() for one in caplog.records if one.getMessage().startswith("channel chat")]
    assert [line.split(":")[0] for line in lines] == [
        "channel chat fails, and is tried again",
        "channel chat takes again what it is told",
    ]


def test_a_certificate_that_has_expired_is_said_once_and_the_alert_is_kept(
    ready: Settings, routes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = certificates(tmp_path / "made")

    def renew(url: str) -> None:
        write_routes(routes, "chat", channel("chat", f"{url}/hook", ca_file=made.authority))

    with working(ready), vendor("webhook", tls=made.expired) as old, vendor("webhook", tls=made.fine) as new:
        renew(old.url)
        notify(ready, [notification("chat", alert("cart"))])
        until(lambda: len(states(ready)) > 1, PATIENCE_S, "second attempt")
        renew(new.url)
        new.wait_for(1)
    assert old.asked == []
    lines = [one.getMessage() for one in caplog.records if "trusted" in one.getMessage()]
    assert len(lines) == 1
    assert "channel chat fails, and is tried again" in lines[0]
    assert "certificate has expired" in lines[0]


def test_what_is_late_is_a_dead_letter(kafka: str, prefix: str, routes: Path) -> None:
    write_routes(routes, "chat", channel("chat", "http://127.0.0.1:9"))
    late = chosen(kafka, prefix, routes, deadline=1, deadline_critical=1)
    make_topics(late)
    with working(late):
        notify(late, [notification("chat", alert("cart"))])
        until(lambda: drain(kafka, late.topic("deadletters")), PATIENCE_S, "dead letter")
    (letter,) = drain(kafka, late.topic("deadletters"))
    headers = dict(letter.headers)
    assert headers["panicstream.reason"] == b"undeliverable"
    assert orjson.loads(letter.value or b"")["alerts"][0]["labels"]["service"] == "cart"
    assert "dropped" in states(late)


def test_a_silence_keeps_an_alert_back_until_it_ends_but_never_an_end(ready: Settings, told: Told) -> None:
    now, fired, hidden = int(time.time()), alert("cart"), alert("pay")
    quiet = silence(['env="live"'], now - 10, now + 600, "kim", "planned")
    with vendor("webhook") as stub, told(chat=stub.url) as track:
        notify(ready, [notification("chat", fired)])
        stub.wait_for(1)
        command(ready, quiet.command(utc(now * SECOND_NS)))
        until(lambda: list(track_silences(track)), PATIENCE_S, "silence")
        notify(ready, [notification("chat", hidden), notification("chat", over(fired))])
        stub.wait_for(2)
        until(
            lambda: metric(track, "suppressed_total", channel="chat", reason="silenced") == 1,
            PATIENCE_S,
            "count of what is silenced",
        )
        command(ready, expiry(quiet.id, "kim", utc(now * SECOND_NS)))
        stub.wait_for(3)
    shown = [(one.fields["commonLabels"]["service"], one.fields["status"]) for one in stub.asked]
    assert shown == [("cart", "firing"), ("cart", "resolved"), ("pay", "firing")]


def track_silences(track: Track) -> Any:
    """Return the silences that a worker knows."""
    app = track._alerts.app
    assert app
    assert app.notify
    return app.notify.overview._silences.all()


def test_two_workers_tell_each_thing_once(ready: Settings, told: Told) -> None:
    names = [f"c{number}" for number in range(8)]
    with vendor("webhook") as stub:
        urls = {name: f"{stub.url}/{name}" for name in names}
        with told(**urls):
            notify(ready, [notification(name, alert("one")) for name in names])
            stub.wait_for(8)
            with working(ready):
                notify(ready, [notification(name, alert("two")) for name in names])
                stub.wait_for(16)
            notify(ready, [notification(name, alert("three")) for name in names])
            stub.wait_for(24)
            time.sleep(2)
    tellings = [one.telling for one in heard(stub)]
    assert sorted(set(tellings)) == sorted(tellings)
    assert len(tellings) == 24


def test_a_server_that_hangs_is_left_after_its_time(ready: Settings, told: Told, routes: Path) -> None:
    with vendor("webhook", HANG) as stub, told():
        write_routes(routes, "chat", channel("chat", stub.url, timeout_s=1))
        notify(ready, [notification("chat", alert("cart"))])
        stub.wait_for(2)
        await_states(ready, "ambiguous", "delivered")
    assert [one.may_repeat for one in heard(stub)] == [False, True]


def test_a_channel_is_not_asked_before_it_wants_to_be(ready: Settings, told: Told) -> None:
    wait = Reply(429, b"", {"Retry-After": "3"})
    assert TOO_FAST["webhook"].status == wait.status
    with vendor("webhook", wait) as stub, told(chat=stub.url):
        notify(ready, [notification("chat", alert("cart")), notification("chat", alert("pay"))])
        stub.wait_for(3)
    first, second, _ = (one.at for one in stub.asked)
    assert second - first >= 3


def test_an_alert_that_ended_while_routes_led_elsewhere_is_ended_by_the_sweep(
    ready: Settings, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.notify.SWEEP_S", 1.0)
    monkeypatch.setattr("agents.sweep.SETTLED_S", 0.0)
    fired, other = alert("cart"), alert("pay")
    stand(ready, fired, other)
    with vendor("webhook") as stub, told(chat=stub.url):
        notify(ready, [notification("chat", fired), notification("chat", other)])
        stub.wait_for(2)
        stand(ready, over(fired))
        stub.wait_for(3)
        time.sleep(3)
    shown = [(one.fields["commonLabels"]["service"], one.fields["status"]) for one in stub.asked]
    assert sorted(shown[:2]) == [("cart", "firing"), ("pay", "firing")]
    assert shown[2:] == [("cart", "resolved")]


def test_an_alert_that_fires_is_told_once_where_routes_lead_later(
    ready: Settings, told: Told, routes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.notify.SWEEP_S", 1.0)
    monkeypatch.setattr("agents.newcomers.SETTLED_S", 0.0)
    fired, held = alert("cart"), alert("pay")
    stand(ready, fired, held | {"timing": held["timing"] | {"held": "late"}})
    with vendor("webhook") as chat, vendor("webhook") as pager, told(chat=chat.url):
        notify(ready, [notification("chat", fired)])
        chat.wait_for(1)
        channels = channel("chat", chat.url), channel("pager", pager.url)
        write_routes(routes, "pager", *channels)
        pager.wait_for(1)
        time.sleep(3)
        stand(ready, over(fired))
        notify(ready, [notification("pager", over(fired), group_key=heard(pager)[0].group[12:])])
        pager.wait_for(2)
        write_routes(routes, "chat", *channels)
        time.sleep(3)
    shown = [(one.fields["commonLabels"]["service"], one.fields["status"]) for one in pager.asked]
    assert shown == [("cart", "firing"), ("cart", "resolved")]
    assert [one.status for one in heard(chat)][:1] == ["firing"]


def stand(chosen: Settings, *records: Value) -> None:
    """Let alerts stand in `alerts`."""
    bootstrap = ",".join(chosen.kafka.bootstrap_servers)
    values = [(one["fingerprint"].encode(), orjson.dumps(one)) for one in records]
    produce(bootstrap, chosen.topic("alerts"), values)


def test_what_is_over_for_long_is_forgotten(
    ready: Settings, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.notify.SWEEP_S", 1.0)
    monkeypatch.setattr("agents.forgetting.DAY", -60.0)
    fired, other = alert("cart"), alert("pay")
    stand(ready, fired, other)
    with vendor("webhook") as stub, told(chat=stub.url) as track:
        notify(ready, [notification("chat", fired), notification("chat", other)])
        stub.wait_for(2)
        notify(ready, [notification("chat", over(fired))])
        stub.wait_for(3)
        until(
            lambda: metric(track, "table_rows", table="told") == 2,
            PATIENCE_S,
            "two rows, those of what fires",
        )
    with told(chat=stub.url) as track:
        until(lambda: metric(track, "table_rows", table="told") == 2, PATIENCE_S, "the same two rows")


def test_a_large_group_is_told_in_one_message(ready: Settings, told: Told) -> None:
    first, count = alert("cart"), 300
    group = notification("chat", first)
    records = [
        first | {"fingerprint": f"{number:016x}", "episode": f"{number:016x}-1"} for number in range(count)
    ]
    waits = {"group_wait_s": 5.0, "group_key": group["group_key"]}
    with vendor("webhook") as stub, told(chat=stub.url):
        notify(ready, [notification("chat", one, **waits) for one in records])
        stub.wait_for(1)
        time.sleep(3)
    assert [one.alerts for one in heard(stub)][-1] == count
    assert len(stub.asked) <= 2
