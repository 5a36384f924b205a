"""Routes lead where Alertmanager's own `amtool` says."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.route_checks import read_routes
from pipeline.routing import paths
from tests.alertmanager import program

NAMES, CHANNELS = "abc", ["one", "two", "three"]
VALUES = ["x", "xy", "", "x|y", "x.*", ".+", "[xy]+", "(?i)X", "x?y?", 'q"u\\o', "支付", "支.*"]
MATCHERS = st.builds(
    lambda name, op, value: (
        f'{name}{op}"{value.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"'
    ),
    st.sampled_from(NAMES),
    st.sampled_from(["=", "!="]),
    st.sampled_from(VALUES),
) | st.builds(
    "{}{}{}".format,
    st.sampled_from(NAMES),
    st.sampled_from(["=~", "!~"]),
    st.sampled_from([value for value in VALUES if '"' not in value]),
)
FIELDS = {
    "channel": st.sampled_from(CHANNELS),
    "matchers": st.lists(MATCHERS, max_size=2),
    "continue": st.booleans(),
}
LEAVES = st.fixed_dictionaries({}, optional=FIELDS)
ROUTES = st.recursive(
    LEAVES,
    lambda below: st.fixed_dictionaries({"routes": st.lists(below, min_size=1, max_size=3)}, optional=FIELDS),
    max_leaves=8,
)
LABELS = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(["x", "y", "xy", "xyx", "X", 'q"u\\o', "支付"]), min_size=1
)


def receivers(config: Path, labels: dict[str, str]) -> list[str]:
    """Return whom amtool would tell."""
    amtool, _ = program("amtool")
    words = [str(amtool), "config", "routes", "test", f"--config.file={config}"]
    asked = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    done = subprocess.run([*words, *asked], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    return done.stdout.strip().split(",")


def as_alertmanager(route: dict[str, Any]) -> dict[str, Any]:
    """Return a route in the words of Alertmanager."""
    named = {("receiver" if name == "channel" else name): value for name, value in route.items()}
    return named | {"routes": [as_alertmanager(one) for one in route.get("routes", [])]}


def as_toml(route: dict[str, Any]) -> str:
    """Write a route as an inline table of TOML."""
    fields = [
        f"{name} = [{', '.join(map(as_toml, value))}]"
        if name == "routes"
        else f"{name} = {json.dumps(value, ensure_ascii=False)}"
        for name, value in route.items()
    ]
    return f"{{ {', '.join(fields)} }}"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("amtool") / "alertmanager.yml"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROUTES, max_size=4), st.lists(LABELS, min_size=1, max_size=3))
def test_routes_lead_where_amtool_says(
    config: Path, routes: list[dict[str, Any]], alerts: list[dict[str, str]]
) -> None:
    root = {"channel": "root", "routes": routes}
    told = [{"name": name} for name in ["root", *CHANNELS]]
    config.write_text(json.dumps({"route": as_alertmanager(root), "receivers": told}, ensure_ascii=False))
    ours = read_routes(f"route = {as_toml(root)}", "routes.toml")
    for labels in alerts:
        expected = receivers(config, labels)
        assert [path[-1].channel for path in paths(ours.root, labels)] == expected
