"""The compiled core: bytes of a log stream in, Go crashes out; fingerprints in, bugs out."""

from collections.abc import Iterable, Sequence
from typing import final

__all__ = [
    "Batch",
    "Clusterer",
    "Decoder",
    "Detector",
    "Pattern",
    "Scanner",
    "add_streams",
    "advice",
    "count_streams",
    "envelopes",
    "join_streams",
    "normalised",
    "redacted",
    "signed",
]

def add_streams(sketch: bytes, streams: Sequence[str], /) -> bytes:
    """Return a sketch that holds these streams, too; `b""` is the sketch of nothing.

    It has at most 700 bytes, in the format of Apache DataSketches. Raises ValueError where it is no sketch.
    """

def advice(envelope: str) -> str:
    """Return what to set in the shipper so that all lines of a container go to one partition.

    Raises ValueError where there is no envelope of that name.
    """

@final
class Pattern:
    """A regular expression for whole texts, that takes time linear in them, whatever it is."""

    def __new__(cls, pattern: str, /) -> Pattern:
        """Read it, in the syntax of Rust's `regex`. Raises ValueError where it is none, or too large."""

    def fits(self, text: str, /) -> bool:
        """Return whether it fits the whole text."""

def envelopes() -> list[str]:
    """Return the names that `envelope` and `envelopes` take, in the order in which they are tried."""

def count_streams(sketches: Sequence[bytes], /) -> int:
    """Return how many streams are in any of the sketches: exact up to 60, beyond within 3 %, mostly.

    Raises ValueError where one is no sketch.
    """

def join_streams(sketches: Sequence[bytes], /) -> bytes:
    """Return one sketch of the streams that are in any of these; it counts as they do together.

    Raises ValueError where one is no sketch.
    """

def normalised(frames: Sequence[tuple[str, str, bool]]) -> list[str]:
    """Return the canonical names of a crashing stack: what occurrences share over Go versions and builds.

    A frame is its function, its file and whether it is `created by`, as printed, innermost first. Frames
    above the deepest panic are left out, recursion is one turn, the goroutine's origin comes last, behind
    `@`.
    """

def redacted(text: str, /) -> str:
    """Return a text with its secrets masked, `[redacted:NAME]`, as those of crashes are; its lines stay.

    The rules are the built-in ones. Raises UnicodeEncodeError where it has half of a character.
    """

def signed(kind: str, value: str, frames: Sequence[tuple[str, str, bool]]) -> tuple[str, str]:
    """Return fingerprint and masked value of a crash of which no more is known than kind, value and stack.

    They are those that its log would give. ``kind`` is that of `panic.v1`, or a signal's name; any other is
    taken for a panic. ``frames`` are as for `normalised`.
    """

@final
class Scanner:
    """Finds the Go crashes in one file.

    The bytes may come in pieces of any size; the crashes do not depend on how they are cut. Memory is
    bounded, whatever the input. Each line is a record: envelopes of log shippers are undone, `envelope` names
    the only one that is looked for. A line's offset is its number in the file, from 0. Calls from several
    threads take turns.

    ``topic`` and ``partition`` are the coordinates that the crashes carry; their ids are derived from them.
    ``redaction`` are rules of your own beside the built-in ones: name and pattern, in the syntax of the crate
    regex; where a pattern has groups, only they are masked. Raises ValueError where there is no envelope of
    that name or a rule cannot be used.
    """

    def __new__(
        cls,
        topic: str,
        *,
        partition: int = 0,
        envelope: str | None = None,
        redaction: Sequence[tuple[str, str]] | None = None,
    ) -> Scanner: ...
    def feed(self, chunk: bytes, /) -> list[bytes]:
        """Take the next bytes; return each crash that ended in them as one JSON document (`panic.v1`)."""

    def finish(self) -> list[bytes]:
        """End the file: take the last line, line feed or not, close what is open, return its crashes."""

    @property
    def lines(self) -> int:
        """Lines read so far."""

    @property
    def swallowed_lines(self) -> int:
        """Lines of a crash that came after it was closed: taken, not told, so far."""

    @property
    def ordinary_lines(self) -> int:
        """Lines that belong to no crash, so far."""

@final
class Batch:
    """What a batch of records gave."""

    @property
    def crashes(self) -> list[bytes]:
        """Crashes that ended, in order, each one JSON document (`panic.v1`)."""

    @property
    def cycles(self) -> list[bytes]:
        """GC cycles, in order, each one JSON document."""

    @property
    def unread(self) -> list[tuple[int, str]]:
        """Records that hold no line: number in the batch, and why."""

    @property
    def ends(self) -> list[tuple[str, int, int, int]]:
        """How far it came in each partition: topic, partition, the offset behind its last record, records."""

    @property
    def records(self) -> int:
        """Records that were taken."""

    @property
    def repeated(self) -> int:
        """Records that had been taken before, by their offsets."""

    @property
    def lines(self) -> int:
        """Lines that were taken, without those that another detector had read: see `Detector.resume`."""

    @property
    def crash_lines(self) -> int:
        """Lines in crashes that ended, those of `fragments`, too."""

    @property
    def damaged(self) -> int:
        """Crashes, of those told, that are not `complete`."""

    @property
    def silent(self) -> int:
        """Crashes that another detector had told before, so not told: see `Detector.resume`."""

    @property
    def fragments(self) -> int:
        """Pieces of crashes whose head is on another partition; they are not told."""

    @property
    def torn_cycles(self) -> int:
        """GC lines that another line cut."""

