"""Every shipper's envelope around lines of one container: those of the product, and forms that are rarer."""

import json
from collections.abc import Callable
from typing import NamedTuple

from agents.records import Record
from agents.shippers.container import Container, Line, Value, dumped
from agents.shippers.fluent import kubernetes
from agents.shippers.hosts import docker, octal
from agents.shippers.table import BINARY
from agents.shippers.table import SHIPPERS as TABLE

CONTAINER = "3f9a1c5e7b2d4f6081a3c5e7f90b1d2c4e6a8b0d2f4163758697a8b9cadbecfd"
ID = CONTAINER.encode()
CART = Container(
    id=CONTAINER,
    service="cart",
    version="2.14.3",
    namespace="shop",
    pod="cart-7d9c-x2",
    uid="0b6a1a35-7a3c",
    node="node-7",
)
START = 1_795_220_445_120_249_605  # 2026-11-21T00:20:45.120249605Z
STEP = 20_123  # nanoseconds from line to line
Headers = list[tuple[str, bytes | None]]


def numbered(line: bytes, number: int) -> Line:
    """Return line `number` of the container."""
    return Line(line, START + number * STEP, number)


class Shipper(NamedTuple):
    """How a shipper writes a line."""

    write: Value
    key: bytes | None = None
    headers: Callable[[Line], Headers] | None = None
    named: str | None = None

    def value(self, line: bytes, number: int) -> bytes:
        """Return the value of the record of line `number`."""
        return self.write(CART, numbered(line, number))

    def record(self, line: bytes, number: int) -> Record:
        """Return the record of line `number`."""
        of = numbered(line, number)
        headers = self.headers(of) if self.headers else None
        return Record(None, 0, None, of.time // 10**6, self.key, headers, self.write(CART, of))


def fluent_bit_without_a_parser(of: Container, line: Line) -> bytes:
    """Write the line of Docker's file as text."""
    log = json.dumps(json.loads(docker(of, line)))
    return dumped({"@timestamp": line.utc, "log": log, "kubernetes": kubernetes(of)})


def fluent_bit_lifted(of: Container, line: Line) -> bytes:
    """Write what the filter `nest` makes of it."""
    lifted = {f"k8s_{name}": value for name, value in kubernetes(of).items()}
    return dumped({"@timestamp": line.utc, "stream": "stderr", "log": line.text, **lifted})


def rsyslog_traditional(of: Container, line: Line) -> bytes:
    """Write RFC 3164."""
    return f"Nov 21 00:20:45 {of.node} {of.service}[{of.pid}]: {octal(line.text)}\n".encode()


def rfc_5424(of: Container, line: Line) -> bytes:
    """Write RFC 5424."""
    return f"<14>1 {line.clock(6)}Z {of.node} {of.service} {of.pid} - - ".encode() + line.raw


def syslog_ng(of: Container, line: Line) -> bytes:
    """Write syslog-ng's file format."""
    return f"2026-11-21T00:20:45.000000+00:00 {of.node} {of.service}[{of.pid}]: ".encode() + line.raw


def schema_registry(of: Container, line: Line) -> bytes:
    """Write JSON behind the five bytes that name a schema."""
    fields = {"log": line.text, "stream": "stderr", "time": line.utc, "kubernetes": kubernetes(of)}
    return b"\0\0\0\0\x2a" + dumped(fields)


# What names no container in its value, nor anything else of one line's own.
KEYED = {"plain", "json_string"}

SHIPPERS = {
    **{
        name: Shipper(write, key=ID if name in KEYED else None, named=name if name in BINARY else None)
        for name, write in TABLE.items()
    },
    "fluent_bit without a parser": Shipper(fluent_bit_without_a_parser),
    "fluent_bit lifted": Shipper(fluent_bit_lifted, ID),
    "rsyslog traditional": Shipper(rsyslog_traditional),
    "syslog RFC 5424": Shipper(rfc_5424),
    "syslog_ng": Shipper(syslog_ng),
    "cloudevents in headers": Shipper(
        TABLE["plain"], ID, lambda line: [("ce_specversion", b"1.0"), ("ce_time", line.utc.encode())]
    ),
    "schema registry": Shipper(schema_registry),
}


def shipped(name: str, text: bytes) -> list[Record]:
    """Return the records that a shipper makes of a program's output."""
    lines = text.removesuffix(b"\n").split(b"\n")
    return [SHIPPERS[name].record(line, number) for number, line in enumerate(lines)]
