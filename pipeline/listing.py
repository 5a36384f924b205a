"""Which clusters a reader wants to see, and in which order."""

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Cluster = Mapping[str, Any]  # a clusters.v1

Sort = Literal["crashes_total", "crashes_1h", "crashes_24h", "streams", "first_seen", "last_seen"]
State = Literal["new", "ongoing", "regressed", "resolved", "muted"]
MOST = 10_000


class Wanted(BaseModel):
    """A question; each part of it is optional."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    state: State | None = None
    """Only those in that state."""
    service: str | None = None
    """Only those that crashed that service: its name, or namespace/name/environment."""
    release: str | None = None
    """Only those seen in that release."""
    shard: str | None = None
    """Only those of that shard."""
    search: str | None = None
    """Only those that have the text in title, culprit, an id or a fingerprint, in any case."""
    sort: Sort = "crashes_total"
    """Most, or latest, first."""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 20
    """So many at most."""
    offset: Annotated[int, Field(ge=0, le=MOST)] = 0
    """Those before it in the order are left out."""

    @property
    def reach(self) -> int:
        """How many, the first in the order, decide what is shown, whoever has them."""
        return self.offset + self.limit

    @property
    def is_plain(self) -> bool:
        """Whether the total of crashes alone decides."""
        return self.sort == "crashes_total" and not self.model_dump(
            include={"state", "service", "release", "shard", "search"}, exclude_none=True
        )

    def takes(self, cluster: Cluster) -> bool:
        """Return whether a cluster is wanted."""
        return (
            (self.state is None or cluster["state"] == self.state)
            and (self.shard is None or cluster["shard"] == self.shard)
            and (self.service is None or self.service in _services(cluster))
            and (self.release is None or any(one["release"] == self.release for one in cluster["releases"]))
            and (self.search is None or any(self.search.lower() in text for text in _texts(cluster)))
        )

    def first(self, clusters: Iterable[Cluster]) -> list[Cluster]:
        """Return those that may be shown, in order; ties by id."""
        ordered = sorted(sorted(clusters, key=itemgetter("cluster_id")), key=self._weight, reverse=True)
        return ordered[: self.reach]

    def page(self, clusters: Iterable[Cluster]) -> list[Cluster]:
        """Return those that are shown, in order."""
        return self.first(clusters)[self.offset :]

    def _weight(self, cluster: Cluster) -> tuple[bool, Any]:
        """Return what sorts; what is not known comes last."""
        value = cluster[self.sort]
        return (False, 0) if value is None else (True, value)


def _services(cluster: Cluster) -> Iterator[str]:
    for one in cluster["services"]:
        yield one["service_name"] or ""
        yield "/".join(one[part] or "" for part in ("service_namespace", "service_name", "environment"))


def _texts(cluster: Cluster) -> Iterator[str]:
    yield (cluster["title"] or "").lower()
    yield (cluster["culprit_function"] or "").lower()
    yield from (cluster["cluster_id"], *cluster["aliases"])
    yield from (one["fingerprint"] for one in cluster["fingerprints"])
