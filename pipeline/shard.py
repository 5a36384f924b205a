"""What is kept in memory of a shard: which fingerprints there are, and in which cluster each is.

Small on purpose, there may be a million fingerprints: whatever else is told of a cluster is in their rows.
"""

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter

from pipeline import ledger
from pipeline.clusterer import Clusterer
from pipeline.event_time import DAY, seconds
from pipeline.fingerprint_row import FINGERPRINT, STUB, Row, told
from pipeline.labels import faded, weight
from pipeline.ledger import Ledger, founded
from pipeline.releases import Releases
from pipeline.stubs import Stubs

FIRST_EPOCH, LAST_EPOCH = (
    64,
    65_536,
)  # fingerprints that have come; in between, an epoch begins at each doubling
LATE = 1 << 40  # age of a cluster that was made by a split: above all ordinals

Compared = tuple[int, tuple[str, Sequence[str], str]]
"""The ordinal of a row, and its fingerprint, frames and template."""


def epoch_of(ordinal: int) -> int:
    """Return the epoch that began when so many had come; 0 before the first."""
    if ordinal < FIRST_EPOCH:
        return 0
    return min(1 << (ordinal.bit_length() - 1), LAST_EPOCH)


def _trace(digits: str, row: Row) -> int:
    """Return a trace of a row in few bytes; one without frames is told from others by its words."""
    return int(digits, 16) if row["frames"] else hash((digits, row["template"]))


