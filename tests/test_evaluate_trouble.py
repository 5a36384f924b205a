"""What `panicstream evaluate` says where a history, or what else it is given, is not as it should be."""

import gzip
import random
from pathlib import Path
from typing import NoReturn

import orjson
import pytest

from agents import evaluation
from agents.evaluate import evaluate
from agents.exits import Exit, Terminated
from tests.command import Answer, panicstream
from tests.histories import TWO_BUGS, Fields, crash, history, keyed

SHOWS = "`panicstream evaluate --help` shows what a row is"


def of_broken(folder: Path, *rows: Fields | bytes) -> Answer:
    return panicstream("evaluate", history(folder, [*rows, *TWO_BUGS]), "--json")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"cluster": 1, ', "no JSON: unexpected end of data at character 16"),
        (b"[1]", "a row is an object"),
        ({"frames": [["f", "f.go", 1, 0]]}, "it has no cluster"),
        (crash("a", "f") | {"cluster": [1]}, "cluster is neither text nor a whole number"),
        ({"cluster": 1}, "it has neither frames nor a key"),
        ({"cluster": 1, "frames": []}, "it has neither frames nor a key"),
        ({"cluster": 1, "frames": "f"}, "frames is not a list"),
        (
            {"cluster": 1, "frames": [["f", "f.go", 1, 0], "g"]},
            "frames[1] is not [function, file, line, flag]",
        ),
        ({"cluster": 1, "frames": [[1, "f.go", 1, 0]]}, "frames[0] is not [function, file, line, flag]"),
        ({"cluster": 1, "key": "f"}, "key is not a list of names"),
        ({"cluster": 1, "key": ["f", 1]}, "key is not a list of names"),
        (crash("a", "f") | {"msg": 7}, "msg is not text"),
        (crash("a", "f") | {"header": [7]}, "header is not text"),
    ],
)
def test_a_broken_row_is_told_and_the_rest_is_scored(tmp_path: Path, line: Fields | bytes, what: str) -> None:
    answer = of_broken(tmp_path, line)
    found = orjson.loads(answer.output)
    assert answer.errors == [
        f"panicstream: {tmp_path}/crashes.jsonl:1: row 0: {what}; the line was passed over"
    ]
    assert (answer.code, found["rows"], found["broken"]) == (2, 5, 1)


def test_many_broken_rows_are_told_in_few_lines_and_counted(tmp_path: Path) -> None:
    answer = of_broken(tmp_path, *[b"?"] * 50)
    assert (answer.code, orjson.loads(answer.output)["broken"]) == (2, 50)
    assert len(answer.errors) == 21
    assert answer.errors[-1] == "panicstream: 30 more lines are no records; they were passed over"


def test_of_ten_thousand_frames_the_innermost_count(tmp_path: Path) -> None:
    long = crash("deep", *(f"f{number}.F" for number in range(10_000)))
    answer = of_broken(tmp_path, long, keyed("key", *(f"f{number}" for number in range(10_000))))
    what = "2 stacks of over 1,000 frames; the innermost count"
    assert answer.errors == [f"panicstream: {tmp_path}/crashes.jsonl: {what}"]
    assert (answer.code, orjson.loads(answer.output)["rows"]) == (0, 7)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    answer = panicstream("evaluate", str(tmp_path / "none.jsonl"))
    what = "no such file or directory; check the name, or where the link leads"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {tmp_path}/none.jsonl: {what}"])


def test_an_unknown_label_is_one_line(tmp_path: Path) -> None:
    answer = panicstream("evaluate", history(tmp_path, TWO_BUGS), "--label", "crash")
    assert (answer.code, len(answer.errors)) == (2, 1)
    assert "'crash' is not one of 'cluster', 'bug'" in answer.errors[0]


def test_a_label_that_no_row_has_is_one_line(tmp_path: Path) -> None:
    path = history(tmp_path, TWO_BUGS)
    answer = panicstream("evaluate", path, "--label", "bug")
    assert (answer.code, answer.errors) == (2, [f"panicstream: {path}: no row has bug; say --label cluster"])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "it is empty"),
        ([b""], "no row of it can be used"),
        ([{"cluster": 1, "key": None}] * 3, '"key": null leaves out 3 rows, and there is no other'),
    ],
)
def test_a_file_without_a_row_that_can_be_used_is_one_line(
    tmp_path: Path, rows: list[Fields | bytes], said: str
) -> None:
    path = history(tmp_path, rows)
    answer = panicstream("evaluate", path)
    assert (answer.code, answer.output, answer.errors) == (2, "", [f"panicstream: {path}: {said}; {SHOWS}"])


