"""The OpenAPI document of `/api`, made of the schemas of what it takes and gives."""

from functools import cache
from typing import Any

import orjson

from agents.topics import SCHEMAS
from pipeline.commands import BY_PEOPLE
from pipeline.listing import Wanted
from pipeline.silence import State
from pipeline.silence_wish import Wish

VERSION = "3.1.0"
ID = "^c-[0-9a-f]{16}$"
SILENCE_ID = "^s-[0-9a-f]{16}$"
TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z$"

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
    "404": "There is no such cluster, command, alert or silence.",
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
            "description": "The bugs of a fleet, its alerts, and what is silent.",
        },
        "paths": {
            "/api/clusters": {"get": _listing()},
            "/api/clusters/{id}": {"get": _one()},
            "/api/clusters/{id}/{command}": {"post": _command()},
            "/api/alerts": {"get": _alerts()},
            "/api/alerts/{fingerprint}": {"get": _alert()},
            "/api/silences": {"get": _silences(), "post": _silence()},
            "/api/silences/{id}/expire": {"post": _expire()},
            "/api/routes": {"get": _routes()},
        },
        "components": {
            "schemas": {
                "cluster": _schema("clusters"),
                "command": _schema("commands"),
                "alert": _schema("alerts"),
                "silence": _shown_silence(),
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


def _shown_silence() -> dict[str, Any]:
    text, time = {"type": "string"}, {"type": "string", "pattern": TIME}
    properties = {
        "id": {"type": "string", "pattern": SILENCE_ID, "description": "Derived from all that it says."},
        "state": {"type": "string", "enum": list(State), "description": "How it stands."},
        "matchers": {
            "type": "array",
            "items": text,
            "description": "What labels have to be, all of it; none: all alerts are silent.",
        },
        "starts_at": time | {"description": "When it begins."},
        "ends_at": time | {"description": "When it ends."},
        "by": text | {"description": "Who wants it."},
        "comment": text | {"description": "Why."},
    }
    return _object(properties, list(properties))


def _silences() -> dict[str, Any]:
    listed = {"silences": {"type": "array", "items": _ref("silence")}}
    return {
        "operationId": "listSilences",
        "summary": "All silences, those that are on first; those that are over for 30 days.",
        "responses": {"200": _answer("All of them.", _object(listed, ["silences"])), **_refusals("503")},
    }


def _silence() -> dict[str, Any]:
    wish = Wish.model_json_schema()
    wish = {name: value for name, value in wish.items() if name not in {"title", "description"}}
    return {
        "operationId": "silence",
        "summary": "Silence some alerts: it is written to the topic `commands`, and holds a moment later.",
        "security": [{"token": []}],
        "requestBody": {"content": {"application/json": {"schema": wish}}},
        "responses": {"202": _answer("The silence.", _ref("silence")), **_refusals("400", "403", "503")},
    }


def _expire() -> dict[str, Any]:
    by = {"by": {"type": "string", "minLength": 1, "description": "Who wants it."}}
    return {
        "operationId": "expireSilence",
        "summary": "End a silence.",
        "security": [{"token": []}],
        "parameters": [_in_path("id", {"type": "string", "pattern": SILENCE_ID})],
        "requestBody": {"content": {"application/json": {"schema": _object(by, ["by"])}}},
        "responses": {"202": _answer("It, as it is now.", _ref("silence")), **_refusals(*REFUSALS)},
    }


def _routes() -> dict[str, Any]:
    label = {"type": "object", "additionalProperties": {"type": "string"}}
    answer = {"type": "object", "required": ["labels", "targets", "silences", "inhibited", "inhibited_by"]}
    return {
        "operationId": "route",
        "summary": "Which channels would be told of an alert now, by which route, and what is silent.",
        "parameters": [
            {
                "name": "labels",
                "in": "query",
                "description": "Each label of the alert, by its own name: ?service=pay&severity=critical.",
                "style": "form",
                "explode": True,
                "schema": label,
            }
        ],
        "responses": {"200": _answer("It.", answer), **_refusals("400", "503")},
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
