"""The page that takes Alertmanager's webhooks for our channels."""

import asyncio
from io import BytesIO
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from agents import bridge
from agents.bridge import Bridge
from agents.lane import Acknowledged
from agents.metrics import Metrics
from pipeline.channels import read_channel
from pipeline.settings import HttpSettings
from pipeline.step import Effect
from tests.test_bridged import told, webhook

TOKEN = "s3cret"  # noqa: S105  # of these tests
CHANNELS = {
    "chat": read_channel({"type": "webhook", "url": "http://127.0.0.1:9"}),
    "am": read_channel({"type": "alertmanager", "urls": ["http://127.0.0.1:9"]}),
}
MINE = {"Authorization": f"Bearer {TOKEN}"}
Answered = tuple[int, dict[str, str]]


class Kafka:
    """Takes records, or not."""

    def __init__(self, fault: Exception | None = None, *, hangs: bool = False) -> None:
        self.fault, self.hangs, self.effects = fault, hangs, list[Effect]()

    async def cause(self, effect: Effect, _here: int) -> Acknowledged:
        """Take a record, as an app does."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.fault:
            future.set_exception(self.fault)
        elif not self.hangs:
            self.effects.append(effect)
            future.set_result(None)
        return future


def asked(
    path: str = "/v1/alertmanager/chat",
    body: bytes | None = None,
    headers: dict[str, str] = MINE,
    kafka: Kafka | None = None,
    token: str = TOKEN,
) -> Answered:
    """Post a webhook to a worker with these channels."""

    async def ask() -> Answered:
        page = Bridge(HttpSettings(token=SecretStr(token)), Metrics())
        page.open((kafka or Kafka()).cause, lambda: CHANNELS)
        app = web.Application()
        app.add_routes(page.routes())
        given = orjson.dumps(webhook()) if body is None else body
        async with (
            TestClient(TestServer(app)) as client,
            client.post(path, data=BytesIO(given), headers=headers) as answer,
        ):
            return answer.status, orjson.loads(await answer.read())

    return asyncio.run(ask())


def test_a_webhook_stands_in_notifications_before_it_is_answered() -> None:
    kafka = Kafka()
    status, _ = asked(kafka=kafka)
    (effect,) = kafka.effects
    assert (status, effect.topic, effect.key, effect.value and effect.value["whole"]) == (
        200,
        "notifications",
        "chat",
        True,
    )


@pytest.mark.parametrize(("query", "seconds"), [("", 12_960.0), ("?repeat_interval=1m", 54.0)])
def test_it_is_told_again_as_often_as_alertmanager_says(query: str, seconds: float) -> None:
    kafka = Kafka()
    asked(f"/v1/alertmanager/chat{query}", kafka=kafka)
    value = kafka.effects[0].value
    assert value
    assert value["repeat_interval_s"] == seconds


@pytest.mark.parametrize(
    "kafka", [Kafka(ConnectionError("away")), Kafka(hangs=True)], ids=["refuses", "hangs"]
)
def test_where_kafka_does_not_take_it_alertmanager_is_to_come_again(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.05)
    assert asked(kafka=kafka) == (503, {"error": "Kafka does not take it"})


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": TOKEN}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}],
)
def test_whoever_has_no_token_is_refused(headers: dict[str, str]) -> None:
    assert asked(headers=headers) == (403, {"error": "it needs the workers' http.token"})


def test_a_worker_without_a_token_takes_nothing_and_says_so() -> None:
    said = "nobody may tell channels anything: this worker has no http.token"
    assert asked(token="") == (403, {"error": said})


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("other", 404, "there is no channel other; there are: am, chat"),
        ("am", 400, "am is an Alertmanager: that would go round and round"),
        ("chat?repeat_interval=x", 400, "repeat_interval: a span in quotes, such as '90s', '2m' or '1h30m'"),
    ],
)
def test_an_address_that_does_not_fit_is_refused_in_words(path: str, status: int, said: str) -> None:
    assert asked(f"/v1/alertmanager/{path}") == (status, {"error": said})


def test_what_is_no_webhook_is_refused_in_words() -> None:
    status, said = asked(body=orjson.dumps(webhook(told(status="ok"))))
    assert status == 400
    assert said["error"].startswith("it is no webhook of Alertmanager, version 4: alerts.0.status: ")


def test_what_is_too_long_is_refused() -> None:
    status, said = asked(body=b" " * (bridge.MOST_BYTES + 1))
    assert (status, said) == (
        413,
        {"error": "it is longer than 4194304 bytes: set max_alerts in webhook_configs"},
    )


def test_before_kafka_is_there_alertmanager_is_to_come_again() -> None:
    async def ask() -> int:
        app = web.Application()
        app.add_routes(Bridge(HttpSettings(token=SecretStr(TOKEN)), Metrics()).routes())
        async with (
            TestClient(TestServer(app)) as client,
            client.post("/v1/alertmanager/chat", headers=MINE) as one,
        ):
            return one.status

    assert asyncio.run(ask()) == 503