@final
class Detector:
    """Finds the Go crashes in records of many partitions.

    What comes out depends on the records of each partition and their order, not on how they are cut into
    batches. Memory is bounded. Calls from several threads take turns; none holds the GIL while it works.

    Each partition has a clock: its records' timestamps and `idle` move it on; where they do not, 10,000
    records count as 0.1 s. By it a trace is told 0.3 s after its natural end, 30 s after its last line where
    it has none (2 s where no goroutine came), and at the latest 5 minutes after its first line, then marked
    with `limits`. Its late lines are swallowed for 30 s more. So no record is held back for ever.

    ``envelopes`` are pairs of topic and envelope: its records are in that one and no other. ``redaction`` are
    rules of your own, as for `Scanner`. ``streams`` are kept of each partition, beyond them those that spoke
    longest ago are forgotten; ``partition_bytes`` may the open traces of a partition hold, beyond them the
    oldest is closed and marked with `limits`. Raises ValueError where there is no envelope of that name or a
    rule cannot be used.
    """

    def __new__(
        cls,
        *,
        envelopes: Sequence[tuple[str, str]] | None = None,
        redaction: Sequence[tuple[str, str]] | None = None,
        streams: int | None = None,
        partition_bytes: int | None = None,
    ) -> Detector: ...
    def feed(
        self,
        values: Sequence[bytes | None],
        *,
        topics: str | Sequence[str],
        partitions: Sequence[int],
        offsets: Sequence[int],
        timestamps: Sequence[int] | Sequence[tuple[int, int]] | None = None,
        keys: Sequence[bytes | None] | None = None,
        headers: Sequence[Sequence[tuple[str, bytes | None]] | None] | None = None,
    ) -> Batch:
        """Take a batch as parallel lists; timestamps in ms since 1970, 0 or less where a record has none.

        A timestamp may be a pair, its kind and the time, as Kafka's clients give it.

        Raises ValueError where the lists differ in length.
        """

    def identify(self, topic: str, topic_id: str | None) -> None:
        """Derive the ids of the topic's crashes from its id from now on; from its name before, and for None.

        Documents carry the name all the same. A topic that was made anew has a new id and offsets from 0: its
        partitions are to be forgotten, too.
        """

    def finish(self) -> Batch:
        """End all streams."""

    def idle(self, topic: str, partition: int, seconds: float) -> Batch:
        """Say that nothing came from the partition for so long: close and tell what waits no longer.

        `seconds` passed since the last call for this partition or since its last record was fed, whichever
        was later: each call adds to the partition's clock, 0 or less adds nothing. Only for a partition that
        was read to its end: where records still wait in Kafka, their own timestamps are the time. A whole
        trace on a silent partition is told by the call with which those since its last line come to 0.3 s.
        """

    def reach(self, topic: str, partition: int, offset: int) -> Batch:
        """Say that reading has come to this offset, with or without a record before it: cut at the marks."""

    def gauge(self, topic: str, partition: int) -> tuple[int, int | None]:
        """Return how many traces are open in the partition, and its clock.

        The clock is in ms since 1970, None before the first record with a timestamp. It is that of the
        records, and goes on with `idle`. Costs no more than a look into a table.
        """

    def state(self, topic: str, partition: int) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the first offset that is still needed, and the first lines of what is open there.

        First the traces that are open and the lines of which pieces are missing, then the crashes whose late
        lines are still swallowed. A line is the offset of its record and its number there, both from 0.
        """

    def resume(
        self,
        topic: str,
        partition: int,
        mark: int,
        still_open: Sequence[tuple[int, int]],
        swallowing: Sequence[tuple[int, int]],
    ) -> None:
        """Say, before anything is read, that what came before `mark` was told, but what was open there.

        The three are the offset up to which another detector had read, exclusive, and what `state` returned
        there. Its first offset is where reading has to begin.
        """

    def cut(
        self,
        topic: str,
        partition: int,
        mark: int,
        still_open: Sequence[tuple[int, int]],
        swallowing: Sequence[tuple[int, int]],
    ) -> None:
        """When reading reaches `mark`, close and tell all traces but these, which stay open until then.

        So the records from the mark before to this one tell what another detector told of them that had this
        state behind them. It may have closed traces by `idle`, if that was right before the mark.
        """

    def spread(self) -> list[tuple[str, str]]:
        """Return streams that spoke on several partitions of their topic within the last minute, at most 100.

        Each as its topic and its `stream_id`; their crashes are torn, `advice` says what to set. The minute
        is one of the partitions' clocks. A call looks for each stream that is new since the last one on the
        other partitions, for at most 5,000 of them, and for no other: it is meant to be made every 10 s.
        """

    def forget(self, topic: str, partition: int) -> None:
        """Begin the partition anew; what is open there is not told."""

    def take_lines(self) -> list[bytes]:
        """Return the lines of each service in each second since the last call, one JSON object a row."""

@final
class Decoder:
    """Says what a record is understood as, one JSON object a line.

    Which piece of a line a record holds depends on the records before it. Raises ValueError where there is no
    envelope of that name.
    """

    def __new__(cls, *, envelope: str | None = None) -> Decoder: ...
    def decode(
        self,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes | None]] | None = None,
    ) -> list[bytes]:
        """Return the lines of the record; one with `damaged` and no `line` where it holds none."""

@final
class Clusterer:
    """The fingerprints of one shard, and which of them are held to be one bug.

    A fingerprint is 32 hexadecimal digits in any case, returned in lower case; its tokens are the names that
    `normalised` gives, innermost first, of which 64 count; its template is the masked message. What comes out
    depends on the set of fingerprints, the words of people (`constrain`) and the epoch (`renew`), not on the
    order in which they came; ties go by fingerprint. Calls from several threads take turns; none that
    compares holds the GIL.

    Two fingerprints are as similar as their stacks, from 1 (equal) to -1 (nothing shared), less up to 0.3 for
    words of the messages that differ. Two are connected from `edge` on (-2 to 0.7); a connected component is
    parted by average linkage, cut at `tau`. Where a component has more than `cap` fingerprints, the edge
    rises to 0.3, 0.5 and 0.7, where four times as many are borne; beyond, only kin are one part.

    Kin are stacks that are equal but for the rarest frame of each, the crash site apart: one bug through many
    routes, or behind code that was generated. Where the edge has risen they stay connected, unless that frame
    weighs nearly as much as all others; more than `cap` of them are one part without a comparison.
    Raises ValueError where a parameter or a fingerprint is none.

    The defaults are one set for all. `tau` is the highest that puts together nearly all of what a rollout of
    three releases over nine Go versions takes apart (generated crashes of known bugs: pairwise F1 above 0.96
    at precision 1, in the epochs of that rollout and in one of all; 0.9 at 0.15). `edge` changes nothing
    there; on stacks that share much (kernel crashes) the largest component is a third of that at 0. What is
    joined below 0.25 is worth a look.
    """

    def __new__(cls, *, tau: float = 0.05, edge: float = 0.1, cap: int = 600) -> Clusterer: ...
    def __len__(self) -> int:
        """Return how many fingerprints are known."""

    def __contains__(self, fingerprint: str, /) -> bool:
        """Return whether it is known."""

    def load(self, fingerprints: Iterable[tuple[str, Sequence[str], str]]) -> None:
        """Take fingerprints in, each with tokens and template, and compare nothing yet.

        What is known already is left as it is. A million take seconds; they are compared when somebody asks.
        """

    def add(self, fingerprint: str, tokens: Sequence[str], template: str) -> None:
        """Take a fingerprint in and compare it; one that is known already is left as it is."""

    def remove(self, fingerprint: str) -> None:
        """Forget a fingerprint, known or not; what people said of it stays."""

    def parts(self, fingerprint: str, tau: float | None = None) -> list[list[str]]:
        """Return the parts of its connected component, each sorted, sorted by their first.

        Where kin alone are one part, that one is all. Raises KeyError where it is not known.
        """

    def partition(self, tau: float | None = None) -> list[list[str]]:
        """Return the parts of all components, each sorted, sorted by their first."""

    def neighbours(self, fingerprint: str, limit: int | None = None) -> list[tuple[str, float]]:
        """Return those connected with it and how similar each is, the most similar first; so many at most.

        Words of people are left aside. Raises KeyError where it is not known.
        """

    def rank(self, tokens: Sequence[str], template: str, limit: int) -> list[tuple[str, float]]:
        """Return the fingerprints most similar to a stack, known or not, of those that share a rare token."""

    def compare_all(self, tokens: Sequence[str], template: str) -> list[tuple[str, float]]:
        """Return all fingerprints and how similar to a stack each is, the most similar first."""

    def distance(self, fingerprints: Sequence[str]) -> float | None:
        """Return the mean of 1 - similarity over their pairs, of the first 256; None below two known ones."""

    def constrain(self, one: str, other: str, same: bool | None) -> None:
        """Take the word of a person that two are one bug, or are not; None takes it back.

        It holds whether they are known yet or not, and over epochs. Where words contradict each other, those
        that keep apart win.
        """

    def renew(self) -> int:
        """Count anew in how many of the known fingerprints each token stands; return their number.

        Kin count as few, one for each doubling of them: how often a bug came in a new way does not make its
        crash site common.

        This table of frequencies says how much a token weighs, until the next call. Before the first, and
        fading after it, a shipped table of common frames takes its place.
        """

    @property
    def tau(self) -> float:
        """Mean similarity from which on two parts are one."""

    @property
    def epoch(self) -> int:
        """Fingerprints that the table of frequencies counts."""

    @property
    def candidates(self) -> int:
        """Fingerprints that shared a rare token with the one that was looked at last."""

    @property
    def component(self) -> int:
        """Fingerprints that were parted together by the last call of `parts`."""
