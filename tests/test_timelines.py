"""Timelines are read from TOML and played through rules; every shipped rule does what its text says."""

from pathlib import Path

import orjson
import pytest

from agents.rule_files import load
from pipeline.timeline import Timeline
from pipeline.timeline_play import Became, play
from pipeline.timeline_verdicts import judged
from pipeline.timelines import TimelineFaultsError, read_timelines
from tests.command import Answer, panicstream

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "demo" / "rules").glob("*.toml"))
SHIPPED = {
    timeline.name: timeline
    for file in FILES
    for timeline in read_timelines(file.read_text(), file.name, load())
}
ENDLESS = {"Watchdog"}
BURST = """
[[timeline]]
name = "deadlock"
service = "pay"
rules = ["GoDeadlock"]
happens = [{ at = "10s", new = "deadlock" }]
"""
BEGINS = '{ alert = "GoDeadlock", between = ["10s", "10s"] }'
FIRED = "GoDeadlock of pay deadlock is firing at 10s"
SAID = "first deadlock of its kind in pay (?), release ?: deadlock"


def timelines(text: str) -> tuple[Timeline, ...]:
    return read_timelines(text, "my.toml", load())


def faults(text: str) -> list[str]:
    with pytest.raises(TimelineFaultsError) as told:
        timelines(text)
    return told.value.faults


def verdicts(text: str) -> list[tuple[bool, str]]:
    return [(one.is_ok, one.text) for timeline in timelines(text) for one in judged(timeline, play(timeline))]


def tried(folder: Path, text: str, *flags: str) -> Answer:
    (folder / "my.toml").write_text(text)
    return panicstream("rules", "test", *flags, "my.toml", folder=folder)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rules_fire_and_end_when_their_timeline_says(name: str) -> None:
    failed = [one.text for one in judged(SHIPPED[name], play(SHIPPED[name])) if not one.is_ok]
    assert failed == []


@pytest.mark.parametrize("rule", [rule.name for rule in load()])
def test_a_timeline_lets_each_shipped_rule_fire_and_end(rule: str) -> None:
    expected = {
        one.becomes
        for timeline in SHIPPED.values()
        for one in timeline.expected
        if one.alert == rule and one.times
    }
    assert expected == ({"firing"} if rule in ENDLESS else {"firing", "resolved"})


@pytest.mark.parametrize("rule", [rule.name for rule in load() if rule.fire and rule.name not in ENDLESS])
def test_a_timeline_comes_near_each_condition_and_nothing_fires(rule: str) -> None:
    quiet = [
        timeline
        for timeline in SHIPPED.values()
        if any(one.name == rule for one in timeline.rules)
        and timeline.steps
        and not any(one.alert == rule for one in timeline.expected)
    ]
    assert quiet


def test_what_is_expected_and_happens_is_told_with_its_second() -> None:
    text = BURST + 'expect = [{ alert = "GoDeadlock", between = ["10s", "12s"] }]'
    assert verdicts(text) == [(True, "GoDeadlock of pay deadlock is firing at 10s")]


def test_what_happens_instead_is_told() -> None:
    text = (
        BURST + 'expect = [{ alert = "GoDeadlock", between = ["11s", "12s"], labels = { service = "pay" } }]'
    )
    assert verdicts(text) == [
        (
            False,
            f"GoDeadlock is not firing with service pay between 11s and 12s; instead: {FIRED} (`{SAID}`)",
        ),
        (False, f"{FIRED}, which nobody expected"),
    ]


def test_what_nobody_expects_is_a_fault() -> None:
    assert verdicts(BURST) == [(False, "GoDeadlock of pay deadlock is firing at 10s, which nobody expected")]


def test_rules_that_are_not_named_do_not_look_on() -> None:
    assert verdicts(BURST.replace("GoDeadlock", "GoPanicRateHigh")) == []


def test_an_end_may_come_unexpected_where_the_timeline_expects_none() -> None:
    assert verdicts(BURST + f'lasts = "40m"\nexpect = [{BEGINS}]') == [(True, FIRED)]


def test_an_end_that_comes_at_another_time_is_a_fault() -> None:
    ends = '{ alert = "GoDeadlock", becomes = "resolved", between = ["1m", "2m"] }'
    assert verdicts(BURST + f'lasts = "40m"\nexpect = [{BEGINS}, {ends}]') == [
        (True, FIRED),
        (
            False,
            "GoDeadlock is not resolved between 1m and 2m; instead: "
            f"{FIRED} (`{SAID}`), GoDeadlock of pay deadlock is resolved at 30m11s (`{SAID}`)",
        ),
        (False, "GoDeadlock of pay deadlock is resolved at 30m11s, which nobody expected"),
    ]


def test_a_rate_is_spread_evenly_and_a_number_comes_at_once() -> None:
    steps = '{ at = "10s", until = "70s", crashes = "12/min" }, { at = "5s", crashes = 7 }'
    even, once = timelines(f"[[timeline]]\nhappens = [{steps}]")[0].steps
    assert [second for second in range(100) if even.number(second)] == list(range(14, 70, 5))
    assert {second: once.number(second) for second in range(4, 8)} == {4: 0, 5: 7, 6: 0, 7: 0}


def test_a_timeline_is_played_alike_each_time() -> None:
    timeline = SHIPPED["a minute and a half without a crash is no end"]
    told: list[Became] = play(timeline)
    assert (len(told), play(timeline)) == (2, told)


