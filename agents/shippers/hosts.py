"""What stands in the files and journals of a host, and what syslog makes of it."""

from agents.shippers.container import Container, Line, dumped


def plain(_: Container, line: Line) -> bytes:
    """Write the line itself."""
    return line.raw


def json_string(_: Container, line: Line) -> bytes:
    """Write the line as OpenTelemetry Collector's encoding `raw`."""
    return dumped(line.text)


def docker(_: Container, line: Line) -> bytes:
    """Write a line of Docker's json-file."""
    return dumped({"log": line.text + "\n", "stream": "stderr", "time": line.utc})


def cri(_: Container, line: Line) -> bytes:
    """Write a line of containerd's file."""
    return f"{line.utc} stderr F ".encode() + line.raw


def syslog(of: Container, line: Line) -> bytes:
    """Write rsyslog's own file format."""
    head = f"{line.clock(6)}+00:00 {of.node} {of.service}[{of.pid}]: "
    return f"{head}{octal(line.text)}\n".encode()


def rsyslog_json(of: Container, line: Line) -> bytes:
    """Write rsyslog's JSON; it escapes slashes, and the text begins with a blank."""
    fields = {
        "@timestamp": f"{line.clock(6)}+00:00",
        "host": of.node,
        "program": of.service,
        "procid": str(of.pid),
        "message": f" {octal(line.text)}",
    }
    return dumped(fields).replace(b"/", b"\\/") + b"\n"


def syslog_ng_json(of: Container, line: Line) -> bytes:
    """Write syslog-ng's `format-json`, which leaves out an empty text."""
    text = {"MESSAGE": line.text} if line.raw else {}
    time = {"ISODATE": f"{line.clock(6)}+00:00", "HOST": of.node}
    return dumped({"PROGRAM": of.service, "PID": str(of.pid), **text, **time})


def octal(text: str) -> str:
    """Return the text with control characters as rsyslog spells them: `#011`."""
    return "".join(f"#{ord(c):03o}" if ord(c) < ord(" ") else c for c in text)


def journal(of: Container) -> dict[str, str]:
    """Return what the journal knows of a unit."""
    return {
        "_SYSTEMD_UNIT": f"{of.service}.service",
        "_SYSTEMD_INVOCATION_ID": of.id[:32],
        "_PID": str(of.pid),
        "_HOSTNAME": of.node,
        "SYSLOG_IDENTIFIER": of.service,
    }


def journald(of: Container, line: Line) -> bytes:
    """Write `journalctl -o json`; a text with escapes is a list of bytes there."""
    text = list(line.raw) if b"\x1b" in line.raw else line.text
    return dumped({**journal(of), "__REALTIME_TIMESTAMP": str(line.time // 1000), "MESSAGE": text})


def fluent_bit_systemd(of: Container, line: Line) -> bytes:
    """Write what Fluent Bit reads from the journal."""
    return dumped({"@timestamp": f"{line.clock(6)}Z", **journal(of), "MESSAGE": line.text})


def logstash_plain(of: Container, line: Line) -> bytes:
    """Write Logstash's codec `plain`."""
    return f"{line.utc} {{name={of.node}}} ".encode() + line.raw
