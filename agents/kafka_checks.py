"""What `doctor` asks Kafka: its brokers, which logs there are, whether our topics fit, where TRACK runs."""

import re
import socket
from collections.abc import Iterator, Set

from confluent_kafka import KafkaError
from confluent_kafka.admin import ClusterMetadata

from agents.addresses import advertised, is_local
from agents.admin import Admin, RefusedError, answers, refused
from agents.finding import Finding
from agents.topics import misfits
from pipeline.settings import HttpSettings, Settings

ANSWER_S = 3.0
CONNECT_S = 2.0
NAMED = 5  # topics that a line names
OTHERS = "other workers"


def kafka(settings: Settings) -> Iterator[Finding]:
    """Ask each broker of the settings; the topics are asked of the first that answers."""
    known: ClusterMetadata | None = None
    for server in settings.kafka.bootstrap_servers:
        alone = settings.kafka.model_copy(update={"bootstrap_servers": [server]})
        try:
            answer = Admin(alone, ANSWER_S).metadata()
        except RefusedError as error:
            yield Finding(f"broker {server}", str(error).removeprefix(f"Kafka at {server}: "), error.remedy)
            continue
        yield Finding(f"broker {server}", f"answers, one of {len(answer.brokers)}")
        known = known or answer
    if known:
        yield from _members(known, settings)
        yield from _sources(known, settings)
        yield from _topics(settings)
        yield _others(settings)


def _members(known: ClusterMetadata, settings: Settings) -> Iterator[Finding]:
    """Look whether brokers can be reached by the names that they go by themselves."""
    for broker in known.brokers.values():
        server = f"{broker.host}:{broker.port}"
        if server in settings.kafka.bootstrap_servers:
            continue
        try:
            socket.create_connection((broker.host, broker.port), CONNECT_S).close()
        except OSError as error:
            found = f"a broker goes by this name, by which it is not reached: {error.strerror or error}"
            yield Finding(f"broker {server}", found, "check its advertised.listeners, or the network")


def _sources(known: ClusterMetadata, settings: Settings) -> Iterator[Finding]:
    """Look which topics hold logs."""
    ours = settings.topics.prefix or "__"
    others = sorted(name for name in known.topics if not name.startswith(("__", ours)))
    for wanted in settings.detect.topics:
        found = {
            name: len(topic.partitions)
            for name, topic in sorted(known.topics.items())
            if (re.match(wanted, name) if wanted.startswith("^") else wanted == name)
        }
        check, own = f"logs {wanted}", [name for name in found if name.startswith(ours)]
        if not found:
            yield Finding(check, f"no such topic; there are: {_named(others)}", "check detect.topics")
        elif own:
            yield Finding(check, f"{own[0]} is not logs, panicstream writes it", "check detect.topics")
        else:
            named = _named([f"{name} {count}" for name, count in found.items()])
            yield Finding(check, f"topics {len(found)}, partitions {sum(found.values())}: {named}")


def _named(names: list[str]) -> str:
    return ", ".join([*names[:NAMED], *(["..."] if len(names) > NAMED else [])]) or "none yet"


def _topics(settings: Settings) -> Iterator[Finding]:
    """Look whether the topics that panicstream writes are as they must be."""
    try:
        wrong = misfits(settings)
    except RefusedError as error:
        yield Finding("topics", str(error), error.remedy)
        return
    for misfit in wrong:
        yield Finding(f"topic {misfit.topic}", misfit.what, misfit.remedy)
    if not wrong:
        yield Finding("topics", "all fit")


def _others(settings: Settings) -> Finding:
    try:
        return others(settings.http, _hosts(settings))
    except RefusedError as error:
        return Finding(OTHERS, str(error), error.remedy)


def others(http: HttpSettings, hosts: Set[str]) -> Finding:
    """Look whether the workers of TRACK on these machines reach each other: else their lists lack parts."""
    url = advertised(http)
    if not is_local(url):
        return Finding(OTHERS, f"reach this one at {url}")
    if len(hosts) > 1:
        found = f"{url} is reached from one machine, track runs on {len(hosts)}: lists lack partitions"
        return Finding(OTHERS, found, "set http.listen and http.advertise to where the others reach it")
    return Finding(OTHERS, f"reach this one at {url}, on this machine alone; from others by http.advertise")


def _hosts(settings: Settings) -> set[str]:
    """Return the machines on which TRACK runs, by their addresses. Raises RefusedError."""
    admin, group = Admin(settings.kafka, ANSWER_S), settings.track_id
    told = answers(admin.client.describe_consumer_groups([group], request_timeout=ANSWER_S))[group]
    if isinstance(told, KafkaError):
        raise refused(settings.kafka, told)
    return {member.host for member in told.members}
