"""The shipped settings of Alertmanager are right by its own tool, and tell whom they should."""

import pytest

from tests.alertmanager import SHIPPED, program
from tests.command import Answer, run
from tests.debian import NoProgramError

CONFIG = SHIPPED
TOLD = {  # whoever is told of an alert with these labels
    "alertname=Watchdog": "heartbeat",
    "alertname=NewCluster severity=critical env=prod": "pager,chat",
    "alertname=NewCluster severity=critical env=live": "chat",
    "alertname=NewCluster severity=warning env=prod": "chat",
    "alertname=AlertStorm": "chat",
}


@pytest.fixture(scope="module")
def amtool() -> str:
    try:
        return str(program("amtool")[0])
    except NoProgramError as error:
        pytest.fail(str(error), pytrace=False)


def routed(amtool: str, receivers: str, labels: str) -> Answer:
    asked = ["config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receivers}"]
    return run([amtool, *asked, *labels.split()])


def test_amtool_finds_no_fault(amtool: str) -> None:
    checked = run([amtool, "check-config", str(CONFIG)])
    assert checked.code == 0, checked


@pytest.mark.parametrize(("labels", "receivers"), TOLD.items())
def test_each_alert_goes_to_whom_it_concerns(amtool: str, labels: str, receivers: str) -> None:
    tested = routed(amtool, receivers, labels)
    assert (tested.code, tested.output) == (0, f"{receivers}\n"), tested


def test_the_tool_says_where_another_would_be_told(amtool: str) -> None:
    assert routed(amtool, "pager", "alertname=Watchdog").code == 1
