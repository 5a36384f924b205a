"""What the demo's services write: planted crashes among ordinary lines, and all of them can be found."""

from collections import Counter
from itertools import takewhile

import orjson

from agents.demo.fleet import FLEET
from agents.demo.samples import samples
from agents.demo.script import Script, Written, crashes
from agents.demo.voices import VOICES
from agents.shippers.table import shipped
from tests.command import panicstream
from tests.dumps import fields
from tests.shippers import START

SECONDS = 30.0
SAMPLES = samples(crashes())
PARTITIONS = 4


def script(seconds: float, seed: int = 1, until: float = SECONDS) -> list[Written]:
    lines = Script(SAMPLES, START, until=until, seed=seed).lines()
    return list(takewhile(lambda written: written.at < seconds, lines))


def planted(lines: list[Written]) -> Counter[tuple[str, str]]:
    """Count what must be found, by container and fingerprint."""
    return Counter(
        (written.container.id, fingerprint)
        for written in lines
        if written.ends
        for fingerprint in SAMPLES[written.ends].fingerprints
    )


def dump(lines: list[Written]) -> bytes:
    """Return the records that the shippers make of the lines, a topic a service, partitions by container."""
    rows = []
    for written in lines:
        of = written.container
        record = shipped(written.service.envelope, of, written.line, of.id.encode())
        partition = int(of.id, 16) % PARTITIONS
        rows.append(fields(record._replace(topic=f"logs.{of.service}", partition=partition)))
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def test_every_planted_crash_is_found_in_its_container_and_no_other() -> None:
    lines = script(SECONDS + 5)
    found = panicstream("scan", "--records", "--json", "-", given=dump(lines)).output
    crashes = [orjson.loads(line) for line in found.splitlines()]
    assert Counter((crash["container_id"], crash["fingerprint"]) for crash in crashes) == planted(lines)


def test_crashes_are_told_with_service_release_and_pod() -> None:
    lines = script(10)
    known = {(of.id, of.service, of.version, of.pod) for of in (written.container for written in lines)}
    found = panicstream("scan", "--records", "--json", "-", given=dump(lines)).output
    names = ("container_id", "service_name", "service_version", "k8s_pod_name")
    told = {tuple(orjson.loads(line)[name] for name in names) for line in found.splitlines()}
    assert told
    assert told <= known


def test_the_same_seed_writes_the_same() -> None:
    assert script(2) == script(2)
    assert script(2) != script(2, seed=2)


def test_lines_come_in_order_of_time() -> None:
    times = [written.at for written in script(5)]
    assert times == sorted(times)


def test_each_service_crashes_now_and_then_among_many_ordinary_lines() -> None:
    lines = script(SECONDS)
    crashed = Counter(written.service.name for written in lines if written.ends)
    assert set(crashed) == {service.name for service in FLEET}
    assert sum(crashed.values()) < len(lines) / 1000


def test_no_crash_begins_after_the_end() -> None:
    lines = script(SECONDS, until=SECONDS / 2)
    assert max(written.at for written in lines if written.ends) < SECONDS / 2 + 1
    assert max(written.at for written in lines) > SECONDS - 1


def test_a_pod_that_crashed_comes_back_as_another_container_and_a_release_has_pods_of_its_own() -> None:
    checkout = [written.container for written in script(SECONDS) if written.service.name == "checkout"]
    ids = {of.id for of in checkout}
    pods = {(of.version, of.pod) for of in checkout}
    assert len(ids) > len(pods)
    assert Counter(version for version, _ in pods) == {"2.14.3": 4, "2.15.0": 4}


def test_every_service_has_a_voice() -> None:
    assert set(VOICES) == {service.name for service in FLEET}
