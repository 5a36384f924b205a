"""What people tell `/api/clusters`: who may, what is written where, what is refused."""

import asyncio
from typing import Any

import pytest

from tests.test_openapi import misfits
from tests.timeline import SHARD, cluster, digits
from tests.views import TOKEN, Answer, Shown, asked, carts, serving


@pytest.mark.parametrize(
    "shown", ["", TOKEN, "Bearer ", "Bearer another", f"Basic {TOKEN}", "Bearer \udcff\udcfe"]
)
def test_who_does_not_show_the_token_changes_nothing(shown: str) -> None:
    async def ask(worker: Shown, _: Shown) -> tuple[int, int]:
        path = f"/api/clusters/{cluster('total')}/mute"
        answer = await worker.post(path, shown=shown)
        return answer.status, len(worker.written)

    assert asked(ask) == (403, 0)


def test_without_a_token_in_the_settings_nobody_changes_anything() -> None:
    async def ask() -> Answer:
        async with serving({0: carts().clusters}) as (worker,):
            shown = Shown(worker.url, {}, token="")
            worker.view._settings = shown.view._settings
            return await worker.post(f"/api/clusters/{cluster('total')}/mute", shown="Bearer ")

    refusal = {"error": "nobody may change clusters: this worker has no http.token"}
    assert asyncio.run(ask()) == (403, refusal, None)


@pytest.mark.parametrize("worker", [0, 1])
@pytest.mark.parametrize(
    ("name", "subject", "arguments"),
    [
        ("resolve", "total", {"release": "v9"}),
        ("resolve", "wrapped", {}),
        ("reopen", "stock", {}),
        ("mute", "total", {}),
        ("unmute", "total", {}),
        ("merge", "user", {"into": cluster("stock")}),
        ("split", "total", {"fingerprints": [digits("wrapped")]}),
    ],
)
def test_a_command_is_written_by_the_owner_whoever_is_asked(
    worker: int, name: str, subject: str, arguments: dict[str, Any]
) -> None:
    async def ask(*workers: Shown) -> tuple[Answer, list[Any]]:
        path = f"/api/clusters/{cluster(subject)}/{name}"
        answer = await workers[worker].post(path, {**arguments, "by": "alice"})
        return answer, [one.written for one in workers]

    answer, written = asked(ask)
    assert (answer.status, written) == (202, [[(0, answer.value)], []])
    assert misfits(answer.value, "/api/clusters/{id}/{command}", "post", 202) == []
    told = [answer.value[part] for part in ("command", "subject", "shard", "arguments", "by")]
    assert told == [name, cluster(subject), SHARD, arguments, "alice"]


@pytest.mark.parametrize("worker", [0, 1])
@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("mute", b"{", "the body: a JSON object of arguments"),
        ("mute", b"[]", "the body: a JSON object of arguments"),
        ("mute", b"\xff", "the body: a JSON object of arguments"),
        ("mute", {"by": "panicstream"}, "by: the name of a person"),
        ("mute", {"by": ""}, "by: the name of a person"),
        ("mute", {"by": 7}, "by: Input should be a valid string"),
        ("mute", {"release": "v1"}, "mute takes no release"),
        ("mute", {"until": "never"}, "arguments.until: Extra inputs are not permitted"),
        ("resolve", {"release": 7}, "arguments.release: Input should be a valid string"),
        ("merge", b"", "merge needs into"),
        ("merge", {"into": cluster("total")}, f"{cluster('total')} cannot be merged into itself"),
        ("merge", {"into": cluster("charge")}, f"there is no cluster {cluster('charge')} in {SHARD}"),
        ("split", {"fingerprints": []}, f"name some fingerprints of {cluster('total')}, and not all of them"),
        ("split", {"fingerprints": [digits("user")]}, f"{digits('user')} is not in {cluster('total')}"),
    ],
)
def test_a_command_that_cannot_be_obeyed_is_refused_in_a_line(
    worker: int, name: str, body: bytes | dict[str, Any], expected: str
) -> None:
    async def ask(*workers: Shown) -> tuple[Answer, int]:
        answer = await workers[worker].post(f"/api/clusters/{cluster('total')}/{name}", body)
        return answer, sum(len(one.written) for one in workers)

    assert asked(ask) == ((400, {"error": expected}, None), 0)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            f"{cluster('total')}/expire",
            "there is no command expire, but resolve, reopen, mute, unmute, merge, split",
        ),
        ("c-0123456789abcdef/mute", "there is no cluster c-0123456789abcdef"),
    ],
)
def test_a_command_or_a_cluster_that_there_is_not_is_404(path: str, expected: str) -> None:
    answer = asked(lambda worker, _: worker.post(f"/api/clusters/{path}"))
    assert answer == (404, {"error": expected}, None)
