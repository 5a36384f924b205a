"""The rules for Prometheus are right by its own tool, and are those that panicstream ships."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from agents.metrics import Metrics
from agents.rule_files import load
from tests.command import run
from tests.debian import NoProgramError
from tests.promtool import promtool

ROOT = Path(__file__).parents[1]
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
TESTS = ROOT / "tests" / "prometheus" / "rules_test.yml"
BESIDE = {
    *("Http5xxRatioHigh", "ConsumerLagHigh"),
    *("PanicstreamChannelFailing", "PanicstreamChannelMissing"),
}


@pytest.fixture(scope="module")
def tool() -> str:
    try:
        return str(promtool())
    except NoProgramError as error:
        pytest.fail(str(error), pytrace=False)


def alerts() -> dict[str, dict[str, Any]]:
    groups = YAML(typ="safe").load(RULES)["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def test_promtool_finds_no_fault(tool: str) -> None:
    checked = run([tool, "check", "rules", "--lint-fatal", str(RULES)])
    assert checked.code == 0, checked


def test_each_alert_fires_when_its_test_says(tool: str) -> None:
    tested = run([tool, "test", "rules", str(TESTS)])
    assert tested.code == 0, tested


def test_every_shipped_rule_is_there_with_its_severity_and_more_that_we_do_not_measure() -> None:
    shipped = {rule.name: rule.severity.value for rule in load()}
    told = {name: rule["labels"]["severity"] for name, rule in alerts().items() if name not in BESIDE}
    assert (told, alerts().keys() & BESIDE) == (shipped, BESIDE)


def test_every_alert_has_a_test() -> None:
    tested = {
        one["alertname"]
        for test in YAML(typ="safe").load(TESTS)["tests"]
        for one in test["alert_rule_test"]
        if one["exp_alerts"]
    }
    assert tested == alerts().keys()


def test_the_series_are_those_that_a_worker_shows() -> None:
    shown = {family.name for family in text_string_to_metric_families(Metrics().text().decode())}
    used = set(re.findall(r"\b((?:go|panicstream)_\w+?)(?:_total)?\{?[\[{)]", RULES.read_text()))
    assert used - shown == set()


def test_without_promtool_one_line_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoProgramError, match=r"^promtool is missing, and apt-get fails: .*; apt install"):
        promtool()
    assert list((tmp_path / "panicstream").iterdir()) == []
