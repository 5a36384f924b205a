"""The command `clusters`, and what it shows of a worker's answers."""

import os
import pty
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from rich.console import Console
from rich.text import Text

from agents.role import MisfitError
from agents.show_clusters import sparkline
from agents.watch_clusters import picture, watch
from tests.command import PATIENCE_S, PROGRAM, Answer, first_line, panicstream, started
from tests.kafka.cluster import free_ports
from tests.test_schema import misfits

README = Path(__file__).parents[1] / "README.md"
ID = "c-1118e17081b1aa02"

CART: dict[str, Any] = {
    "schema_version": 1,
    "cluster_id": ID,
    "title": "nil pointer dereference in cart.(*Cart).OwnerName",
    "shard": "github.com/acme/shop",
    "state": "regressed",
    "is_established": True,
    "crashes_total": 1234,
    "crashes_1h": 12,
    "crashes_24h": 310,
    "streams": 57,
    "first_seen": "2026-11-17T23:59:59.999999999Z",
    "last_seen": "2026-11-21T00:20:45.120249605Z",
    "first_release": "v1.41",
    "culprit_function": "github.com/acme/shop/internal/cart.(*Cart).OwnerName",
    "sample_id": "5d41402abc4b2a76b9719d911017c592",
    "fingerprints_total": 2,
    "updated_at": "2026-11-21T00:21:00.000000000Z",
    "crashes_by_minute": [0] * 55 + [2, 0, 1, 4, 5],
    "crashes_by_hour": [0, 3, 9, 30, 0, 0, 0, 0, 0, 1, 1, 2, 4, 9, 22, 35, 31, 40, 45, 33, 20, 8, 5, 12],
    "fingerprints": [
        {
            "fingerprint": "1118e17081b1aa02c2f00e8d7b3a5519",
            "label": "core",
            "crashes_total": 1200,
            "first_seen": "2026-11-17T23:59:59.999999999Z",
            "last_seen": "2026-11-21T00:20:45.120249605Z",
        },
        {
            "fingerprint": "9d2f60cc3f60aa1109c2f00e8d7b3a55",
            "label": "border",
            "crashes_total": 34,
            "first_seen": "2026-11-20T08:00:00.000000000Z",
            "last_seen": "2026-11-20T09:00:00.000000000Z",
        },
    ],
    "aliases": ["c-9d2f60cc3f60aa11"],
    "services": [
        {"service_namespace": "shop", "service_name": "cart", "environment": "live", "crashes": 1230},
        {"service_namespace": None, "service_name": None, "environment": None, "crashes": 4},
    ],
    "releases": [
        {
            "service": "shop/cart/live",
            "release": "v1.41",
            "crashes": 924,
            "first_time": "2026-11-17T23:59:59.999999999Z",
            "last_time": "2026-11-20T07:12:00.000000000Z",
        },
        {
            "service": "shop/cart/live",
            "release": "v1.43",
            "crashes": 310,
            "first_time": "2026-11-20T08:00:00.000000000Z",
            "last_time": "2026-11-21T00:20:45.120249605Z",
        },
    ],
}
BARE = CART | {
    "cluster_id": "c-c4561e2c7ced0911",
    "title": None,
    "state": "muted",
    "crashes_total": 1,
    "crashes_24h": 0,
    "crashes_1h": 0,
    "crashes_by_hour": [0] * 24,
    "first_seen": None,
    "last_seen": None,
    "first_release": "\x1b[31mred",
    "services": [
        {"service_namespace": None, "service_name": f"s{number}", "environment": None, "crashes": 1}
        for number in range(7)
    ],
    "releases": [],
}
PAY = CART | {
    "cluster_id": "c-4a0be21f77c09d35",
    "title": "index out of range [3] with length 3 in pay.(*Desk).Refund",
    "state": "new",
    "crashes_total": 3,
    "crashes_24h": 3,
    "crashes_1h": 3,
    "crashes_by_hour": [0] * 23 + [3],
    "first_seen": "2026-11-21T00:04:10.000000000Z",
    "last_seen": "2026-11-21T00:19:02.000000000Z",
    "first_release": "v2.0",
    "services": [
        {"service_namespace": "shop", "service_name": "pay", "environment": "live", "crashes": 3},
    ],
    "releases": [CART["releases"][1] | {"service": "shop/pay/live", "release": "v2.0", "crashes": 3}],
}
TABLE = """\
    total    24 h     1 h  last 24 hours             bug
    1,234     310      12  ·▁▂▆·····▁▁▁▁▂▄▇▆██▆▄▂▁▃  nil pointer dereference in cart.(*Cart).OwnerName
    c-1118e17081b1aa02  regressed  shop/cart/live, unknown  since 2026-11-17 23:59 v1.41  last 2026-11-21 00:20 v1.43
        3       3       3  ·······················█  index out of range [3] with length 3 in pay.(*Desk).Refund
    c-4a0be21f77c09d35  new        shop/pay/live  since 2026-11-21 00:04 v2.0  last 2026-11-21 00:19 v2.0

2 bugs
"""  # noqa: E501  # as it is
DETAIL = """\
nil pointer dereference in cart.(*Cart).OwnerName  c-1118e17081b1aa02
  state     regressed
  crashes   1,234 in 57 streams; 310 in 24 hours, 12 in the last one
  last hour ·······················································▄·▂▇█
  last day  ·▁▂▆·····▁▁▁▁▂▄▇▆██▆▄▂▁▃
  first     2026-11-17 23:59:59 v1.41
  last      2026-11-21 00:20:45 v1.43
  culprit   github.com/acme/shop/internal/cart.(*Cart).OwnerName
  shard     github.com/acme/shop
  sample    5d41402abc4b2a76b9719d911017c592 in panics
  aliases   c-9d2f60cc3f60aa11

  services
        1,230  shop/cart/live
            4  unknown

  releases
          924  2026-11-17 23:59:59 to 2026-11-20 07:12:00  v1.41             shop/cart/live
          310  2026-11-20 08:00:00 to 2026-11-21 00:20:45  v1.43             shop/cart/live

  fingerprints
        1,200  2026-11-17 23:59:59 to 2026-11-21 00:20:45  1118e17081b1aa02c2f00e8d7b3a5519  core
           34  2026-11-20 08:00:00 to 2026-11-20 09:00:00  9d2f60cc3f60aa1109c2f00e8d7b3a55  border
"""


