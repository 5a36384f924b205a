"""Logs on stderr: one JSON object a line, or on a terminal one readable line; never a secret in them."""

import logging
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import orjson

from agents.terminal import clean
from pipeline.settings import LogSettings

CALM = ["aiohttp", "aiokafka", "asyncio", "faust", "kafka", "mode"]  # libraries that tell each of their steps
COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}
PLAIN = "\x1b[0m"
MASKED = "[redacted]"

Fields = Mapping[str, object]


def fields(**named: object) -> dict[str, dict[str, object]]:
    """Give facts to a line: `logger.info("assigned", extra=fields(topic="logs.a", partition=3))`."""
    return {"fields": named}


def start_logs(settings: LogSettings, secrets: Iterable[str] = ()) -> None:
    """Send everything that is logged to stderr, in one form; the text of secrets is masked."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    readable = terminal if settings.format == "auto" else settings.format == "text"
    form = TextLine(coloured=terminal and not os.environ.get("NO_COLOR")) if readable else JsonLine()
    form.secrets = [secret for secret in secrets if secret]
    output = Output(sys.stderr)
    output.setFormatter(form)
    root = logging.getLogger()
    root.handlers = [output]
    root.setLevel(settings.level.upper())
    for name in CALM:
        logging.getLogger(name).setLevel(logging.WARNING)


class Output(logging.StreamHandler):  # type: ignore[type-arg]  # generic in its stub alone
    """Stderr; where nobody reads it any more, there is nobody to tell."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Go on."""


class Line(logging.Formatter):
    """What both forms share: the parts of a line."""

    secrets: list[str] = []  # noqa: RUF012  # replaced, never changed

    def parts(self, record: logging.LogRecord) -> tuple[str, Fields]:
        """Return the text and its fields, secrets masked."""
        named = dict(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1]:
            named["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return self.masked(record.getMessage()), {name: self._plain(value) for name, value in named.items()}

    def masked(self, text: str) -> str:
        """Return a text without the secrets in it."""
        for secret in self.secrets:
            text = text.replace(secret, MASKED)
        return text

    def _plain(self, value: object) -> object:
        """Keep numbers; everything else is text."""
        return value if value is None or isinstance(value, int | float) else self.masked(str(value))


class JsonLine(Line):
    """One object: time, level, logger, text, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text, named = self.parts(record)
        line = {
            "time": _utc(record.created).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": text,
        }
        return orjson.dumps(line | {name: named[name] for name in named if name not in line}).decode(
            errors="replace"
        )


class TextLine(Line):
    """Local time, level, text, fields; a traceback only where everything is told."""

    def __init__(self, *, coloured: bool) -> None:
        super().__init__()
        self.coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text, named = self.parts(record)
        level = record.levelname.lower()
        shown = " ".join(f"{name}={value}" for name, value in named.items() if name != "traceback")
        time = _utc(record.created).astimezone().isoformat(" ", "milliseconds")[11:23]
        line = clean(f"{time} {level:<7} {record.name.rpartition('.')[2]:<10} {text} {shown}".rstrip())
        return f"{COLOURS[level]}{line}{PLAIN}" if self.coloured and level in COLOURS else line


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
