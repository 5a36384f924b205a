"""Thousands of alerts in a minute: people are told of all of them, in a few messages and fewer pages."""

# ruff: noqa: T201  # says on stderr how far it is

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pipeline.settings import Settings
from tests.chaos.verdict import Clause
from tests.kafka.notifying import (
    PARTITIONS,
    Value,
    alert,
    channel,
    chosen,
    notification,
    notify,
    write_routes,
)
from tests.kafka.topics import drain, until
from tests.kafka.tracking import make_topics
from tests.kafka.worker import Worker, apply_topics, environment
from tests.vendors import Asked, Stub, vendor

CHAT, PAGER = "chat", "pager"
MESSAGES, PAGES, FIRST_S = 20, 10, 15.0  # the bars
SERVICES = 100  # that half of the alerts are of; each of the others is of one by itself
CRITICAL = 10  # each such one is critical, but none of those of the first tenth
OVER = 5  # each such one is over a moment later
PATIENCE_S = 600.0
SLICE_S, LOOK_S = 0.5, 5.0


class Storm(NamedTuple):
    """How many alerts come, within how many seconds."""

    alerts: int
    seconds: float


def storms(bootstrap: str, prefix: str, storm: Storm, folder: Path) -> list[Clause]:
    """Return what must hold and what was found; logs of workers are put into the folder."""
    routes = folder / "routes.toml"
    settings = chosen(bootstrap, prefix, routes)
    make_topics(settings)
    variables = environment(bootstrap, prefix, topics_partitions=PARTITIONS, notify_routes=routes)
    apply_topics(variables)
    with ExitStack() as stack:
        stubs = {
            CHAT: stack.enter_context(vendor("webhook")),
            PAGER: stack.enter_context(vendor("pagerduty")),
        }
        pager = (
            f'[channels.{PAGER}]\ntype = "pagerduty"\nrouting_key = "k3yk3y"\nurl = "{stubs[PAGER].url}"\n'
        )
        write_routes(routes, CHAT, channel(CHAT, stubs[CHAT].url), pager)
        worker = stack.enter_context(Worker("storm", "track", variables, folder).running())
        worker.wait_ready()
        first = _blow(settings, storm)
        until(lambda: _is_over(settings, storm, stubs), PATIENCE_S, "end of the storm")
        text = worker.get("/metrics").decode()
        stopped = worker.stop()
    rows = Rows.read(bootstrap, settings)
    return [
        *(clause for name in stubs for clause in _judged(name, stubs[name], storm, rows, text)),
        *(_first(name, stub, first) for name, stub in stubs.items()),
        Clause("exit code of the worker", 0, stopped),
    ]


def _blow(settings: Settings, storm: Storm) -> float:
    """Send them; return when the first critical one was sent."""
    begin, sent, first = time.time(), 0, 0.0
    while sent < storm.alerts:
        due = min(storm.alerts, int(storm.alerts * (time.time() - begin + SLICE_S) / storm.seconds))
        some = [_alert(number, storm) for number in range(sent, due)]
        if not first and any(one["labels"]["severity"] == "critical" for one in some):
            first = time.time()
        over = [_ended(_alert(number, storm)) for number in range(sent, due) if number % OVER == 0]
        notify(settings, [_told(to, one) for one in [*some, *over] for to in (CHAT, PAGER)])
        sent = due
        print(f"{sent:,} of {storm.alerts:,} alerts sent", file=sys.stderr)
        time.sleep(max(0.0, begin + storm.seconds * sent / storm.alerts - time.time()))
    return first


def _alert(number: int, storm: Storm) -> Value:
    is_critical = number >= storm.alerts // 10 and number % CRITICAL == 1
    service = f"svc-{number % SERVICES}" if number % 2 else f"single-{number}"
    record = alert(
        service,
        began=1_795_219_200 + number,
        severity="critical" if is_critical else "warning",
        alertname=f"Rule{number % 7}",
    )
    record["fingerprint"] = f"{number:016x}"
    record["episode"] = f"{number:016x}-{1_795_219_200 + number}"
    return record


def _ended(record: Value) -> Value:
    return record | {"status": "resolved", "seq": 4, "endsAt": record["startsAt"]}


def _told(to: str, record: Value) -> Value:
    return notification(to, record, group_interval_s=30.0)


class Rows(NamedTuple):
    """The table `told` as it stands in Kafka: what is wanted, and what was told of each group."""

    wanted: list[Value]
    told: dict[tuple[str, str], Value]

    @classmethod
    def read(cls, bootstrap: str, settings: Settings) -> "Rows":
        """Read it."""
        last = {one.key: one.value for one in drain(bootstrap, f"{settings.track_id}-told-changelog")}
        values = [orjson.loads(row)["value"] for row in last.values() if row]
        told = {(one["channel"], one["group_key"]): one for one in values if one["sort"] == "told"}
        return cls([one for one in values if one["sort"] == "wanted"], told)

    def missing(self, channel: str) -> list[str]:
        """Return the alerts of which nothing says that they were told or summed up."""
        return [one["member"] for one in self.wanted if one["channel"] == channel and not self._has(one)]

    def _has(self, one: Value) -> bool:
        told = self.told.get((one["channel"], one["group_key"]))
        if told is None or told["pending"]:
            return False
        known = told["known"] if one["alerts"][0]["status"] == "firing" else told["over"]
        return bool(known.get(one["member"]) == one["alerts"][0]["episode"])

    def summed(self, channel: str) -> int:
        """Return how many alerts the digest counts that was there last."""
        told = self.told.get((channel, "digest"))
        marks = [*told["known"].values(), *told["over"].values()] if told else []
        return max((int(mark.rpartition("-")[2]) for mark in marks), default=0)


