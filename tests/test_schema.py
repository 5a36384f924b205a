"""The schemas describe what is written, and the examples show it."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from agents.show import DAMAGE
from tests import examples, golden
from tests.scanning import scan

SCHEMAS = {
    file.stem: orjson.loads(file.read_bytes())
    for file in sorted((Path(__file__).parents[1] / "schemas").glob("*.json"))
}
SCHEMA = SCHEMAS["panic.v1"]
OPTIONAL = {
    "clusters.v1": ["catching_up", "crashes_by_minute", "crashes_by_hour"],
    "deploys.v1": [
        *("service_namespace", "environment", "previous_release", "started_at", "finished_at"),
        *("commit", "build_url", "batch", "author"),
    ],
    "notifications.v1": [
        *("group_wait_s", "group_interval_s", "repeat_interval_s"),  # of alerts, as all up to `digest`
        *("mute_time_intervals", "active_time_intervals", "whole", "episode", "seq", "status", "alerts"),
        *("digest", "deploy"),
    ],
    "deadletters.v1": ["panicstream.detail", "panicstream.cut"],
    "vitals.v1": [  # of what happens to clusters
        *("id", "cluster_id", "time", "by", "title", "release", "sample_id", "fingerprint"),
        *("from_cluster_id", "fingerprints", "similarity", "epoch"),
        *("worker", "lag_s", "crashes", "leaves"),  # of ticks, and of bugs that are seen
    ],
}
FILES = sorted(golden.FOLDER.glob("*.txt"))


def misfits(value: dict[str, Any], schema: str = "panic.v1") -> list[str]:
    fits = Draft202012Validator(SCHEMAS[schema])
    return [f"{error.json_path}: {error.message}" for error in fits.iter_errors(value)]


def schema_of(example: str) -> str:
    return ".".join(example.split(".")[:2])


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(examples.example(name))
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_wants_all_fields_but_those_that_are_optional(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.json"
    must = [field for field in schema["properties"] if field not in OPTIONAL.get(name, [])]
    assert schema["required"] == must


@pytest.mark.parametrize("name", examples.SOURCES)
def test_an_example_fits_its_schema_and_has_its_order(name: str) -> None:
    shown, schema = example(name), SCHEMAS[schema_of(name)]
    assert misfits(shown, schema_of(name)) == []
    assert list(shown) == [field for field in schema["properties"] if field in shown]


def test_there_is_an_example_of_every_schema() -> None:
    assert {schema_of(name) for name in examples.SOURCES} == set(SCHEMAS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_crash_of_the_corpus_fits(file: Path) -> None:
    found = scan(golden.read(file).raw, file.name).crashes
    assert [misfits(crash) for crash in found] == [[]] * len(found)


@pytest.mark.parametrize("name", examples.SOURCES)
def test_an_example_is_what_the_code_gives(name: str) -> None:
    assert examples.path(name).read_bytes() == examples.example(name)


def test_there_is_no_example_that_nobody_makes() -> None:
    assert sorted(examples.EXAMPLES.iterdir()) == sorted(map(examples.path, examples.SOURCES))


def test_there_is_an_example_of_every_kind() -> None:
    shown = {example(f"panic.v1.{name}")["kind"] for name in examples.CRASHES}
    assert shown == set(SCHEMA["properties"]["kind"]["enum"])


def test_every_damage_is_shown_in_words() -> None:
    assert sorted(DAMAGE) == SCHEMA["properties"]["damage"]["items"]["enum"]


@pytest.mark.parametrize(
    ("shown", "field", "wrong"),
    [
        ("panic.v1.panic", "id", "0123"),
        ("panic.v1.panic", "event_time", "2026-11-21T00:20:45Z"),
        ("panic.v1.panic", "kind", "crash"),
        ("panic.v1.panic", "culprit_line", "66"),
        ("panic.v1.panic", "damage", ["lost"]),
        ("panic.v1.panic", "source_first_offset", -1),
        ("panic.v1.panic", "surprise", None),
        ("sightings.v1.first", "count", 0),
        ("sightings.v1.first", "signature", {"title": "all the rest is missing"}),
        ("vitals.v1.gc", "kind", "counts"),
        ("vitals.v1.lines", "kind", "gc"),
        ("vitals.v1.tick", "watermark", None),
        ("vitals.v1.tick", "service_name", "cart"),
        ("vitals.v1.cluster-new", "cluster_id", None),
        ("vitals.v1.cluster-new", "seconds", [{}]),
        ("clusters.v1.bug", "state", "closed"),
        ("clusters.v1.bug", "fingerprints", [{"fingerprint": "0" * 32}]),
        ("alerts.v1.firing", "phase", "broken"),
        ("alerts.v1.firing", "labels", {"alertname": "a", "severity": "info", "source": "b", "1": "c"}),
        ("notifications.v1.firing", "status", "pending"),
        ("notifications.v1.firing", "kind", "deploy"),
        ("notifications.v1.deploy", "kind", "alerts"),
        ("deliveries.v1.second", "state", "sent"),
        ("actions.v1.rollback", "guards", {"mode": "dry_run"}),
        ("action-results.v1.dry_run", "outcome", "perhaps"),
        ("reports.v1.firing", "timeline", [{"when": "now"}]),
        ("deploys.v1.release", "release", None),
        ("commands.v1.split", "arguments", {}),
        ("commands.v1.split", "command", "close"),
        ("checkpoints.v1.block", "next", {"mark": 1, "step": 0, "open": [[1]], "swallowing": []}),
        ("deadletters.v1.cut_json", "panicstream.source_offset", "none"),
    ],
)
def test_what_has_another_form_does_not_fit(shown: str, field: str, wrong: object) -> None:
    assert misfits(example(shown) | {field: wrong}, schema_of(shown)) != []
