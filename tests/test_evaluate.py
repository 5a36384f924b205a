"""What `panicstream evaluate` says of a history."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.command import Answer, on_a_terminal, panicstream
from tests.histories import Fields, crash, history, keyed

TWO_BUGS = [  # each bug under two fingerprints, far from the other's
    crash("cart", "cart.Add", "api.Put", "api.Serve", value="cart is closed"),
    crash("mail", "mail.Send", "queue.Next", "queue.Run", value="no recipient"),
    crash("cart", "cart.Add", "api.Post", "api.Serve", value="cart is closed"),
    crash("mail", "mail.Send", "queue.Retry", "queue.Run", value="no recipient"),
    crash("cart", "cart.Add", "api.Put", "api.Serve", value="cart is closed"),
]


def told(path: str, *flags: str) -> dict[str, Any]:
    answer = panicstream("evaluate", path, "--json", *flags)
    assert answer.errors == []
    found: dict[str, Any] = orjson.loads(answer.output)
    return found


def of_broken(folder: Path, *rows: Fields | bytes) -> Answer:
    return panicstream("evaluate", history(folder, [*rows, *TWO_BUGS]), "--json")


def fingerprints(folder: Path, *rows: Fields) -> int:
    return int(told(history(folder, rows))["fingerprints"])


def test_two_bugs_are_two_clusters_and_found_first(tmp_path: Path) -> None:
    found = told(history(tmp_path, TWO_BUGS))
    ours = found["methods"][0]
    assert {
        name: found[name] for name in ("label", "rows", "fingerprints", "bugs", "left_out", "broken")
    } == {
        "label": "cluster",
        "rows": 5,
        "fingerprints": 4,
        "bugs": 2,
        "left_out": 0,
        "broken": 0,
    }
    assert ours["ranking"] == {
        "all": {"queries": 5, "duplicates": 3, "auc": 1, "rr_1": 1, "rr_5": 1, "mrr": 1},
        "new_fingerprint": {"queries": 4, "duplicates": 2, "auc": 1, "rr_1": 1, "rr_5": 1, "mrr": 1},
        "cross_submission": None,
    }
    assert (ours["pairwise"], ours["b_cubed"]) == ({"precision": 1, "recall": 1, "f1": 1},) * 2
    assert (ours["clusters"], ours["order_ari"], ours["same_names"]) == (2, 1, True)


def test_every_method_is_told_in_the_same_shape(tmp_path: Path) -> None:
    methods = told(history(tmp_path, TWO_BUGS))["methods"]
    assert [method["method"] for method in methods] == ["panicstream", "fast", "blend"]
    assert [list(method["parameters"]) for method in methods] == [
        [],
        ["alpha", "beta", "gamma", "threshold"],
        ["threshold"],
    ]
    assert {tuple(method) for method in methods} == {tuple(methods[0])}


def test_people_read_a_table(tmp_path: Path) -> None:
    output = panicstream("evaluate", history(tmp_path, TWO_BUGS)).output.splitlines()
    assert output[0] == "5 rows, 4 fingerprints, 2 bugs by cluster"
    assert ["MRR", "1.000", "1.000", "1.000"] in [line.split() for line in output]
    assert [line.split(":")[0] for line in output[-2:]] == ["fast", "blend"]


def test_ranks_are_written_for_each_query(tmp_path: Path) -> None:
    ranks = tmp_path / "ranks.jsonl"
    told(history(tmp_path, [keyed(9, "x"), {"cluster": 1, "key": None}, *TWO_BUGS]), "--ranks", str(ranks))
    lines = [orjson.loads(line) for line in ranks.read_bytes().splitlines()]
    assert [(line["query"], line["label"], line["known"]) for line in lines] == [
        (0, 9, False),
        (2, "cart", False),
        (3, "mail", False),
        (4, "cart", False),
        (5, "mail", False),
        (6, "cart", True),
    ]
    assert [bug for bug, _ in lines[-1]["scores"]][:1] == ["cart"]
    assert lines[-1]["scores"][0] == ["cart", 1.0]
    assert sorted(lines[-1]["scores"], key=lambda pair: -pair[1]) == lines[-1]["scores"]


def test_of_many_bugs_the_best_two_hundred_are_written(tmp_path: Path) -> None:
    ranks = tmp_path / "ranks.jsonl"
    told(
        history(tmp_path, [keyed(number, "serve", f"f{number}") for number in range(260)]),
        "--ranks",
        str(ranks),
    )
    assert len(orjson.loads(ranks.read_bytes().splitlines()[-1])["scores"]) == 200


def test_crashes_come_in_the_order_of_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text("[3, 2, 1]")
    ranks = tmp_path / "ranks.jsonl"
    flags = ("--order", str(tmp_path / "order.json"), "--ranks", str(ranks))
    assert told(history(tmp_path, TWO_BUGS), *flags)["rows"] == 3
    assert [orjson.loads(line)["query"] for line in ranks.read_bytes().splitlines()] == [3, 2, 1]


def test_rows_that_their_maker_left_out_are_left_out(tmp_path: Path) -> None:
    found = told(history(tmp_path, [*TWO_BUGS, {"cluster": "cart", "key": None}]))
    assert (found["rows"], found["left_out"]) == (5, 1)


def test_a_packed_history_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "crashes.jsonl.gz"
    path.write_bytes(gzip.compress(Path(history(tmp_path, TWO_BUGS)).read_bytes()))
    assert told(str(path))["rows"] == 5


def test_bug_is_the_label_where_there_is_no_cluster(tmp_path: Path) -> None:
    rows = [{"bug": number % 2, "key": [f"f{number}"]} for number in range(4)]
    found = told(history(tmp_path, rows))
    assert (found["label"], found["bugs"]) == ("bug", 2)


def test_reports_of_one_bug_are_told_apart_from_others(tmp_path: Path) -> None:
    rows = [keyed("a", f"f{number}", "main", bug=bug) for number, bug in enumerate("xxy")]
    ranking = told(history(tmp_path, rows))["methods"][0]["ranking"]
    assert [ranking[name]["duplicates"] for name in ("all", "new_fingerprint", "cross_submission")] == [
        2,
        2,
        1,
    ]


def test_a_crash_without_a_key_has_the_fingerprint_of_its_log(tmp_path: Path) -> None:
    one = crash("a", "cart.Add", "api.Put", "api.Serve", value="no cart 17")
    inlined = {
        "cluster": "a",
        "header": ["panic: no cart 4"],
        "frames": [["panic", "/go/src/runtime/panic.go", 9, 0], *one["frames"]],
    }
    assert fingerprints(tmp_path, one, inlined) == 1


def test_a_key_is_taken_as_it_is(tmp_path: Path) -> None:
    assert fingerprints(tmp_path, keyed("a", "f.cold", "main"), keyed("a", "f", "main")) == 2


def test_equal_keys_with_other_words_are_two_fingerprints(tmp_path: Path) -> None:
    assert (
        fingerprints(
            tmp_path,
            keyed("a", "f", tmpl="no <s>"),
            keyed("a", "f", msg="gone 7"),
            keyed("a", "f", msg="gone 8"),
        )
        == 2
    )


def test_what_would_give_the_bug_away_is_not_read(tmp_path: Path) -> None:
    rows = [
        keyed("a", "f", title="in f", hdr="BUG: f", bug="1"),
        keyed("a", "f", title="in g", hdr="BUG: g", bug="2"),
    ]
    assert fingerprints(tmp_path, *rows) == 1


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


def test_a_file_without_rows_is_one_line(tmp_path: Path) -> None:
    path = history(tmp_path, [])
    answer = panicstream("evaluate", path)
    remedy = "`panicstream evaluate --help` shows what a row is"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {path}: no row of it can be used; {remedy}"])


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


def test_the_terminal_ends_with_the_table_alone(tmp_path: Path) -> None:
    shown = on_a_terminal("evaluate", history(tmp_path, TWO_BUGS))
    assert "2 bugs by cluster" in shown
