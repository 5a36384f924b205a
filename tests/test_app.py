"""The Faust app of TRACK, before it is started."""

import asyncio
from typing import Any

import pytest

from agents import topics
from agents.app import create_app
from agents.metrics import Metrics
from agents.table_app import TableApp
from pipeline.settings import Settings


def made(**sections: Any) -> TableApp:
    """Return the app with some settings."""

    async def make() -> TableApp:
        return create_app(Settings.model_validate(sections), Metrics())

    return asyncio.run(make())


def test_every_topic_that_it_reads_and_writes_has_its_row() -> None:
    settings = Settings()
    app, known = made(), {topic.name for topic in topics.wanted(settings)}
    read = {name for agent in app.agents.values() for name in agent.channel.topics}
    named = {"sightings", "commands", "vitals", "clusters", "deploys", "notifications"}
    assert read == set(map(settings.topic, named))
    assert {table.changelog_topic_name for table in app.rows.values()} | read <= known


def test_it_listens_nowhere() -> None:
    assert not made().conf.web_enabled


def test_it_is_set_by_our_settings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "kafka://elsewhere:9092")
    monkeypatch.setenv("WEB_ENABLED", "1")
    monkeypatch.setenv("PROCESSING_GUARANTEE", "exactly_once")
    conf = made(kafka={"bootstrap_servers": "one:9092,two:9093"}).conf
    assert [str(url) for url in conf.broker] == ["kafka://one:9092", "kafka://two:9093"]
    assert not conf.web_enabled
    assert str(conf.processing_guarantee) == "ProcessingGuarantee.AT_LEAST_ONCE"


def test_a_long_session_is_no_longer_than_a_request() -> None:
    conf = made(track={"session_timeout": 120}).conf
    assert conf.broker_session_timeout < conf.broker_request_timeout
