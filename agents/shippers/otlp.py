"""OpenTelemetry Collector and Grafana Alloy: batches of one line."""

import struct

from agents.shippers.container import Container, Line, dumped
from agents.shippers.protobuf import FIXED64, field, tag

STREAM = {"log.iostream": "stderr"}


def resource(of: Container) -> dict[str, str]:
    """Return the attributes that the processor `k8sattributes` knows."""
    return {
        "k8s.pod.name": of.pod,
        "k8s.pod.uid": of.uid,
        "k8s.container.name": of.service,
        "k8s.container.restart_count": str(of.restarts),
        "k8s.namespace.name": of.namespace,
        "k8s.node.name": of.node,
        "container.id": of.id,
        "container.image.name": of.image,
        "service.namespace": of.namespace,
        "service.name": of.service,
        "service.version": of.version,
        "service.instance.id": f"{of.namespace}.{of.pod}.{of.service}",
    }


def json(of: Container, line: Line) -> bytes:
    """Write OTLP as JSON."""
    return _json(resource(of), STREAM, line)


def alloy(of: Container, line: Line) -> bytes:
    """Write what Alloy makes of Loki's labels."""
    labels = {"namespace": of.namespace, "pod": of.pod, "container": of.service, "stream": "stderr"}
    return _json({}, labels, line)


def _json(resource: dict[str, str], own: dict[str, str], line: Line) -> bytes:
    log = {
        "timeUnixNano": str(line.time),
        "body": {"stringValue": line.text},
        "attributes": _attributes(own),
    }
    logs = [{"resource": {"attributes": _attributes(resource)}, "scopeLogs": [{"logRecords": [log]}]}]
    return dumped({"resourceLogs": logs})


def _attributes(of: dict[str, str]) -> list[dict[str, object]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in of.items()]


def proto(of: Container, line: Line) -> bytes:
    """Write OTLP as protobuf: ExportLogsServiceRequest, members in ascending order."""
    log = tag(1, FIXED64) + struct.pack("<Q", line.time)
    log += field(5, field(1, line.text.encode())) + _pairs(6, STREAM)
    return field(1, field(1, _pairs(1, resource(of))) + field(2, field(1, b"") + field(2, log)))


def _pairs(number: int, of: dict[str, str]) -> bytes:
    """Return KeyValue fields with string values."""
    return b"".join(
        field(number, field(1, key.encode()) + field(2, field(1, value.encode())))
        for key, value in of.items()
    )
