"""Alerts by way of Alertmanager and back, on a real broker."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from pipeline.settings import Settings, TopicsSettings
from tests.alertmanager import Alertmanager
from tests.kafka.bridging import TOKEN, bridged, place
from tests.kafka.notifying import Value, alert, notification
from tests.kafka.topics import produce, until
from tests.kafka.worker import Worker, apply_topics, environment
from tests.test_bridged import webhook
from tests.webhooks import Webhooks, asked, webhooks

PATIENCE_S = 60.0
NAME = "GoPanicRateHigh"
MINE = {"Authorization": f"Bearer {TOKEN}"}


class Fleet:
    """A worker and Alertmanager; `hook` hears what Alertmanager tells through the worker."""

    def __init__(self, kafka: str, prefix: str, folder: Path) -> None:
        self.kafka, self.settings = kafka, Settings(topics=TopicsSettings(prefix=prefix))
        self.place = place(folder)
        variables = environment(kafka, prefix, topics_partitions=4, **self.place.variables)
        apply_topics(variables)
        self.worker = Worker("track", "track", variables, folder)

    def notify(self, record: Value) -> None:
        """Write what Alertmanager should know, as WATCH does."""
        value = notification("am", record, group_key=record["fingerprint"], group_labels=record["labels"])
        produce(self.kafka, self.settings.topic("notifications"), [(b"am", orjson.dumps(value))])


@pytest.fixture
def fleet(kafka: str, prefix: str, tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(kafka, prefix, tmp_path)
    with made.worker.running():
        made.worker.wait_ready()
        yield made


@pytest.fixture
def hook() -> Iterator[Webhooks]:
    with webhooks() as listening:
        yield listening


@pytest.fixture
def one(fleet: Fleet, hook: Webhooks, tmp_path: Path) -> Iterator[Alertmanager]:
    with bridged(fleet.place, fleet.worker, hook, tmp_path) as running:
        yield running


def told(hook: Webhooks, *statuses: str) -> None:
    """Wait until exactly this was told."""
    wanted = [(NAME, status) for status in statuses]
    until(lambda: hook.told() == wanted, PATIENCE_S, f"{wanted}, but {hook.told()}")


def services(one: Alertmanager) -> list[str]:
    return [found["labels"]["service"] for found in one.alerts()]


def test_alertmanager_and_whoever_is_behind_it_are_told_of_an_alert_and_of_its_end(
    fleet: Fleet, one: Alertmanager, hook: Webhooks
) -> None:
    fired = alert("cart")
    fleet.notify(fired)
    until(one.alerts, PATIENCE_S, "alert at Alertmanager")
    told(hook, "firing")
    fleet.notify(fired | {"seq": 4, "status": "resolved", "endsAt": fired["startsAt"]})
    until(lambda: not one.alerts(), PATIENCE_S, "end at Alertmanager")
    told(hook, "firing", "resolved")


def test_a_worker_and_an_alertmanager_that_died_know_again_what_is_up_and_what_is_not(
    fleet: Fleet, one: Alertmanager
) -> None:
    fired, other = alert("cart"), alert("pay")
    fleet.notify(fired)
    fleet.notify(other)
    until(lambda: len(one.alerts()) == 2, PATIENCE_S, "alerts at Alertmanager")
    fleet.worker.kill()
    fleet.notify(fired | {"seq": 4, "status": "resolved", "endsAt": fired["startsAt"]})
    one.kill()
    one.start()
    fleet.worker.start()
    until(lambda: services(one) == ["pay"], PATIENCE_S, "alert that fires, and end of the other")


@pytest.mark.usefixtures("one")
def test_a_webhook_that_comes_twice_is_told_once(fleet: Fleet, hook: Webhooks) -> None:
    url = f"http://{fleet.worker.address}/v1/alertmanager/chat"
    until(lambda: asked(url, webhook(), MINE).status == 200, PATIENCE_S, "bridge")
    until(hook.told, PATIENCE_S, "webhook")
    assert [asked(url, webhook(), MINE).status for _ in range(3)] == [200] * 3
    fleet.notify(alert("cart"))
    until(lambda: (NAME, "firing") in hook.told(), PATIENCE_S, "what came after it")
    assert hook.told() == [("PanicRate", "firing"), (NAME, "firing")]
