"""Where a demo runs: its settings and its topics, which are of this run alone."""

import os
import re
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from agents.admin import Admin, answers, refused
from agents.configuration import FaultySettingsError, read
from agents.demo.fleet import FLEET
from agents.embedded import PARTITIONS
from agents.role import MisfitError
from agents.topics import apply, wanted
from pipeline.settings import HttpSettings, Settings
from pipeline.topics import Topic

NO_FILE = os.devnull  # settings as TOML: none
KAFKA = "PANICSTREAM_KAFKA_"  # variables that say how one's own brokers are reached
MADE_S = 5.0
AS_BROKERS = -1  # copies of a partition, as the brokers are set


@dataclass(frozen=True)
class Stage:
    """The settings of a run, the same as variables for the worker, and the topic of each service's logs."""

    settings: Settings
    variables: Mapping[str, str]
    sources: Mapping[str, str]

    def topics(self) -> list[Topic]:
        """Return all topics of the run."""
        logs = Topic(
            row="logs", name="", partitions=PARTITIONS, is_exact=False, replication=AS_BROKERS, config={}
        )
        return [*wanted(self.settings), *(replace(logs, name=name) for name in self.sources.values())]


def stage(bootstrap: str, is_embedded: bool) -> Stage:
    """Make up a run with topics of its own. Raises FaultySettingsError."""
    prefix = f"panicstream-demo-{secrets.token_hex(3)}."
    variables = {} if is_embedded else {k: v for k, v in os.environ.items() if k.startswith(KAFKA)}
    variables |= {
        f"{KAFKA}BOOTSTRAP_SERVERS": bootstrap,
        "PANICSTREAM_TOPICS_PREFIX": prefix,
        "PANICSTREAM_TOPICS_PARTITIONS": str(PARTITIONS),
        "PANICSTREAM_DETECT_TOPICS": f"^{re.escape(prefix)}logs\\..*",
        "PANICSTREAM_DETECT_START": "beginning",
        "PANICSTREAM_HTTP_LISTEN": _free_address(),
        "PANICSTREAM_LOG_FORMAT": "text",
    }
    found = read(NO_FILE, variables)
    if found.faults:
        raise FaultySettingsError(found.faults)
    sources = {service.name: f"{prefix}logs.{service.name}" for service in FLEET}
    return Stage(found.settings, variables, sources)


def _free_address() -> str:
    """Return where the worker is to listen: where everybody looks for it, or else where it can."""
    host, _, port = HttpSettings().listen.rpartition(":")
    for wanted_port in (int(port), 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, wanted_port))
            return f"{host}:{probe.getsockname()[1]}"
    raise MisfitError(f"{host} has no free port", "end what listens there")


@contextmanager
def topics_of(stage: Stage, is_kept: bool) -> Iterator[None]:
    """Make the topics of a run; take them and its groups away afterwards. Raises RefusedError."""
    admin = Admin(stage.settings.kafka)
    known = admin.metadata()
    if known.controller_id not in known.brokers:  # the embedded broker; it ends with us
        for topic in stage.topics():
            admin.client.list_topics(topic.name, timeout=MADE_S)
        yield
        return
    try:
        applied = apply(admin, stage.topics(), stage.settings, is_update=False)
        for error in applied.refused.values():
            raise refused(stage.settings.kafka, error)
        yield
    finally:
        if not is_kept:
            _take_away(admin, stage)


def _take_away(admin: Admin, stage: Stage) -> None:
    names = [topic.name for topic in stage.topics()]
    answers(admin.client.delete_topics(names, request_timeout=admin.patience))
    groups = [stage.settings.detect_group, stage.settings.track_id]
    answers(admin.client.delete_consumer_groups(groups, request_timeout=admin.patience))
