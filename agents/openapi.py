"""The OpenAPI document of `/api`, made of the schemas of what it takes and gives."""

from functools import cache
from typing import Any

import orjson

from agents.topics import SCHEMAS
from pipeline.commands import BY_PEOPLE
from pipeline.listing import Wanted

VERSION = "3.1.0"
ID = "^c-[0-9a-f]{16}$"

ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {  # of commands: their schema, and what they mean
    "by": ({"type": "string", "minLength": 1}, "Who wants it."),
    "release": ({"type": "string"}, "`resolve`: the release that has the cure."),
    "into": (
        {"type": "string", "pattern": ID},
        "`merge`: the cluster that stays.",
    ),
    "fingerprints": (
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "`split`: those that leave, and are a cluster of their own.",
    ),
}
ASKED = {  # of alerts: each part of a question, and what it means
    "rule": "Those of this rule.",
    "state": "Those in this phase, such as `firing`.",
    "service": "Those of this service: its name.",
}
REFUSALS = {
    "400": "What was asked is not understood, or cannot be done.",
    "403": "The token is missing or another.",
    "404": "There is no such cluster, command or alert.",
    "503": "The worker, or one that it asked, cannot tell now; ask again in a moment.",
}


@cache
def document() -> dict[str, Any]:
    """Return it."""
    refusal = _object({"error": {"type": "string", "description": "What is wrong, in a line."}}, ["error"])
    token = {"type": "http", "scheme": "bearer", "description": "`http.token`."}
    return {
        "openapi": VERSION,
        "info": {
            "title": "panicstream",
            "version": "1",
            "description": "The bugs of a fleet, and its alerts.",
        },
        "paths": {
            "/api/clusters": {"get": _listing()},
            "/api/clusters/{id}": {"get": _one()},
            "/api/clusters/{id}/{command}": {"post": _command()},
            "/api/alerts": {"get": _alerts()},
            "/api/alerts/{fingerprint}": {"get": _alert()},
        },
        "components": {
            "schemas": {
                "cluster": _schema("clusters"),
                "command": _schema("commands"),
                "alert": _schema("alerts"),
                "refusal": refusal,
            },
            "securitySchemes": {"token": token},
        },
    }


def _schema(topic: str) -> dict[str, Any]:
    """Return the schema of the values of a topic, as it stands within another document."""
    found: dict[str, Any] = orjson.loads((SCHEMAS / f"{topic}.v1.json").read_bytes())
    return {name: value for name, value in found.items() if not name.startswith("$")}


def _listing() -> dict[str, Any]:
    asked = Wanted.model_json_schema()["properties"]
    number, numbers = {"type": "integer"}, {"type": "array", "items": {"type": "integer"}}
    properties = {
        "known": number | {"description": "Clusters that the workers know who answered."},
        "total": number | {"description": "Those of them that were asked for."},
        "partitions": numbers | {"description": "Partitions of the workers who answered."},
        "of": number | {"description": "All partitions: where there are more, a worker did not answer."},
        "clusters": {"type": "array", "items": _ref("cluster")},
    }
    return {
        "operationId": "listClusters",
        "summary": "The bugs of all workers.",
        "parameters": [_in_query(name, row) for name, row in asked.items()],
        "responses": {
            "200": _answer("A page of them.", _object(properties, list(properties))),
            **_refusals("400", "503"),
        },
    }


def _one() -> dict[str, Any]:
    return {
        "operationId": "getCluster",
        "summary": "One bug.",
        "parameters": [_in_path("id", {"type": "string", "pattern": ID})],
        "responses": {
            "200": _answer("It.", _ref("cluster")),
            "308": {"description": "It was merged: `Location` names the one that lives."},
            **_refusals("404", "503"),
        },
    }


def _command() -> dict[str, Any]:
    arguments = {name: schema | {"description": meaning} for name, (schema, meaning) in ARGUMENTS.items()}
    return {
        "operationId": "command",
        "summary": "Change a bug: it is written to the topic `commands`, and done a moment later.",
        "security": [{"token": []}],
        "parameters": [
            _in_path("id", {"type": "string", "pattern": ID}),
            _in_path("command", {"type": "string", "enum": BY_PEOPLE}),
        ],
        "requestBody": {"content": {"application/json": {"schema": _object(arguments, [])}}},
        "responses": {
            "202": _answer("The command, as it was written.", _ref("command")),
            **_refusals(*REFUSALS),
        },
    }


def _alerts() -> dict[str, Any]:
    numbers = {"type": "array", "items": {"type": "integer"}}
    properties = {
        "partitions": numbers | {"description": "Partitions of the workers who answered."},
        "of": {
            "type": "integer",
            "description": "All partitions: where there are more, a worker did not answer.",
        },
        "alerts": {"type": "array", "items": _ref("alert")},
    }
    return {
        "operationId": "listAlerts",
        "summary": "The alerts of all workers, those that fire first.",
        "parameters": [
            {"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}}
            for name, meaning in ASKED.items()
        ],
        "responses": {
            "200": _answer("All of them.", _object(properties, list(properties))),
            **_refusals("400", "503"),
        },
    }


def _alert() -> dict[str, Any]:
    return {
        "operationId": "getAlert",
        "summary": "One alert, with what its rule sees now.",
        "parameters": [_in_path("fingerprint", {"type": "string", "pattern": "^[0-9a-f]{16}$"})],
        "responses": {"200": _answer("It.", _ref("alert")), **_refusals("404", "503")},
    }


def _in_query(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Describe a part of a question; one that is not asked for is left out, never null."""
    schema = row["anyOf"][0] if "anyOf" in row else row
    shown = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    return {"name": name, "in": "query", "description": row["description"], "schema": shown}


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(meaning: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}


def _refusals(*statuses: str) -> dict[str, Any]:
    return {status: _answer(REFUSALS[status], _ref("refusal")) for status in statuses}