class Heard(NamedTuple):
    """A question that a worker was asked."""

    line: str
    token: str | None
    body: Any


class Worker(NamedTuple):
    """Where one listens, and what it was asked."""

    url: str
    heard: list[Heard]

    def asked(self, *words: str, token: str = "") -> Answer:
        """Run `panicstream clusters` on it."""
        with pytest.MonkeyPatch.context() as patch:
            if token:
                patch.setenv("PANICSTREAM_HTTP_TOKEN", token)
            return panicstream("clusters", *words, "--url", self.url)


@contextmanager
def worker(status: int, answer: bytes) -> Iterator[Worker]:
    """Run something that answers every question so."""
    heard: list[Heard] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's own name
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = f"{self.command} {self.path}"
            heard.append(Heard(asked, self.headers.get("Authorization"), orjson.loads(body or b"null")))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815  # the library's own name

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Worker(f"http://127.0.0.1:{server.server_port}", heard)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(*clusters: dict[str, Any], known: int = 214, total: int = 30, here: int = 12) -> bytes:
    """Return a worker's answer."""
    about = {"known": known, "total": total, "partitions": list(range(here)), "of": 12}
    return orjson.dumps(about | {"clusters": list(clusters)})


def error(why: str) -> bytes:
    return orjson.dumps({"error": why})


def test_the_bugs_of_these_tests_are_some() -> None:
    assert [misfits(one, "clusters.v1") for one in (CART, PAY, BARE)] == [[], [], []]


def test_bugs_are_shown_for_people_as_readme_says() -> None:
    with worker(200, told(CART, PAY, known=2, total=2)) as asked:
        assert asked.asked() == (0, TABLE, [])
    assert TABLE in README.read_text()


def test_and_one_in_detail() -> None:
    with worker(200, orjson.dumps(CART)) as asked:
        assert asked.asked(ID) == (0, f"{DETAIL}\n", [])
    assert [one.line for one in asked.heard] == [f"GET /api/clusters/{ID}"]
    assert DETAIL in README.read_text()


def test_what_is_not_known_is_said_and_no_text_of_a_log_steers_a_terminal() -> None:
    with worker(200, told(BARE)) as asked:
        rows = asked.asked().output.splitlines()[1:3]
    assert rows == [
        f"        1       0       0  {'·' * 24}  no title yet",
        "    c-c4561e2c7ced0911  muted      s0, s1, s2, s3, s4 and 2 more"
        "  since unknown \\x1b[31mred  last unknown",
    ]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"known": 1, "total": 1}, "1 bug"),
        ({"known": 214, "total": 214}, "214 bugs, 1 shown"),
        ({"known": 214, "total": 1}, "214 bugs, 1 of them fit"),
        ({"known": 2_140, "total": 300}, "2,140 bugs, 300 of them fit, 1 shown"),
    ],
)
def test_the_last_line_says_how_many_there_are(numbers: dict[str, int], expected: str) -> None:
    with worker(200, told(CART, **numbers)) as asked:
        assert asked.asked().output.splitlines()[-1] == expected