def test_every_fault_of_a_timeline_is_said_at_once() -> None:
    text = """
x = 1
[[timeline]]
name = "one"
rules = ["GoDeadlok"]
happens = [
  { at = "10s", crashes = "12/min" },
  { crashes = 1, lines = 1 },
  { at = "1x", crashes = -1 },
  { at = "1m", until = "30s", gc = "6/min", alloc = "3 ms", pauze = "1 ms" },
]
expect = [{ alert = "GoPanic", between = ["2m", "1m"] }, { becomes = "gone" }]
lasts = "2d"
"""
    where = "my.toml: timeline 1 (one)"
    assert faults(text) == [
        "my.toml: x: no such field; timelines are tables [[timeline]]",
        f"{where}: lasts: it is '2d'; a day at most",
        f"{where}: rules: no rule is called GoDeadlok; did you mean GoDeadlock?",
        f"{where}: happens 1: until: it is missing; when does it end?",
        f"{where}: happens 2: crashes and lines happens; one of crashes, lines, gc, new, regressed, lag",
        f"{where}: happens 3: at: it is '1x'; a span in quotes, such as '90s', '2m' or '1h30m'",
        f"{where}: happens 3: crashes: it is -1; a number, or how many a minute: '12/min'",
        f"{where}: happens 4: alloc: it is '3 ms'; `ms` is no unit of it; "
        "a number with one of B/s, kB/s, MB/s, GB/s, KiB/s, MiB/s, GiB/s",
        f"{where}: happens 4: pauze: no such field; did you mean pause?",
        f"{where}: happens 4: until: it is not after `at`; let it end later",
        f"{where}: expect 1: between: it is ['2m', '1m']; two spans, the earlier one first",
        f"{where}: expect 1: alert: no rule is called GoPanic; did you mean GoPanicSurge?",
        f"{where}: expect 2: becomes: it is 'gone'; one of firing, resolved",
        f"{where}: expect 2: alert: it is missing",
        f"{where}: expect 2: between: it is missing",
    ]


@pytest.mark.parametrize(
    "step",
    [
        "crashes = 99999999999999999999999",
        'lines = "1e300/min", until = "1m"',
        'gc = 5, alloc = "1e290 GB/s"',
        'gc = 5, pause = "1e300 s"',
        "gc = 5, heap_goal_ratio = 1e300",
    ],
)
def test_what_fits_no_record_is_told(step: str) -> None:
    (fault,) = faults(f"[[timeline]]\nhappens = [{{ {step} }}]")
    assert fault.endswith(" at most")


def test_more_services_than_can_be_played_are_told() -> None:
    (fault,) = faults("[[timeline]]\nhappens = [{ crashes = 1, services = 100000 }]")
    assert fault.endswith("services: it is 100000; a whole number from 1 to 200")


def test_a_file_without_timelines_is_told() -> None:
    assert faults("") == ["my.toml: there is no timeline; write [[timeline]]"]


def test_the_command_tells_all_and_exits_with_one_where_something_failed(tmp_path: Path) -> None:
    met = BURST + 'expect = [{ alert = "GoDeadlock", between = ["10s", "10s"] }]\n'
    assert tried(tmp_path, met + BURST.replace('"deadlock"\nservice', '"other"\nservice')) == Answer(
        1,
        "ok     deadlock\n"
        "  ok     GoDeadlock of pay deadlock is firing at 10s\n"
        "FAILED other\n"
        "  FAILED GoDeadlock of pay deadlock is firing at 10s, which nobody expected\n",
        [],
    )
    assert tried(tmp_path, met).code == 0


def test_the_command_plays_rules_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(
        '[GoPanicRateHigh]\nfire = "> 100/min"\nclear = "< 50/min"\nfor = "10s"'
    )
    text = '[[timeline]]\nrules = ["GoPanicRateHigh"]\nhappens = [{ until = "2m", crashes = "200/min" }]\n'
    text += 'expect = [{ alert = "GoPanicRateHigh", between = ["30s", "1m"] }]'
    assert tried(tmp_path, text, "--rules", "rules.toml").code == 0


def test_as_json_a_timeline_is_one_object(tmp_path: Path) -> None:
    told = orjson.loads(tried(tmp_path, BURST, "--json").output)
    assert (told["timeline"], told["is_ok"], told["alerts"][0]["at"]) == ("deadlock", False, 10)


def test_a_file_that_is_not_there_and_rules_with_faults_are_told(tmp_path: Path) -> None:
    assert panicstream("rules", "test", "nowhere.toml", folder=tmp_path) == Answer(
        2, "", ["panicstream: nowhere.toml: no such file or directory; name a file of timelines, in TOML"]
    )
    (tmp_path / "rules.toml").write_text("[A]\nx = 1")
    told = tried(tmp_path, BURST, "--rules", "rules.toml")
    assert (told.code, told.output.count("rule A")) == (1, 2)


def test_the_help_shows_a_timeline_that_is_met(tmp_path: Path) -> None:
    shown = panicstream("rules", "test", "--help").output
    text = shown[shown.index("[[timeline]]") : shown.index("What fires and")]
    answer = tried(tmp_path, text)
    assert (answer.code, answer.errors) == (0, []), answer
