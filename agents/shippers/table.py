"""The table of shippers: the envelope's name, and what writes a line in it."""

from agents.records import Record
from agents.shippers import elastic, fluent, hosts, otlp, packed, vector
from agents.shippers.container import Container, Line, Value

SHIPPERS: dict[str, Value] = {
    "otlp_json": otlp.json,
    "alloy": otlp.alloy,
    "cloudevents": fluent.cloudevents,
    "vector_native_json": vector.native_json,
    "datadog": vector.datadog,
    "elastic_agent": elastic.elastic_agent,
    "logstash": elastic.logstash,
    "rsyslog_json": hosts.rsyslog_json,
    "fluentd": fluent.fluentd,
    "filebeat": elastic.filebeat,
    "fluent_bit": fluent.fluent_bit,
    "gelf": fluent.gelf,
    "fluent_bit_systemd": hosts.fluent_bit_systemd,
    "firelens": fluent.firelens,
    "docker_fluentd": fluent.docker_fluentd,
    "vector": vector.json,
    "journald": hosts.journald,
    "syslog_ng_json": hosts.syslog_ng_json,
    "docker": hosts.docker,
    "json_string": hosts.json_string,
    "cri": hosts.cri,
    "syslog": hosts.syslog,
    "logstash_plain": hosts.logstash_plain,
    "plain": hosts.plain,
    "otlp_proto": otlp.proto,
    "msgpack": packed.msgpack,
    "vector_native": vector.native,
    "journal_export": packed.journal_export,
}

# Binary ones, which are read only where they are named.
BINARY = {"otlp_proto", "msgpack", "vector_native", "journal_export"}


def shipped(envelope: str, of: Container, line: Line, key: bytes | None) -> Record:
    """Return the record of a line; its topic and place are the broker's."""
    return Record(None, 0, None, line.time // 10**6, key, None, SHIPPERS[envelope](of, line))