@pytest.mark.parametrize(
    ("order", "what"),
    [
        ("[0, 99]", "has no row 99, it has 5"),
        ("[0, -1]", "has no row -1, it has 5"),
        ("[1, 1]", "it names a row twice"),
        ('{"0": 1}', "not an array of whole numbers"),
        ("[0.5]", "not an array of whole numbers"),
        ("[0", "no JSON: unexpected end of data"),
    ],
)
def test_an_order_that_cannot_be_followed_is_one_line(tmp_path: Path, order: str, what: str) -> None:
    (tmp_path / "order.json").write_text(order)
    answer = panicstream("evaluate", history(tmp_path, TWO_BUGS), "--order", str(tmp_path / "order.json"))
    assert (answer.code, len(answer.errors)) == (2, 1)
    assert what in answer.errors[0]


def test_ranks_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    answer = panicstream("evaluate", history(tmp_path, TWO_BUGS), "--ranks", str(tmp_path))
    assert (answer.code, answer.errors) == (
        2,
        [f"panicstream: {tmp_path}: is a directory; name a file that can be written"],
    )


def packed(folder: Path, rows: int) -> bytes:
    """Return a packed history that does not pack well."""
    random_names = random.Random(1)  # noqa: S311  # nothing is secret
    keys = [[f"f{random_names.getrandbits(64):x}" for _ in range(30)] for _ in range(rows)]
    return gzip.compress(
        Path(history(folder, [keyed(n % 3, *key) for n, key in enumerate(keys)])).read_bytes()
    )


def test_of_an_archive_that_is_cut_short_the_whole_rows_are_scored(tmp_path: Path) -> None:
    whole, path = packed(tmp_path, 100), tmp_path / "cut.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    answer = panicstream("evaluate", str(path), "--json")
    what = "broken archive: it is cut short; what could be unpacked was read; fetch it again"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {path}: {what}"])
    found = orjson.loads(answer.output)
    assert (40 < found["rows"] < 60, found["broken"]) == (True, 0)


@pytest.mark.parametrize("length", [0, 5, 20])
def test_of_an_archive_without_a_whole_row_one_line_is_told(tmp_path: Path, length: int) -> None:
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(packed(tmp_path, 3)[:length])
    answer = panicstream("evaluate", str(path))
    assert (answer.code, answer.output, len(answer.errors)) == (2, "", 1)


def test_a_folder_is_one_line(tmp_path: Path) -> None:
    answer = panicstream("evaluate", str(tmp_path))
    assert (answer.code, answer.output) == (2, "")
    assert answer.errors == [f"panicstream: {tmp_path}: is a directory; name a file in it"]


def test_an_order_without_a_row_that_can_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text("[]")
    answer = panicstream("evaluate", history(tmp_path, TWO_BUGS), "--order", str(tmp_path / "order.json"))
    said = "none of these rows can be used; name rows that are not left out"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {tmp_path}/order.json: {said}"])


def test_a_missing_order_is_one_line(tmp_path: Path) -> None:
    answer = panicstream("evaluate", history(tmp_path, TWO_BUGS), "--order", str(tmp_path))
    said = "is a directory; name a file in it"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {tmp_path}: {said}"])


def test_ranks_never_overwrite_what_is_read(tmp_path: Path) -> None:
    path = history(tmp_path, TWO_BUGS)
    before = Path(path).read_bytes()
    answer = panicstream("evaluate", path, "--ranks", path)
    said = "it is read; name another file for --ranks"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {path}: {said}"])
    assert Path(path).read_bytes() == before


def test_ranks_for_which_there_is_no_room_are_one_line(tmp_path: Path) -> None:
    answer = panicstream("evaluate", history(tmp_path, TWO_BUGS), "--ranks", "/dev/full")
    said = "no space left on device; name a file that can be written"
    assert (answer.code, answer.errors) == (2, [f"panicstream: /dev/full: {said}"])


@pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt, Exit.INTERRUPTED), (Terminated, Exit.FINE)])
def test_what_was_scored_before_a_signal_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    stop: type[KeyboardInterrupt],
    code: Exit,
) -> None:
    def stopped(*_: object) -> NoReturn:
        raise stop

    monkeypatch.setattr(evaluation, "baseline", stopped)
    run = evaluate.callback
    assert run
    path = history(tmp_path, TWO_BUGS)
    assert run(path=path, label=None, order_path=None, ranks_path=None, as_json=True) == code
    assert [one["method"] for one in orjson.loads(capsysbinary.readouterr().out)["methods"]] == [
        "panicstream"
    ]
