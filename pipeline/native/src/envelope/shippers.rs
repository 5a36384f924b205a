//! The shippers, a row each: how their records are recognised, where each fact stands, and which key keeps a
//! container on one partition. A new shipper is a new row with its sample. Sources: the shippers' own output,
//! sources and references.

use super::facts::Slot::{self, *};

/// How the bytes of a record are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the format of that name")]
pub enum Shape {
    Json,
    OtlpJson,
    JsonString,
    Cri,
    Syslog,
    LogstashPlain,
    /// The value is the line.
    Plain,
    /// Told from other bytes by its name only, as the next three.
    OtlpProto,
    MsgPack,
    VectorNative,
    JournalExport,
}

/// One shipper in one configuration.
#[derive(Debug)]
pub struct Shipper {
    /// Name of the envelope, as `--envelope` takes it.
    pub name: &'static str,
    /// How its bytes are read.
    pub shape: Shape,
    /// Members of a record that tell it from all others: all of one of these groups are there.
    pub marks: &'static [&'static [&'static str]],
    /// Path of each fact: names of nested objects with blanks between, the best name of a fact first.
    pub fields: &'static [(Slot, &'static str)],
    /// Objects that hold the pod's labels.
    pub labels: &'static [&'static str],
    /// What to set so that all lines of a container go to one partition.
    pub advice: &'static str,
    /// A record, and the line in it.
    pub sample: (&'static [u8], &'static str),
}

/// Labels that say what a pod runs, the best first for each fact.
pub const LABELS: [(Slot, &str); 12] = [
    (Service, "app.kubernetes.io/name"),
    (Service, "tags.datadoghq.com/service"),
    (Service, "service.istio.io/canonical-name"),
    (Service, "app"),
    (Service, "k8s-app"),
    (Version, "app.kubernetes.io/version"),
    (Version, "tags.datadoghq.com/version"),
    (Version, "service.istio.io/canonical-revision"),
    (Version, "version"),
    (Environment, "tags.datadoghq.com/env"),
    (Environment, "environment"),
    (Environment, "env"),
];

const SYSLOG_ADVICE: &str = "rsyslog: DynaKey=\"on\" with key %HOSTNAME%/%programname%/%PROCID% and \
    partitions.auto=\"on\"; syslog-ng: kafka-c(key(\"$HOST/$PROGRAM/$PID\"))";
const FLUENT_BIT_ADVICE: &str = "Fluent Bit: lift kubernetes with the nest filter (add_prefix k8s_) and set \
    message_key_field k8s_docker_id";
const FLUENTD_ADVICE: &str = "Fluentd kafka2: message_key_key on a field that holds the container id, \
    and inject time and tag";
const VECTOR_ADVICE: &str = "Vector: key_field on a field that holds kubernetes.container_id";
const BEATS_ADVICE: &str = "Filebeat, Elastic Agent: output.kafka.key '%{[container.id]}'";
const OTEL_ADVICE: &str = "OpenTelemetry Collector: partition_logs_by_resource_attributes: true in the Kafka exporter";
const JOURNAL_ADVICE: &str = "journal: set the producer's key to _SYSTEMD_INVOCATION_ID";
const ANY_ADVICE: &str = "set the record's key to the container's id in the shipper that writes this topic";

/// Values that are lines.
pub static PLAIN: Shipper = plain();

const fn plain() -> Shipper {
    Shipper {
        name: "plain",
        shape: Shape::Plain,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: ANY_ADVICE,
        sample: (b"\tmain.go:3", "\tmain.go:3"),
    }
}

