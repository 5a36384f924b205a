"""Lines of programs as shippers write them, on a timeline of seconds."""

import json
from datetime import UTC, datetime

from agents.records import Record
from tests.shippers import START

CRASH = """panic: boom

goroutine 1 [running]:
main.handle(0x1)
	/srv/app/main.go:10 +0x1d
main.main()
	/srv/app/main.go:20 +0x2f"""
LINES = CRASH.split("\n")
SECOND = 10**9
HOUR = 3600 * SECOND


def line(text: str, at: float = 0.0, container: str = "c1", *, ahead: int = 0, partition: int = 0) -> Record:
    """Return a record as Fluent Bit writes it, `at` seconds after the start; its clock is `ahead` ns."""
    time = START + int(at * SECOND) + ahead
    members = {"log": text, "stream": "stderr", "time": rfc3339(time), "kubernetes": {"docker_id": container}}
    return Record(None, partition, None, time // 10**6, None, None, json.dumps(members).encode())


def rfc3339(time: int) -> str:
    """Return seconds and nanoseconds since 1970 as shippers may write them, too."""
    return f"{time // SECOND}.{time % SECOND:09d}"


def crash(at: float = 0.0, container: str = "c1", apart: float = 0.00001) -> list[Record]:
    """Return a crash whose lines come so many seconds apart."""
    return [line(text, at + n * apart, container) for n, text in enumerate(LINES)]


def cri(text: str, at: float, tag: str = "F") -> Record:
    """Return a line of containerd's, `at` seconds after the start, of one container."""
    time = START + int(at * SECOND)
    clock = datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    value = f"{clock}.{time % SECOND:09d}Z stderr {tag} {text}".encode()
    return Record(None, 0, None, time // 10**6, b"c1", None, value)
