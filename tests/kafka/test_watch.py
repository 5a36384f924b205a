"""WATCH on a real broker."""

import asyncio

import orjson
import pytest

from agents.track import Track
from pipeline.event_time import DAY
from pipeline.settings import Settings
from tests.kafka.topics import drain, produce, until
from tests.kafka.tracking import PATIENCE_S, make_topics, settings, working
from tests.kafka.watching import START, Stream, events
from tests.test_schema import misfits

RATE = "GoPanicRateHigh"
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


def phases(kafka: str, prefix: str) -> list[str]:
    """Return the transitions of the rate of crashes."""
    found = [one for one in events(kafka, prefix) if one["labels"]["alertname"] == RATE]
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
    told = [(row, one) for row in TOLD for one in drain(kafka, f"{prefix}{row}") if one.value]
    assert {row for row, _ in told} == set(TOLD)
    assert [wrong for row, one in told if (wrong := misfits(orjson.loads(one.value or b""), TOLD[row]))] == []


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
    told = [one for one in events(kafka, prefix) if one["labels"]["alertname"] == RATE]
    assert [one["phase"] for one in told] == WHOLE
    assert len({one["episode"] for one in told}) == 1
    assert [one["seq"] for one in told] == [1, 2, 3, 4]


def test_a_replay_of_the_topics_tells_the_same_of_alerts(kafka: str, prefix: str, chosen: Settings) -> None:
    with working(chosen) as track:
        for phase in STEPS:
            play(kafka, prefix, phase)
        until(lambda: reached(track) == START + END, PATIENCE_S, "end of time")  # other rules end later
    first = events(kafka, prefix)
    again = paging(settings(kafka, f"{prefix}again.", 2))
    make_topics(again)
    vitals = [(one.key, one.value) for one in drain(kafka, f"{prefix}vitals")]
    produce(kafka, again.topic("vitals"), vitals, 0)
    with working(again):
        until(lambda: len(events(kafka, again.topics.prefix)) == len(first), PATIENCE_S, "the same events")
    assert events(kafka, again.topics.prefix) == first