class Member:
    """A fingerprint that was last told of in second `told`; `home` None: it founded its cluster."""

    __slots__ = ("crashes", "home", "ordinal", "told", "version", "weight")

    def __init__(self, row: Row) -> None:
        self.home = None if row["home"] == founded(row["fingerprint"]) else row["home"]
        self.version: int = row["fingerprint_version"]
        self.seen(row)

    def seen(self, row: Row) -> None:
        """Take the counts of its row; and its ordinal, another one where its frames came back after it."""
        self.ordinal: int = row["ordinal"]
        self.crashes: int = row["crashes_total"]
        self.told = told(row)
        self.weight = weight(row, self.told // DAY)


class Cluster:
    """The fingerprints of a cluster and their crashes; established: one of them is a core."""

    __slots__ = ("crashes", "fingerprints", "is_established")

    def __init__(self) -> None:
        self.fingerprints: list[str] = []
        self.crashes, self.is_established = 0, False


class Shard:
    """The fingerprints of a shard."""

    def __init__(self, name: str, clusterer: Clusterer) -> None:
        self.name, self.clusterer = name, clusterer
        self.ledger = Ledger(ledger.empty(name))
        self.members: dict[str, Member] = {}
        self.clusters: dict[str, Cluster] = {}
        self.established = 0  # clusters
        self.ordinal = 0  # of the fingerprint that came last
        self.waiting: dict[
            str, dict[str, int]
        ] = {}  # root -> fingerprint -> second since which it stands apart
        self.unsigned: dict[
            str, int
        ] = {}  # fingerprints without a signature -> second in which each was told
        self.stubs, self.releases = Stubs(), Releases()
        self.pruned = 0  # day in which the ledger was last looked through for what is not needed
        self._traces: dict[int, str] = {}

    def note(self, row: Row) -> None:
        """Take in a row when a partition is taken over; `settle` ends that."""
        if row["sort"] == ledger.SHARD:
            self.ledger = Ledger(row)
        elif row["home"]:
            self.ordinal = max(self.ordinal, row["ordinal"])
            if row["sort"] == FINGERPRINT:
                self._keep(row)
        elif row["sort"] == FINGERPRINT:
            self.wait(row)
        if row["sort"] == STUB:
            self.stubs.add(row)

    @property
    def epoch(self) -> int:
        """How many had come when the table of frequencies was made; 0 before the first."""
        return epoch_of(self.ordinal)

    def settle(self, known: Iterable[Compared], left: Iterable[Compared] = ()) -> None:
        """Let the clusterer know what is known as if it had come one by one; compare nothing yet.

        `left` are those that the epoch counts and that are gone.
        """
        ordered, gone = sorted(known, key=itemgetter(0)), [stack for _, stack in left]
        self.clusterer.load(gone + [stack for ordinal, stack in ordered if ordinal <= self.epoch])
        if self.epoch:
            self.clusterer.renew()
        for fingerprint, _, _ in gone:
            self.clusterer.remove(fingerprint)
        self.clusterer.load([stack for ordinal, stack in ordered if ordinal > self.epoch])
        for fingerprint in self.members:
            self._group(fingerprint)

    def index(self, row: Row) -> None:
        """Let the clusterer know a fingerprint; `row` has its frames. An epoch may begin."""
        self.clusterer.add(row["fingerprint"], row["frames"], row["template"])
        ordinal = row["ordinal"]
        if ordinal > self.ordinal and ordinal == epoch_of(ordinal):
            self.clusterer.renew()
        self.ordinal = max(self.ordinal, ordinal)

    def wait(self, row: Row) -> None:
        """Take in a fingerprint that has no home before its signature comes."""
        self.unsigned[row["fingerprint"]] = told(row)

    def admit(self, row: Row) -> str:
        """Take in a fingerprint that has a home, known or not; return its cluster."""
        fingerprint = row["fingerprint"]
        self.unsigned.pop(fingerprint, None)
        is_known = fingerprint in self.members
        before = self.members[fingerprint].crashes if is_known else 0
        self._keep(row)
        if not is_known:
            return self._group(fingerprint)
        cluster = self.cluster_of(fingerprint)
        self.clusters[cluster].crashes += row["crashes_total"] - before
        return cluster

    def leave(self, row: Row) -> str | None:
        """Forget a fingerprint; return the cluster that it was in, None where it was in none."""
        fingerprint = row["fingerprint"]
        for trace in {_trace(digits, row) for digits in row["traces"]}:
            if self._traces.get(trace) == fingerprint:
                del self._traces[trace]
        self.clusterer.remove(fingerprint)
        self.unsigned.pop(fingerprint, None)
        if fingerprint not in self.members:
            return None
        self.stay([fingerprint])
        cluster_id = self.cluster_of(fingerprint)
        cluster = self.clusters[cluster_id]
        cluster.fingerprints.remove(fingerprint)
        cluster.crashes -= self.members.pop(fingerprint).crashes
        if not cluster.fingerprints:
            self._drop(cluster_id)
        return cluster_id

    def establish(self, cluster: str, is_established: bool) -> None:
        """Note whether one of a cluster's fingerprints is a core."""
        known = self.clusters[cluster]
        self.established += is_established - known.is_established
        known.is_established = is_established

    def fingerprints(self, clusters: Iterable[str]) -> dict[str, Sequence[str]]:
        """Return those of each of these clusters; none where there is no such cluster."""
        known = {name: self.clusters.get(name) for name in clusters}
        return {name: cluster.fingerprints if cluster else [] for name, cluster in known.items()}

    def adopt(self, row: Row, touched: Iterable[str] = ()) -> None:
        """Go on with another ledger; `touched` are the clusters whose fingerprints may be elsewhere now."""
        self.ledger = Ledger(row)
        self._regroup(touched)

    def told(self, fingerprint: str) -> int:
        """Return the second in which a fingerprint was last told of, whether it has a home or not."""
        member = self.members.get(fingerprint)
        return member.told if member else self.unsigned[fingerprint]

    def weight(self, fingerprint: str, day: int) -> float:
        """Return what its crashes weigh on a day since 1970; nothing where it is in no cluster."""
        member = self.members.get(fingerprint)
        return faded(member.weight, day - member.told // DAY) if member else 0.0

    def root(self, fingerprint: str) -> str | None:
        """Return its root, see `Ledger.root`; None where it is in no cluster yet."""
        member = self.members.get(fingerprint)
        return self.ledger.root(fingerprint, member.home or founded(fingerprint)) if member else None

    def cluster_of(self, fingerprint: str) -> str:
        """Return the cluster of a fingerprint. Raises KeyError where it is in none."""
        home = self.members[fingerprint].home or founded(fingerprint)
        return self.ledger.cluster(self.ledger.row["moved"].get(fingerprint, home))

    def age(self, cluster: str) -> int:
        """Return when a cluster was founded, as an ordinal; those made by splits are the youngest."""
        made = self.ledger.row["parted"].get(cluster)
        if made:
            return LATE + seconds(made["time"])
        known = self.clusters.get(cluster)
        return min((self.members[one].ordinal for one in known.fingerprints), default=LATE) if known else LATE

    def stay(self, fingerprints: Collection[str]) -> None:
        """Forget that they wait to be split off."""
        for root, since in list(self.waiting.items()):
            self.waiting[root] = {one: waits for one, waits in since.items() if one not in fingerprints}
            if not self.waiting[root]:
                del self.waiting[root]

    def knows(self, cluster: str) -> bool:
        """Return whether an id is, or was, one of a cluster here."""
        return cluster in self.clusters or self.ledger.knows(cluster)

    def twin(self, row: Row) -> str | None:
        """Return the cluster of a fingerprint of another version that had the same trace."""
        for digits in row["traces"]:
            twin = self._traces.get(_trace(digits, row), "")
            if twin in self.members and self.members[twin].version != row["fingerprint_version"]:
                return self.cluster_of(twin)
        return None

    def _keep(self, row: Row) -> None:
        fingerprint = row["fingerprint"]
        if fingerprint in self.members:
            self.members[fingerprint].seen(row)
        else:
            self.members[fingerprint] = Member(row)
        for digits in row["traces"] if row["frames"] is not None else ():  # its trace is another with them
            oldest = self.members.get(self._traces.setdefault(_trace(digits, row), fingerprint))
            if oldest is None or row["ordinal"] < oldest.ordinal:  # the oldest, in whatever order rows come
                self._traces[_trace(digits, row)] = fingerprint
        self.releases.see(row["releases"])

    def _group(self, fingerprint: str) -> str:
        member, cluster_id = self.members[fingerprint], self.cluster_of(fingerprint)
        cluster = self.clusters.setdefault(cluster_id, Cluster())
        cluster.fingerprints.append(fingerprint)
        cluster.crashes += member.crashes
        return cluster_id

    def _drop(self, cluster: str) -> Cluster:
        known = self.clusters.pop(cluster)
        self.established -= known.is_established
        return known

    def _regroup(self, touched: Iterable[str]) -> None:
        clusters = [self._drop(cluster) for cluster in set(touched) if cluster in self.clusters]
        for fingerprint in [one for cluster in clusters for one in cluster.fingerprints]:
            self._group(fingerprint)
