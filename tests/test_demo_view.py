"""What is counted in a demo, and how it is shown."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from agents.demo.fleet import FLEET
from agents.demo.samples import samples
from agents.demo.script import Script, Written, crashes
from agents.demo.tally import Tally
from agents.demo.view import Figures, picture, summary_text
from tests import example_alerts
from tests.shippers import START

SAMPLES = samples(crashes())
FIGURES = Figures(rate=2100.0, lag=12, is_ready=True)


def last_line() -> Written:
    """Return the last line of the first crash."""
    return next(written for written in Script(SAMPLES, START).lines(FLEET) if written.ends)


def told(written: Written, id_: str = "1", **changed: Any) -> dict[str, Any]:  # any JSON
    """Return what is told of the crash that a line ends."""
    of = written.container
    return {
        "id": id_,
        "container_id": of.id,
        "fingerprint": SAMPLES[written.ends].fingerprints[0],
        "service_name": of.service,
        "service_version": of.version,
        "k8s_pod_name": of.pod,
        "event_time": "2026-11-21T00:20:45.120249605Z",
        "title": "boom",
        "kind": "panic",
        "source_topic": "logs.shop",
        "source_partition": 0,
        "source_first_offset": 7,
        "culprit_function": None,
        "culprit_file": None,
        "culprit_line": None,
    } | changed


@pytest.fixture
def tally() -> Tally:
    made = Tally(SAMPLES)
    made.send(last_line())
    return made


def test_a_crash_is_found_once_however_often_it_is_told(tally: Tally) -> None:
    planted = tally.planted
    assert [tally.find(told(last_line())) for _ in range(2)] == [True, False]
    assert (tally.found, tally.others) == (1, 0)
    assert tally.planted == planted


def test_a_crash_of_another_container_is_none_of_the_planted(tally: Tally) -> None:
    tally.find(told(last_line(), container_id="elsewhere"))
    assert (tally.found, tally.others, tally.is_complete) == (0, 1, False)


def drawn(tally: Tally) -> str:
    shown = StringIO()
    Console(file=shown, width=140, force_terminal=True).print(picture("about", tally, FIGURES, height=40))
    return shown.getvalue()


def test_a_picture_shows_a_crash_with_service_release_and_pod(tally: Tally) -> None:
    tally.find(told(last_line()))
    of, text = last_line().container, drawn(tally)
    pod = of.pod.removeprefix(f"{of.service}-")  # the column beside it has the rest
    assert [word in text for word in (of.service, of.version, pod, "boom", "00:20:45")] == [True] * 5


def test_a_title_steers_no_terminal(tally: Tally) -> None:
    tally.find(told(last_line(), title="boom \x1b]0;owned\x07 [blink]"))
    text = drawn(tally)
    assert "\x1b]0" not in text
    assert r"boom \x1b]0;owned\x07 [blink]" in text
    assert "\x1b" not in summary_text(tally, 1.0, None).plain


def test_an_alert_that_fires_is_shown_once(tally: Tally) -> None:
    fired = example_alerts.fired("alerts")
    pending, dog = fired | {"startsAt": None}, fired | {"labels": fired["labels"] | {"severity": "info"}}
    assert [tally.fire(one) for one in (pending, dog, fired, fired)] == [False, False, True, False]
    said = "release v2 of cart (live) crashes 60/min"
    assert said in drawn(tally)
    assert said in summary_text(tally, 1.0, None).plain


def test_a_summary_says_what_was_not_found_and_what_was_too_much(tally: Tally) -> None:
    tally.find(told(last_line(), container_id="elsewhere"))
    lines = summary_text(tally, 8.2, 4.04).plain.splitlines()
    assert lines[:3] == [
        "1 record sent in 8 s",
        f"{tally.planted} crashes planted, 0 of them found, the first after 4.0 s",
        "told, but not planted: 1",
    ]
