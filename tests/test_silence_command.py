"""`panicstream silence`, and `alerts route`."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.command import Answer, panicstream
from tests.routes import hooks
from tests.silences import Silent
from tests.test_explanation import ROUTES, STORM
from tests.views import TOKEN


@pytest.fixture
def worker() -> Iterator[Silent]:
    with Silent(ROUTES).serving() as one:
        yield one


@pytest.fixture
def folder(worker: Silent, tmp_path: Path) -> Path:
    """Return a folder whose settings name the worker."""
    listen = worker.url.removeprefix("http://")
    (tmp_path / "panicstream.toml").write_text(f'[http]\nlisten = "{listen}"\ntoken = "{TOKEN}"\n')
    return tmp_path


def add(folder: Path, *words: str) -> Answer:
    return panicstream("silence", "add", *words, folder=folder)


def test_a_silence_is_added_listed_and_ended(worker: Silent, folder: Path) -> None:
    added = add(
        folder, "service=pay", 'severity=~"info|warning"', "--for", "2h", "--comment", "moved", "--by", "kim"
    )
    (command,) = worker.written
    name, arguments = command["subject"], command["arguments"]
    assert (added.code, added.errors) == (0, [])
    assert added.output.splitlines()[0] == f'active   {name}  service="pay", severity=~"info|warning"'
    assert added.output.splitlines()[1].endswith("by kim: moved")
    assert (arguments["comment"], command["by"]) == ("moved", "kim")
    listed = panicstream("silence", "list", folder=folder)
    assert listed.output.splitlines()[-1] == "1 silence"
    ended = panicstream("silence", "expire", name, "--json", folder=folder)
    assert (ended.code, orjson.loads(ended.output)["state"]) == (0, "expired")
    active = panicstream("silence", "list", "--state", "active", "--json", folder=folder)
    assert (active.code, active.output) == (0, "")


def test_it_may_begin_later_and_end_at_a_time(folder: Path) -> None:
    times = ["--from", "2099-01-01T00:00:00Z", "--until", "2099-01-02T08:00:00+08:00"]
    answer = add(folder, "service=pay", *times)
    assert (answer.code, answer.errors) == (
        2,
        [
            f"panicstream: {_url(folder)}: it ends in more than 30 days, and what is said is kept for "
            "30 days: take a shorter one; `panicstream silence --help` shows how it is used"
        ],
    )


def _url(folder: Path) -> str:
    return "http://" + (folder / "panicstream.toml").read_text().split('"')[1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["service=pay"], "say either --for how long, or --until when"),
        (["--for", "1h"], "name labels, such as service=pay; or --all, to silence all alerts"),
        (["service=pay", "--all", "--for", "1h"], "--all is for all alerts"),
        (["pay", "--for", "1h"], "a matcher is a name of a label, one of =, !=, =~, !~, and a value"),
        (["service=~(", "--for", "1h"], "a matcher is `(` is no pattern"),
        (["service=pay", "--for", "soon"], "Invalid value for '--for': 'soon' is no span such as 90s"),
        (["service=pay", "--until", "2026-11-23T08:00:00"], "Invalid value for '--until': "),
    ],
)
def test_what_is_misused_is_told_in_a_line(
    folder: Path, worker: Silent, words: list[str], expected: str
) -> None:
    answer = add(folder, *words)
    assert (answer.code, len(answer.errors), worker.written) == (2, 1, [])
    assert expected in answer.errors[0]
    assert "`panicstream silence add --help`" in answer.errors[0]


def test_all_alerts_are_silenced_for_who_says_so(folder: Path) -> None:
    answer = add(folder, "--all", "--for", "10m")
    assert (answer.code, "all alerts" in answer.output) == (0, True)


def test_a_pattern_that_all_meet_is_refused_without_all(folder: Path) -> None:
    answer = add(folder, "alertname=~.+", "--for", "10m")
    assert (answer.code, "it would silence all alerts" in answer.errors[0]) == (2, True)


def test_without_a_token_nothing_is_asked(folder: Path) -> None:
    settings = folder / "panicstream.toml"
    settings.write_text(settings.read_text().replace(TOKEN, ""))
    assert add(folder, "service=pay", "--for", "1h").errors == [
        "panicstream: http.token is not set; set http.token as the workers have it, or http.token_file, or "
        "PANICSTREAM_HTTP_TOKEN"
    ]


def test_a_silence_that_there_is_not_is_told(folder: Path) -> None:
    answer = panicstream("silence", "expire", "s-0", folder=folder)
    assert (answer.code, answer.errors) == (
        2,
        [
            f"panicstream: {_url(folder)}: there is no silence s-0; "
            "`panicstream silence list` shows which there are"
        ],
    )


def test_who_would_be_told_is_shown_with_why_not(folder: Path, worker: Silent) -> None:
    worker.sources.note("storm", STORM)
    add(folder, "service=pay", "--for", "2h", "--comment", "moved", "--by", "kim")
    answer = panicstream("alerts", "route", "service=pay", "severity=info", folder=folder)
    lines = answer.output.splitlines()
    assert (answer.code, answer.errors) == (0, [])
    assert lines[0] == "chat             route 2: what no other route takes"
    assert lines[1].strip() == "group service=pay: told at once, changes after 30s, again after 4h"
    assert lines[2].startswith("silent until ")
    assert lines[2].endswith("by kim (moved)")
    assert lines[3] == "silent while this fires: alertname=Storm"


FILE = f"""
[route]
channel = "chat"
[[route.routes]]
matchers = ['severity="critical"']
channel = "pager"
{hooks("chat", "pager")}"""


def test_a_file_is_gone_by_before_it_is_rolled_out(tmp_path: Path) -> None:
    (tmp_path / "new.toml").write_text(FILE)
    words = ["alerts", "route", "--routes", "new.toml", "severity=critical"]
    answer = panicstream(*words, folder=tmp_path)
    assert (answer.code, answer.output.splitlines()[0]) == (
        0,
        'pager            route 1: severity="critical"',
    )
    assert (
        answer.output.splitlines()[-1] == "silences and other alerts were not looked at: no worker was asked"
    )
    found = orjson.loads(panicstream(*words, "--json", folder=tmp_path).output)
    assert ([one["channel"] for one in found["targets"]], found["silences"]) == (["pager"], None)


def test_faults_of_the_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "new.toml").write_text(FILE.replace('channel = "pager"', 'channel = "pgaer"'))
    answer = panicstream("alerts", "route", "--routes", "new.toml", folder=tmp_path)
    assert (answer.code, answer.errors) == (
        1,
        ["panicstream: new.toml:6: route 1: channel: there is no pgaer; did you mean pager?"],
    )


def test_what_is_no_label_is_told(tmp_path: Path) -> None:
    answer = panicstream("alerts", "route", "severity=~x", folder=tmp_path)
    assert (answer.code, "'severity=~x' is no label with its value" in answer.errors[0]) == (2, True)


def test_alerts_and_their_help_are_as_before(tmp_path: Path) -> None:
    answer = panicstream("alerts", "xyz", folder=tmp_path)
    assert (answer.code, "is no id of an alert" in answer.errors[0]) == (2, True)
    told = panicstream("alerts", "--help").output
    assert ("--state" in told, "route" in told) == (True, True)
