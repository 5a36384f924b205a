"""Every setting: its section, name, type, default and meaning. One TOML table a section."""

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SecretStr,
)


def _parted(value: object) -> object:
    """Take a list apart that an environment variable holds as `a,b`."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _paired(value: object) -> object:
    """Take a table apart that an environment variable holds as `a=b,c=d`."""
    if not isinstance(value, str):
        return value
    pairs = (part.partition("=") for part in value.split(",") if part.strip())
    return {name.strip(): text.strip() for name, _, text in pairs}


def _pattern(topic: str) -> str:
    if topic.startswith("^"):
        try:
            re.compile(topic)
        except re.error as error:
            raise ValueError(f"{topic} is no pattern: {error}") from error
    return topic


def _address(listen: str) -> str:
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the last port there is
        raise ValueError("it is HOST:PORT, such as 127.0.0.1:8321")
    return listen


Table = Annotated[dict[str, str], BeforeValidator(_paired)]
Address = Annotated[str, AfterValidator(_address)]
Servers = Annotated[list[Address], Field(min_length=1), BeforeValidator(_parted)]
Topics = Annotated[
    list[Annotated[str, AfterValidator(_pattern)]], Field(min_length=1), BeforeValidator(_parted)
]
Start = Literal["end", "beginning"] | AwareDatetime


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )


class KafkaSettings(_Section):
    """How the brokers are reached; for every client of ours."""

    bootstrap_servers: Servers = ["127.0.0.1:9092"]
    """Brokers to begin with, HOST:PORT."""
    security_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    """Whether connections are encrypted, and whether we log in."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How we log in, where the protocol has `sasl`."""
    username: str = ""
    """Who logs in."""
    password: SecretStr = SecretStr("")
    """With what; better in a file."""
    password_file: str = ""
    """A file that holds the password."""
    ca_file: str = ""
    """Certificates (PEM) that sign the brokers'; empty: the system's."""
    certificate_file: str = ""
    """Our own certificate (PEM), where brokers ask for one."""
    key_file: str = ""
    """Its key (PEM)."""
    client_id: str = "panicstream"
    """What brokers call us in their logs and quotas."""


class TopicsSettings(_Section):
    """The topics that panicstream writes."""

    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$")] = "panicstream."
    """In front of the name of each; consumer groups carry it, too."""
    partitions: PositiveInt = 12
    """Partitions of each topic that `topics apply` makes; equal for all, and never changed afterwards."""
    replication_factor: Annotated[int, Field(ge=-1)] = -1
    """Copies of each partition; -1: as the brokers are set."""


class DetectSettings(_Section):
    """Reading logs."""

    topics: Topics = [r"^logs\..*"]
    """Names of topics, or patterns that begin with `^`."""
    start: Start = "end"
    """Where the very first start begins: `end`, `beginning`, or a time."""
    instance: str = ""
    """Name of this worker that outlives restarts (a pod of a StatefulSet): its partitions wait for it."""
    session_timeout: PositiveFloat = 10.0
    """Seconds after which a silent worker's partitions go to others."""
    batch: PositiveInt = 500
    """Records that are taken at once."""
    commit_interval: PositiveFloat = 1.0
    """Seconds between blocks, where there is no crash to tell."""
    crash_interval: PositiveFloat = 0.2
    """The same where there is one."""
    vitals_interval: PositiveFloat = 10.0
    """Seconds over which lines and GC cycles are gathered."""
    unsent_bytes: PositiveInt = 64 << 20
    """Bytes of output that may wait for the brokers; beyond, reading pauses."""
    streams: PositiveInt = 200_000
    """Streams that are kept of each partition; beyond, those that spoke longest ago are forgotten."""
    partition_bytes: PositiveInt = 800 << 20
    """Bytes that the open traces of a partition may hold; beyond, the oldest is closed."""
    full_copies: PositiveInt = 60
    """Crashes of one fingerprint in a minute that are told whole; those beyond are abbreviated."""
    deadletter_ratio: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of records without a line, of the last 10,000, above which the worker stops."""
    envelopes: Table = {}
    """Topic = envelope, where all its records are in that one; binary ones are read only so."""
    redaction: Table = {}
    """Name = pattern of further secrets that are masked."""


class TrackSettings(_Section):
    """Tables and what is made of them."""

    store: Literal["memory://", "rocksdb://"] = "memory://"
    """Where rows are kept beside Kafka: `memory://` or `rocksdb://`."""
    data_dir: str = ""
    """Folder of `rocksdb://`; empty: a temporary one."""
    session_timeout: PositiveFloat = 10.0
    """Seconds after which a silent worker's partitions go to others."""
    commit_interval: PositiveFloat = 1.0
    """Seconds between commits."""
    keep_days: PositiveInt = 90
    """Days after it was last told of that a fingerprint stays; what comes back later has its id again."""


