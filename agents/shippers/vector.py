"""Vector, and Datadog's worker that is built on it."""

from agents.shippers.container import Container, Line, dumped
from agents.shippers.protobuf import field


def members(of: Container, line: Line) -> dict[str, object]:
    """Return what Vector's source `kubernetes_logs` knows of a line."""
    return {
        "file": f"/var/log/pods/{of.namespace}_{of.pod}_{of.uid}/{of.service}/{of.restarts}.log",
        "kubernetes": {
            "container_id": f"containerd://{of.id}",
            "container_image": of.image,
            "container_name": of.service,
            "pod_labels": of.labels,
            "pod_name": of.pod,
            "pod_namespace": of.namespace,
            "pod_node_name": of.node,
            "pod_uid": of.uid,
        },
        "message": line.text,
        "stream": "stderr",
        "timestamp": line.utc,
    }


def json(of: Container, line: Line) -> bytes:
    """Write codec `json`."""
    return dumped({**members(of, line), "source_type": "kubernetes_logs"})


def native_json(of: Container, line: Line) -> bytes:
    """Write codec `native_json`."""
    return dumped({"log": members(of, line)})


def native(of: Container, line: Line) -> bytes:
    """Write codec `native`: EventArray{logs{logs}}."""
    return field(1, field(1, _map(1, members(of, line))))


def _value(value: object) -> bytes:
    """Return Vector's protobuf Value: bytes as field 1, a map as field 7."""
    return field(7, _map(1, value)) if isinstance(value, dict) else field(1, str(value).encode())


def _map(number: int, of: dict[str, object]) -> bytes:
    """Return a protobuf map of Values."""
    return b"".join(
        field(number, field(1, name.encode()) + field(2, _value(value))) for name, value in of.items()
    )


def datadog(of: Container, line: Line) -> bytes:
    """Write what Datadog's agent and worker send."""
    tags = {
        "env": "prod",
        "service": of.service,
        "version": of.version,
        "pod_name": of.pod,
        "container_id": of.id,
    }
    return dumped(
        {
            "ddsource": "go",
            "ddtags": ",".join(f"{name}:{value}" for name, value in tags.items()),
            "hostname": of.node,
            "message": line.text,
            "timestamp": f"{line.clock(3)}Z",
        }
    )
