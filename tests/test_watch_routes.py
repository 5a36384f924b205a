"""Whom those who watch tell."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import orjson
import pytest

from agents.metrics import Metrics
from agents.rows import Rows
from agents.table_app import TableApp
from agents.watch import Watch
from pipeline import watching
from pipeline.channels.settings import ChannelSettings
from pipeline.deploy import read_deploy
from pipeline.event_time import written
from pipeline.route_checks import read_routes
from pipeline.rule_checks import read_rules
from pipeline.settings import Settings
from pipeline.storms import Limits
from pipeline.watched import Watched as Partition
from tests.routes import hooks
from tests.test_rule_book import write
from tests.watched import BEGIN, Watched, bug

RULES = read_rules(
    """
[New]
kind = "new_cluster"
severity = "critical"
summary = "{title}"
""",
    "rules.toml",
)
ROUTES = read_routes(
    """
[route]
channel = "chat"
group_by = ["service"]
[[route.routes]]
matchers = ['severity="critical"']
channel = "pager"
continue = true
group_by = ["..."]
[[route.routes]]
"""
    + hooks("chat", "pager")
    + "deploys = true\n",
    "routes.toml",
)


def watched(limits: Limits | None = None) -> Watched:
    service = Watched(RULES, limits)
    service.terms.routes = ROUTES
    return service


def deploy(service: Watched, release: str, at: int, **fields: object) -> None:
    told = {"schema_version": 1, "service_name": "cart", "service_namespace": "shop", "release": release}
    value = read_deploy(orjson.dumps(told | {"started_at": written(BEGIN + at)} | fields))
    service.keep(at, *watching.deployed(service.row, value, service.terms, written(BEGIN + at)))


def test_an_alert_is_told_to_each_channel_in_its_group_there() -> None:
    service = watched()
    service.take(0, bug(0))
    told = service.of("notifications")
    labels = service.of("alerts")[0]["labels"]
    assert [(one["channel"], one["group_labels"]) for one in told] == [
        ("pager", labels),
        ("chat", {"service": "cart"}),
    ]
    assert [effect.key for _, effect in service.told if effect.topic == "notifications"] == ["pager", "chat"]


def test_what_is_over_is_told_to_those_who_were_told_of_it() -> None:
    service = watched()
    service.play({0: [bug(0)]}, 10)
    told = [(one["channel"], one["status"], one["seq"]) for one in service.of("notifications")]
    assert told[:2] == [("pager", "firing", 1), ("chat", "firing", 1)]
    assert [one[:2] for one in told[2:]] == [("pager", "resolved"), ("chat", "resolved")]


def test_an_alert_for_two_channels_is_one_that_pages() -> None:
    service = watched(Limits(active_a_rule=2))
    for number in range(1, 4):
        service.take(0, bug(0, number=number))
    assert len(service.of("notifications")) == 4


def test_routes_that_are_others_now_tell_others() -> None:
    service = watched()
    service.terms.routes = replace(ROUTES, root=replace(ROUTES.root, routes=()))
    service.take(0, bug(0))
    assert [one["channel"] for one in service.of("notifications")] == ["chat"]


def test_a_release_is_told_once_to_channels_that_want_it_and_again_where_it_comes_back() -> None:
    service = watched()
    deploy(service, "v1", 0)
    deploy(service, "v1", 1, finished_at=written(BEGIN + 60))
    deploy(service, "v2", 120)
    deploy(service, "v1", 180)
    told = [(one["channel"], one["group_key"]) for one in service.of("notifications")]
    assert told == [("pager", f"deploy/shop/cart//{release}") for release in ("v1", "v2", "v1")]


def test_a_release_is_told_as_it_was_said() -> None:
    service = watched()
    deploy(service, "v1", 0, environment="live", commit="9fceb02")
    (told,) = service.of("notifications")
    assert (told["kind"], told["group_labels"]["env"]) == ("deploy", "live")
    assert (told["deploy"]["release"], told["deploy"]["commit"]) == ("v1", "9fceb02")
    assert "source_topic_id" not in told["deploy"]


def test_without_channels_that_want_releases_nobody_is_told() -> None:
    service = watched()
    service.terms.routes = replace(ROUTES, channels={"chat": ChannelSettings(type="webhook")})
    deploy(service, "v1", 0)
    assert service.of("notifications") == []


def test_a_file_of_routes_that_changed_holds_at_once_and_a_bad_one_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.watch.LOOK_S", 0.01)
    file = tmp_path / "routes.toml"
    text = '[route]\nchannel = "{0}"\n[channels.{0}]\ntype = "webhook"\nurl = "https://example.com"\n'
    write(file, text.format("chat"))

    async def told() -> list[str]:
        made = app(file)
        watch = Watch(cast(TableApp, made), cast(Rows, SimpleNamespace(turn=asyncio.Lock())))
        terms = watch._terms()
        watch.partitions = {0: Partition(0, terms)}
        keeping = asyncio.ensure_future(watch.keep())
        found = [terms.routes.root.channel]
        write(file, text.format("pager"))
        while terms.routes.root.channel == "chat":
            await asyncio.sleep(0.01)
        write(file, "[route]\n")
        while made.metrics.registry.get_sample_value("panicstream_route_faults") == 0:
            await asyncio.sleep(0.01)
        keeping.cancel()
        return [*found, terms.routes.root.channel]

    assert asyncio.run(told()) == ["chat", "pager"]


def app(file: Path) -> SimpleNamespace:
    """Return what WATCH needs of its app."""
    return SimpleNamespace(
        settings=Settings.model_validate({"notify": {"routes": str(file)}}),
        metrics=Metrics(),
        on_partitions_revoked=SimpleNamespace(connect=lambda _forget: None),
    )