/// All shippers; a record is the first one's whose marks it bears.
pub static SHIPPERS: [Shipper; 29] = [
    Shipper {
        name: "otlp_json",
        shape: Shape::OtlpJson,
        marks: &[&["resourceLogs"]],
        fields: &[
            (Stream, "log.iostream"),
            (File, "log.file.path"),
            (ContainerId, "container.id"),
            (ContainerName, "k8s.container.name"),
            (Restart, "k8s.container.restart_count"),
            (Image, "container.image.name"),
            (ImageTag, "container.image.tags"),
            (ImageTag, "container.image.tag"),
            (Pod, "k8s.pod.name"),
            (PodUid, "k8s.pod.uid"),
            (Namespace, "k8s.namespace.name"),
            (Host, "k8s.node.name"),
            (Host, "host.name"),
            (Service, "service.name"),
            (ServiceNamespace, "service.namespace"),
            (Version, "service.version"),
            (Environment, "deployment.environment.name"),
            (Environment, "deployment.environment"),
            (Instance, "service.instance.id"),
            (ErrorText, "exception.message"),
            (ExceptionType, "exception.type"),
            (Stack, "exception.stacktrace"),
        ],
        labels: &["k8s.pod.labels", "k8s.pod.label"],
        advice: OTEL_ADVICE,
        sample: (
            br#"{"resourceLogs":[{"resource":{},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1791188130417203991","body":{"stringValue":"panic: boom"}}]}]}]}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "alloy",
        shape: Shape::OtlpJson,
        marks: &[], // told by its attributes only; read as otlp_json
        fields: &[(Pod, "pod"), (Namespace, "namespace"), (ContainerName, "container"), (File, "filename")],
        labels: &[],
        advice: "Alloy: otelcol.exporter.kafka with a key made of namespace, pod and container",
        sample: (
            br#"{"resourceLogs":[{"resource":{},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"panic: boom"},"attributes":[{"key":"pod","value":{"stringValue":"cart-1"}},{"key":"loki.attribute.labels","value":{"stringValue":"pod"}}]}]}]}]}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "cloudevents",
        shape: Shape::Json,
        marks: &[&["specversion", "data"]],
        fields: &[(Words, "data")],
        labels: &[],
        advice: "CloudEvents: set the partitionkey extension to the container's id",
        sample: (
            br#"{"specversion":"1.0","type":"log","source":"/pay","id":"1","data":{"log":"panic: boom"}}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "vector_native_json",
        shape: Shape::Json,
        marks: &[&["log.source_type"]],
        fields: &[],
        labels: &[],
        advice: VECTOR_ADVICE,
        sample: (br#"{"log":{"message":"panic: boom","source_type":"kubernetes_logs"}}"#, "panic: boom"),
    },
    Shipper {
        name: "datadog",
        shape: Shape::Json,
        marks: &[&["ddsource"], &["ddtags"]],
        fields: &[(TagList, "ddtags"), (Host, "hostname"), (Service, "service")],
        labels: &[],
        advice: "Observability Pipelines Worker: key_field on a field that holds the container's id",
        sample: (br#"{"ddsource":"go","ddtags":"env:prod","hostname":"node-1","message":"panic: boom"}"#, "panic: boom"),
    },
    Shipper {
        name: "elastic_agent",
        shape: Shape::Json,
        marks: &[&["elastic_agent"]],
        fields: &[],
        labels: &[],
        advice: BEATS_ADVICE,
        sample: (
            br#"{"@timestamp":"2026-11-21T00:20:45.120Z","elastic_agent":{"id":"1"},"message":"panic: boom"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "logstash",
        shape: Shape::Json,
        marks: &[&["@version"]],
        fields: &[],
        labels: &[],
        advice: "Logstash: message_key => \"%{[container][id]}\"",
        sample: (br#"{"@timestamp":"2026-11-21T00:20:45.120Z","@version":"1","message":"panic: boom"}"#, "panic: boom"),
    },
    Shipper {
        name: "rsyslog_json",
        shape: Shape::Json,
        marks: &[
            &["procid"],
            &["programname"],
            &["program", "severity"],
            &["facility", "host"],
            &["tag", "file", "offset"],
        ],
        fields: &[
            (Program, "program"),
            (Program, "programname"),
            (Program, "app-name"),
            (Pid, "procid"),
            (Host, "host"),
            (ShipperTime, "timereported"),
        ],
        labels: &[],
        advice: SYSLOG_ADVICE,
        sample: (
            b"{\"@timestamp\":\"2026-11-21T00:50:54.336487+00:00\", \"host\":\"node-1\", \"program\":\"cart\", \"procid\":\"42\", \"message\":\" #011main.go:3\"}\n",
            "\tmain.go:3",
        ),
    },
    Shipper {
        name: "fluentd",
        shape: Shape::Json,
        marks: &[&["docker.container_id"], &["tag", "log"], &["tag", "message"], &["stream", "logtag", "log"]],
        fields: &[
            (Text, "log"),
            (Text, "message"),
            (Stream, "stream"),
            (Tag, "logtag"),
            (ContainerId, "docker container_id"),
            (ForwardTag, "tag"),
        ],
        labels: &[],
        advice: FLUENTD_ADVICE,
        sample: (br#"{"stream":"stderr","logtag":"F","log":"panic: boom"}"#, "panic: boom"),
    },
    Shipper {
        name: "filebeat",
        shape: Shape::Json,
        marks: &[&["@metadata"], &["agent", "ecs"]],
        fields: &[
            (ContainerId, "container id"),
            (ContainerName, "kubernetes container name"),
            (ContainerName, "container name"),
            (Image, "container image name"),
            (Pod, "kubernetes pod name"),
            (PodUid, "kubernetes pod uid"),
            (Namespace, "kubernetes namespace"),
            (Host, "kubernetes node name"),
            (Host, "host name"),
            (Host, "host hostname"),
            (File, "log file path"),
            (FileOffset, "log offset"),
            (Service, "service name"),
            (Service, "fields service"),
            (ServiceNamespace, "service namespace"),
            (Version, "service version"),
            (Version, "fields version"),
            (Environment, "service environment"),
            (Environment, "fields env"),
            (Environment, "fields environment"),
            (Unit, "systemd unit"),
            (Invocation, "systemd invocation_id"),
            (Program, "syslog identifier"),
            (Pid, "process pid"),
            (TraceId, "trace id"),
            (SpanId, "span id"),
            (ErrorText, "error message"),
            (ExceptionType, "error type"),
            (Stack, "error stack_trace"),
        ],
        labels: &[],
        advice: BEATS_ADVICE,
        sample: (
            br#"{"@timestamp":"2026-11-21T00:20:45.120Z","@metadata":{"beat":"filebeat"},"message":"panic: boom"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "fluent_bit",
        shape: Shape::Json,
        marks: &[&["_p"], &["@timestamp", "log"], &["@timestamp", "logtag"], &["kubernetes", "log"]],
        fields: &[
            (Joined, "_p"),
            (Time, "time"),
            (ShipperTime, "@timestamp"),
            (ContainerId, "kubernetes docker_id"),
            (ContainerName, "kubernetes container_name"),
            (Image, "kubernetes container_image"),
            (Pod, "kubernetes pod_name"),
            (PodUid, "kubernetes pod_id"),
            (Namespace, "kubernetes namespace_name"),
            (Host, "kubernetes host"),
            (File, "file"),
            (FileOffset, "file_offset"),
            (ShipperTime, "date"),
        ],
        labels: &["kubernetes labels"],
        advice: FLUENT_BIT_ADVICE,
        sample: (br#"{"@timestamp":1795220445.12025,"stream":"stderr","_p":"F","log":"panic: boom"}"#, "panic: boom"),
    },
    Shipper {
        name: "gelf",
        shape: Shape::Json,
        marks: &[&["short_message"]],
        fields: &[(Text, "short_message"), (ShipperTime, "timestamp")],
        labels: &[],
        advice: FLUENT_BIT_ADVICE,
        sample: (
            br#"{"version":"1.1", "_stream":"stderr", "short_message":"panic: boom", "timestamp":1795220445.120}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "fluent_bit_systemd",
        shape: Shape::Json,
        marks: &[&["@timestamp", "_SYSTEMD_UNIT"], &["@timestamp", "systemd_unit"]],
        fields: &[
            (Invocation, "systemd_invocation_id"),
            (JournalStream, "stream_id"),
            (Unit, "systemd_unit"),
            (Program, "syslog_identifier"),
            (Pid, "pid"),
        ],
        labels: &[],
        advice: "Fluent Bit: message_key_field _SYSTEMD_INVOCATION_ID",
        sample: (
            br#"{"@timestamp":1795220445.12,"_SYSTEMD_UNIT":"cart.service","MESSAGE":"panic: boom"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "firelens",
        shape: Shape::Json,
        marks: &[&["ecs_task_arn"]],
        fields: &[(Stream, "source"), (ContainerId, "container_id"), (ContainerName, "container_name")],
        labels: &[],
        advice: "FireLens: Message_Key_Field container_id",
        sample: (
            br#"{"source":"stderr","log":"panic: boom","container_id":"46e3","ecs_task_arn":"arn:aws:ecs:x"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "docker_fluentd",
        shape: Shape::Json,
        marks: &[&["container_id", "source", "log"]],
        fields: &[(Partial, "partial_message"), (PartialLast, "partial_last")],
        labels: &[],
        advice: FLUENTD_ADVICE,
        sample: (
            br#"{"container_id":"46e3","container_name":"/cart","source":"stderr","log":"panic: boom"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "vector",
        shape: Shape::Json,
        marks: &[&["source_type"], &["kubernetes.pod_node_name"], &["container_created_at"]],
        fields: &[
            (ContainerId, "kubernetes container_id"),
            (Namespace, "kubernetes pod_namespace"),
            (PodUid, "kubernetes pod_uid"),
            (Host, "kubernetes pod_node_name"),
            (Image, "image"),
        ],
        labels: &["kubernetes pod_labels"],
        advice: VECTOR_ADVICE,
        sample: (
            br#"{"file":"/var/log/x.log","host":"node-1","message":"panic: boom","source_type":"file"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "journald",
        shape: Shape::Json,
        marks: &[&["__REALTIME_TIMESTAMP"], &["_SYSTEMD_UNIT"], &["_BOOT_ID"]],
        fields: &[
            (Text, "MESSAGE"),
            (ShipperTime, "__REALTIME_TIMESTAMP"),
            (Invocation, "_SYSTEMD_INVOCATION_ID"),
            (JournalStream, "_STREAM_ID"),
            (Unit, "_SYSTEMD_UNIT"),
            (Program, "SYSLOG_IDENTIFIER"),
            (Pid, "_PID"),
            (Host, "_HOSTNAME"),
        ],
        labels: &[],
        advice: JOURNAL_ADVICE,
        sample: (
            br#"{"__REALTIME_TIMESTAMP":"1795220445120364","_SYSTEMD_UNIT":"cart.service","MESSAGE":"panic: boom"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "syslog_ng_json",
        shape: Shape::Json,
        marks: &[&["ISODATE"], &["PROGRAM"]],
        fields: &[
            (ShipperTime, "ISODATE"),
            (ShipperTime, "DATE"),
            (Program, "PROGRAM"),
            (Pid, "PID"),
            (Host, "HOST"),
            (File, "FILE_NAME"),
        ],
        labels: &[],
        advice: SYSLOG_ADVICE,
        sample: (
            br#"{"PROGRAM":"cart","PID":"42","MESSAGE":"panic: boom","ISODATE":"2026-11-21T00:52:41.000000+00:00","HOST":"node-1"}"#,
            "panic: boom",
        ),
    },
    Shipper {
        name: "docker",
        shape: Shape::Json,
        marks: &[&["log", "time"]],
        fields: &[],
        labels: &[],
        advice: "Docker's json-file: let the shipper add the container's id and set it as the key",
        sample: (br#"{"log":"panic: boom\n","stream":"stderr","time":"2026-11-21T00:20:45.120634799Z"}"#, "panic: boom"),
    },
    Shipper {
        name: "json",
        shape: Shape::Json,
        marks: &[&[]],
        fields: &[
            (Words, "msg"),
            (Words, "body"),
            (Words, "text"),
            (Level, "level"),
            (Level, "lvl"),
            (Level, "severity"),
            (Level, "log level"),
            (PanicValue, "panic"),
            (PanicValue, "recovered"),
            (PanicValue, "recover"),
            (ErrorText, "error"),
            (ErrorText, "err"),
            (Stack, "stack"),
            (Stack, "error stack"),
            (Stack, "stackTrace"),
            (Stack, "stacktrace"),
            (Stack, "stack_trace"),
            (TraceId, "trace_id"),
            (TraceId, "traceId"),
            (TraceId, "traceID"),
            (SpanId, "span_id"),
            (SpanId, "spanId"),
        ],
        labels: &["labels"],
        advice: ANY_ADVICE,
        sample: (br#"{"host":"node-1","message":"panic: boom"}"#, "panic: boom"),
    },
    Shipper {
        name: "json_string",
        shape: Shape::JsonString,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: OTEL_ADVICE,
        sample: (br#""\tmain.go:3""#, "\tmain.go:3"),
    },
    Shipper {
        name: "cri",
        shape: Shape::Cri,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: ANY_ADVICE,
        sample: (b"2026-11-21T00:20:45.12+05:30 stderr F panic: boom", "panic: boom"),
    },
    Shipper {
        name: "syslog",
        shape: Shape::Syslog,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: SYSLOG_ADVICE,
        sample: (b"2026-11-21T00:50:54.336487+00:00 node-1 cart[42]: #011main.go:3\n", "\tmain.go:3"),
    },
    Shipper {
        name: "logstash_plain",
        shape: Shape::LogstashPlain,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: "Logstash: codec => json, message_key => \"%{[container][id]}\"",
        sample: (b"2026-11-21T00:20:45.120364667Z {name=node-7} panic: boom", "panic: boom"),
    },
    plain(),
    Shipper {
        name: "otlp_proto",
        shape: Shape::OtlpProto,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: OTEL_ADVICE,
        sample: (b"\n\x13\x12\x11\x12\x0f*\r\n\x0bpanic: boom", "panic: boom"),
    },
    Shipper {
        name: "msgpack",
        shape: Shape::MsgPack,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: FLUENT_BIT_ADVICE,
        sample: (b"\x82\xa6stream\xa6stderr\xa3log\xabpanic: boom", "panic: boom"),
    },
    Shipper {
        name: "vector_native",
        shape: Shape::VectorNative,
        marks: &[],
        fields: &[],
        labels: &[],
        advice: VECTOR_ADVICE,
        sample: (b"\n\x1c\n\x1a\n\x18\n\x07message\x12\x0d\n\x0bpanic: boom", "panic: boom"),
    },
    Shipper {
        name: "journal_export",
        shape: Shape::JournalExport,
        marks: &[],
        fields: &[], // as in journald's JSON
        labels: &[],
        advice: JOURNAL_ADVICE,
        sample: (b"_HOSTNAME=node-1\nMESSAGE\n\x0a\0\0\0\0\0\0\0\tmain.go:3\n\n", "\tmain.go:3"),
    },
];
