"""Bugs as two workers that run `track` on a real broker tell them."""

import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import orjson
import pytest

from tests.command import Answer, panicstream
from tests.kafka.seen import record
from tests.kafka.topics import drain, produce, sweep, until
from tests.kafka.worker import Worker, apply_topics, environment
from tests.timeline import cluster, digits, sighting

PATIENCE_S = 60
BUGS, PARTITIONS = 40, 4
CRASHES = BUGS + 2
TOKEN, OTHER = "the token of the tests", "another"


@pytest.fixture(scope="module")
def prefix(kafka: str) -> Iterator[str]:
    """Give what the topics of all these tests begin with: workers take long to start."""
    own = f"t{uuid4().hex[:8]}."
    yield own
    sweep(kafka, own)


@pytest.fixture(scope="module")
def pair(kafka: str, prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Worker]]:
    """Give two workers, and 40 bugs; the first has crashed thrice."""
    own = {"topics_partitions": PARTITIONS, "http_token": TOKEN, "track_session_timeout": 6}
    variables = environment(kafka, prefix, **own)
    apply_topics(variables)
    produce(kafka, f"{prefix}sightings", [record(bug(number)) for number in range(BUGS)])
    folder = tmp_path_factory.mktemp("workers")
    with ExitStack() as running:
        yield [
            running.enter_context(Worker(name, "track", variables, folder).running())
            for name in ("one", "two")
        ]


@pytest.fixture
def workers(pair: list[Worker]) -> list[Worker]:
    """Give them when they run, have each a part of the partitions, and tell all."""
    for worker in pair:
        if worker.code is not None:
            worker.start()
        worker.wait_ready()
    until(
        lambda: all(held(one) and is_whole(one) for one in pair), PATIENCE_S, "whole list from both workers"
    )
    return pair


def bug(number: int) -> dict[str, Any]:
    """Return the sighting of a bug; each is in a shard of its own, but the last in that of the first."""
    name, shard = f"bug {number}", f"github.com/acme/s{number % (BUGS - 1)}"
    frames = [f"{shard}.Do{number}", f"{shard}.Run{number}", "main.main"]
    return sighting(name, frames, count=1 if number else 3, shard=shard)


def ids(first: int = 0, count: int = BUGS) -> list[str]:
    """Return so many clusters."""
    return [cluster(f"bug {number}") for number in range(first, first + count)]


def listed(worker: Worker, query: str = "limit=100") -> dict[str, Any]:
    """Return a list of bugs; empty where there is none."""
    told = orjson.loads(worker.get(f"/api/clusters?{query}") or b"{}")
    return dict(told) if "clusters" in told else {}


def is_whole(worker: Worker) -> bool:
    """Look whether a worker tells all crashes of all partitions, asked by one of two."""
    told = listed(worker)
    crashes = sum(row["crashes_total"] for row in told.get("clusters", ()))
    return bool(crashes == CRASHES and told["partitions"] == list(range(PARTITIONS)))


def held(worker: Worker) -> list[int]:
    """Return the partitions of a worker."""
    about = orjson.loads(worker.get("/api/clusters?here=1").partition(b"\n")[0] or b"{}")
    return list(about[2]) if isinstance(about, list) else []


