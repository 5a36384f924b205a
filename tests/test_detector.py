"""What the detector makes of records: whose lines they are, when a crash is over, what a restart needs."""

import base64
import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.records import Record
from pipeline._native import Detector
from tests.lines import CRASH, HOUR, LINES, SECOND, crash, cri, line
from tests.records import TOPIC, Crash, Placed, crashes, documents, feed, placed
from tests.replays import handed_over, replayed
from tests.shippers import SHIPPERS, START


def streams(found: list[Crash]) -> list[str]:
    """Return the streams that crashed, each with whether the crash is whole."""
    return sorted(f"{c['stream_id']} {'whole' if c['complete'] else c['damage']}" for c in found)


def test_lines_of_two_containers_in_turn_are_two_crashes() -> None:
    both = [record for pair in zip(crash(), crash(container="c2"), strict=True) for record in pair]
    assert streams(crashes(placed(both))) == ["c1 whole", "c2 whole"]


def test_a_crash_says_where_it_crashed() -> None:
    shipper = SHIPPERS["vector"]
    found = crashes(placed([shipper.record(text.encode(), n) for n, text in enumerate(LINES)]))[0]
    told = {name: found[name] for name in ("service_name", "service_version", "host_name", "k8s_pod_name")}
    assert told == {
        "service_name": "cart",
        "service_version": "2.14.3",
        "host_name": "node-7",
        "k8s_pod_name": "cart-7d9c-x2",
    }
    assert (found["event_time"], found["log_stream"]) == ("2026-11-21T00:20:45.120249605Z", "stderr")


def test_the_crash_carries_the_trace_id_that_its_stream_showed_last() -> None:
    shown = line(json.dumps({"msg": "GET /", "trace_id": "2ff8bc76b859dc6292f9a30ff9b9a0ee"}), -0.1)
    found = crashes(placed([shown, *crash()]))[0]
    assert (found["trace_id"], found["trace_id_inferred"]) == ("2ff8bc76b859dc6292f9a30ff9b9a0ee", True)
    assert crashes(placed([shown, *crash(at=60)]))[0]["trace_id"] is None


def test_a_run_of_lines_that_comes_again_is_dropped() -> None:
    once = crash()
    assert streams(crashes(placed(once[:5] + once[2:5] + once[5:]))) == ["c1 whole"]


def test_a_whole_crash_that_comes_again_is_dropped() -> None:
    assert streams(crashes(placed([*crash(), line("idle", 1), *crash()]))) == ["c1 whole"]


@pytest.mark.parametrize("swap", range(len(LINES) - 1))
def test_two_lines_that_were_swapped_stand_as_they_were_written(swap: int) -> None:
    records = crash()
    records[swap : swap + 2] = reversed(records[swap : swap + 2])
    found = crashes(placed(records))
    assert [c["raw"] for c in found] == [CRASH]


def test_a_head_that_came_behind_two_later_lines_is_told_as_damaged() -> None:
    records = crash()
    found = crashes(placed([*records[1:3], records[0], *records[3:]]))
    assert ["reordered" in c["damage"] for c in found] == [True]


def test_a_record_that_was_taken_is_not_taken_again() -> None:
    detector = Detector()
    records = placed(crash())
    assert feed(detector, records).records == len(LINES)
    assert (feed(detector, records).records, feed(detector, records).repeated) == (0, len(LINES))


def test_a_crash_is_told_as_soon_as_others_show_that_it_is_over() -> None:
    detector = Detector()
    records = placed([*crash(), line("x", 0.1, "c2"), line("x", 0.3, "c2"), line("x", 0.5, "c2")])
    told = [len(feed(detector, [record]).crashes) for record in records]
    assert told[-3:] == [0, 1, 0]


@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
def test_shippers_an_hour_apart_close_nothing_early(ahead: int) -> None:
    slow = crash()[:4] + [
        line(text, 4.0 * n) for n, text in enumerate(LINES[4:], 1)
    ]  # it waits 30 s for each
    others = [line("x", n * 0.1, f"other-{n % 3}", ahead=ahead * (n % 3 - 1)) for n in range(250)]
    assert streams(crashes(placed(crash()[:4] + by_arrival(slow, others)))) == ["c1 whole"]


def by_arrival(slow: list[Record], others: list[Record]) -> list[Record]:
    """Return the records as they come: 40 of the others in front of each slow one."""
    merged = []
    for n, record in enumerate(slow):
        merged += [*others[40 * n : 40 * (n + 1)], record]
    return merged


