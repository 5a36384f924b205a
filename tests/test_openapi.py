"""The OpenAPI document says what there is, in schemas that are some."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from agents.alert_view import AlertView
from agents.cluster_view import ClusterView
from agents.openapi import document
from agents.silence_view import SilenceView
from pipeline.listing import Wanted
from pipeline.settings import Settings
from tests.test_schema import example


def misfits(value: Any, path: str, method: str, status: int) -> list[str]:
    """Return what of an answer is other than the document says."""
    content = document()["paths"][path][method]["responses"][str(status)]["content"]
    schema = {**content["application/json"]["schema"], "components": document()["components"]}
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)
    ]


def schemas(within: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema of a document, or a part of one."""
    if isinstance(within, list):
        yield from (schema for one in within for schema in schemas(one))
    elif isinstance(within, dict):
        yield from ([within["schema"]] if "schema" in within else [])
        yield from (schema for one in within.values() for schema in schemas(one))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_each_schema_is_one_and_what_it_names_is_there() -> None:
    found = [*schemas(document()), *document()["components"]["schemas"].values()]
    assert len(found) > 15
    for schema in found:
        Draft202012Validator.check_schema(schema)
    named = set(re.findall(r'"\$ref":"#/components/schemas/(\w+)"', orjson.dumps(document()).decode()))
    assert named == set(document()["components"]["schemas"])


def test_each_path_is_served_and_each_page_is_told() -> None:
    async def served() -> set[tuple[str, str]]:
        routes = [
            *ClusterView(Settings()).routes(),
            *AlertView(Settings()).routes(),
            *SilenceView(Settings()).routes(),
        ]
        return {(one.path, one.method.lower()) for one in routes}

    told = {(path, method) for path, method, _ in operations()}
    assert told | {("/api/openapi.json", "get")} == asyncio.run(served())


def test_what_stands_in_a_path_is_told_of() -> None:
    for path, _, operation in operations():
        told = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        assert told == re.findall(r"{(\w+)}", path)


def test_a_list_is_asked_for_with_what_a_question_has() -> None:
    asked = document()["paths"]["/api/clusters"]["get"]["parameters"]
    assert [one["name"] for one in asked] == list(Wanted.model_fields)
    assert [one for one in asked if not one["description"]] == []
    for one in asked:
        fits = Draft202012Validator(one["schema"])
        assert fits.is_valid(getattr(Wanted(), one["name"])) or getattr(Wanted(), one["name"]) is None


@pytest.mark.parametrize(
    ("shown", "path", "method", "status"),
    [
        ("clusters.v1.bug", "/api/clusters/{id}", "get", 200),
        ("alerts.v1.firing", "/api/alerts/{fingerprint}", "get", 200),
        ("commands.v1.resolve", "/api/clusters/{id}/{command}", "post", 202),
        ("commands.v1.split", "/api/clusters/{id}/{command}", "post", 202),
    ],
)
def test_the_examples_fit(shown: str, path: str, method: str, status: int) -> None:
    assert misfits(example(shown), path, method, status) == []
    assert misfits({"error": "so"}, path, method, status) != []