class WatchSettings(_Section):
    """Rules and the alerts they make."""

    rules: str = ""
    """A file of rules over the shipped ones; read again when it changes."""
    page_horizon: PositiveInt = 600
    """Seconds; an alert that fired longer before it was seen is no page, but one line of a digest."""
    alerts_per_rule: PositiveInt = 50
    """Alerts of one rule and partition that page at once; those beyond are counted in AlertStorm."""
    alerts_per_minute: PositiveInt = 20
    """The same of one service, in a minute."""
    keep_days: PositiveInt = 7
    """Days after somebody told of a service last that its row stays, where it has no alert."""
    actions: Literal["dry_run", "approve", "auto"] = "dry_run"
    """What whoever carries out an action may do: only say it, ask a person first, or do it."""


class NotifySettings(_Section):
    """Who is told of alerts."""

    routes: str = ""
    """A file of routes and channels; read again when it changes."""
    deadline_critical: PositiveFloat = 21_600.0
    """Seconds after which what is critical is a dead letter; while it holds, it is tried on."""
    deadline: PositiveFloat = 1_800.0
    """The same of all else."""
    failing_after: PositiveFloat = 300.0
    """Seconds for which a channel takes nothing before another one is told so."""
    alone: PositiveInt = 6
    """New groups that a channel is told of one by one in five minutes; those beyond come in a digest."""
    pages: PositiveInt = 5
    """The same of a channel that wakes somebody."""


class HttpSettings(_Section):
    """Metrics, health and views."""

    listen: Address = "127.0.0.1:8321"
    """HOST:PORT to listen on."""
    advertise: Literal[""] | Address = ""
    """HOST:PORT at which other workers reach this one; empty: as it listens, or the name of the host."""
    token: SecretStr = SecretStr("")
    """Who changes clusters has to show it; without one, nobody can."""
    token_file: str = ""
    """A file that holds the token."""


class LogSettings(_Section):
    """What the worker writes on stderr."""

    format: Literal["auto", "json", "text"] = "auto"
    """`auto`: readable on a terminal, JSON elsewhere."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is written."""


class SupervisorSettings(_Section):
    """What happens after a fault of panicstream itself."""

    backoff: NonNegativeFloat = 1.0
    """Seconds before the first restart; doubled each time, up to 30."""
    restarts: Annotated[int, Field(ge=0)] = 10
    """Restarts in ten minutes after which it gives up."""


class Settings(_Section):
    """All sections."""

    kafka: KafkaSettings = KafkaSettings()
    topics: TopicsSettings = TopicsSettings()
    detect: DetectSettings = DetectSettings()
    track: TrackSettings = TrackSettings()
    watch: WatchSettings = WatchSettings()
    notify: NotifySettings = NotifySettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()
    supervisor: SupervisorSettings = SupervisorSettings()

    def topic(self, name: str) -> str:
        """Return the full name of a topic of ours, such as `panics`."""
        return self.topics.prefix + name

    @property
    def detect_group(self) -> str:
        """The consumer group of all detect workers."""
        return f"{self.topics.prefix}detect"

    @property
    def track_id(self) -> str:
        """The id of the Faust app, which is its consumer group, too."""
        return f"{self.topics.prefix}track"
