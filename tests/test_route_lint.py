"""Routes that can never do what they say are told."""

import pytest

from agents import rule_files
from pipeline.route_checks import read_routes
from pipeline.route_lint import lint
from pipeline.rule_checks import read_rules
from tests.routes import hooks

CHANNELS = hooks("a", "b")
ROOT = '[route]\nchannel = "a"\n'
OTHER = '[[route.routes]]\nchannel = "b"\n'
OWN = """
[PayPanics]
kind = "rate"
fact = "crashes"
fire = "> 1/min"
severity = "critical"
labels = { team = "payments" }
summary = "{service}"
"""


LINK = 'link = "https://dash/{fingerprint}/{service}/{group_key}?%s"\n'


def found(text: str, rules: str = "", channels: str = CHANNELS) -> list[str]:
    routes = read_routes(text + channels, "r.toml", " ")
    return lint(routes, [*rule_files.load(), *read_rules(rules, "rules.toml")])


def test_what_is_shipped_has_nothing_that_can_never_work() -> None:
    shipped = read_routes((rule_files.SHIPPED.parent / "routes.toml").read_text(), "routes.toml")
    assert lint(shipped, rule_files.load()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            OTHER + "matchers = ['environment=\"live\"']\n",
            "route 1: matchers: no alert has a label environment; did you mean env?",
        ),
        (
            OTHER + "matchers = ['alertname=\"GoPanicRate\"']\n",
            'route 1: matchers: no alert has alertname="GoPanicRate"; did you mean GoPanicRateHigh?',
        ),
        (
            OTHER + "matchers = ['severity=~\"page|crit\"']\n",
            'route 1: matchers: no alert has severity=~"page|crit"; there are critical, warning, info',
        ),
        (
            OTHER + "group_by = ['sevice']\nmatchers = ['env=\"x\"']\n",
            "route 1: group_by: no alert has a label sevice; did you mean service?",
        ),
        (
            OTHER
            + "matchers = ['env=\"x\"']\n[[inhibit_rules]]\nsource_matchers = ['env=\"y\"']\n"
            + "target_matchers = ['kind=\"issue\"']\nequal = ['pod']\n",
            "inhibit_rules 1: target_matchers: no alert has a label kind; there are ",
        ),
        (
            OTHER
            + "matchers = ['severity=\"critical\"']\n[[route.routes.routes]]\n"
            + "matchers = ['severity=\"info\"']\n",
            "route 1.1: matchers: it takes no alert: severity cannot be critical and info at once",
        ),
        (
            OTHER + OTHER + "matchers = ['env=\"x\"']\n",
            "route 2: it is never reached: route 1 takes all that it would; put it in front of that one, or "
            "give route 1 `continue = true`",
        ),
        ("", "channels: b: no route tells it; name it in one, or take it away"),
        (
            OTHER + "[time_intervals]\nnights = [{ years = ['2026'] }]\n",
            "time_intervals: nights: no route names it; do so, or take it away",
        ),
    ],
)
def test_what_can_never_work_is_a_line(text: str, expected: str) -> None:
    assert found(ROOT + text)[0].startswith(expected)


def test_a_route_behind_one_that_takes_less_or_continues_can_be_reached() -> None:
    less = OTHER + "matchers = ['env=\"x\"', 'service=\"y\"']\n" + OTHER + "matchers = ['env=\"x\"']\n"
    goes_on = OTHER + "continue = true\n" + OTHER
    assert [found(ROOT + text) for text in (less, goes_on)] == [[], []]


def test_labels_of_own_rules_are_known() -> None:
    text = ROOT + OTHER + "matchers = ['team=\"payments\"', 'alertname=\"PayPanics\"']\n"
    assert (len(found(text)), found(text, OWN)) == (2, [])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("{finger_print}", "there is no {finger_print}; did you mean {fingerprint}?"),
        ("{environment}", "there is no {environment}; did you mean {env}?"),
        ("{}", "there is no {}; there are fingerprint, episode, group_key, alertname, "),
    ],
)
def test_a_name_in_an_address_that_stands_for_nothing_is_a_line(name: str, hint: str) -> None:
    told = found(f"{ROOT}{OTHER}{CHANNELS}{LINK % name}", channels="")
    assert [one.startswith(f"channels: b: link: {hint}") for one in told] == [True]


def test_behind_an_alertmanager_alerts_have_labels_that_nobody_here_knows() -> None:
    routes = '[route]\nchannel = "am"\n[channels.am]\ntype = "alertmanager"\nurls = ["http://am:9093"]\n'
    assert found(f"{routes}{CHANNELS}{LINK % '{pod}'}", channels="") == []
