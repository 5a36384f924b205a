"""The services of the demo, a row each: how they are shipped, what they release, how they crash."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """A version; its pods start `at` seconds after the demo, one after the other.

    `crashes`: by file of `demo/crashes`, how often a minute all pods together print it.
    """

    version: str
    at: float
    crashes: Mapping[str, float]


@dataclass(frozen=True)
class Service:
    """A service with so many pods, all in one shipper's envelope; each pod writes `rate` lines a second."""

    name: str
    envelope: str
    pods: int
    rate: float
    releases: tuple[Release, ...]


FLEET = (
    Service(
        "checkout",
        "fluent_bit",
        pods=4,
        rate=90,
        releases=(
            Release("2.14.3", 0, {"go1.19-nil_deref": 9}),
            Release("2.15.0", 6, {"go1.19-nil_deref": 6, "go1.24-panic_recovered_repanic": 24}),
            Release("2.15.1", 60, {"go1.19-nil_deref": 3}),
        ),
    ),
    Service(
        "auth",
        "vector",
        pods=3,
        rate=110,
        releases=(
            Release("7.0.2", 0, {"go1.26-panic_secrets": 4, "go1.25-http2_panic": 9}),
            Release("7.1.0", 45, {"go1.25-http2_panic": 4, "go1.19-zap_prod_recovered": 12}),
        ),
    ),
    Service(
        "edge",
        "filebeat",
        pods=4,
        rate=120,
        releases=(Release("0.48.1", 0, {"go1.18-panic_generic_pair": 5}),),
    ),
    Service(
        "billing",
        "otlp_json",
        pods=2,
        rate=40,
        releases=(
            Release("1.9.0", 0, {"go1.27-panic_chain3": 5, "go1.27-slog_json_recovered": 6}),
            Release("1.9.1", 30, {"go1.20-panic_glob_closure": 20}),
        ),
    ),
    Service(
        "search",
        "datadog",
        pods=3,
        rate=80,
        releases=(
            Release("5.3.0", 0, {"go1.21-panic_deep_recursion": 5, "go1.27-fatal_deadlock_recv": 3}),
            Release("5.4.0", 20, {"go1.21-panic_deep_recursion": 5, "go1.27-fatal_fault_address": 6}),
        ),
    ),
    Service(
        "ingest",
        "logstash",
        pods=3,
        rate=150,
        releases=(Release("3.2.7", 0, {"go1.13-fatal_map_writes": 6, "go1.24-fatal_unlock": 4}),),
    ),
    Service(
        "gateway",
        "elastic_agent",
        pods=3,
        rate=130,
        releases=(
            Release("4.0.0", 0, {"go1.27-http_panic": 8, "go1.19-klog_crash": 3}),
            Release("4.0.1", 12, {"go1.27-http_panic": 2, "go1.19-singleflight_panic": 9}),
        ),
    ),
)

NAMESPACE = "shop"
NODES = ("node-1", "node-2", "node-3")