def command(worker: Worker, *words: str, token: str = TOKEN) -> Answer:
    """Run `panicstream clusters` on a worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PANICSTREAM_HTTP_TOKEN", token)
        return panicstream("clusters", *words, "--url", f"http://{worker.address}")


def shown(worker: Worker, cluster_id: str) -> dict[str, Any]:
    """Return a bug, as the command shows it; empty where it does not."""
    answer = command(worker, cluster_id, "--json")
    return dict(orjson.loads(answer.output)) if answer.code == 0 else {}


def status(worker: Worker, path: str, body: bytes | None = None, token: str = TOKEN) -> int:
    """Return the status of an answer; redirections are followed."""
    headers = {"Authorization": f"Bearer {token}"}
    asked = urllib.request.Request(f"http://{worker.address}{path}", body, headers)
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310  # ours
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_each_worker_tells_the_bugs_of_both_though_it_has_a_part_of_them(workers: Sequence[Worker]) -> None:
    parts = [held(worker) for worker in workers]
    assert sorted(parts[0] + parts[1]) == list(range(PARTITIONS))
    assert all(parts)
    first, second = (listed(worker) for worker in workers)
    expected = [cluster("bug 0"), *sorted(ids()[1:])]
    for told in (first, second):
        assert ([row["cluster_id"] for row in told["clusters"]], told["known"]) == (expected, BUGS)
    for worker in workers:
        assert {status(worker, f"/api/clusters/{one}") for one in expected} == {200}
        assert status(worker, "/api/clusters/c-0123456789abcdef") == 404
        assert status(worker, "/api/clusters?limit=x") == 400


def test_pages_of_both_workers_are_one_list(workers: Sequence[Worker]) -> None:
    whole = [row["cluster_id"] for row in listed(workers[0])["clusters"]]
    paged = [
        row["cluster_id"]
        for offset in range(0, len(whole), 7)
        for row in listed(workers[offset % 2], f"limit=7&offset={offset}")["clusters"]
    ]
    assert paged == whole


def test_the_list_is_whole_again_after_a_worker_was_stopped_and_started(workers: Sequence[Worker]) -> None:
    one, two = workers
    assert one.stop() == 0
    until(lambda: is_whole(two) and len(held(two)) == PARTITIONS, PATIENCE_S, "whole list from the other")
    one.start()
    one.wait_ready()
    until(lambda: held(one) and is_whole(one) and is_whole(two), PATIENCE_S, "whole list from both workers")


def test_after_a_kill_nothing_is_called_unknown_and_soon_all_is_told_again(workers: Sequence[Worker]) -> None:
    one, two = workers
    one.kill()
    answers: set[int] = set()

    def is_back() -> bool:
        answers.update(status(two, f"/api/clusters/{cluster_id}") for cluster_id in ids(0, 8))
        return is_whole(two) and len(held(two)) == PARTITIONS

    until(is_back, PATIENCE_S, "whole list from the other")
    assert answers <= {200, 503}


@pytest.mark.parametrize("number", [0, 1])
def test_whoever_is_asked_the_owner_obeys(
    kafka: str, prefix: str, workers: Sequence[Worker], number: int
) -> None:
    name, state = (("mute", "muted"), ("resolve", "resolved"))[number]
    for cluster_id in ids(10 * number, 6):
        assert command(workers[number], name, cluster_id, "--by", "alice").code == 0
    for reader in workers:
        until(lambda one=reader: listed(one, f"state={state}")["total"] == 6, PATIENCE_S, f"6 {state}")  # type: ignore[misc]  # mypy knows no defaults of lambdas
    homes = {one.key: one.partition for one in drain(kafka, f"{prefix}sightings")}
    for written in drain(kafka, f"{prefix}commands"):
        value = orjson.loads(written.value or b"")
        assert written.partition == homes[value["shard"].encode()]


def test_what_people_merge_and_split_is_so_in_both_workers(workers: Sequence[Worker]) -> None:
    into, source = cluster("bug 0"), cluster(f"bug {BUGS - 1}")
    assert command(workers[1], "merge", source, "--into", into).code == 0
    for worker in workers:
        until(lambda one=worker: shown(one, source).get("cluster_id") == into, PATIENCE_S, "alias")  # type: ignore[misc]  # mypy knows no defaults of lambdas
        assert shown(worker, into)["aliases"] == [source]
    assert command(workers[0], "split", into, digits(f"bug {BUGS - 1}")).code == 0
    for worker in workers:
        until(lambda one=worker: is_whole(one) and listed(one)["known"] == BUGS, PATIENCE_S, "split")  # type: ignore[misc]


def test_nothing_is_changed_without_the_token_or_by_a_broken_command(
    kafka: str, prefix: str, workers: Sequence[Worker]
) -> None:
    before = len(drain(kafka, f"{prefix}commands"))
    for worker in workers:
        for cluster_id in ids(0, 4):
            path = f"/api/clusters/{cluster_id}"
            assert status(worker, f"{path}/mute", b"{}", token=OTHER) == 403
            assert status(worker, f"{path}/mute", b"{") == 400
            assert status(worker, f"{path}/merge", b"{}") == 400
            assert status(worker, f"{path}/burn", b"{}") == 404
        assert command(worker, "mute", cluster("bug 0"), token=OTHER).code == 2
        assert command(worker, "mute", "c-0123456789abcdef").code == 2
    assert len(drain(kafka, f"{prefix}commands")) == before
