"""Every series of `/metrics`: its name, labels and meaning. Units stand in the names."""

import contextlib
from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "panicstream_"
# Bounds in seconds: what takes milliseconds where all is well, and minutes where it is not.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
FINGERPRINTS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 400, 600, 1_000, 5_000)
PLACE = ("topic", "partition")


class Metrics:
    """The series of one worker, in a registry of its own; what the process itself needs is there, too."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        # Else each counter has a second series, the time of its start.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own

        def counter(name: str, meaning: str, *labels: str, prefix: str = PREFIX) -> Counter:
            return Counter(f"{prefix}{name}_total", meaning, labels, registry=registry)

        def gauge(name: str, meaning: str, *labels: str, prefix: str = PREFIX) -> Gauge:
            return Gauge(f"{prefix}{name}", meaning, labels, registry=registry)

        def seconds(name: str, meaning: str, prefix: str = PREFIX) -> Histogram:
            return Histogram(f"{prefix}{name}_seconds", meaning, buckets=SECONDS, registry=registry)

        # Reading
        self.records = counter("records", "Records read.", "topic")
        self.lines = counter("lines", "Lines found in them.")
        self.repeated = counter("repeated_records", "Records passed over, their offsets had come before.")
        self.deadletters = counter("deadletters", "Records that hold no line, by what is wrong.", "reason")
        self.lag = gauge("lag_records", "Records between what was read and a partition's end.", *PLACE)
        self.assigned_partitions = gauge("assigned_partitions", "Partitions of logs that this worker reads.")
        self.reading_paused = gauge(
            "reading_paused", "1 while reading waits for slow brokers to take output."
        )
        self.spread_streams = gauge(
            "spread_streams",
            "Containers whose lines came on several partitions within a minute, which tears crashes.",
            "topic",
        )
        # Crashes
        self.crashes = counter("crashes", "Crashes written to `panics`.", "kind")
        self.damaged = counter("damaged_crashes", "Those of them that are cut short or torn.")
        self.abbreviated = counter("abbreviated_crashes", "Those of them without frames: one of many alike.")
        self.cut_to_fit = counter("cut_crashes", "Those of them that were cut to the size brokers take.")
        self.silent = counter("silent_crashes", "Crashes left out, they were told before a restart.")
        self.end_to_end_seconds = seconds(
            "end_to_end", "From when a crash was written in its log until it stands in `panics`."
        )
        self.open_traces = gauge("open_traces", "Crashes whose lines are still coming.", *PLACE)
        self.hold_back_seconds = gauge(
            "hold_back_seconds", "Age of the oldest record that an open trace still needs.", *PLACE
        )
        # Commits
        self.blocks = counter("blocks", "Blocks of source partitions that were committed.")
        self.commit_seconds = seconds("commit", "From cutting a block until its commit is acknowledged.")
        self.last_commit_timestamp_seconds = gauge(
            "last_commit_timestamp_seconds", "When the last block was committed, in seconds since 1970."
        )
        # Brokers
        self.kafka_errors = counter("kafka_errors", "Errors that Kafka's clients met.", "kind")
        self.brokers_down = gauge("brokers_down", "1 while no broker can be reached.")
        # Tables
        self.table_rows = gauge("table_rows", "Rows that this worker holds.", "table")
        self.applied = counter("applied_blocks", "Blocks that rows took in.", "table")
        self.known = counter("known_blocks", "Blocks passed over, the row had them already.", "table")
        self.bad_records = counter(
            "bad_records", "Records of our own topics that could not be read.", "topic", "reason"
        )
        self.holes = counter("offset_holes", "Records that Faust left out, each of which stops the worker.")
        self.rebalances = counter("rebalances", "Times that partitions of tables changed hands.")
        self.recovering = gauge("recovering", "1 while tables are rebuilt from Kafka.")

        # Clusters; named as the field names them
        field = {"prefix": "clustering_"}
        self.centers = gauge(
            "centers_count", "Bugs; `noise` are those too rare to be sure of.", "state", **field
        )
        self.distance = gauge(
            "intra_cluster_avg_distance",
            "Mean of 1 - similarity in the 200 largest bugs of several fingerprints; `other`: in the rest.",
            "cluster_id",
            **field,
        )
        self.waiting_fingerprints = gauge(
            "waiting_fingerprints", "Fingerprints whose signature has not come yet.", **field
        )
        self.epoch = gauge("idf_epoch", "Fingerprints that the largest table of frequencies counts.", **field)
        self.new_fingerprints = counter("new_fingerprints", "Fingerprints that came first.", **field)
        self.merges = counter("merges", "Bugs that became one.", **field)
        self.splits = counter("splits", "Bugs that became two.", **field)
        self.candidates = Histogram(
            "clustering_candidates",
            "Fingerprints that a new one is compared with.",
            buckets=FINGERPRINTS,
            registry=registry,
        )
        self.component_size = Histogram(
            "clustering_component_size",
            "Fingerprints that are parted together; near 600 is a chain.",
            buckets=FINGERPRINTS,
            registry=registry,
        )
        self.fuzzy_seconds = seconds("fuzzy", "To find the bug of a new fingerprint.", **field)
        # The process
        self.loop_lag_seconds = seconds("loop_lag", "How late the event loop is.")
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._watch(counter, gauge)

    def _watch(self, counter: Callable[..., Counter], gauge: Callable[..., Gauge]) -> None:
        """Make the series of services and alerts."""
        # Services; named as Prometheus' own client for Go names such things
        whose = ("namespace", "service", "environment")
        self.panics = counter(
            "panics", "Crashes of a service; `other`: of all beyond the first 200.", *whose, prefix="go_"
        )
        self.gc_pause_seconds = gauge(
            "gc_pause_seconds",
            "Quantiles of the time that garbage collection stops the world, last minutes.",
            *whose,
            "quantile",
            prefix="go_",
        )
        self.alloc_rate = gauge(
            "alloc_bytes_per_second", "What a process allocates, last minute.", *whose, prefix="go_"
        )
        # Alerts
        self.alerts = gauge("alerts", "Alerts, by how they stand.", "rule", "state")
        self.rules_info = gauge(
            "rules_info", "1 for the rules that this worker goes by: all must have the same.", "hash"
        )
        self.rule_faults = gauge("rule_faults", "What is wrong in the file of rules; the rules before stay.")
        self.routes_info = gauge(
            "routes_info", "1 for the routes that this worker goes by: all must have the same.", "hash"
        )
        self.route_faults = gauge("route_faults", "What is wrong in the file of routes; those before stay.")
        self.watch_behind_seconds = gauge(
            "watch_behind_seconds", "How far the time of rules is behind the clock, worst partition."
        )
        # Channels
        self.deliveries = counter(
            "deliveries", "Attempts to tell channels something, by what came of it.", "channel", "state"
        )
        self.suppressed = counter(
            "suppressed",
            "Alerts that were not told by themselves: `folded` into a digest, `past` before they were told, "
            "`silenced`, `inhibited`, `muted`.",
            "channel",
            "reason",
        )
        self.channel_state = gauge(
            "channel_state", "1 for how a channel is: ok, failing, disabled, missing.", "channel", "state"
        )
        self.channel_queue_age_seconds = gauge(
            "channel_queue_age_seconds", "For how long something that is due waits to be told.", "channel"
        )
        self.unroutable = gauge(
            "unroutable_groups", "Groups of alerts that wait for a channel that is not set up.", "channel"
        )
        self.skewed = counter("skewed_seconds", "Seconds of vitals whose clock is wrong; they count as now.")
        # Delivery
        self.alertmanager_up = gauge(
            "alertmanager_up", "1 where an Alertmanager took what it was told last.", "channel", "url"
        )
        self.alertmanager_lost = counter(
            "alertmanager_lost", "Alerts that an Alertmanager had lost, told again.", "channel", "url"
        )
        self.alertmanager_bad = counter(
            "alertmanager_bad", "Alerts that no Alertmanager would take; they are not told.", "channel"
        )
        self.bridged = counter("bridged", "Webhooks of Alertmanager that were taken.", "channel")
        self.bridge_refused = counter(
            "bridge_refused", "Those that were not, by what was answered.", "channel", "status"
        )
        self.bridge_left_out = counter(
            "bridge_left_out", "Alerts of their groups that were too many to be told.", "channel"
        )

    def text(self) -> bytes:
        """Return all series as Prometheus reads them, `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    def forget(self, topic: str, partition: int) -> None:
        """Take away the series of a partition that others read now."""
        for gauge in (self.lag, self.open_traces, self.hold_back_seconds):
            with contextlib.suppress(KeyError):
                gauge.remove(topic, str(partition))
