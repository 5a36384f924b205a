"""The report's own rules, with documents written out."""

from tests.accuracy.bulk import Planted, unlike
from tests.accuracy.go_folders import Output, heads, message, program_function
from tests.accuracy.issues import message_right
from tests.accuracy.measure import Asked, share
from tests.accuracy.mutations import fault
from tests.accuracy.peers_lines import offsets, unwhole
from tests.scanning import Crash, Scanned

RAW = "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/app/main.go:7 +0x1d\n"
LINES = RAW.rstrip("\n").split("\n")


def crash(**changes: object) -> Crash:
    """Return the document of a plain panic on lines 1 to 5 of its stream, with changes."""
    frame = {"function": "main.main", "class": "app", "above_panic": False, "line": 7}
    whole: Crash = {
        "kind": "panic",
        "title": "boom in main.main",
        "message": "boom",
        "raw": RAW,
        "line_count": 5,
        "source_first_offset": 1,
        "source_last_offset": 5,
        "frames": [frame],
        "fingerprint": "f1",
        "complete": True,
        "damage": [],
    }
    return whole | changes


def output(labels: dict[str, object], crashes: list[Crash]) -> Output:
    """Return a labelled file of the kind panic."""
    basic: dict[str, object] = {"file": "x.txt", "kind": "panic", "crash_heads": 1}
    return Output("go1.20/x.txt", basic | labels, RAW.encode(), crashes)


def test_a_share_leaves_explained_questions_out() -> None:
    measure = share("x", [Asked("a", True), Asked("b", False), Asked("c", False, explained="why")], 0.5)
    assert (measure.figure, measure.ok, measure.explained) == ("1/2 50.0 %", True, ["c: why"])


def test_nothing_asked_is_below_any_bar() -> None:
    assert not share("x", [], 0.0).ok


def test_a_star_in_a_label_stands_for_any_rest() -> None:
    labels: dict[str, object] = {"expected_panic_message": "(*cart.Cart) 0xADDR *"}
    assert message(output(labels, [crash(message="(*cart.Cart) 0xc000012345 and more")])).right
    assert not message(output(labels, [crash(message="(*cart.Item) 0xc000012345 and more")])).right


def test_a_head_outside_every_crash_is_a_miss() -> None:
    assert heads(output({}, [crash()])).right
    assert not heads(output({}, [crash(raw=RAW.split("\n", 2)[2])])).right
    assert not heads(output({"crash_heads": 2}, [crash(), crash(raw="")])).right


def test_the_program_function_skips_cgo_stubs_and_what_stands_above_the_panic() -> None:
    frames = [
        {"function": "main.main.func1", "class": "app", "above_panic": True},
        {"function": "main._Cfunc_abort", "class": "app", "above_panic": False},
        {"function": "main.charge", "class": "app", "above_panic": False},
    ]
    assert program_function(crash(frames=frames), below_panic=True) == "main.charge"
    assert program_function(crash(frames=frames), below_panic=False) == "main.main.func1"


def test_a_whole_crash_has_exactly_the_lines_of_the_group() -> None:
    lines = ["ordinary", *LINES, "ordinary"]
    assert unwhole(lines, range(1, 6), [crash()]) == ""
    assert unwhole(lines, range(1, 6), [crash(raw=RAW + "ordinary\n")]) == "6 lines instead of 5"
    assert unwhole(lines, range(1, 6), [crash(source_last_offset=6)]) == "offsets (1, 6) instead of (1, 5)"
    assert unwhole(lines, range(1, 6), []) == "no crash"


def test_a_log_prefix_and_lost_tabs_do_not_make_a_crash_unwhole() -> None:
    stamped = ["ordinary", *(f"Mar  1 12:00:0{n} app: {line.strip()}" for n, line in enumerate(LINES))]
    assert unwhole(stamped, range(1, 6), [crash()]) == ""


def test_groups_are_found_around_a_foreign_line() -> None:
    assert offsets(["a", "x", "b", "x"], [["a", "b"], ["x"], ["x"]]) == [[0, 2], [1], [3]]


def test_a_mutation_wants_the_same_fingerprint_or_a_mark() -> None:
    text, plain = RAW.encode(), [crash()]
    same, other = Scanned([], [crash()], 5, 0, 0), Scanned([], [crash(fingerprint="f2")], 5, 0, 0)
    told = Scanned([], [crash(fingerprint="f2", complete=False, damage=["cut_off"])], 5, 0, 0)
    assert [fault(plain, text, found) for found in (same, told)] == ["", ""]
    assert fault(plain, text, other) == "other fingerprint and not marked"
    assert fault(plain, text, Scanned([], [], 5, 5, 0)) == "lost"
    assert fault(plain, text, Scanned([], [crash(), crash()], 5, 0, 0)) == "2 crashes instead of 1"


def test_a_planted_crash_may_leave_out_what_the_program_wrote_before_its_head() -> None:
    wanted = Planted("go1.20/x.txt", "init 0\n" + RAW, 100)
    assert unlike(crash(source_first_offset=101), wanted) == ""
    assert unlike(crash(source_first_offset=100), wanted) == "offset 100, not 101"
    assert unlike(crash(raw="init 0\n" + RAW), wanted).startswith("raw begins 'init 0")
    assert unlike(None, wanted) == "not found"


def test_a_label_cut_at_the_first_blank_line_is_met_by_the_whole_value() -> None:
    label = {"message": "first  line"}
    assert message_right(label, crash(message="first line\n\nsecond"))
    assert not message_right(label, crash(message="other line"))
