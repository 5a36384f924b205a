"""What a command makes of the ledger of a shard, and what is to be told of it."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from pipeline import ledger, states
from pipeline.cluster_vitals import MERGED, REGRESSED, SPLIT, News
from pipeline.commands import Command
from pipeline.ledger import DIGITS, Entry, Row, founded
from pipeline.shard import Shard
from pipeline.step import BadRecordError


class Change(NamedTuple):
    """The next ledger, the clusters that are others now, what to tell, and of which fingerprints."""

    row: Row
    touched: Sequence[str] = ()
    news: News | None = None
    about: Sequence[str] = ()


def change(shard: Shard, command: Command) -> Change:
    """Return what a command changes; what was done before changes nothing.

    Raises BadRecordError where people name what there is not; our own commands may be older than the rows.
    """
    return ORDERS[command.command](shard, command)


def new_id(shard: Shard, fingerprints: Sequence[str], time: str) -> str:
    """Return an id for fingerprints that are split off: that which the oldest would found, if it is free."""
    ordered = sorted(fingerprints, key=lambda one: (shard.members[one].ordinal, one))
    free = (cluster for one in ordered if not shard.knows(cluster := founded(one)))
    return next(free, None) or f"c-{sha256(''.join([time, *ordered]).encode()).hexdigest()[:DIGITS]}"


def _stated(shard: Shard, command: Command) -> Change:
    cluster, row = _known(shard, command.subject), shard.ledger.row
    said = shard.ledger.state(cluster)
    after = states.SAID[command.command](said, command.arguments.release, command.time)
    return Change(row) if after == said else Change(ledger.stated(row, cluster, after), [cluster])


def _regressed(shard: Shard, command: Command) -> Change:
    cluster, row, given = shard.ledger.cluster(command.subject), shard.ledger.row, command.arguments
    said = shard.ledger.state(cluster)
    if said.get("state") != states.RESOLVED or said["time"] != given.resolved_at:
        return Change(row)  # said by several sightings, or resolved anew meanwhile
    after = states.regressed(said, given.release, command.time)
    news = News(
        REGRESSED,
        cluster,
        command.time,
        command.by,
        release=given.release,
        sample_id=given.sample_id,
        fingerprint=given.fingerprint,
    )
    return Change(ledger.stated(row, cluster, after), [cluster], news)


def _merge(shard: Shard, command: Command) -> Change:
    """Merge two clusters for a person: the one that is named first is no more."""
    source, into = _known(shard, command.subject), _known(shard, command.arguments.into or "")
    if command.subject == command.arguments.into:
        raise BadRecordError("bad_arguments", f"{source} cannot be merged into itself")
    return _merged(shard, command, source, into)


def _merge_alike(shard: Shard, command: Command) -> Change:
    source, into = map(shard.ledger.cluster, (command.subject, command.arguments.into or ""))
    if shard.ledger.are_apart(source, into):
        return Change(shard.ledger.row)
    return _merged(shard, command, source, into)


def _merged(shard: Shard, command: Command, source: str, into: str) -> Change:
    row, given = shard.ledger.row, command.arguments
    if source == into:
        return Change(row)
    entry = Entry(source, into, command.by, command.time, given.fingerprints, given.s, given.epoch)
    news = _news(MERGED, entry)
    ended = shard.clusters.get(source)
    return Change(ledger.merged(row, entry), [source, into], news, ended.fingerprints if ended else [])


def _split(shard: Shard, command: Command) -> Change:
    source, named = _known(shard, command.subject), list(dict.fromkeys(command.arguments.fingerprints or []))
    known = shard.clusters[source].fingerprints
    if strangers := sorted(set(named) - set(known)):
        raise BadRecordError("bad_arguments", f"{strangers[0]} is not in {source}")
    if not 0 < len(named) < len(known):
        raise BadRecordError("bad_arguments", f"name some fingerprints of {source}, and not all of them")
    return _parted(shard, command, named, source, new_id(shard, named, command.time))


def _part(shard: Shard, command: Command) -> Change:
    source, into = map(shard.ledger.cluster, (command.subject, command.arguments.into or ""))
    known = set(shard.clusters[source].fingerprints) if source in shard.clusters else set()
    moved = [one for one in command.arguments.fingerprints or [] if one in known]
    if source == into or not moved:
        return Change(shard.ledger.row)
    return _parted(shard, command, moved, source, into)


def _parted(shard: Shard, command: Command, moved: list[str], source: str, into: str) -> Change:
    entry = Entry(source, into, command.by, command.time, moved, epoch=command.arguments.epoch)
    row = ledger.parted(shard.ledger.row, entry, is_new=not shard.knows(into))
    return Change(row, [source, into], _news(SPLIT, entry), moved)


def _news(kind: str, entry: Entry) -> News:
    return News(
        kind,
        entry.into,
        entry.time,
        entry.by,
        from_cluster_id=entry.source,
        fingerprints=entry.fingerprints,
        similarity=entry.s,
        epoch=entry.epoch,
    )


def _known(shard: Shard, cluster_id: str) -> str:
    """Return the cluster that an id lives in. Raises BadRecordError where there is none."""
    cluster = shard.ledger.cluster(cluster_id)
    if cluster not in shard.clusters:
        raise BadRecordError("unknown_cluster", f"there is no cluster {cluster_id} in {shard.name}")
    return cluster


ORDERS: dict[str, Callable[[Shard, Command], Change]] = {  # each command but `expire`, which is of one row
    **dict.fromkeys(states.SAID, _stated),
    "merge": _merge,
    "split": _split,
    "merged": _merge_alike,
    "parted": _part,
    "regressed": _regressed,
}
