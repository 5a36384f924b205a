"""What a sighting shows beside its count: where a new fingerprint belongs, what it joins, what is back."""

from functools import partial
from typing import Any

from pipeline import cluster_vitals, placing, splits, states
from pipeline.cluster_vitals import NEW, News
from pipeline.commands import OURS, ours
from pipeline.event_time import seconds
from pipeline.fingerprint_row import Row, is_counted
from pipeline.ledger import founded
from pipeline.placing import Merge, Roots
from pipeline.shard import Shard
from pipeline.sighting import Sighting, Writer
from pipeline.step import Effect


def arrived(
    shard: Shard, row: Row | None, made: Row, sighting: Sighting, now: str
) -> tuple[Row, list[Effect]]:
    """Compare a fingerprint whose signature came: give it a home, tell of a new cluster, find merges.

    `row` is what there was of it. What comes back is the last that came, unless the epoch counts it still.
    """
    if row is None or not is_counted(row, shard.epoch):
        made = made | {"ordinal": shard.ordinal + 1}
    shard.index(made)
    roots = Roots(shard.clusterer.parts(made["fingerprint"]), shard)
    effects: list[Effect] = []
    if made["home"] is None:
        moved = shard.ledger.row["moved"].get(made["fingerprint"])  # its stub has left, that it was moved not
        known = moved or shard.twin(made) or placing.home(made["fingerprint"], roots, shard)
        home = made["home"] = known or founded(made["fingerprint"])
        effects = [] if shard.knows(home) else _new(made, sighting, now)
    splits.look(shard, roots, seconds(now))
    merges = (_merged(shard, merge, now) for merge in placing.merges(roots, shard))
    return made, [*effects, *merges]


def regressions(shard: Shard, cluster: str, sighting: Sighting, now: str) -> list[Effect]:
    """Return the command for a cluster that was resolved and is seen in a later release."""
    said = shard.ledger.state(cluster)
    for writer in sighting.by if said.get("state") == states.RESOLVED else []:
        appeared = partial(shard.releases.appeared, writer.service)
        if states.is_regression(said, writer.release, writer.last_time, appeared):
            arguments = _regression(said, writer, sighting)
            return [ours("regressed", cluster, shard.name, writer.last_time or now, arguments)]
    return []


def _new(made: Row, sighting: Sighting, now: str) -> list[Effect]:
    """Tell of a cluster that was founded, to each service, with the first release that crashed."""
    writers: dict[cluster_vitals.Service, Writer] = {}
    for writer in sighting.by:
        writers.setdefault((writer.service_namespace, writer.service_name, writer.environment), writer)
    news = News(
        NEW,
        made["home"],
        made["first_seen"] or now,
        OURS,
        title=made["title"],
        sample_id=made["sample_id"],
        fingerprint=made["fingerprint"],
    )
    return [
        effect
        for service, writer in writers.items()
        for effect in cluster_vitals.told(news._replace(release=writer.release), [service])
    ]


def _merged(shard: Shard, merge: Merge, now: str) -> Effect:
    why = {"into": merge.into, "fingerprints": list(merge.pair), "epoch": shard.clusterer.epoch}
    return ours("merged", merge.source, shard.name, now, why if merge.s is None else why | {"s": merge.s})


def _regression(said: Row, writer: Writer, sighting: Sighting) -> dict[str, Any]:
    return {
        "resolved_at": said["time"],
        "release": writer.release,
        "service": [writer.service_namespace, writer.service_name, writer.environment],
        "fingerprint": sighting.fingerprint,
        "sample_id": sighting.sample_id,
    }
