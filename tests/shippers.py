"""Every shipper's envelope, a row each: how it would write one line of a program to Kafka.

Field names and forms are those of the shippers' own output. A line comes as bytes without its line feed.
"""

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from agents.records import Record

CONTAINER = "3f9a1c5e7b2d4f6081a3c5e7f90b1d2c4e6a8b0d2f4163758697a8b9cadbecfd"
POD, NAMESPACE, NODE, SERVICE, VERSION, UID = (
    "cart-7d9c-x2",
    "shop",
    "node-7",
    "cart",
    "2.14.3",
    "0b6a1a35-7a3c",
)
IMAGE = f"registry.example.com/shop/cart:{VERSION}"
START = 1_795_220_445_120_249_605  # 2026-11-21T00:20:45.120249605Z
STEP = 20_123  # nanoseconds from line to line
LABELS = {"app.kubernetes.io/name": SERVICE, "app.kubernetes.io/version": VERSION}
FILE = f"/var/log/containers/{POD}_{NAMESPACE}_{SERVICE}-{CONTAINER}.log"
KUBERNETES = {
    "pod_name": POD,
    "namespace_name": NAMESPACE,
    "pod_id": UID,
    "labels": LABELS,
    "host": NODE,
    "container_name": SERVICE,
    "docker_id": CONTAINER,
    "container_image": IMAGE,
}
BEAT = {
    "@metadata": {"beat": "filebeat", "type": "_doc", "version": "9.1.3"},
    "kubernetes": {
        "node": {"name": NODE},
        "namespace": NAMESPACE,
        "labels": {name.replace(".", "_"): value for name, value in LABELS.items()},
        "container": {"name": SERVICE},
        "pod": {"name": POD, "uid": UID},
    },
    "container": {"id": CONTAINER, "image": {"name": IMAGE}},
    "ecs": {"version": "8.0.0"},
    "agent": {"type": "filebeat"},
}
RESOURCE = {
    "k8s.pod.name": POD,
    "k8s.pod.uid": UID,
    "k8s.container.name": SERVICE,
    "k8s.container.restart_count": "0",
    "k8s.namespace.name": NAMESPACE,
    "k8s.node.name": NODE,
    "container.id": CONTAINER,
    "container.image.name": IMAGE,
    "service.namespace": NAMESPACE,
    "service.name": SERVICE,
    "service.version": VERSION,
    "service.instance.id": f"{NAMESPACE}.{POD}.{SERVICE}",
}
VECTOR = {
    "file": f"/var/log/pods/{NAMESPACE}_{POD}_{UID}/{SERVICE}/0.log",
    "kubernetes": {
        "container_id": f"containerd://{CONTAINER}",
        "container_image": IMAGE,
        "container_name": SERVICE,
        "pod_labels": LABELS,
        "pod_name": POD,
        "pod_namespace": NAMESPACE,
        "pod_node_name": NODE,
        "pod_uid": UID,
    },
}
JOURNAL = {
    "_SYSTEMD_UNIT": f"{SERVICE}.service",
    "_SYSTEMD_INVOCATION_ID": "d4c3b2a1908f7e6d5c4b3a2918070605",
    "_PID": "4242",
    "_HOSTNAME": NODE,
    "SYSLOG_IDENTIFIER": SERVICE,
}


def beat(number: int) -> dict[str, Any]:
    """Return what Filebeat adds to line `number`."""
    return {**BEAT, "log": {"offset": 640 + 80 * number, "file": {"path": FILE}}}


