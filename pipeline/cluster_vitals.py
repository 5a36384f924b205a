"""What `vitals` tell of clusters: one is new, was seen again, was merged or split; one record a service.

`id` is derived from what is told, and so is equal where a kill lets it be told twice.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pipeline.block import UNNAMED
from pipeline.step import Effect

NEW, REGRESSED, MERGED, SPLIT = "cluster_new", "cluster_regressed", "cluster_merged", "cluster_split"
SEEN = "seen"  # told by those who watch: a known bug crashed in a service
KINDS = (NEW, REGRESSED, MERGED, SPLIT)

Service = tuple[str | None, ...]
"""Namespace, name and environment."""


class News(NamedTuple):
    """What is told of a cluster, and why: `from_cluster_id` is what it was merged or split from."""

    kind: str
    cluster_id: str
    time: str
    by: str
    title: str | None = None
    release: str | None = None
    sample_id: str | None = None
    fingerprint: str | None = None
    from_cluster_id: str | None = None
    fingerprints: list[str] | None = None
    similarity: float | None = None
    epoch: int | None = None


def told(news: News, services: Iterable[Service]) -> list[Effect]:
    """Tell it to each service that it is about."""
    return [_record(news, service) for service in services]


def _record(news: News, service: Service) -> Effect:
    namespace, name, environment = service
    key = "/".join(part or "" for part in service)
    value: dict[str, Any] = {
        "schema_version": 1,
        "kind": news.kind,
        "service_name": name,
        "service_namespace": namespace,
        "environment": environment,
        **UNNAMED,
        "watermark": None,
        "seconds": [],
        "id": _id(news),
        **{name: field for name, field in news._asdict().items() if name != "kind"},
    }
    return Effect("vitals", key, value)


def _id(news: News) -> str:
    if news.kind == NEW:
        return f"{news.kind}/{news.cluster_id}"
    return "/".join([news.kind, news.cluster_id, *filter(None, [news.from_cluster_id]), news.time])
