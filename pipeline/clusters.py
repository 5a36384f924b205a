"""The clusters of one partition: what joins its rows, in memory; the rows themselves are asked for.

A merge, a split and a regression are decided when a sighting or the time shows them, as a command of our own;
they happen, and are told, when that command comes back, once. So nothing is lost or told twice by a kill.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from pipeline import cluster_vitals, fingerprint_row, ledger, orders, splits
from pipeline.arrivals import arrived, regressions
from pipeline.cluster_record import CountStreams, services
from pipeline.cluster_sizes import Sizes, distances, heaviest_first, sizes
from pipeline.cluster_sum import JoinStreams
from pipeline.cluster_sums import RowOf, Sums
from pipeline.clusterer import Clusterer
from pipeline.commands import Command, ours
from pipeline.departures import STUB_DAYS, departures
from pipeline.event_time import DAY, HOUR, seconds
from pipeline.fingerprint_row import FINGERPRINT, OTHERS, STUB, AddStreams, Row, is_compared
from pipeline.labels import ENOUGH
from pipeline.pruning import pruned
from pipeline.publishing import Publisher
from pipeline.shard import Compared, Shard
from pipeline.sighting import Sighting
from pipeline.step import BadRecordError, Effect

MENDED = 100  # rows that are looked at in a tick, where a row left that had the first or last of something


class Tools(NamedTuple):
    """What the core does."""

    clusterer: Callable[[], Clusterer]
    add_streams: AddStreams
    count_streams: CountStreams
    join_streams: JoinStreams


class Clusters:
    """The clusters of one partition. Each value of `clusters` and `vitals` that it makes is derived."""

    def __init__(self, tools: Tools, row_of: RowOf) -> None:
        """`row_of` gives the latest row of a fingerprint, written or about to be."""
        self._tools, self._row_of = tools, row_of
        self._sums = Sums(row_of, tools.join_streams)
        self._publisher = Publisher(self._sums, tools.count_streams)
        self._shards: dict[str, Shard] = {}
        self._homes: dict[str, Shard] = {}  # of each id, of those that were merged, too

    def load(self, rows: Iterable[Row]) -> None:
        """Take in all rows of the partition, in any order, before anything else is asked."""
        shared: dict[str, str] = {}  # frames and templates: most are in many rows
        known: dict[str, list[Compared]] = {}
        left: dict[tuple[str, int], list[Compared]] = {}  # by epoch, too
        for row in rows:
            self._shard(row["shard"]).note(row)
            if row["sort"] == FINGERPRINT and row["home"] and row["frames"] is not None:
                known.setdefault(row["shard"], []).append(_compared(row, shared))
            elif row["sort"] == STUB and "frames" in row:
                left.setdefault((row["shard"], row["epoch"]), []).append(_compared(row, shared))
        for name, shard in self._shards.items():
            shard.settle(known.pop(name, []), left.get((name, shard.epoch), []))
            self._sums.keep(shard)
            written = shard.ledger.row
            self._note(shard, (*shard.clusters, *written["aliases"], *written["parted"]))
        self._resume()

    def step(self, row: Row | None, sighting: Sighting, now: str) -> tuple[Row, list[Effect]]:
        """Count a sighting, told at `now`, into the row of its fingerprint, which is the row's key."""
        shard, effects = self._shard(sighting.shard), list[Effect]()
        made = fingerprint_row.counted(row, sighting, now, self._tools.add_streams)
        if row and row["sort"] == STUB:
            shard.stubs.remove(row)
        if made["frames"] is not None and not is_compared(row):
            made, effects = arrived(shard, row, made, sighting, now)
        if made["home"] is None:
            shard.wait(made)
            return made, []
        is_new = made["fingerprint"] not in shard.members
        cluster = shard.admit(made)
        self._sums.change(shard, cluster, None if is_new else row, made)
        if is_new:
            self._note(shard, [cluster])
            effects += self._publisher.published(shard, [cluster], now, made)
        else:
            self._publisher.agenda.add((shard.name, cluster))
        return made, effects + regressions(shard, cluster, sighting, now)

    def obey(self, row: Row | None, command: Command, now: str) -> tuple[Row | None, list[Effect]]:
        """Let a command change its row, whose key is `command.row_key`; what was done before changes nothing.

        None: there is no such row any more. Raises BadRecordError where it names a cluster or fingerprints of
        which there are none.
        """
        shard = self._asked(command)
        if command.command == "expire":
            return self._expired(shard, row, command, now)
        if command.command == "forget":
            return self._forgotten(shard, row, command), []
        before = row or ledger.empty(command.shard)
        shard.adopt(before)
        if command.command == "prune":
            return self._pruned(shard, command), []
        change = orders.change(shard, command)
        if change.row == before:
            return before, []
        told = self._services(command, change.about)
        were = shard.fingerprints(change.touched)
        shard.adopt(change.row, change.touched)
        self._sums.regroup(shard, were)
        self._note(shard, change.touched)
        effects = self._publisher.published(shard, change.touched, now)
        return change.row, effects + _told(change.news, effects, told)

    def check(self, command: Command) -> None:
        """Look whether a person's command could be obeyed as it is now. Raises BadRecordError as `obey`."""
        orders.change(self._asked(command), command)

    def changed(self, now: str, limit: int = 500) -> list[Effect]:
        """Return the records of clusters that changed, by sightings or by time, since they were told last.

        At most `limit`, those first that wait for the longest.
        """
        agenda = self._publisher.agenda
        for key in self._sums.mend(MENDED):
            agenda.add(key)
        taken = ((self._shards[name], cluster) for name, cluster in agenda.take(seconds(now), limit))
        return [
            effect
            for shard, cluster in taken
            if cluster in shard.clusters
            for effect in self._publisher.published(shard, [cluster], now)
        ]

    def due(self, now: str) -> list[Effect]:
        """Return commands for the splits that waited long enough."""
        return [
            ours("parted", split.source, shard.name, now, splits.arguments(split, shard))
            for shard in self._shards.values()
            if shard.waiting
            for split in splits.due(shard, seconds(now), now)
        ]

    def leaving(self, now: str, ttl_s: int, most: int | None = None, limit: int = 1_000) -> list[Effect]:
        """Return commands for the rows that leave: not told of for so long, or beyond `most` of a shard.

        At most `limit`; see `pipeline/departures.py` for their order. Stubs leave, too; and once a day what
        nothing leads to any more.
        """
        day, before = seconds(now) // DAY, seconds(now) - ttl_s
        effects: list[Effect] = []
        for shard in self._shards.values():
            excess = 0 if most is None else len(shard.members) - most
            effects += [
                ours("expire", one, shard.name, now, {"told": shard.told(one)})
                for one in departures(shard, day, before, excess, limit - len(effects))
            ]
            effects += [
                ours("forget", one, shard.name, now, {"told": told})
                for one, told in shard.stubs.before(
                    before - STUB_DAYS * DAY, shard.epoch, limit - len(effects)
                )
            ]
            if shard.pruned < day and len(effects) < limit:
                shard.pruned = day
                is_needed = pruned(shard, self._is_kept, seconds(now)) is not shard.ledger.row
                effects += [ours("prune", shard.name, shard.name, now, {})] if is_needed else []
        return effects

    def record(self, cluster_id: str, now: str) -> dict[str, Any] | None:
        """Return the value of `clusters` of an id that lives, as it is now; None where there is none."""
        shard = self._home_of(cluster_id)
        return self._publisher.record(shard, cluster_id, now) if shard else None

    def canonical(self, cluster_id: str) -> str:
        """Return the id that lives, of one that was merged; the id itself where it was not."""
        shard = self._home_of(cluster_id)
        return shard.ledger.cluster(cluster_id) if shard else cluster_id

    def shard_of(self, cluster_id: str) -> str | None:
        """Return the shard of a cluster, by any of its ids; None where there is none."""
        shard = self._home_of(cluster_id)
        return shard.name if shard else None

    def __len__(self) -> int:
        """Return how many clusters there are."""
        return sum(len(shard.clusters) for shard in self._shards.values())

    def ids(self, most: int | None = None) -> list[str]:
        """Return all clusters, those with the most crashes first; or so many of them."""
        return heaviest_first(self._shards.values(), most)

    def compared(self, shard: str) -> tuple[int, int]:
        """Return how many fingerprints the last that came to a shard was compared and parted with."""
        clusterer = self._shard(shard).clusterer
        return clusterer.candidates, clusterer.component

    def sizes(self) -> Sizes:
        """Return how much there is, which is counted all the time."""
        return sizes(self._shards.values())

    def distances(self, limit: int = 200) -> Iterator[tuple[str, int, float] | None]:
        """Yield of the heaviest clusters of several fingerprints: id, their number, their mean distance.

        And None now and then, while it looks for them: a moment for something else.
        """
        return distances(self._shards.values(), limit)

    def _shard(self, name: str) -> Shard:
        if name not in self._shards:
            self._shards[name] = Shard(name, self._tools.clusterer())
        return self._shards[name]

    def _asked(self, command: Command) -> Shard:
        if not command.is_ours and command.shard not in self._shards:
            raise BadRecordError(
                "unknown_cluster", f"there is no cluster {command.subject} in {command.shard}"
            )
        return self._shard(command.shard)

    def _note(self, shard: Shard, ids: Iterable[str]) -> None:
        self._homes.update(dict.fromkeys(ids, shard))

    def _home_of(self, cluster_id: str) -> Shard | None:
        shard = self._homes.get(cluster_id)
        return shard if shard and shard.knows(cluster_id) else None

    def _resume(self) -> None:
        """Tell again what may have changed without being told: what was seen within the last day of all."""
        shards = self._shards.values()
        last = max((member.told for shard in shards for member in shard.members.values()), default=0)
        for shard in shards:
            for name, cluster in shard.clusters.items():
                shard.establish(name, cluster.crashes >= ENOUGH)  # until its record is made
                if any(shard.members[one].told >= last - DAY - HOUR for one in cluster.fingerprints):
                    self._publisher.agenda.add_later((shard.name, name))

    def _expired(
        self, shard: Shard, row: Row | None, command: Command, now: str
    ) -> tuple[Row | None, list[Effect]]:
        if row is None or row["sort"] != FINGERPRINT or fingerprint_row.told(row) != command.arguments.told:
            return row, []  # it has left, or it came back
        cluster, stub = shard.leave(row), fingerprint_row.stub(row, command.time, shard.epoch)
        shard.stubs.add(stub)
        if cluster:
            self._sums.change(shard, cluster, row, None)
        if cluster and not shard.knows(cluster):
            self._homes.pop(cluster, None)
        effects = self._publisher.published(shard, [cluster] if cluster else [], now)
        return stub, effects

    def _forgotten(self, shard: Shard, row: Row | None, command: Command) -> Row | None:
        if row is None or row["sort"] != STUB or fingerprint_row.told(row) != command.arguments.told:
            return row  # it is no more, or it came back
        shard.stubs.remove(row)
        shard.pruned = 0  # something may lead nowhere now
        return None

    def _pruned(self, shard: Shard, command: Command) -> Row:
        before = shard.ledger.row
        after = pruned(shard, self._is_kept, seconds(command.time))
        shard.adopt(after)
        for name in (*before["aliases"], *before["parted"]):
            if not shard.knows(name):
                self._homes.pop(name, None)
        return after

    def _is_kept(self, fingerprint: str) -> bool:
        return self._row_of(fingerprint) is not None

    def _services(self, command: Command, about: Iterable[str]) -> list[cluster_vitals.Service]:
        """Return whom to tell: the service that a command names, else those in which the bug crashed."""
        if command.arguments.service:
            return [tuple(command.arguments.service)]
        rows = [row for one in about if (row := self._row_of(one))]
        told = [(one["service_namespace"], one["service_name"], one["environment"]) for one in services(rows)]
        return [one for one in told if OTHERS not in one] or [(None, None, None)]


def _compared(row: Row, shared: dict[str, str]) -> Compared:
    """Return what is compared of a row; texts that are equal are the same objects."""
    frames = [shared.setdefault(frame, frame) for frame in row["frames"]]
    template = shared.setdefault(row["template"], row["template"])
    return row["ordinal"], (row["fingerprint"], frames, template)


def _told(
    news: cluster_vitals.News | None, published: Iterable[Effect], told: Iterable[cluster_vitals.Service]
) -> list[Effect]:
    """Tell the news of a cluster, whose record has just been made."""
    if news is None:
        return []
    value = next((one.value for one in published if one.key == news.cluster_id), None) or {}
    shown = news._replace(title=value.get("title"), sample_id=news.sample_id or value.get("sample_id"))
    return cluster_vitals.told(shown, told)
