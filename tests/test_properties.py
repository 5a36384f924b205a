"""What holds for any input: no error, no lost line, nothing that depends on pieces or on the run."""

import re
from itertools import pairwise

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.records import Record
from pipeline._native import Decoder, envelopes
from tests.accuracy.mutations import noise
from tests.golden import FOLDER, read
from tests.records import Placed, documents, placed
from tests.scanning import lines_taken, scan, scan_pieces

TEXTS = [read(path).raw for path in sorted(FOLDER.glob("*.txt"))]
# Texts that end with a whole line, so that what follows them is a line of its own.
CLOSED = [text for text in TEXTS if text.endswith(b"\n")]
PLAIN = [read(path).raw for path in sorted(FOLDER.glob("go1.2*.txt"))]
WORDS = [
    b"panic: ",
    b"fatal error: ",
    b"goroutine 1 [running]:",
    b"\tpanic: ",
    b" [recovered]",
    b"created by main.main in goroutine 1",
    b"main.f(0x1)",
    b"\t/srv/app/main.go:7 +0x1d",
    b"==================",
    b"WARNING: DATA RACE",
    b"[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]",
    b'{"stack":"goroutine 1 [running]:\\nmain.f()\\n\\t/a.go:1"}',
    b"\x1b[31m",
    b"\r",
    b"\x00",
    b"\xff",
    b"#011",
]

anything = st.binary(max_size=2000)
wordy = st.lists(st.one_of(st.sampled_from(WORDS), st.just(b"\n"), st.binary(max_size=12)), max_size=60).map(
    b"".join
)
ordinary = st.integers(0, 10_000).map(noise)
stream = st.lists(st.one_of(st.sampled_from(CLOSED), ordinary), max_size=12).map(b"".join)
slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@slow
@given(st.one_of(anything, wordy, stream))
def test_any_bytes_give_documents_that_are_json_objects(text: bytes) -> None:
    for document in scan(text).documents:
        assert orjson.loads(document)["schema_version"] == 1


@slow
@given(st.one_of(wordy, stream), st.lists(st.integers(0, 20_000), max_size=20))
def test_any_cut_into_pieces_gives_the_same_documents(text: bytes, places: list[int]) -> None:
    ends = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    pieces = [text[start:end] for start, end in pairwise(ends)]
    assert scan_pieces(pieces) == scan(text)


@slow
@given(st.one_of(wordy, stream))
def test_every_line_is_in_a_crash_or_swallowed_behind_one_or_ordinary(text: bytes) -> None:
    found = scan(text)
    inside = sum(map(lines_taken, found.crashes))
    assert found.ordinary_lines + found.swallowed_lines + inside == found.lines


@slow
@given(st.one_of(wordy, stream))
def test_lines_are_counted_as_they_stand_in_the_bytes(text: bytes) -> None:
    unended = bool(text) and not text.endswith(b"\n")
    assert scan(text).lines == text.count(b"\n") + unended


@slow
@given(stream)
def test_no_ordinary_line_gets_into_a_crash(text: bytes) -> None:
    assert [crash["raw"] for crash in scan(text).crashes if "parcel" in crash["raw"]] == []


@slow
@given(st.sampled_from(CLOSED), ordinary, ordinary)
def test_ordinary_lines_around_a_crash_change_nothing_in_it(text: bytes, before: bytes, after: bytes) -> None:
    alone, among = scan(text).crashes, scan(before + text + after).crashes
    assert [crash["fingerprint"] for crash in among] == [crash["fingerprint"] for crash in alone]
    assert [crash["raw"] for crash in among] == [crash["raw"] for crash in alone]


plain = st.one_of(
    st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=20), st.just("panic: x")
)


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return lists and objects of such values."""
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3))


members = st.dictionaries(
    st.sampled_from(
        ["log", "message", "stream", "time", "@timestamp", "kubernetes", "container", "logtag", "tag", "x"]
    ),
    st.recursive(plain, nested, max_leaves=6),
    max_size=6,
).map(orjson.dumps)
values = st.lists(st.one_of(st.none(), anything, wordy, members), max_size=20)


def recorded(contents: list[bytes | None]) -> list[Placed]:
    """Return records with these values."""
    return placed([Record(None, 0, None, 1 + n, None, None, value) for n, value in enumerate(contents)])


@slow
@given(values, st.sampled_from([None, *envelopes()]), st.integers(1, 20))
def test_any_records_in_any_envelope_give_the_same_in_batches_of_any_size(
    contents: list[bytes | None], envelope: str | None, size: int
) -> None:
    records = recorded(contents)
    assert documents(records, envelope, size) == documents(records, envelope)


@slow
@given(values, st.sampled_from([None, *envelopes()]))
def test_any_record_in_any_envelope_is_decoded_to_json_objects(
    contents: list[bytes | None], envelope: str | None
) -> None:
    decoder = Decoder(envelope=envelope)
    lines = [line for value in contents for line in decoder.decode(value)]
    assert all(orjson.loads(line)["envelope"] for line in lines)


def varied(text: bytes, number: int) -> bytes:
    """Return the text as another run would print it: other addresses, ids, offsets, words and lines."""
    word = b"0x%x" % (0xC000000000 + number * 8)
    text = re.sub(rb"\b0x[0-9a-f]{6,}\b", word, text)
    text = re.sub(rb"\bgoroutine [1-9]\d*\b", b"goroutine %d" % (number % 1000 + 1), text)
    text = re.sub(rb"(\.go:)\d+", rb"\g<1>%d" % (number % 900 + 1), text)
    return re.sub(rb" \+0x[0-9a-f]+$", b" +0x%x" % (number % 4000 + 1), text, flags=re.M)


@slow
@given(st.sampled_from(PLAIN), st.integers(0, 1 << 20))
def test_the_fingerprint_is_that_of_another_run_of_the_same_program(text: bytes, number: int) -> None:
    one, other = scan(text).crashes, scan(varied(text, number)).crashes
    assert [crash["fingerprint"] for crash in other] == [crash["fingerprint"] for crash in one]
