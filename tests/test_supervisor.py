"""The supervisor: which ends are followed by a restart, when, and when it gives up."""

import os
import signal
import sys

import pytest

from agents.supervisor import Restarts
from pipeline.settings import SupervisorSettings
from tests.command import run
from tests.test_worker import ROOT, ended, hosted, line_of


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([1.0] * 7, [1, 2, 4, 8, 16, 30, 30]),
        ([1.0, 1.0, 60.0, 1.0], [1, 2, 1, 2]),
    ],
)
def test_waits_double_and_begin_anew_after_a_while_of_health(
    runs: list[float], expected: list[float]
) -> None:
    restarts = Restarts(SupervisorSettings(backoff=1.0))
    assert [restarts.wait_after(ran, now=0.0) for ran in runs] == expected


def test_restarts_are_counted_over_ten_minutes() -> None:
    restarts = Restarts(SupervisorSettings(backoff=0.0, restarts=2))
    assert [restarts.wait_after(1.0, now) for now in (0, 300, 599, 600, 601)] == [0, 0, None, 0, None]


def test_a_worker_with_a_fault_is_started_again_until_it_is_enough() -> None:
    with hosted("fails,calm", SUPERVISOR_RESTARTS="2") as process:
        code, lines = ended(process)
    again = "the worker ended with a fault (70); starting it again in 0 s"
    enough = (
        "the worker ended with a fault (70) after it was restarted 2 times in ten minutes: giving up; "
        "its last lines say what is wrong"
    )
    assert (code, [line["text"] for line in lines if line["logger"] == "agents.supervisor"]) == (
        70,
        [again, again, enough],
    )


def test_a_worker_that_was_killed_is_started_again() -> None:
    with hosted("calm,calm") as process:
        worker = line_of(process, "at work")["process"]
        os.kill(worker, signal.SIGKILL)
        told = line_of(process, "the worker was killed")["text"]
        assert told == "the worker was killed by SIGKILL (out of memory?); starting it again in 0 s"
        assert line_of(process, "at work")["process"] != worker


def test_a_worker_that_cannot_work_is_not_started_again() -> None:
    with hosted("misfits,calm") as process:
        code, lines = ended(process)
    assert (code, [line["level"] for line in lines].count("error")) == (2, 1)


@pytest.mark.parametrize(
    ("role", "stop", "expected"),
    [("calm", signal.SIGTERM, 0), ("calm", signal.SIGINT, 130), ("stays", signal.SIGTERM, 0)],
)
def test_a_signal_stops_both(role: str, stop: signal.Signals, expected: int) -> None:
    with hosted(f"calm,{role}") as process:
        line_of(process, "at work")
        process.send_signal(stop)
        code, lines = ended(process)
    assert code == expected
    assert f"stopping: {stop.name}" in [line["text"] for line in lines]


def test_a_signal_to_both_at_once_stops_both() -> None:
    with hosted("calm,calm") as process:
        line_of(process, "at work")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
        assert ended(process)[0] == 130


def test_a_signal_while_it_waits_ends_it() -> None:
    with hosted("fails,calm", SUPERVISOR_BACKOFF="30") as process:
        line_of(process, "the worker ended")
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, [])


def test_where_the_supervisor_is_killed_the_worker_ends() -> None:
    with hosted("calm,calm") as process:
        line_of(process, "at work")
        process.kill()
        _, lines = ended(process)  # returns when the worker, too, has closed its stderr
    assert lines[-1]["text"] == "stopping: the supervisor is gone"


def test_one_that_was_stopped_by_itself_is_not_started_again() -> None:
    with hosted("calm,calm") as process:
        os.kill(line_of(process, "at work")["process"], signal.SIGTERM)
        assert ended(process)[0] == 0


def test_the_supervisor_loads_neither_faust_nor_the_web_server() -> None:
    heavy = "{'faust', 'aiokafka', 'aiohttp', 'prometheus_client'}"
    program = f"import sys, agents.__main__; print({heavy} & set(sys.modules))"
    assert run([sys.executable, "-c", program], folder=ROOT).output == "set()\n"