def _is_over(settings: Settings, storm: Storm, stubs: dict[str, Stub]) -> bool:
    time.sleep(LOOK_S)
    rows = Rows.read(",".join(settings.kafka.bootstrap_servers), settings)
    left = {name: len(rows.missing(name)) for name in stubs}
    pending = [key for key, one in rows.told.items() if one["pending"]]
    print(f"{len(rows.wanted):,} wanted, not told yet: {left}, pending {pending}", file=sys.stderr)
    is_whole = len(rows.wanted) == storm.alerts * len(stubs)
    return is_whole and not any(left.values()) and not pending and _is_calm(rows, stubs)


def _is_calm(rows: Rows, stubs: dict[str, Stub]) -> bool:
    return all(_told_total(name, stub) >= rows.summed(name) for name, stub in stubs.items())


def _told_total(name: str, stub: Stub) -> int:
    """Return how many alerts the digest told of that came last."""
    return next(reversed(list(_sums(name, stub).values())), 0)


def _sums(name: str, stub: Stub) -> dict[str, int]:
    """Return how many alerts each digest told of, in the order in which they began."""
    found: dict[str, int] = {}
    for asked in list(stub.asked):
        count, which = SUMMED[name](asked)
        if count:
            found[which] = max(count, found.get(which, 0))
    return found


def _chat_sum(asked: Asked) -> tuple[int, str]:
    body = asked.fields
    is_sum = body["groupKey"].endswith("/digest")
    return (len(body["alerts"]) + body["truncatedAlerts"] if is_sum else 0), _which(body["panicstream"]["id"])


def _pager_sum(asked: Asked) -> tuple[int, str]:
    body = asked.fields
    if not body["dedup_key"].endswith("/digest") or "payload" not in body:
        return 0, ""
    return int(body["payload"]["summary"].split()[0]), _which(body["payload"]["custom_details"]["id"])


def _which(telling: str) -> str:
    """Return the episode of a telling."""
    return telling.rsplit("/", 2)[-2]


SUMMED: dict[str, Callable[[Asked], tuple[int, str]]] = {CHAT: _chat_sum, PAGER: _pager_sum}


def _groups(name: str, stub: Stub) -> Iterator[str]:
    """Yield the group of each message."""
    field = "groupKey" if name == CHAT else "dedup_key"
    return (one.fields[field].rpartition("/")[2] for one in list(stub.asked))


def _judged(name: str, stub: Stub, storm: Storm, rows: Rows, text: str) -> Iterator[Clause]:
    messages = len(stub.asked)
    yield Clause(f"{name}: messages ({messages}) above {MESSAGES}", 0, max(0, messages - MESSAGES))
    if name == PAGER:
        keys = {one.fields["dedup_key"] for one in stub.asked if one.fields["event_action"] == "trigger"}
        yield Clause(f"{name}: pages ({len(keys)}) above {PAGES}", 0, max(0, len(keys) - PAGES))
    missing = rows.missing(name)
    yield Clause(f"{name}: alerts, of {storm.alerts:,}, that nothing tells of", 0, len(missing), missing)
    alone = set(_groups(name, stub)) - {"digest"}
    by_itself = sum(one["channel"] == name and one["group_key"] in alone for one in rows.wanted)
    folded, past = (_suppressed(text, name, reason) for reason in ("folded", "past"))
    counted = by_itself + folded + past
    what = f"{name}: alerts beyond {by_itself:,} in groups, {folded:,} folded, {past:,} over before"
    yield Clause(what, 0, max(0, storm.alerts - counted))
    last, told = rows.summed(name), _told_total(name, stub)
    yield Clause(f"{name}: alerts in the last digest as it came", last, told)
    if name == CHAT:  # a pager does not hear of one that is over at once
        yield Clause(f"{name}: alerts in all digests", folded, sum(_sums(name, stub).values()))


def _suppressed(text: str, name: str, reason: str) -> int:
    series = f'panicstream_suppressed_total{{channel="{name}",reason="{reason}"}}'
    lines = [line for line in text.splitlines() if line.startswith(series)]
    return int(float(lines[0].split()[-1])) if lines else 0


def _first(name: str, stub: Stub, sent_at: float) -> Clause:
    """Look at when the first critical alert was told by itself."""
    found = [one.at for one in stub.asked if _is_critical(one.fields)]
    took = found[0] - sent_at if found else PATIENCE_S
    return Clause(
        f"{name}: first critical one told ({took:.1f} s) within {FIRST_S:g} s", True, took <= FIRST_S
    )


def _is_critical(body: dict[str, Any]) -> bool:
    if "payload" in body:
        return bool(body["payload"]["severity"] == "critical")
    return Counter(one["labels"]["severity"] for one in body.get("alerts", []))["critical"] > 0
