"""What `/api/clusters` tells while a worker hangs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from agents import peers
from tests.timeline import cluster
from tests.views import Answer, Hanging, Shown, carts, payments, serving

LONG_S, SHORT_S = 30.0, 0.05
Given = TypeVar("Given")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, SHORT_S)


def patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(peers, "BEGINS_S", {"GET": seconds, "POST": seconds})


def beside_one_who_hangs(question: Callable[[Shown, Shown, Hanging], Awaitable[Given]]) -> Given:
    """Ask two workers, which have a partition each, beside a third that hangs."""

    async def ask() -> Given:
        async with Hanging().hanging() as hanging, asyncio.timeout(LONG_S / 2):
            held = {0: carts().clusters}, {1: payments().clusters}
            async with serving(*held, others=[hanging.url]) as (one, two):
                return await question(one, two, hanging)

    return asyncio.run(ask())


def test_a_list_tells_what_those_have_who_answer() -> None:
    answer = beside_one_who_hangs(lambda one, _, __: one.get("/api/clusters"))
    assert (answer.status, answer.value["partitions"], answer.value["known"]) == (200, [0, 1], 5)


def test_who_hangs_is_waited_for_once() -> None:
    async def ask(one: Shown, _: Shown, hanging: Hanging) -> int:
        for path in ("/api/clusters", "/api/clusters?state=new", "/api/clusters/c-0123456789abcdef"):
            await one.get(path)
        return hanging.asked

    assert beside_one_who_hangs(ask) == 1


def test_who_hung_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "HUNG_S", 0)

    async def ask(one: Shown, _: Shown, hanging: Hanging) -> int:
        for _number in range(3):
            await one.get("/api/clusters")
        return hanging.asked

    assert beside_one_who_hangs(ask) == 3


def test_what_one_who_hung_may_know_is_not_called_unknown() -> None:
    async def ask(one: Shown, _: Shown, __: Hanging) -> list[int]:
        return [(await one.get("/api/clusters/c-0123456789abcdef")).status for _number in range(2)]

    assert beside_one_who_hangs(ask) == [503, 503]


@pytest.mark.parametrize("command", ["", "/mute"])
def test_whoever_has_a_bug_answers_for_all(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    patience(monkeypatch, LONG_S)

    async def ask(one: Shown, _: Shown, __: Hanging) -> Answer:
        path = f"/api/clusters/{cluster('charge')}{command}"
        return await (one.post(path) if command else one.get(path))

    assert beside_one_who_hangs(ask).status == (202 if command else 200)


def test_who_takes_long_to_make_a_list_does_not_hang() -> None:
    async def ask(one: Shown, two: Shown, _: Hanging) -> Answer:
        async with two.view._turn:
            asking = asyncio.ensure_future(one.get("/api/clusters"))
            await asyncio.sleep(4 * SHORT_S)
        return await asking

    assert beside_one_who_hangs(ask).value["partitions"] == [0, 1]