@pytest.mark.parametrize("ahead", [-HOUR, 0, HOUR])
def test_shippers_an_hour_apart_close_nothing_late(ahead: int) -> None:
    detector = Detector()
    first = [line("x", n * 0.01, f"other-{n % 3}", ahead=HOUR * (n % 3 - 1)) for n in range(9)]
    own = [record._replace(timestamp=record.timestamp + ahead // 10**6) for record in crash(at=0.1)]
    then = [line("x", 0.2 + n * 0.1, f"other-{n % 3}", ahead=HOUR * (n % 3 - 1)) for n in range(9)]
    told = [len(feed(detector, [record]).crashes) for record in placed(first + own + then)]
    assert sum(told[: len(first) + len(own) + 2]) == 0
    assert sum(told[: len(first) + len(own) + 5]) == 1


def test_a_new_container_that_crashes_while_another_tells_the_time_crashes_whole() -> None:
    own = crash(40.0, "c2")
    records = [line("x", 0.0), *own[:4], line("x", 40.00005), *own[4:]]
    assert streams(crashes(placed(records))) == ["c2 whole"]


def test_a_container_on_two_partitions_gives_one_fragmented_crash() -> None:
    records = [record._replace(partition=n % 2) for n, record in enumerate(crash())]
    assert [c["damage"][-1] for c in crashes(placed(records))] == ["fragmented"]


def test_ids_are_derived_from_the_id_of_the_topic_where_it_has_one() -> None:
    detector, ids = Detector(), []
    for topic_id in (None, "iTkyOTn4Rpe1fWNqC0jGtw", "Zd3GvqVaS5eRUv5IeuHVyA", None):
        detector.identify(TOPIC, topic_id)
        feed(detector, placed(crash()))
        told = orjson.loads(detector.finish().crashes[0])
        ids.append((told["id"], told["source_topic"]))
        detector.forget(TOPIC, 0)
    assert ids[0] == ids[3] == (crashes(placed(crash()))[0]["id"], TOPIC)
    assert (len(set(ids)), {topic for _, topic in ids}) == (3, {TOPIC})


def test_streams_that_speak_on_several_partitions_are_named() -> None:
    detector = Detector()
    feed(detector, placed([line("x", n, f"c{n % 3}", partition=n % 2) for n in range(4)]))
    assert detector.spread() == [(TOPIC, "c0")]
    feed(detector, placed([line("x", n, "c1") for n in range(10)])[4:])
    assert detector.spread() == [(TOPIC, "c0"), (TOPIC, "c1")]


def test_streams_that_spoke_elsewhere_more_than_a_minute_ago_are_not_spread() -> None:
    detector = Detector()
    feed(detector, placed([line("x", partition=n) for n in range(2)]))
    assert detector.spread() == [(TOPIC, "c1")]
    feed(detector, placed([line("x", n, "c2") for n in range(62)])[1:])
    assert detector.spread() == []


def test_streams_that_are_spread_are_told_as_long_as_they_are_few() -> None:
    detector = Detector()
    feed(detector, placed([line("x", 0, f"c{n // 2}", partition=n % 2) for n in range(4_000)]))
    assert len(detector.spread()) == 100


def test_a_stream_with_the_same_name_in_another_topic_is_another() -> None:
    detector = Detector()
    record = line("x").value
    detector.feed([record, record], topics=["logs.a", "logs.b"], partitions=[0, 1], offsets=[0, 0])
    assert detector.spread() == []


def test_a_forgotten_partition_tells_nothing_of_what_was_open() -> None:
    detector = Detector()
    feed(detector, placed(crash()[:5]))
    detector.forget(TOPIC, 0)
    assert detector.finish().crashes == []


@pytest.mark.parametrize(("every", "calls"), [(0.05, 6), (0.1, 3), (0.2, 2)])
def test_a_whole_trace_on_a_silent_partition_is_told_after_three_tenths_of_a_second(
    every: float, calls: int
) -> None:
    detector = Detector()
    feed(detector, placed(crash()))
    told = [len(detector.idle(TOPIC, 0, every).crashes) for _ in range(10)]
    assert told.index(1) + 1 == calls


def test_idle_time_is_not_counted_again_by_the_timestamps_that_follow() -> None:
    detector = Detector()
    records = placed([*crash(), line("x", 0.2, "c2"), line("x", 0.31, "c2")])
    feed(detector, records[:-2])
    assert detector.idle(TOPIC, 0, 0.2).crashes == []
    assert [len(feed(detector, [record]).crashes) for record in records[-2:]] == [0, 1]


def test_records_without_a_line_are_counted_by_reason() -> None:
    lost = b'{"_SYSTEMD_UNIT":"a","MESSAGE":null}'
    values = [None, b'{"log":"panic: bo', b"\xff\x00\x01\x02", b'["panic: boom"]', lost]
    batch = feed(Detector(), placed([Record(None, 0, None, 0, None, None, value) for value in values]))
    reasons = ["tombstone", "cut_json", "binary", "json_array", "no_text"]
    assert batch.unread == list(enumerate(reasons))


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="not of one length"):
        Detector().feed([b"x"], topics=TOPIC, partitions=[0, 1], offsets=[0])


def test_the_oldest_trace_is_closed_where_all_together_hold_too_much() -> None:
    detector = Detector(partition_bytes=50_000)
    opened = [line(text, n * 0.0001, f"c{n}") for n in range(40) for text in LINES[:5]]
    told = [orjson.loads(crash) for crash in feed(detector, placed(opened)).crashes]
    assert [c["stream_id"] for c in told] == [f"c{n}" for n in range(len(told))]
    assert {"limits" in c["damage"] for c in told} == {True}


def test_streams_that_spoke_longest_ago_are_forgotten_and_their_lines_counted() -> None:
    detector = Detector(streams=10)
    feed(detector, placed([line("x", n * 0.001, f"c{n}") for n in range(100)]))
    rows = [orjson.loads(row) for row in detector.take_lines()]
    assert sum(row["lines"] for row in rows) == 100


def test_a_secret_is_masked_and_changes_no_fingerprint() -> None:
    told = [
        crashes(placed([line(f"panic: login with password={word}"), *crash()[1:]]))[0]
        for word in ("hunter2", "x7")
    ]
    assert [c["message"] for c in told] == ["login with password=[redacted:password]"] * 2
    assert told[0]["fingerprint"] == told[1]["fingerprint"]


def test_a_piece_that_was_never_finished_costs_no_later_crash() -> None:
    records = [cri("abc", -60, "P"), *(cri(text, n * 0.001) for n, text in enumerate(LINES))]
    assert streams(crashes(placed(records))) == ["c1 whole"]


def test_pieces_that_were_never_finished_hold_nothing_once_they_are_taken() -> None:
    detector = Detector(partition_bytes=100_000)
    stale = [cri("x" * 1_000, 10.0 * n, "P") for n in range(200)]
    slow = [cri(text, 2_001 + 4.0 * n) for n, text in enumerate(LINES[3:])]
    records = [*stale, *(cri(text, 2_000.5) for text in LINES[:3]), *slow]
    crashed = feed(detector, placed(records)).crashes + detector.finish().crashes
    assert streams([orjson.loads(crash) for crash in crashed]) == ["c1 whole"]


def test_very_many_pieces_are_bounded() -> None:
    detector = Detector(partition_bytes=1_000_000)
    pieces = [line("x", 0, f"c{n}")._replace(value=cri("panic: boom", 0, "P").value) for n in range(5_000)]
    keyed = [record._replace(key=f"c{n}".encode()) for n, record in enumerate(pieces)]
    assert feed(detector, placed(keyed)).records == 5_000


MERGED = {"stream": "stdout", "kubernetes": {"docker_id": "c1"}, "level": "ERROR"}
STACK = CRASH.partition("\n\n")[2]


@pytest.mark.parametrize(
    ("members", "messages"),
    [
        ({"msg": "query failed", "err": "timeout", "stack": STACK}, []),
        ({"msg": "panic recovered", "panic": "boom", "stack": STACK}, ["boom"]),
        ({"msg": "panic recovered", "error": "boom", "stack": STACK}, ["boom"]),
        ({"message": "panic recovered", "error": {"message": "boom", "stack_trace": STACK}}, ["boom"]),
    ],
)
def test_members_of_an_application_moved_to_the_top_are_a_panic_where_they_speak_of_one(
    members: dict[str, object], messages: list[str]
) -> None:
    record = Record(None, 0, None, 0, None, None, json.dumps({**MERGED, **members}).encode())
    assert [c["message"] for c in crashes(placed([record]))] == messages


@pytest.mark.parametrize("front", ["", " ", "\ufeff", "\n"])
@pytest.mark.parametrize("indent", [None, 1])
def test_json_may_be_indented_and_begin_with_anything_blank(front: str, indent: int | None) -> None:
    values = [{"log": text, "kubernetes": {"docker_id": "c1"}} for text in LINES]
    records = [
        Record(None, 0, None, 0, None, None, (front + json.dumps(v, indent=indent)).encode()) for v in values
    ]
    assert streams(crashes(placed(records))) == ["c1 whole"]


def test_a_batch_is_one_wherever_its_lines_stand() -> None:
    body = [{"body": {"stringValue": text}} for text in LINES]
    batch = {"schemaUrl": "https://example.com", "resourceLogs": [{"scopeLogs": [{"logRecords": body}]}]}
    records = [Record(None, 0, None, 0, None, None, json.dumps(batch, indent=1).encode())]
    assert [c["complete"] for c in crashes(placed(records))] == [True]


def test_two_programs_without_a_pid_are_two_streams() -> None:
    clock = "2026-11-21T00:20:45.120249+00:00"
    records = [
        Record(None, 0, None, 0, None, None, f"{clock} {place}: {text}".encode())
        for text in LINES
        for place in ("node-7 cart", "node-8 pay")
    ]
    assert streams(crashes(placed(records))) == ["node-7/cart whole", "node-8/pay whole"]


def test_a_run_of_a_file_that_comes_again_is_dropped_by_its_place() -> None:
    once = [SHIPPERS["filebeat"].record(text.encode(), n) for n, text in enumerate(LINES)]
    assert [c["raw"] for c in crashes(placed(once[:5] + once[2:5] + once[5:]))] == [CRASH]


def test_rules_of_ones_own_mask_beside_the_built_in_ones() -> None:
    detector = Detector(redaction=[("order", r"order (\d+)")])
    feed(detector, placed([line("panic: order 4711 for bob@example.com"), *crash()[1:]]))
    told = orjson.loads(detector.finish().crashes[0])
    assert told["message"] == "order [redacted:order] for [redacted:email]"


def test_a_rule_that_cannot_be_used_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match=r'rule "bad"'):
        Detector(redaction=[("bad", "(")])


