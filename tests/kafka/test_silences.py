"""Silences on a real broker: said to one worker, they hold for channels of the other."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from tests.command import Answer, panicstream
from tests.kafka.notifying import alert, channel, heard, notification, write_routes
from tests.kafka.topics import drain, produce, until
from tests.kafka.worker import Worker, apply_topics, environment
from tests.vendors import Stub, vendor

PATIENCE_S, PARTITIONS, TOKEN = 60, 2, "the token of the tests"


@pytest.fixture
def stub() -> Iterator[Stub]:
    with vendor("webhook") as one:
        yield one


@pytest.fixture
def workers(kafka: str, prefix: str, tmp_path: Path, stub: Stub) -> Iterator[list[Worker]]:
    """Give two workers of which one has the channel's partition."""
    routes = tmp_path / "routes.toml"
    write_routes(routes, "chat", channel("chat", stub.url))
    own = {"topics_partitions": PARTITIONS, "http_token": TOKEN, "notify_routes": routes}
    variables = environment(kafka, prefix, **own)
    apply_topics(variables)
    with ExitStack() as running:
        made = [Worker(name, "track", variables, tmp_path) for name in ("one", "two")]
        for one in made:
            running.enter_context(one.running())
        for one in made:
            one.wait_ready()
        yield made


def ask(worker: Worker, folder: Path, *words: str) -> Answer:
    """Run a command that asks a worker."""
    (folder / "panicstream.toml").write_text(f'[http]\ntoken = "{TOKEN}"\n')
    return panicstream(*words, "--url", f"http://{worker.address}", folder=folder)


def silences(worker: Worker, folder: Path) -> list[str]:
    """Return the states of the silences that a worker knows."""
    answer = ask(worker, folder, "silence", "list", "--json")
    return [orjson.loads(line)["state"] for line in answer.output.splitlines()]


def test_a_silence_holds_on_all_workers_until_it_is_ended(
    kafka: str, prefix: str, workers: list[Worker], tmp_path: Path, stub: Stub
) -> None:
    one, two = workers
    until(lambda: ask(one, tmp_path, "silence", "list").code == 0, PATIENCE_S, "worker that knows silences")
    said = ask(one, tmp_path, "silence", "add", "service=cart", "--for", "1h", "--json")
    assert (said.code, said.errors) == (0, [])
    until(lambda: [silences(each, tmp_path) for each in workers] == [["active"]] * 2, PATIENCE_S, "silence")

    quiet, loud = alert("cart"), alert("pay")
    told = [(b"chat", orjson.dumps(notification("chat", each))) for each in (quiet, loud)]
    produce(kafka, f"{prefix}notifications", told)
    stub.wait_for(1)
    route = ask(
        two, tmp_path, "alerts", "route", *(f"{name}={value}" for name, value in quiet["labels"].items())
    )
    assert [line[:12] for line in route.output.splitlines()][-1] == "silent until"

    name = orjson.loads(said.output)["id"]
    assert ask(two, tmp_path, "silence", "expire", name).code == 0
    until(lambda: [silences(each, tmp_path) for each in workers] == [["expired"]] * 2, PATIENCE_S, "its end")
    stub.wait_for(2)
    assert [body.status for body in heard(stub)] == ["firing", "firing"]
    assert [body.fields["commonLabels"]["service"] for body in stub.asked] == ["pay", "cart"]
    assert drain(kafka, f"{prefix}deadletters") == []
