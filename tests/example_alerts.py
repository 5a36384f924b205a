"""What is told of alerts, made by our own code, for the examples of schemas."""

from dataclasses import replace
from functools import cache
from typing import Any

import orjson

from agents import rule_files
from pipeline import watching
from pipeline.channels.settings import ChannelSettings
from pipeline.delivery import delivery
from pipeline.deploy import read_deploy
from pipeline.event_time import HOUR, written
from pipeline.group import Group
from pipeline.plan import Terms, plan
from pipeline.sends import Care, Heard, begun, ended
from pipeline.silence import silence
from pipeline.step import Arrival
from pipeline.wanted import read_notification, take
from tests.bugs import WatchedBug, told
from tests.watched import BEGIN, Watched, bug, crashes, cycle, lines

RULE = "GoPanicReleaseBad"


def deploy() -> dict[str, Any]:
    """Return what CI tells of a release."""
    return {
        "schema_version": 1,
        "service_name": "cart",
        "service_namespace": "shop",
        "environment": "live",
        "release": "v2",
        "previous_release": "v1",
        "started_at": written(BEGIN + 20),
        "finished_at": written(BEGIN + 55),
        "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8",
        "build_url": "https://ci.example.com/shop/cart/412",
        "batch": "1 of 3",
        "author": "kim@example.com",
    }


@cache
def _played() -> Watched:
    """Return a service whose new release crashes from its first second on."""
    service = Watched(rule_files.load())
    service.terms.routes = replace(
        service.terms.routes, channels={"default": ChannelSettings(type="slack", deploys=True)}
    )
    released = read_deploy(orjson.dumps(deploy()))
    service.keep(0, *watching.deployed(None, released, service.terms, written(BEGIN)))
    records = {at: [crashes(at, 1, "v2"), lines(at, 40, "v2"), cycle(at)] for at in range(60, 150)}
    records[60].insert(0, bug(60))
    service.play(records, 150)
    return service


def fired(topic: str) -> dict[str, Any]:
    """Return what a topic was told of the first alert of the rule that fired."""
    return next(value for value in _played().of(topic) if _is_it(value))


def deploy_told() -> dict[str, Any]:
    """Return what a channel is told of the release."""
    return next(value for value in _played().of("notifications") if value["kind"] == "deploy")


def _is_it(value: dict[str, Any]) -> bool:
    if value.get("kind") == "deploy":
        return False
    if "alerts" in value:
        return _is_it(value["alerts"][0])
    rule = value.get("reason", value)["rule"]
    name = rule if isinstance(rule, str) else rule["name"]
    return bool(name == RULE) and value.get("status", "firing") == "firing"


def silenced() -> dict[str, Any]:
    """Return what a person says while a database is moved."""
    matchers = ["service=cart", 'severity=~"warning|info"']
    one = silence(matchers, BEGIN, BEGIN + 2 * HOUR, "kim", "the database is moved")
    return one.command(written(BEGIN))


def delivered() -> dict[str, Any]:
    """Return what stands in `deliveries` when a channel took that alert at its second attempt."""
    arrival, group = Arrival(0, written(BEGIN + 140)), Group("default", fired("notifications")["group_key"])
    group.want(take(None, read_notification(orjson.dumps(fired("notifications"))), arrival))
    now = float(BEGIN + 140)
    for answer in (Heard("retry", "HTTP 503"), Heard("ok", "HTTP 200")):
        send = plan(group, now, Terms()).send
        assert send
        group.told = begun(group.now(), send, now)
        pending = group.told["pending"] | {"answer": answer.said}
        made = ended(group.told, answer, now, Care(is_keyed=False, is_critical=True, deadline_s=600))
        group.told = made.told
    return delivery(group.now(), pending, made.state, None, written(BEGIN + 143))


def seen() -> dict[str, Any]:
    """Return what the row of a bug tells the row of a service in which it crashed."""
    service = {"service_namespace": "shop", "service_name": "cart", "environment": "live", "crashes": 7}
    watched = WatchedBug([])
    watched.take(60, told([59], 60, services=[service], first_seen=written(BEGIN + 58)))
    return watched.of("vitals")[0]


def result() -> dict[str, Any]:
    """Return what a robot tells of an action."""
    return {
        "schema_version": 1,
        "action_id": fired("actions")["action_id"],
        "outcome": "dry_run",
        "detail": "would go back from v2 to v1",
        "by": "argo-rollouts",
        "time": written(BEGIN + 133),
    }