def test_an_unknown_envelope_is_refused_with_the_names() -> None:
    with pytest.raises(ValueError, match=r"known are .*fluent_bit"):
        Detector(envelopes=[(TOPIC, "fluentbit")])


def test_lines_are_counted_by_service_and_second() -> None:
    detector = Detector()
    shipper = SHIPPERS["otlp_json"]
    feed(detector, placed([shipper.record(b"x", n * 25_000) for n in range(4)]))  # half a second apart
    rows = [orjson.loads(row) for row in detector.take_lines()]
    assert [(row["service_name"], row["second"] - START // SECOND, row["lines"]) for row in rows] == [
        ("cart", 0, 2),
        ("cart", 1, 2),
    ]
    assert detector.take_lines() == []


def test_lines_that_were_read_before_are_not_counted_again() -> None:
    first, second = Detector(), Detector()
    records = placed([line("x", n * 0.1) for n in range(10)])
    feed(first, records[:6])
    feed(second, handed_over(first, second, records, 6))
    assert sum(orjson.loads(row)["lines"] for row in second.take_lines()) == 4


def test_a_batch_counts_its_lines_and_those_of_its_crashes() -> None:
    detector = Detector()
    batch = feed(detector, placed([line("x"), *crash(), *crash(1.0)[:5], line("x", 9.0, "c2")]))
    assert (batch.lines, batch.crash_lines, batch.damaged) == (14, 7, 0)
    last = detector.finish()
    assert (last.lines, last.crash_lines, last.damaged) == (0, 5, 1)


def test_crashes_that_another_worker_told_are_counted_and_not_told() -> None:
    first, second = Detector(), Detector()
    records = placed([*crash(), *crash(1.0), line("x", 2.0), *crash(3.0)])
    assert len(feed(first, records[:15]).crashes) == 2
    batch = feed(second, handed_over(first, second, records, 15))
    assert (len(batch.crashes), batch.silent, batch.lines) == (0, 2, 7)


def test_a_gauge_tells_the_open_traces_and_the_clock_of_a_partition() -> None:
    detector = Detector()
    assert detector.gauge(TOPIC, 0) == (0, None)
    feed(detector, placed([*crash(), *crash(1.0, "c2")[:3], line("x", 2.0, ahead=-HOUR)]))
    assert detector.gauge(TOPIC, 0) == (1, START // 10**6 + 1_000)
    detector.idle(TOPIC, 0, 2.0)
    assert detector.gauge(TOPIC, 0) == (1, START // 10**6 + 3_000)


def test_a_body_of_bytes_is_text_as_any_other() -> None:
    body = base64.b64encode(CRASH.encode()).decode()
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"bytesValue": body}}]}]}]}
    found = crashes(placed([Record(None, 0, None, 0, None, None, json.dumps(logs).encode())]))
    assert [c["raw"] for c in found] == [CRASH]


