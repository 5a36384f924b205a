"""One worker process: what ends it, with which exit code, and what it says."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest

from tests.command import PATIENCE_S
from tests.kafka.cluster import free_ports

ROOT = Path(__file__).parents[1]
Line = dict[str, Any]
Process = subprocess.Popen[bytes]


@contextmanager
def hosted(roles: str, *options: str, **settings: str) -> Iterator[Process]:
    """Run the worker with these roles; whatever it started is gone afterwards."""
    words = [sys.executable, "-m", "tests.hosted", roles, "worker", *options]
    known = {name: value for name, value in os.environ.items() if not name.startswith("PANICSTREAM_")}
    own = {"HTTP_LISTEN": "127.0.0.1:0", "SUPERVISOR_BACKOFF": "0", **settings}
    environment = known | {f"PANICSTREAM_{name}": value for name, value in own.items()}
    pipe = subprocess.PIPE
    process = subprocess.Popen(  # noqa: S603  # our own words
        words, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def line_of(process: Process, text: str) -> Line:
    """Wait for the line of the log that begins so."""
    assert process.stderr
    for read in process.stderr:
        line: Line = orjson.loads(read)
        if line["text"].startswith(text):
            return line
    raise AssertionError(f"it ended without saying: {text}")


def ended(process: Process) -> tuple[int, list[Line]]:
    """Wait for the end of the process and of what it started; return its code and the lines not read yet."""
    _, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, [orjson.loads(line) for line in errors.splitlines()]


def alone(roles: str, **settings: str) -> tuple[int, list[str]]:
    """Run without a supervisor to its end; return its code, and the texts of its warnings and errors."""
    with hosted(roles, "--no-supervise", **settings) as process:
        code, lines = ended(process)
    return code, [line["text"] for line in lines if line["level"] in {"warning", "error"}]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("fails", "in detect: TypeError: no such row ("),
        ("fails-in-a-thread", "in a thread: FaultError: the producer is fenced ("),
        ("ends", "in detect: FaultError: it ended by itself;"),
        ("exits", "in detect: SystemExit: 0 ("),
    ],
)
def test_a_fault_stops_the_worker_with_70_and_one_line_that_says_where(role: str, expected: str) -> None:
    code, errors = alone(f"{role},calm")
    assert (code, len(errors)) == (70, 1)
    assert errors[0].startswith(f"a fault of panicstream itself {expected}")
    assert ("hosted.py:" in errors[0]) == (role != "ends")  # who ends by itself is nowhere


def test_whatever_hangs_after_a_fault_the_process_ends_with_70_ten_times_of_ten() -> None:
    hangs = ["stays", "stays-in-a-thread", "blocks-the-loop-at-stop", "fails-at-stop", "blocks-the-loop"]
    pairs = [f"{fault},{hang}" for fault in ("fails", "fails-in-a-thread") for hang in hangs]
    with ThreadPoolExecutor(5) as threads:
        assert [code for code, _ in threads.map(alone, pairs)] == [70] * 10


def test_a_loop_that_stands_still_is_a_fault_and_the_line_says_where() -> None:
    code, errors = alone("blocks-the-loop,calm")
    assert code == 70
    assert errors[0].startswith("a fault of panicstream itself: its loop stands still (")
    assert "tests/hosted.py:" in errors[0]


@pytest.mark.parametrize(("stop", "expected"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_the_worker(stop: signal.Signals, expected: int) -> None:
    with hosted("calm,calm", "--no-supervise") as process:
        line_of(process, "at work")
        process.send_signal(stop)
        assert ended(process)[0] == expected


@pytest.mark.parametrize("role", ["stays-in-a-thread", "blocks-the-loop", "blocks-the-loop-at-stop"])
def test_a_signal_stops_the_worker_whatever_hangs(role: str) -> None:
    with hosted(f"{role},calm", "--no-supervise") as process:
        line_of(process, "at work")
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 0


def test_who_hangs_is_named() -> None:
    with hosted("calm,stays", "--no-supervise") as process:
        for _ in range(2):  # both roles
            line_of(process, "at work")
        process.send_signal(signal.SIGTERM)
        assert ended(process)[1][-1]["text"] == "ended by force, it did not stop in time: track"


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("misfits", "detect: panics has 4 partitions of 12; `panicstream topics apply`"),
        ("cannot-be-made", "panics is missing; `panicstream topics apply`"),
    ],
)
def test_a_misfit_is_one_line_and_2(role: str, expected: str) -> None:
    assert alone(f"{role},calm") == (2, [expected])


def test_a_port_that_is_taken_is_one_line_and_2() -> None:
    with hosted("calm,calm", "--no-supervise", HTTP_LISTEN=f"127.0.0.1:{free_ports(1)[0]}") as process:
        listen = line_of(process, "listening")["address"]
        assert alone("calm,calm", HTTP_LISTEN=listen) == (
            2,
            [
                f"http.listen = {listen}: port {listen.partition(':')[2]} is taken; "
                "stop what listens there, or set another (PANICSTREAM_HTTP_LISTEN)"
            ],
        )


def test_one_role_runs_alone() -> None:
    with hosted("fails,calm", "--no-supervise", "--role", "track") as process:
        assert line_of(process, "listening")["roles"] == "track"


def test_the_worker_serves_what_it_knows_of_itself() -> None:
    with hosted("calm,calm", "--no-supervise", HTTP_LISTEN=f"127.0.0.1:{free_ports(1)[0]}") as process:
        pages = f"http://{line_of(process, 'listening')['address']}"
        with urlopen(f"{pages}/healthz") as answer:  # noqa: S310  # our own address
            assert orjson.loads(answer.read()) == {"healthy": True, "wrong": ""}
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{pages}/readyz")  # noqa: S310  # our own address
        assert (refused.value.code, orjson.loads(refused.value.read())["roles"][1]) == (
            503,
            {
                "role": "track",
                "ready": False,
                "in_the_way": ["the tables are being rebuilt"],
                "facts": {"lag": 7},
            },
        )


def test_a_worker_that_stops_is_not_ready() -> None:
    with hosted("calm,stays", "--no-supervise", HTTP_LISTEN=f"127.0.0.1:{free_ports(1)[0]}") as process:
        page = f"http://{line_of(process, 'listening')['address']}/readyz"
        line_of(process, "at work")
        process.send_signal(signal.SIGTERM)
        line_of(process, "stopping")
        with pytest.raises(HTTPError) as refused:
            urlopen(page)  # our own address
        told = orjson.loads(refused.value.read())["roles"][0]["in_the_way"]
        assert told == ["the tables are being rebuilt", "stopping"]


def test_settings_that_are_faulty_are_a_line_each_and_2() -> None:
    with hosted("calm,calm", DETECT_BATCH="x", LOG_LEVEL="loud") as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors.decode().splitlines()) == (
        2,
        [
            'panicstream: detect.batch = "x" (PANICSTREAM_DETECT_BATCH): a whole number above 0',
            'panicstream: log.level = "loud" (PANICSTREAM_LOG_LEVEL): debug, info, warning or error',
        ],
    )
