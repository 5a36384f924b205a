"""`/api/silences` and `/api/routes`."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.silences import Silent
from tests.test_explanation import ROUTES, STORM
from tests.test_openapi import misfits
from tests.views import TOKEN
from tests.webhooks import asked

SHOWN = {"Authorization": f"Bearer {TOKEN}"}
WISH: dict[str, Any] = {"matchers": ["service=pay"], "for_s": 3600, "by": "kim", "comment": "we know"}
PAGE, EXPIRE = "/api/silences", "/api/silences/{id}/expire"


@pytest.fixture
def worker() -> Iterator[Silent]:
    with Silent(ROUTES).serving() as one:
        yield one


def get(worker: Silent, path: str) -> tuple[int, Any]:
    answer = asked(f"{worker.url}{path}")
    return answer.status, answer.json()


def post(
    worker: Silent, path: str, body: dict[str, Any], shown: dict[str, str] = SHOWN
) -> tuple[int, dict[str, Any]]:
    answer = asked(f"{worker.url}{path}", body, shown)
    return answer.status, answer.json()


def test_a_silence_is_written_and_listed(worker: Silent) -> None:
    status, told = post(worker, PAGE, WISH)
    assert (status, told["state"], told["matchers"], told["by"]) == (202, "active", ['service="pay"'], "kim")
    assert [(one["command"], one["subject"]) for one in worker.written] == [("silence", told["id"])]
    assert get(worker, PAGE) == (200, {"silences": [told]})
    assert (misfits(told, PAGE, "post", 202), misfits(get(worker, PAGE)[1], PAGE, "get", 200)) == ([], [])


def test_a_silence_is_ended_once(worker: Silent) -> None:
    _, told = post(worker, PAGE, WISH)
    path = f"/api/silences/{told['id']}/expire"
    status, ended = post(worker, path, {"by": "lee"})
    assert (status, ended["state"], ended["id"]) == (202, "expired", told["id"])
    assert misfits(ended, EXPIRE, "post", 202) == []
    assert post(worker, path, {"by": "lee"})[0] == 202
    assert [one["command"] for one in worker.written] == ["silence", "unsilence"]
    assert get(worker, PAGE)[1]["silences"][0]["state"] == "expired"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"matchers": ["service=~("]}, "`(` is no pattern (unclosed group)"),
        ({"matchers": []}, "it would silence all alerts: "),
        ({"for_s": 31 * 86_400}, "it ends in more than 30 days, and what is said is kept for 30 days"),
        ({"for_s": None}, "say either when it ends (ends_at) or for how long it is (for_s)"),
        ({"ends_at": "2026-11-21T00:00:00.000000000Z"}, "say either when it ends"),
        ({"by": ""}, "by: "),
        ({"by": "panicstream"}, "by: the name of a person"),
        ({"until": "tomorrow"}, "until: "),
        ({"matchers": "service=pay"}, "matchers: "),
    ],
)
def test_what_cannot_be_silenced_is_refused(worker: Silent, wish: dict[str, Any], expected: str) -> None:
    status, told = post(worker, PAGE, WISH | wish)
    assert (status, told["error"][: len(expected)], worker.written) == (400, expected, [])


def test_all_alerts_are_silenced_for_who_wants_it(worker: Silent) -> None:
    assert post(worker, PAGE, WISH | {"matchers": [], "all": True})[0] == 202


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer guess"}])
@pytest.mark.parametrize("path", [PAGE, "/api/silences/s-0123456789abcdef/expire"])
def test_nobody_silences_without_the_token(worker: Silent, path: str, shown: dict[str, str]) -> None:
    assert post(worker, path, WISH, shown) == (403, {"error": "it needs the workers' http.token"})
    assert worker.written == []


def test_a_silence_that_there_is_not_cannot_be_ended(worker: Silent) -> None:
    path = "/api/silences/s-0123456789abcdef/expire"
    assert post(worker, path, {"by": "kim"}) == (404, {"error": "there is no silence s-0123456789abcdef"})


def test_a_worker_that_has_not_read_all_says_so(worker: Silent) -> None:
    worker.overview.is_known = False
    refused = (503, {"error": "it is reading what is silent"})
    assert [get(worker, path) for path in (PAGE, "/api/routes?service=pay")] == [refused, refused]


def test_who_would_be_told_is_told_with_what_is_silent_now(worker: Silent) -> None:
    worker.sources.note("storm", STORM)
    post(worker, PAGE, WISH)
    status, told = get(worker, "/api/routes?service=pay&severity=info&env=")
    assert (status, told["labels"]) == (200, {"service": "pay", "severity": "info"})
    assert [one["channel"] for one in told["targets"]] == ["chat"]
    assert (len(told["silences"]), told["inhibited_by"]) == (1, STORM)
    assert misfits(told, "/api/routes", "get", 200) == []


def test_what_is_no_label_is_refused(worker: Silent) -> None:
    assert get(worker, "/api/routes?a.b=c") == (400, {"error": "a.b: it is no name of a label"})
