"""What is wrong with a file of routes is told all at once, and where."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline
from pipeline.route_checks import TABLES, RouteFaultsError, is_routes, read_routes
from pipeline.route_fields import INHIBITION, PERIOD, ROUTE
from pipeline.routing import explained

SHIPPED = (Path(pipeline.__file__).parent / "routes.toml").read_text()
CHAT = '[channels.chat]\ntype = "webhook"\nurl = "https://example.com/hook"\n'


def faults(text: str) -> list[str]:
    with pytest.raises(RouteFaultsError) as raised:
        read_routes(text, "r.toml", SHIPPED)
    return raised.value.faults


def test_what_is_shipped_can_be_used() -> None:
    routes = read_routes(SHIPPED, "routes.toml")
    assert (routes.root.channel, routes.channels, len(routes.inhibitions)) == ("default", {}, 3)


def test_a_file_with_a_default_channel_alone_is_enough() -> None:
    routes = read_routes(CHAT.replace("chat", "default"), "r.toml", SHIPPED)
    assert (routes.root.channel, list(routes.channels)) == ("default", ["default"])


def test_a_mark_in_front_of_the_text_is_passed_over() -> None:
    assert (
        read_routes("\ufeff" + CHAT.replace("chat", "default"), "r.toml", SHIPPED).root.channel == "default"
    )


def test_every_fault_is_told_with_its_line() -> None:
    text = f"""[route]
receiver = "chat"
group_wait = "soon"
matchers = ['a="b"']
[[route.routes]]
channel = "chta"
matchers = ['severity=~"("', "x"]
[[route.routes]]
channel = "chat"
continue = "yes"
mute_time_intervals = ["nihgts"]
[[route.routes.routes]]
match = {{ severity = "critical" }}
group_by = ["...", "env"]
repeat_interval = "0s"
[[inhibit_rules]]
source_matchers = ['a="b"']
equal = "env"
[time_intervals]
nights = [{{ times = [{{ start = "22:00", end = "06:00" }}], weekday = ["monday"] }}]
{CHAT}
[receivers.x]
"""
    found = faults(text)
    assert [fault.split(": ")[0:3] for fault in found] == [
        ["r.toml:25", "receivers", "no such table; it is called channels here"],
        ["r.toml:4", "route", "matchers"],
        ["r.toml:1", "route", "channel"],
        ["r.toml:2", "route", "receiver"],
        ["r.toml:3", "route", "group_wait"],
        ["r.toml:7", "route 1", "matchers"],
        ["r.toml:10", "route 2", "continue"],
        ["r.toml:13", "route 2.1", "match"],
        ["r.toml:14", "route 2.1", "group_by"],
        ["r.toml:15", "route 2.1", "repeat_interval"],
        ["r.toml:18", "inhibit_rules 1", "equal"],
        ["r.toml:16", "inhibit_rules 1", "target_matchers"],
        ["r.toml:20", "time_intervals", "nights"],
        ["r.toml:20", "time_intervals", "nights"],
        ["r.toml:6", "route 1", "channel"],
        ["r.toml:11", "route 2", "mute_time_intervals"],
    ]
    assert found[3] == "r.toml:2: route: receiver: no such field; it is called channel here"
    assert found[14] == "r.toml:6: route 1: channel: there is no chta; did you mean chat?"


def test_a_channel_is_read_by_its_kind_and_no_secret_is_told() -> None:
    text = CHAT.replace("chat", "default") + 'url_file = "/run/url"\ncolour = "s3cret"\nlanguage = "fr"\n'
    found = faults(text)
    assert len(found) == 2
    assert found[0].startswith("r.toml:6: channels: default: language: ") or found[0].startswith("r.toml:5: ")
    assert "s3cret" not in str(found)
    assert "example.com" not in str(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[route]\nchannel = 3\n", "r.toml:2: route: channel: it is 3; the name of a channel: "),
        ("route = 3\n", "r.toml:1: route: it is missing; a table [route] that names a channel"),
        ("channels = 3\n", "r.toml:1: channels: a table [channels.NAME] for each"),
        ("inhibit_rules = 3\n", "r.toml:1: inhibit_rules: tables [[inhibit_rules]]"),
        ("[time_intervals]\nx = 3\n", "r.toml:2: time_intervals: x: a list of periods, such as "),
        (CHAT + "[route\n", "r.toml:4: no TOML: "),
        (CHAT, "r.toml:1: channels: the shipped route tells default, which is not there; call one so"),
        ('[channels."a b"]\n', "r.toml: channels: a b: no name of a channel"),
        ("[channels.none]\n", "r.toml:1: channels: none: no name of a channel"),
        ("[channels.x]\ntype = 'pigeon'\n", "r.toml:1: channels: x: 'pigeon' is no type of channel; "),
        (
            CHAT + "[route]\nchannel = 'chat'\nroutes = 3\n",
            "r.toml:6: route: routes: tables [[route.routes]]",
        ),
        ("[GoPanicRateHigh]\n", "r.toml:1: GoPanicRateHigh: no such table; there are route, inhibit_rules"),
        ("[[route.routes]]\n", "r.toml:1: route: channel: it is missing; who is told where no other route"),
    ],
)
def test_a_fault_is_one_line_that_says_what_to_do(text: str, expected: str) -> None:
    assert faults(text)[0].startswith(expected)


def test_routes_within_routes_without_end_are_refused() -> None:
    deep = "".join(f"[[route{'.routes' * depth}]]\n" for depth in range(1, 40))
    assert "more than 20 within each other" in str(faults(f"{CHAT}[route]\nchannel = 'chat'\n{deep}"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHAT, True),
        ("[route]\n", True),
        ("[[inhibit_rules]]\n", True),
        ("[route]\nkind = 'rate'\n", False),
        ("[GoPanicRateHigh]\nfire = '> 1/min'\n", False),
        ("[route\n", False),
    ],
)
def test_a_file_of_routes_is_told_from_one_of_rules(text: str, expected: bool) -> None:
    assert is_routes(text) is expected


NAMES = [
    *TABLES,
    *ROUTE,
    *INHIBITION,
    *PERIOD,
    *("receiver", "start", "end", "type", "url", "url_file", "nights", "chat"),
]
TEXTS = st.sampled_from(
    [
        *("chat", "none", "nights", "...", "30s", "0s", "22:00", "24:00", "1:5", "-1", "monday", "UTC"),
        *("America", "", 'severity="critical"', 'a=~"("', "webhook", "https://example.com"),
    ]
)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-40, 40) | st.floats(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(NAMES), below, max_size=5),
    max_leaves=25,
)


def toml(value: object) -> str:
    """Write a value as it stands behind a key."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {toml(one)}' for name, one in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return str(value) if isinstance(value, float) else json.dumps(value)


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5))
def test_whatever_stands_in_a_file_is_routes_or_faults(tables: dict[str, object]) -> None:
    text = "\n".join(f"{name} = {toml(value)}" for name, value in tables.items())
    found: list[str] = []
    try:
        routes = read_routes(text, "r.toml", SHIPPED)
        found = [one.target.channel for one in explained(routes, {"severity": "critical"})]
    except RouteFaultsError as error:
        found = [fault for fault in error.faults if fault.startswith("r.toml")]
    assert found
