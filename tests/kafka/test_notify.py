"""NOTIFY on a real broker: channels are programs of one's own, and stubs of vendors."""

from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.kafka.notifying import (
    alert,
    channel,
    chosen,
    deliveries,
    heard,
    notification,
    notify,
    write_routes,
)
from tests.kafka.topics import until
from tests.kafka.tracking import PATIENCE_S, make_topics, working
from tests.test_schema import misfits
from tests.vendors import Reply, vendor


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    """Give the place of a file of routes."""
    return tmp_path / "routes.toml"


@pytest.fixture
def ready(kafka: str, prefix: str, routes: Path) -> Settings:
    """Give the settings of a worker whose topics are there."""
    write_routes(routes, "chat")
    made = chosen(kafka, prefix, routes, failing_after=2)
    make_topics(made)
    return made


def test_a_channel_is_told_of_an_alert_and_of_its_end(ready: Settings, routes: Path) -> None:
    with vendor("webhook") as stub, working_with(ready, routes, chat=stub.url):
        fired = alert("cart", 2)
        notify(ready, [notification("chat", fired)])
        stub.wait_for(1)
        over = fired | {"seq": 4, "status": "resolved", "endsAt": fired["startsAt"]}
        notify(ready, [notification("chat", over)])
        stub.wait_for(2)
        until(lambda: len(deliveries(ready)) == 2, PATIENCE_S, "record of both attempts")
    assert [(one.action, one.status, one.seq) for one in heard(stub)] == [
        ("trigger", "firing", 1),
        ("resolve", "resolved", 2),
    ]
    told = deliveries(ready)
    assert [(one["channel"], one["state"], one["seq"]) for one in told] == [
        ("chat", "delivered", 1),
        ("chat", "delivered", 2),
    ]
    assert [wrong for one in told if (wrong := misfits(one, "deliveries.v1"))] == []


def working_with(ready: Settings, routes: Path, more: str = "", **urls: str):  # type: ignore[no-untyped-def]
    write_routes(routes, "chat", *(channel(name, url) for name, url in urls.items()), more=more)
    return working(ready)
