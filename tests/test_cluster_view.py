"""`/api/clusters`, asked of workers over their ports, without Kafka."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from agents import cluster_pages
from agents.cluster_pages import part
from pipeline.listing import Wanted
from tests.test_openapi import misfits
from tests.timeline import SHARD, Timeline, cluster, digits, sighting
from tests.views import Answer, Shown, asked, carts, serving


def get(path: str, worker: int = 0) -> Answer:
    """Ask one of them."""

    async def ask(*workers: Shown) -> Answer:
        return await workers[worker].get(path)

    return asked(ask)


def names(answer: Answer) -> list[str]:
    """Return the bugs that a list shows, by the fingerprints that founded them."""
    known = {cluster(name): name for name in ("total", "wrapped", "stock", "user", "charge", "refund")}
    return [known[row["cluster_id"]] for row in answer.value["clusters"]]


@pytest.mark.parametrize("worker", [0, 1])
def test_any_worker_lists_the_bugs_of_all_most_crashes_first(worker: int) -> None:
    answer = get("/api/clusters", worker)
    assert (answer.status, names(answer)) == (200, ["total", "charge", "stock", "user", "refund"])
    assert misfits(answer.value, "/api/clusters", "get", 200) == []
    about = {name: answer.value[name] for name in ("known", "total", "partitions", "of")}
    assert about == {"known": 5, "total": 5, "partitions": [0, 1], "of": 2}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"limit": 2}, ["total", "charge"]),
        ({"limit": 2, "offset": 1}, ["charge", "stock"]),
        ({"offset": 4}, ["refund"]),
        ({"offset": 5}, []),
        ({"sort": "last_seen"}, ["charge", "refund", "user", "stock", "total"]),
        ({"state": "resolved"}, ["stock"]),
        ({"service": "pay"}, ["charge", "refund"]),
        ({"service": "shop/cart/live"}, ["total", "stock", "user"]),
        ({"release": "v1"}, ["total", "charge", "refund"]),
        ({"shard": SHARD, "limit": 1}, ["total"]),
        ({"search": "A BUG STO"}, ["stock"]),
        ({"search": digits("wrapped")[:12]}, ["total"]),
    ],
)
def test_a_list_is_filtered_sorted_and_paged_over_all_workers(
    query: dict[str, Any], expected: list[str]
) -> None:
    answer = get(f"/api/clusters?{urlencode(query)}")
    assert names(answer) == expected


def test_the_total_is_that_of_all_that_are_wanted_not_of_those_shown() -> None:
    answer = get("/api/clusters?release=v1&limit=1")
    assert (answer.value["known"], answer.value["total"], names(answer)) == (5, 3, ["total"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=x", "limit: Input should be a valid integer, unable to parse string as an integer"),
        ("limit=10001", "limit: Input should be less than or equal to 10000"),
        ("offset=-1", "offset: Input should be greater than or equal to 0"),
        ("sort=title", "sort: Input should be "),
        ("state=", "state: Input should be "),
        ("stat=new", "stat: Extra inputs are not permitted"),
    ],
)
def test_a_question_that_is_not_understood_is_refused_in_a_line(query: str, expected: str) -> None:
    answer = get(f"/api/clusters?{query}")
    assert (answer.status, answer.value["error"][: len(expected)]) == (400, expected)
    assert misfits(answer.value, "/api/clusters", "get", 400) == []


@pytest.mark.parametrize("worker", [0, 1])
def test_any_worker_shows_a_bug(worker: int) -> None:
    answer = get(f"/api/clusters/{cluster('total')}", worker)
    assert (answer.status, answer.value["aliases"]) == (200, [cluster("wrapped")])
    assert misfits(answer.value, "/api/clusters/{id}", "get", 200) == []


@pytest.mark.parametrize("worker", [0, 1])
def test_an_alias_moves_to_the_cluster_that_lives(worker: int) -> None:
    answer = get(f"/api/clusters/{cluster('wrapped')}", worker)
    assert answer == (308, {"moved": cluster("total")}, f"/api/clusters/{cluster('total')}")


@pytest.mark.parametrize("unknown", ["c-0123456789abcdef", "nothing", "c-0123456789abcdef%3Fhere=1", ".."])
def test_what_nobody_knows_is_404(unknown: str) -> None:
    answer = get(f"/api/clusters/{unknown}")
    assert answer.status == 404


def test_who_does_not_answer_is_missing_from_the_list_and_it_says_so() -> None:
    async def ask() -> Answer:
        async with serving({0: carts().clusters}, silent=1) as (worker,):
            return await worker.get("/api/clusters?state=new")

    answer = asyncio.run(ask())
    assert (answer.status, answer.value["partitions"], answer.value["of"]) == (200, [0], 2)


def test_what_one_who_does_not_answer_may_know_is_not_called_unknown() -> None:
    async def ask() -> tuple[Answer, Answer]:
        async with serving({0: carts().clusters}, silent=1) as (worker,):
            return (
                await worker.get(f"/api/clusters/{cluster('charge')}"),
                await worker.post(f"/api/clusters/{cluster('charge')}/mute"),
            )

    refusal = f"not all workers answer, and those that do have no {cluster('charge')}"
    assert asyncio.run(ask()) == ((503, {"error": refusal}, None),) * 2


@pytest.mark.parametrize("how", ["no app", "no tables", "rebalancing"])
def test_a_worker_that_reads_its_tables_says_so(how: str) -> None:
    async def ask(worker: Shown, _: Shown) -> set[int]:
        if how == "no app":
            worker.view.app = None
        worker.app.tables.actives_ready = how != "no tables"
        worker.app.rebalancing = how == "rebalancing"
        path = f"/api/clusters/{cluster('total')}"
        answers = [
            await worker.get("/api/clusters"),
            await worker.get(path),
            await worker.post(f"{path}/mute"),
        ]
        return {answer.status for answer in answers}

    assert asked(ask) == {503}


def test_partitions_that_go_while_a_list_is_made_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_pages, "SLICE_S", 0)

    async def ask(worker: Shown, other: Shown) -> tuple[Answer, Answer]:
        asking = [asyncio.ensure_future(one.get("/api/clusters?sort=streams")) for one in (worker, other)]
        while not worker.view._turn.locked():
            await asyncio.sleep(0)
        worker.app.cluster.partitions = {}
        return await asking[0], await asking[1]

    own, others = asked(ask)
    assert (own.status, others.status, others.value["partitions"]) == (503, 200, [1])


def test_the_document_of_the_pages_is_served() -> None:
    answer = get("/api/openapi.json")
    assert (answer.status, answer.value["openapi"]) == (200, "3.1.0")


def test_the_loop_has_a_turn_between_bugs_which_may_change_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_pages, "SLICE_S", 0)
    monkeypatch.setattr(cluster_pages, "REST_S", 0)
    timeline = Timeline()
    for number in range(50):
        timeline.takes(sighting(str(number), [f"a.F{number}"], shard=f"s{number}"), 0)

    async def ask() -> tuple[int, int]:
        making = asyncio.ensure_future(part({0: timeline.clusters}, Wanted(sort="streams", limit=10_000)))
        turns = 0
        while not making.done():
            await asyncio.sleep(0)
            timeline.takes(sighting(f"new {turns}", [f"b.F{turns}"], shard=f"n{turns}"), 0)
            turns += 1
        return turns, len((await making).clusters)

    turns, shown = asyncio.run(ask())
    assert (turns > 50, shown) == (True, 50)


def test_of_many_bugs_only_those_that_may_be_shown_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_pages, "KEPT", 5)
    timeline = Timeline()
    for number in range(40):
        timeline.takes(sighting(str(number), [f"a.F{number}"], count=1 + number % 9, shard=f"s{number}"), 0)
    wanted = Wanted(state="new", limit=7, offset=3)
    values = [timeline.record(one) for one in timeline.clusters.ids()]
    clusters = {0: timeline.clusters}
    made = asyncio.run(part(clusters, Wanted(release="v1", limit=7, offset=3)))
    assert made.total == 40
    assert [one["cluster_id"] for one in made.clusters] == [one["cluster_id"] for one in wanted.first(values)]


def test_a_part_goes_through_lines_as_it_is() -> None:
    async def through() -> bool:
        made = await part({0: carts().clusters}, Wanted())
        again = await cluster_pages.read(await cluster_pages.lines(made))
        return again == made and len(made.clusters) == 3

    assert asyncio.run(through())


@pytest.mark.parametrize("strange", [b"", b"{}", b"<html>", b"[1]", orjson.dumps({"known": 1})])
def test_what_is_no_part_is_left_out(strange: bytes) -> None:
    assert asyncio.run(cluster_pages.read(strange)) is None
