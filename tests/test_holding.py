"""How long the detector holds a record back: no trace, crash or line needs one for ever."""

import json

import pytest

from agents.records import Record
from pipeline._native import Detector
from tests.lines import LINES, crash, line
from tests.records import TOPIC, feed, placed

OVERLAP = 256  # records in front of a mark that are read again in any case


def held(detector: Detector) -> int:
    """Return the first offset that is needed."""
    return detector.state(TOPIC, 0)[0]


def others(number: int, apart: float, at: float = 0.0) -> list[Record]:
    """Return so many lines of another stream, so many seconds apart."""
    return [line("x", at + n * apart, "other") for n in range(number)]


def piece(text: str, at: float) -> Record:
    """Return a line of which more follows, and which says nothing of its time."""
    members = {"log": text, "container_id": "c1", "source": "stderr", "partial_message": "true"}
    return line("", at)._replace(value=json.dumps(members).encode())


def timeless(text: str, container: str, timestamp: int) -> Record:
    """Return a line without any time."""
    value = json.dumps({"log": text, "kubernetes": {"docker_id": container}}).encode()
    return line("")._replace(timestamp=timestamp, value=value)


def test_a_trace_that_gets_lines_for_ever_is_closed_after_five_minutes() -> None:
    frames = ["main.wait(0x1)", "\t/srv/app/wait.go:3 +0x1d"] * 20
    endless = crash()[:3] + [line(text, 20 * n) for n, text in enumerate(frames, 1)]
    detector = Detector()
    told = [feed(detector, [record]).crashes for record in placed(endless)]
    assert [20 * (n - 2) for n, crashes in enumerate(told) if crashes] == [300]
    assert [json.loads(document)["damage"] for crashes in told for document in crashes] == [
        ["cut_off", "limits"]
    ]


@pytest.mark.parametrize(
    "last", [crash()[:1], crash()[:4], crash(), [*crash(), line(LINES[2], 0.5)], [piece("panic: b", 0)]]
)
def test_a_stream_that_falls_silent_holds_nothing_once_the_others_have_gone_on(last: list[Record]) -> None:
    detector = Detector()
    feed(detector, placed(last + others(700, 0.1, 1.0)))
    assert held(detector) == len(last) + 700 - OVERLAP


@pytest.mark.parametrize("last", [crash()[:1], crash()[:4], crash(), [piece("panic: b", 0)]])
def test_a_partition_that_falls_silent_holds_nothing_once_it_was_idle(last: list[Record]) -> None:
    detector = Detector()
    feed(detector, placed(others(700, 0.001) + last))
    for _ in range(70):
        detector.idle(TOPIC, 0, 1.0)
    assert held(detector) == 700 + len(last) - OVERLAP


def test_a_line_whose_pieces_never_end_is_taken_as_it_is() -> None:
    detector = Detector()
    feed(detector, placed([piece("x", n) for n in range(1_000)]))
    assert held(detector) == 1_000 - OVERLAP


@pytest.mark.parametrize("timestamp", [0, -1])
def test_without_timestamps_records_are_the_clock(timestamp: int) -> None:
    detector = Detector()
    crashed = [timeless(text, "c1", timestamp) for text in LINES]
    records = placed(crashed + [timeless("x", "other", timestamp)] * 40_000)
    told = [feed(detector, records[start : start + 10_000]).crashes for start in range(0, 40_000, 10_000)]
    assert list(map(len, told)) == [0, 0, 1, 0]