def test_gc_cycles_say_whose_they_are_and_how_much_was_allocated() -> None:
    clocks = "0.018+1.3+0.076 ms clock, 0.054+0.35/1.0/3.0+0.23 ms cpu"
    cycle = "gc {n} @{t:.3f}s 0%: " + clocks + ", {h}->{h}->1 MB, 5 MB goal, 8 P"
    lines = [cycle.format(n=n, t=n * 0.5, h=n + 4) for n in (1, 2)]
    batch = feed(Detector(), placed([line(text, n, "c1") for n, text in enumerate(lines)]))
    first, second = (orjson.loads(document) for document in batch.cycles)
    assert (first["stream_id"], first["alloc_bytes"]) == ("c1", None)
    told = (second["alloc_bytes"], second["interval_ns"], second["pause_ns"])
    assert told == (5 << 20, SECOND // 2, 94_000)


def test_a_gc_line_that_another_line_cut_is_counted() -> None:
    batch = feed(Detector(), placed([line("gc 7 @0.071s 61%: 0.020+2026/11/21 01:39:06 request 23 served")]))
    assert (batch.cycles, batch.torn_cycles) == ([], 1)


def test_a_line_whose_last_piece_never_comes_is_taken_as_it_is() -> None:
    piece = SHIPPERS["cri"].record(b"", 0)._replace(value=b"2026-11-21T00:20:45.1Z stderr P panic: boom")
    whole = SHIPPERS["cri"].record(b"", 0)._replace(value=b"2026-11-21T00:20:45.2Z stderr F [recovered]")
    detector = Detector()
    assert [c["message"] for c in crashes(placed([piece]))] == ["boom"]
    feed(detector, placed([piece, whole]))
    assert [orjson.loads(d)["raw"] for d in detector.finish().crashes] == ["panic: boom[recovered]"]


BUSY = [
    *crash(0.0, "c1", 0.3),
    *crash(0.5, "c2", 0.01),
    *[line("x", 0.05 * n, "c3") for n in range(60)],
    *crash(2.9, "c3"),
    line("panic: cut", 3.0, "c4"),
]
RECORDS = placed(sorted(BUSY, key=lambda record: record.timestamp))


@settings(deadline=None)
@given(st.integers(1, len(RECORDS)))
def test_batches_of_any_size_give_the_same(size: int) -> None:
    assert documents(RECORDS, size=size) == documents(RECORDS)


@pytest.mark.parametrize("read", range(len(RECORDS) + 1))
def test_a_worker_that_goes_on_tells_the_rest_and_nothing_twice(read: int) -> None:
    same, wanted, told = replayed(RECORDS, read, None)
    assert same, f"{len(wanted)} and {len(told)}"


@settings(deadline=None, max_examples=60)
@given(st.tuples(st.integers(0, len(RECORDS)), st.integers(0, len(RECORDS))).map(sorted))
def test_a_block_that_was_half_told_is_cut_at_the_same_mark(marks: list[int]) -> None:
    first, second = Detector(), Detector()
    feed(first, RECORDS[: marks[0]])
    again = handed_over(first, second, RECORDS, marks[0])
    block = feed(first, RECORDS[marks[0] : marks[1]]).crashes
    _, still_open, swallowing = first.state(TOPIC, 0)
    second.cut(TOPIC, 0, marks[1], still_open, swallowing)
    told = feed(second, [record for record in again if record.offset < marks[1]]).crashes
    assert sorted(told + second.reach(TOPIC, 0, marks[1]).crashes) == sorted(block)


def test_state_names_the_first_line_of_what_is_open() -> None:
    detector = Detector()
    records: list[Placed] = placed([line("x")] * 600 + crash())
    feed(detector, records[:-1])
    assert detector.state(TOPIC, 0) == (606 - 256, [(600, 0)], [])
