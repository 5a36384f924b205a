"""What a log line looks like, as JSON and for people, and what is never in it."""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from agents.logs import CALM, fields, start_logs
from pipeline.settings import LogSettings

LOG = logging.getLogger("agents.detect")
Stderr = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in ["", *CALM]}
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(capsys: Stderr) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_object_with_time_level_logger_text_and_fields(capsys: Stderr) -> None:
    start_logs(LogSettings())
    LOG.warning("lag grows\n%s", "a second line", extra=fields(topic="logs.a", lag=7, text="not this"))
    (line,) = lines(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "warning",
        "logger": "agents.detect",
        "text": "lag grows\na second line",
        "topic": "logs.a",
        "lag": 7,
    }


def test_a_fault_brings_its_traceback(capsys: Stderr) -> None:
    start_logs(LogSettings())
    LOG.error("a fault", exc_info=TypeError("no such row"))
    assert lines(capsys)[0]["traceback"] == "TypeError: no such row\n"


def test_for_people_a_line_is_short_and_what_a_terminal_would_obey_is_shown(capsys: Stderr) -> None:
    start_logs(LogSettings(format="text"))
    LOG.info("dead letter: %s", "\x1b[2J\n", extra=fields(topic="logs.a"))
    told = capsys.readouterr().err.partition(" ")[2]
    assert told == "info    detect     dead letter: \\x1b[2J\\n topic=logs.a\n"


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_secret_is_never_written(form: str, capsys: Stderr) -> None:
    start_logs(LogSettings.model_validate({"format": form}), ["s3cret", ""])
    login = {"sasl.password": "s3cret"}
    LOG.error("s3cret: %s", login, extra=fields(config=login), exc_info=ValueError("s3cret"))
    told = capsys.readouterr().err
    assert ("s3cret" in told, told.count("[redacted]")) == (False, 4 if form == "json" else 3)


def test_what_is_below_the_level_is_not_written(capsys: Stderr) -> None:
    start_logs(LogSettings(level="warning"))
    LOG.info("not this")
    assert lines(capsys) == []


@pytest.mark.parametrize("library", CALM)
def test_libraries_are_heard_from_warnings_on(library: str, capsys: Stderr) -> None:
    start_logs(LogSettings(level="debug"))
    logging.getLogger(f"{library}.app").info("not this")
    logging.getLogger(f"{library}.app").warning("this")
    assert [line["text"] for line in lines(capsys)] == ["this"]


def test_a_stderr_that_nobody_reads_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    start_logs(LogSettings())
    stderr.close()
    LOG.error("lost")
