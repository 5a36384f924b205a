"""What people see of alerts."""

from typing import Any

from agents.show_alerts import alert_text, table
from tests import example_alerts


def alert(**changed: Any) -> dict[str, Any]:
    return example_alerts.fired("alerts") | changed


def test_an_alert_says_why_it_is_one() -> None:
    told = alert_text(alert()).plain.splitlines()
    assert told[0].endswith(f"  {alert()['fingerprint']}")
    named = {one.split()[0]: one.split(maxsplit=1)[1] for one in told[1:]}
    assert named["value"] == "60/min, threshold 10/min, 60 samples"
    assert named["rule"] == "GoPanicReleaseBad, critical: crashes > 10, for 1m, and clear for 5m"
    assert named["holds"] == "since 2026-11-21 00:01:11"


def test_what_is_not_known_is_said() -> None:
    told = alert_text(alert(value=None, timing=alert()["timing"] | {"held": "late"})).plain
    assert "not known: too little was seen" in told
    assert "it fired long before it was seen" in told


def test_an_alert_of_a_rule_that_is_no_more_names_it() -> None:
    assert "GoPanicReleaseBad, which is no more" in alert_text(alert(rule=None)).plain


def test_text_of_a_log_steers_no_terminal() -> None:
    shown = table({"alerts": [alert(annotations={"summary": "\x1b[2Jgone"})]})
    assert "\x1b" not in "".join(one.plain for one in shown)


def test_a_list_says_how_many_there_are() -> None:
    assert [one.plain for one in table({"alerts": []})] == ["0 alerts"]
    assert table({"alerts": [alert()]})[-1].plain == "1 alert"
