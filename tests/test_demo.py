"""`panicstream demo` from its beginning to its end, and nothing of it is left."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.command import PROGRAM, first_line, on_a_terminal, panicstream, started
from tests.embedded import children, is_gone
from tests.kafka.topics import until

SECONDS = "8"
ALL_FOUND = re.compile(r"([1-9]\d*) crashes planted, \1 of them found")


@contextmanager
def demo() -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """Run a demo that is at work; give it and the processes that it has started."""
    process = started([PROGRAM, "demo"])
    try:
        assert first_line(process)
        until(lambda: len(children(process.pid)) == 2, 60, "broker and worker")
        yield process, children(process.pid)
    finally:
        process.kill()
        process.communicate()


def test_all_that_is_planted_is_found() -> None:
    answer = panicstream("demo", "--seconds", SECONDS)
    assert (answer.code, answer.errors) == (0, [])
    assert ALL_FOUND.search(answer.output)
    assert re.search(r"^[1-9]\d* alerts? fired$", answer.output, re.MULTILINE)
    assert re.search(r"^alert, warning: new in \w+ ", answer.output, re.MULTILINE)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_whoever_stops_it_gets_the_summary_and_no_process_is_left(sent: signal.Signals, code: int) -> None:
    with demo() as (process, others):
        process.send_signal(sent)
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (code, b"")
        assert b"crashes planted" in output
        assert all(map(is_gone, others))


def test_what_it_started_ends_where_it_is_killed() -> None:
    with demo() as (process, others):
        process.kill()
        until(lambda: all(map(is_gone, others)), 60, "end of broker and worker")


def test_a_kafka_that_is_not_there_is_told() -> None:
    answer = panicstream("demo", "--bootstrap", "127.0.0.1:1")
    assert answer.code == 2
    assert ["127.0.0.1:1" in line and "Connection refused" in line for line in answer.errors] == [True]


def test_a_terminal_sees_a_picture_and_then_the_summary() -> None:
    got = on_a_terminal("demo", "--seconds", SECONDS)
    picture, _, summary = got.rpartition("\x1b[?25h")  # where the cursor is back
    assert "most frequent" in picture
    assert "nil pointer dereference in" in picture
    assert ALL_FOUND.search(summary)
