"""Binary forms that need no library: MessagePack and the journal's export."""

import struct

from agents.shippers.container import Container, Line
from agents.shippers.fluent import kubernetes
from agents.shippers.hosts import journal


def msgpack(of: Container, line: Line) -> bytes:
    """Write Fluent Bit's format `msgpack`."""
    return packed({"time": line.utc, "stream": "stderr", "log": line.text, "kubernetes": kubernetes(of)})


def packed(value: object) -> bytes:
    """Return MessagePack of text and maps, in their longest forms."""
    if isinstance(value, dict):
        members = (packed(name) + packed(member) for name, member in value.items())
        return b"\xdf" + struct.pack(">I", len(value)) + b"".join(members)
    encoded = str(value).encode()
    return b"\xdb" + struct.pack(">I", len(encoded)) + encoded


def journal_export(of: Container, line: Line) -> bytes:
    """Write an entry of `journalctl -o export`; the text in its binary form, which it needs for tabs."""
    members = {**journal(of), "__REALTIME_TIMESTAMP": str(line.time // 1000)}
    head = "".join(f"{name}={value}\n" for name, value in members.items()).encode()
    return head + b"MESSAGE\n" + struct.pack("<Q", len(line.raw)) + line.raw + b"\n\n"
