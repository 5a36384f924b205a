"""WATCH on a real broker."""

import asyncio

import orjson
import pytest

from agents.track import Track
from pipeline.cluster_told import ClusterTold
from pipeline.event_time import DAY, written
from pipeline.settings import Settings
from tests.bugs import told
from tests.kafka.topics import drain, produce, until
from tests.kafka.tracking import PATIENCE_S, make_topics, settings, working
from tests.kafka.watching import START, Stream, events
from tests.test_schema import misfits
from tests.watched import BEGIN

RATE, SURGE = "GoPanicRateHigh", "GoPanicSurge"
TOLD = {  # each topic and its schema
    "alerts": "alerts.v1",
    "alert-events": "alerts.v1",
    "notifications": "notifications.v1",
    "actions": "actions.v1",
    "reports": "reports.v1",
}


@pytest.fixture
def chosen(kafka: str, prefix: str) -> Settings:
    """Give the settings of a worker whose topics are there."""
    made = paging(settings(kafka, prefix, 2))
    make_topics(made)
    return made


def paging(made: Settings) -> Settings:
    """Let what fires be a page, however long ago the tests began."""
    return made.model_copy(update={"watch": made.watch.model_copy(update={"page_horizon": DAY})})


def phases(kafka: str, prefix: str, rule: str = RATE) -> list[str]:
    """Return the transitions of a rule's alerts."""
    found = [one for one in events(kafka, prefix) if one["labels"]["alertname"] == rule]
    return [one["phase"] for one in found]


def reached(track: Track) -> int | None:
    """Return how far time is that services are looked at by."""
    watch = track._alerts.app and track._alerts.app.watch
    return watch.partitions[0].clock.watermark if watch else None


WHOLE = ["pending", "firing", "recovering", "resolved"]
STEPS = {  # how often the service crashes, by second, until which phase is told
    "pending": (range(150, 250), 1),
    "firing": (range(250, 450), 1),
    "resolved": (range(450, 690), 0),
}
END = 689  # its last second


def play(kafka: str, prefix: str, phase: str) -> None:
    """Let the service come into a phase."""
    Stream(kafka, prefix).play(*STEPS[phase])
    until(lambda: phases(kafka, prefix)[-1:] == [phase], PATIENCE_S, f"alert that is {phase}")


def test_a_service_that_crashes_often_fires_and_is_resolved(
    kafka: str, prefix: str, chosen: Settings
) -> None:
    with working(chosen) as track:
        for phase in STEPS:
            play(kafka, prefix, phase)
        page = asyncio.run(track._alerts._page({"rule": RATE}, is_here=True))
    assert phases(kafka, prefix) == WHOLE
    assert page["partitions"] == [0, 1]
    assert [(one["phase"], one["value"]) for one in page["alerts"]] == [("resolved", 0.0)]
    found = [(row, one) for row in TOLD for one in drain(kafka, f"{prefix}{row}") if one.value]
    assert {row for row, _ in found} == set(TOLD)
    assert [
        wrong for row, one in found if (wrong := misfits(orjson.loads(one.value or b""), TOLD[row]))
    ] == []


@pytest.mark.parametrize("cut", ["pending", "firing"])
def test_a_worker_that_is_started_again_goes_on_with_the_episode(
    kafka: str, prefix: str, chosen: Settings, cut: str
) -> None:
    names = list(STEPS)
    with working(chosen):
        for phase in names[: names.index(cut) + 1]:
            play(kafka, prefix, phase)
    with working(chosen):
        for phase in names[names.index(cut) + 1 :]:
            play(kafka, prefix, phase)
    found = [one for one in events(kafka, prefix) if one["labels"]["alertname"] == RATE]
    assert [one["phase"] for one in found] == WHOLE
    assert len({one["episode"] for one in found}) == 1
    assert [one["seq"] for one in found] == [1, 2, 3, 4]


def test_a_replay_of_the_topics_tells_the_same_of_alerts(kafka: str, prefix: str, chosen: Settings) -> None:
    with working(chosen) as track:
        for phase in STEPS:
            play(kafka, prefix, phase)
        until(lambda: reached(track) == START + END, PATIENCE_S, "end of time")  # other rules end later
    first = events(kafka, prefix)
    again = copied(kafka, chosen, "vitals")
    with working(again):
        until(lambda: len(events(kafka, again.topics.prefix)) == len(first), PATIENCE_S, "the same events")
    assert events(kafka, again.topics.prefix) == first


def test_a_replay_in_which_bugs_come_before_services_tells_the_same_of_alerts(
    kafka: str, prefix: str, chosen: Settings
) -> None:
    with working(chosen) as track:
        stream = Stream(kafka, prefix)
        for begin in range(100, END - 97, 98):
            stream.play(range(begin, begin + 98), int(begin < 450))
            stream.tell(surging(begin))
            await_second(track, begin + 97)
        until(lambda: "recovering" in phases(kafka, prefix, SURGE), PATIENCE_S, "surge that is over")
    again = copied(kafka, chosen, "clusters")
    with working(again) as track:
        until(lambda: phases(kafka, again.topics.prefix, SURGE), PATIENCE_S, "surge")
        copied(kafka, chosen, "vitals", again)
        await_second(track, begin + 97)
    found, wanted = (sorted(events(kafka, one), key=repr) for one in (again.topics.prefix, prefix))
    assert found == wanted
    assert {one["labels"]["alertname"] for one in found} >= {RATE, SURGE}


def await_second(track: Track, second: int) -> None:
    """Wait until time is so far. Raises TimeoutError."""
    until(lambda: reached(track) == START + second, PATIENCE_S, "end of time")


def surging(at: int) -> ClusterTold:
    """Return the record of a bug that began to crash often at 200 s and does it no more at 300 s."""
    seconds = range(200, min(at, 300)) if at > 200 else []
    began = written(START - DAY)
    return told([START + one - BEGIN for one in seconds], START + at - BEGIN, first_seen=began)


def copied(kafka: str, chosen: Settings, topic: str, again: Settings | None = None) -> Settings:
    """Copy a topic for another worker; return its settings."""
    if again is None:
        again = paging(settings(kafka, f"{chosen.topics.prefix}again.", 2))
        make_topics(again)
    records = [(one.key, one.value) for one in drain(kafka, chosen.topic(topic))]
    produce(kafka, again.topic(topic), records, 0)
    return again
