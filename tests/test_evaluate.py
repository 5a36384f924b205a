"""What `panicstream evaluate` says of a history."""

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.command import on_a_terminal, panicstream
from tests.histories import TWO_BUGS, Fields, crash, history, keyed


def told(path: str, *flags: str) -> dict[str, Any]:
    answer = panicstream("evaluate", path, "--json", *flags)
    assert answer.errors == []
    found: dict[str, Any] = orjson.loads(answer.output)
    return found


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


def shown(folder: Path, *rows: Fields) -> list[str]:
    """Return the lines that people read of these rows."""
    answer = panicstream("evaluate", history(folder, rows))
    assert (answer.code, answer.errors) == (0, [])
    return answer.output.splitlines()


def below(heading: str, lines: list[str]) -> str:
    """Return the line below a heading."""
    return next(after for line, after in pairwise(lines) if line.startswith(heading)).strip()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "1 asked, each the first of its bug: there is nothing to find"),
        ([keyed(2, "g"), keyed(3, "h")], "3 asked, each the first of its bug: there is nothing to find"),
        ([keyed(2, "g"), keyed(1, "f")], "3 asked, 1 of them duplicates"),
        ([keyed(1, "f")] * 7, "7 asked, all of them duplicates: there is no AUC"),
    ],
)
def test_what_there_is_nothing_to_measure_by_is_said_in_words(
    tmp_path: Path, rows: list[Fields], expected: str
) -> None:
    assert below("all crashes", shown(tmp_path, keyed(1, "f"), *rows)) == expected


def test_without_a_new_fingerprint_that_is_said(tmp_path: Path) -> None:
    assert below("new fingerprints", shown(tmp_path, *[keyed(1, "f")] * 8)) == "none asked"


def test_without_reports_that_is_said(tmp_path: Path) -> None:
    expected = "no row names the report that it is of"
    assert below("new, from another report", shown(tmp_path, *TWO_BUGS)) == expected


def test_figures_that_say_nothing_are_named(tmp_path: Path) -> None:
    apart = [keyed(number, f"f{number}") for number in range(3)]
    alike = [keyed(1, f"f{number}") for number in range(3)]
    heading = "clusters, as crashes came"
    assert below(heading, shown(tmp_path, *apart)) == "no bug has two crashes: recall says nothing"
    assert below(heading, shown(tmp_path, *alike)) == "all crashes are one bug: precision says nothing"


@pytest.mark.parametrize(
    "rows",
    [
        [keyed(1, "f")],
        [keyed(1, "f")] * 9,
        [keyed(1, f"f{number}") for number in range(9)],
        [keyed(number, f"f{number}") for number in range(9)],
    ],
    ids=["one row", "repeated rows", "one bug", "as many bugs as rows"],
)
def test_what_cannot_be_measured_is_null_in_json(tmp_path: Path, rows: list[Fields]) -> None:
    text = panicstream("evaluate", history(tmp_path, rows), "--json").output
    found = json.loads(text, parse_constant=pytest.fail)  # which NaN and Infinity would be
    duplicates = [method["ranking"]["all"]["duplicates"] for method in found["methods"]]
    ranks = [method["ranking"]["all"]["mrr"] for method in found["methods"]]
    assert [rank is None for rank in ranks] == [count == 0 for count in duplicates]


def test_the_terminal_ends_with_the_table_alone(tmp_path: Path) -> None:
    assert "2 bugs by cluster" in on_a_terminal("evaluate", history(tmp_path, TWO_BUGS))