def test_bugs_as_json_are_a_line_each() -> None:
    with worker(200, told(CART, BARE)) as asked:
        lines = asked.asked("--json").output.splitlines()
    assert [orjson.loads(line) for line in lines] == [CART, BARE]


def test_one_as_json_too() -> None:
    with worker(200, orjson.dumps(CART)) as asked:
        assert orjson.loads(asked.asked(ID, "--json").output) == CART


def test_filters_are_those_of_the_api() -> None:
    words = ["--state", "new", "--service", "shop/cart/live", "--release", "v1+2", "--search", "a b"]
    with worker(200, told()) as asked:
        assert asked.asked(*words, "--sort", "last_seen", "--limit", "7").code == 0
    query = "state=new&service=shop%2Fcart%2Flive&release=v1%2B2&search=a+b&sort=last_seen&limit=7"
    assert [one.line for one in asked.heard] == [f"GET /api/clusters?{query}"]


def test_partitions_that_are_missing_are_said_and_are_a_failure() -> None:
    with worker(200, told(CART, here=3)) as asked:
        answer = asked.asked()
    assert answer.output.splitlines()[-1] == "214 bugs, 30 of them fit, 1 shown, in 3 of 12 partitions"
    missing = "9 of 12 partitions are missing"
    remedy = "look whether all workers run and reach each other (http.advertise)"
    assert (answer.code, answer.errors) == (2, [f"panicstream: {missing}; {remedy}"])


@pytest.mark.parametrize(
    ("words", "line", "body"),
    [
        (["resolve", ID], f"{ID}/resolve", {}),
        (["resolve", ID, "--release", "v1.43"], f"{ID}/resolve", {"release": "v1.43"}),
        (["reopen", ID], f"{ID}/reopen", {}),
        (["mute", ID], f"{ID}/mute", {}),
        (["unmute", ID], f"{ID}/unmute", {}),
        (["merge", ID, "--into", PAY["cluster_id"]], f"{ID}/merge", {"into": PAY["cluster_id"]}),
        (["split", ID, "ab", "cd"], f"{ID}/split", {"fingerprints": ["ab", "cd"]}),
    ],
)
def test_a_command_is_given_with_the_token_and_who_wants_it(
    words: Sequence[str], line: str, body: dict[str, Any]
) -> None:
    command = {"command": words[0], "subject": ID, "by": "alice"}
    with worker(202, orjson.dumps(command)) as asked:
        answer = asked.asked(*words, "--by", "alice", token="open")  # noqa: S106  # it opens nothing
        as_json = asked.asked(*words, "--json", token="open").output  # noqa: S106
    assert answer == (0, f"{words[0]} {ID}: written, and done in a moment\n", [])
    assert asked.heard[0] == (f"POST /api/clusters/{line}", "Bearer open", {**body, "by": "alice"})
    assert asked.heard[1].body["by"]
    assert orjson.loads(as_json) == command


TOKEN = "set http.token as the workers have it, or http.token_file, or PANICSTREAM_HTTP_TOKEN"  # noqa: S105
ANOTHER = "name a worker of panicstream with --url"


def test_without_a_token_no_command_is_given() -> None:
    with worker(202, b"") as asked:
        assert asked.asked("mute", ID) == (2, "", [f"panicstream: http.token is not set; {TOKEN}"])
    assert asked.heard == []


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (
            400,
            error("limit: too many"),
            "limit: too many; `panicstream clusters --help` shows how it is used",
        ),
        (403, error("it needs a token"), f"it needs a token; {TOKEN}"),
        (
            404,
            error("there is no cluster"),
            "there is no cluster; `panicstream clusters` shows which there are",
        ),
        (503, error("it reads"), "it reads; ask again in a moment"),
        (404, b"", "not found; the worker there does not run track; name one that does with --url"),
        (500, b"500", f"internal server error; {ANOTHER}"),
        (200, b"<html>", f"something else answers there; {ANOTHER}"),
        (200, b"[]", f"something else answers there; {ANOTHER}"),
        (200, b"{}", f"something else answers there; {ANOTHER}"),
    ],
)
@pytest.mark.parametrize("words", [[], [ID], ["mute", ID]])
def test_whoever_cannot_tell_is_told_in_one_line(
    words: Sequence[str], status: int, answer: bytes, expected: str
) -> None:
    with worker(status, answer) as asked:
        told = asked.asked(*words, token="open")  # noqa: S106
    assert told == (2, "", [f"panicstream: {asked.url}: {expected}"])