def clock(number: int, digits: int = 9) -> str:
    """Return the time of a line as RFC 3339 without zone."""
    time = START + number * STEP
    whole = datetime.fromtimestamp(time // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{time % 10**9:09d}"[: len(whole) + 1 + digits]


def text(line: bytes) -> str:
    """Return the line as shippers put it in JSON: U+FFFD for bytes that are no UTF-8."""
    return line.decode(errors="replace")


def control(line: str, escapes: Callable[[int], str]) -> str:
    """Return the line with its control characters spelled."""
    return "".join(escapes(ord(c)) if ord(c) < 32 else c for c in line)


def octal(line: bytes) -> str:
    """Return the line as rsyslog escapes it: `#011`."""
    return control(text(line), lambda code: f"#{code:03o}")


def dumped(fields: Any) -> bytes:  # any JSON
    """Return compact JSON."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def attributes(of: dict[str, str]) -> list[dict[str, Any]]:
    """Return OTLP's attributes."""
    return [{"key": key, "value": {"stringValue": value}} for key, value in of.items()]


def otlp_json(resource: dict[str, str], own: dict[str, str], line: bytes, number: int) -> bytes:
    """Return a batch of one line."""
    time = str(START + number * STEP)
    log = {"timeUnixNano": time, "body": {"stringValue": text(line)}, "attributes": attributes(own)}
    return dumped(
        {
            "resourceLogs": [
                {"resource": {"attributes": attributes(resource)}, "scopeLogs": [{"logRecords": [log]}]}
            ]
        }
    )


def varint(number: int) -> bytes:
    """Return a protobuf varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    """Return a length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def pairs(number: int, of: dict[str, str]) -> bytes:
    """Return protobuf KeyValue fields with string values."""
    return b"".join(
        field(number, field(1, key.encode()) + field(2, field(1, value.encode())))
        for key, value in of.items()
    )


def otlp_proto(line: bytes, number: int) -> bytes:
    """Return ExportLogsServiceRequest with one line, members in ascending order."""
    log = varint(1 << 3 | 1) + struct.pack("<Q", START + number * STEP)
    log += field(5, field(1, text(line).encode())) + pairs(6, {"log.iostream": "stderr"})
    return field(1, field(1, pairs(1, RESOURCE)) + field(2, field(1, b"") + field(2, log)))


def vector_value(value: Any) -> bytes:  # text or an object of it
    """Return Vector's protobuf Value: bytes as field 1, a map as field 7."""
    if isinstance(value, str):
        return field(1, value.encode())
    return field(7, vector_map(1, value))


def vector_map(number: int, members: dict[str, Any]) -> bytes:
    """Return a protobuf map of Values."""
    return b"".join(
        field(number, field(1, name.encode()) + field(2, vector_value(value)))
        for name, value in members.items()
    )


def vector_native(line: bytes, number: int) -> bytes:
    """Return EventArray{logs{logs}}."""
    members = {**VECTOR, "message": text(line), "stream": "stderr", "timestamp": clock(number) + "Z"}
    return field(1, field(1, vector_map(1, members)))


def msgpack(value: Any) -> bytes:  # text or an object of it
    """Return MessagePack of text and maps, in their longest forms."""
    if isinstance(value, str):
        encoded = value.encode()
        return b"\xdb" + struct.pack(">I", len(encoded)) + encoded
    return (
        b"\xdf" + struct.pack(">I", len(value)) + b"".join(msgpack(k) + msgpack(v) for k, v in value.items())
    )


def journal_export(line: bytes, number: int) -> bytes:
    """Return one entry; the text in its binary form, which it needs for tabs."""
    members = {**JOURNAL, "__REALTIME_TIMESTAMP": str((START + number * STEP) // 1000)}
    head = "".join(f"{name}={value}\n" for name, value in members.items()).encode()
    return head + b"MESSAGE\n" + struct.pack("<Q", len(line)) + line + b"\n\n"


class Shipper(NamedTuple):
    """How a shipper writes a line."""

    value: Callable[[bytes, int], bytes]
    key: bytes | None = None
    headers: Callable[[int], list[tuple[str, bytes | None]]] | None = None
    named: str | None = None

    def record(self, line: bytes, number: int) -> Record:
        """Return the record of line `number`."""
        headers = self.headers(number) if self.headers else None
        timestamp = (START + number * STEP) // 10**6
        return Record(None, 0, None, timestamp, self.key, headers, self.value(line, number))


def json_of(members: Callable[[bytes, int], dict[str, Any]]) -> Callable[[bytes, int], bytes]:
    """Return a writer of JSON."""
    return lambda line, number: dumped(members(line, number))


ID = CONTAINER.encode()
SHIPPERS = {
    "docker": Shipper(
        json_of(lambda line, n: {"log": text(line) + "\n", "stream": "stderr", "time": clock(n) + "Z"})
    ),
    "cri": Shipper(lambda line, n: f"{clock(n)}Z stderr F ".encode() + line),
    "fluent_bit": Shipper(
        json_of(
            lambda line, n: {
                "@timestamp": float(clock(n, 6)[-9:]) + 1_795_220_400,
                "time": clock(n) + "Z",
                "stream": "stderr",
                "_p": "F",
                "log": text(line),
                "kubernetes": KUBERNETES,
            }
        )
    ),
    "fluent_bit without a parser": Shipper(
        json_of(
            lambda line, n: {
                "@timestamp": clock(n) + "Z",
                "log": json.dumps({"log": text(line) + "\n", "stream": "stderr", "time": clock(n) + "Z"}),
                "kubernetes": KUBERNETES,
            }
        )
    ),
    "fluent_bit lifted": Shipper(
        json_of(
            lambda line, n: {
                "@timestamp": clock(n) + "Z",
                "stream": "stderr",
                "log": text(line),
                **{f"k8s_{name}": value for name, value in KUBERNETES.items()},
            }
        ),
        ID,
    ),
    "fluent_bit raw": Shipper(lambda line, _: line, ID),
    "gelf": Shipper(
        json_of(
            lambda line, n: {
                "version": "1.1",
                "_time": clock(n) + "Z",
                "_stream": "stderr",
                "short_message": text(line),
                "_kubernetes_docker_id": CONTAINER,
                "timestamp": 1_795_220_445.120,
            }
        )
    ),
    "fluent_bit_systemd": Shipper(
        json_of(lambda line, n: {"@timestamp": clock(n, 6) + "Z", **JOURNAL, "MESSAGE": text(line)})
    ),
    "firelens": Shipper(
        json_of(
            lambda line, _: {
                "source": "stderr",
                "log": text(line),
                "container_id": "46e3-17",
                "container_name": "/ecs-cart",
                "ecs_task_arn": "arn:aws:ecs:eu-west-1:000000000000:task/prod/1",
            }
        )
    ),
    "docker_fluentd": Shipper(
        json_of(
            lambda line, _: {
                "container_id": CONTAINER,
                "container_name": "/cart",
                "source": "stderr",
                "log": text(line),
            }
        )
    ),
    "fluentd": Shipper(
        json_of(
            lambda line, n: {
                "stream": "stderr",
                "logtag": "F",
                "log": text(line),
                "tag": "kubernetes" + FILE.replace("/", "."),
                "@timestamp": clock(n) + "+0000",
            }
        )
    ),
    "vector": Shipper(
        json_of(
            lambda line, n: {
                **VECTOR,
                "message": text(line),
                "source_type": "kubernetes_logs",
                "stream": "stderr",
                "timestamp": clock(n) + "Z",
            }
        )
    ),
    "vector_native_json": Shipper(
        json_of(
            lambda line, n: {
                "log": {**VECTOR, "message": text(line), "stream": "stderr", "timestamp": clock(n) + "Z"}
            }
        )
    ),
    "vector_native": Shipper(vector_native, named="vector_native"),
    "datadog": Shipper(
        json_of(
            lambda line, n: {
                "ddsource": "go",
                "ddtags": f"env:prod,service:{SERVICE},version:{VERSION},container_id:{CONTAINER}",
                "hostname": NODE,
                "message": text(line),
                "timestamp": clock(n, 3) + "Z",
            }
        )
    ),
    "filebeat": Shipper(
        json_of(
            lambda line, n: {
                "@timestamp": clock(n, 3) + "Z",
                "stream": "stderr",
                "message": text(line),
                **beat(n),
            }
        )
    ),
    "elastic_agent": Shipper(
        json_of(
            lambda line, n: {
                "@timestamp": clock(n, 3) + "Z",
                "message": text(line),
                **beat(n),
                "elastic_agent": {"id": "1"},
            }
        )
    ),
    "logstash": Shipper(
        json_of(
            lambda line, n: {
                "@timestamp": clock(n, 3) + "Z",
                "@version": "1",
                "message": text(line),
                "event": {"original": text(line)},
                **beat(n),
            }
        )
    ),
    "logstash_plain": Shipper(lambda line, n: f"{clock(n)}Z {{name={NODE}}} ".encode() + line),
    "otlp_json": Shipper(lambda line, n: otlp_json(RESOURCE, {"log.iostream": "stderr"}, line, n)),
    "alloy": Shipper(
        lambda line, n: otlp_json(
            {}, {"namespace": NAMESPACE, "pod": POD, "container": SERVICE, "stream": "stderr"}, line, n
        )
    ),
    "otlp_proto": Shipper(otlp_proto, named="otlp_proto"),
    "json_string": Shipper(lambda line, _: dumped(text(line)), ID),
    "msgpack": Shipper(
        lambda line, n: msgpack(
            {"time": clock(n) + "Z", "stream": "stderr", "log": text(line), "kubernetes": KUBERNETES}
        ),
        named="msgpack",
    ),
    "rsyslog": Shipper(lambda line, n: f"{clock(n, 6)}+00:00 {NODE} cart[42]: {octal(line)}\n".encode()),
    "rsyslog traditional": Shipper(
        lambda line, _: f"Nov 21 00:20:45 {NODE} cart[42]: {octal(line)}\n".encode()
    ),
    "rsyslog_json": Shipper(
        lambda line, n: (
            dumped(
                {
                    "@timestamp": clock(n, 6) + "+00:00",
                    "host": NODE,
                    "program": SERVICE,
                    "procid": "42",
                    "message": " " + octal(line),
                }
            ).replace(b"/", b"\\/")
            + b"\n"
        )
    ),
    "syslog RFC 5424": Shipper(lambda line, n: f"<14>1 {clock(n, 6)}Z {NODE} cart 42 - - ".encode() + line),
    "syslog_ng": Shipper(
        lambda line, _: f"2026-11-21T00:20:45.000000+00:00 {NODE} cart[42]: ".encode() + line
    ),
    "syslog_ng_json": Shipper(
        json_of(
            lambda line, _: {
                "PROGRAM": SERVICE,
                "PID": "42",
                **({"MESSAGE": text(line)} if line else {}),
                "ISODATE": "2026-11-21T00:20:45.000000+00:00",
                "HOST": NODE,
            }
        )
    ),
    "journald": Shipper(
        json_of(
            lambda line, n: {
                **JOURNAL,
                "__REALTIME_TIMESTAMP": str((START + n * STEP) // 1000),
                "MESSAGE": list(line) if 27 in line else text(line),
            }
        )
    ),
    "journal_export": Shipper(journal_export, named="journal_export"),
    "cloudevents": Shipper(
        json_of(
            lambda line, n: {
                "specversion": "1.0",
                "type": "log",
                "source": "/shop",
                "id": str(n),
                "time": clock(n) + "Z",
                "data": {"stream": "stderr", "log": text(line), "kubernetes": KUBERNETES},
            }
        )
    ),
    "cloudevents in headers": Shipper(
        lambda line, _: line,
        ID,
        lambda n: [("ce_specversion", b"1.0"), ("ce_time", clock(n).encode() + b"Z")],
    ),
    "schema registry": Shipper(
        lambda line, n: (
            b"\0\0\0\0\x2a"
            + dumped(
                {"log": text(line), "stream": "stderr", "time": clock(n) + "Z", "kubernetes": KUBERNETES}
            )
        )
    ),
}


def shipped(name: str, text: bytes) -> list[Record]:
    """Return the records that a shipper makes of a program's output."""
    lines = text.removesuffix(b"\n").split(b"\n")
    return [SHIPPERS[name].record(line, number) for number, line in enumerate(lines)]