def test_where_nobody_listens_one_line_says_so() -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    line = f"panicstream: {url}: connection refused; start `panicstream worker`, or name one with --url"
    assert panicstream("clusters", "--url", url) == (2, "", [line])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["resolv"],
            "Invalid value for 'ID': 'resolv' is no id of a bug: c- and 16 digits, as `panicstream clusters` "
            "shows them; `panicstream clusters --help` shows how it is used",
        ),
        (
            [ID, "--sort", "streams"],
            "--sort is for lists of bugs, not for one; `panicstream clusters --help` shows how it is used",
        ),
        (
            ["--watch", "--json"],
            "--watch is for people, --json for programs: leave one away; "
            "`panicstream clusters --help` shows how it is used",
        ),
        (
            ["merge", ID],
            "Missing option '--into'; `panicstream clusters merge --help` shows how it is used",
        ),
    ],
)
def test_words_that_are_not_understood_are_told_in_one_line(words: Sequence[str], expected: str) -> None:
    assert panicstream("clusters", *words) == (2, "", [f"panicstream: {expected}"])


def test_help_tells_the_options_of_lists_and_the_commands() -> None:
    shown = panicstream("clusters", "--state", "new", "--help").output
    assert [word for word in ("--watch", "--search", "resolve", "Examples:") if word not in shown] == []


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([], ""), ([0, 0], "··"), ([1, 0, 1], "█·█"), ([1, 2, 4, 8], "▁▂▄█"), ([1, 1000], "▁█")],
)
def test_bars_are_as_high_as_counts_and_none_is_a_dot(counts: Sequence[int], expected: str) -> None:
    assert sparkline(counts) == expected


def test_a_picture_has_the_lines_that_fit_and_the_last_one_always() -> None:
    lines = [Text(f"{number} " + "x" * 50) for number in range(20)] + [Text("20 bugs")]
    console = Console(width=10, file=StringIO())
    with console.capture() as drawn:
        console.print(picture(lines, 6))
    assert drawn.get().splitlines() == [*(f"{number} xxxxxxx…" for number in range(4)), "20 bugs  …"]


def test_a_worker_that_stops_answering_is_told_below_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    answers: list[list[Text] | MisfitError] = [
        [Text("a bug"), Text("1 bug")],
        MisfitError("it is away", "wait"),
        [Text("two bugs"), Text("2 bugs")],
    ]

    def look() -> list[Text]:
        answer = answers.pop(0)
        if isinstance(answer, MisfitError):
            raise answer
        return answer

    def pause(_: float) -> None:
        if not answers:
            raise KeyboardInterrupt

    def show(line: Text) -> None:
        shown.append(line.plain)

    monkeypatch.setattr("time.sleep", pause)
    monkeypatch.setattr("agents.terminal.show", show)
    with pytest.raises(KeyboardInterrupt):
        watch(look)
    assert shown == ["a bug", "1 bug", "a bug", "it is away", "two bugs", "2 bugs"]


def test_a_watch_that_cannot_begin_says_why() -> None:
    with worker(503, error("it reads")) as asked:
        line = f"panicstream: {asked.url}: it reads; ask again in a moment"
        assert asked.asked("--watch") == (2, "", [line])


def test_a_watch_in_a_pipe_writes_lines_until_ctrl_c() -> None:
    with worker(200, told(CART)) as asked:
        process = started([PROGRAM, "clusters", "--watch", "--url", asked.url])
        assert first_line(process).decode() == TABLE.splitlines(keepends=True)[0]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors.strip()) == (130, b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_watch_on_a_terminal_leaves_it_as_it_was(number: signal.Signals, code: int) -> None:
    with worker(200, told(CART)) as asked:
        ours, its = pty.openpty()
        words = [PROGRAM, "clusters", "--watch", "--url", asked.url]
        variables = os.environ | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "30"}
        process = subprocess.Popen(words, stdout=its, stderr=its, env=variables)  # noqa: S603
        os.close(its)
        got, stop = b"", threading.Timer(PATIENCE_S, process.kill)
        stop.start()
        while b"Ctrl-C ends it" not in got:
            got += os.read(ours, 1 << 16)
        process.send_signal(number)
        got += _rest(ours)
        assert process.wait(PATIENCE_S) == code
        stop.cancel()
    hidden, shown = got.rfind(b"\x1b[?25l"), got.rfind(b"\x1b[?25h")
    assert 0 <= hidden < shown  # the cursor
    assert b"Traceback" not in got


def _rest(terminal: int) -> bytes:
    got = b""
    try:
        while piece := os.read(terminal, 1 << 16):
            got += piece
    except OSError:
        pass  # Linux says so where the other end of a terminal is closed
    os.close(terminal)
    return got
