"""Makes `schemas/examples` with our own code; `python -m tests.examples --write` renews them."""

# ruff: noqa: T201  # names the files it rewrites

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from agents.outbox import Outgoing
from tests import example_alerts, example_block, example_clusters
from tests.golden import FOLDER, read
from tests.scanning import scan

EXAMPLES = Path(__file__).parents[1] / "schemas/examples"

CRASHES = {  # what the example shows: the golden file whose first crash it is
    "panic": "go1.27-panic_two_goroutines",
    "panic-chain": "go1.27-panic_chain3",
    "fatal": "go1.6-fatal_map_writes",
    "signal": "go1.19-cgo_abort",
    "race": "go1.27-race_counter",
    "recovered": "go1.27-http_panic",
    "log-fatal": "go1.19-klog_fatal_files",
    "damaged": "mutated-cut-in-frame",
}


def _crash(name: str) -> dict[str, Any]:
    source = read(FOLDER / f"{CRASHES[name]}.txt")
    crash: dict[str, Any] = scan(source.raw, f"logs/{source.path.stem}.log").crashes[0]
    return crash


def _block() -> list[Outgoing]:
    return example_block.records([_crash("panic"), _crash("panic")])


def _told(topic: str) -> dict[str, Any]:
    return example_block.value(topic, _block())


SOURCES: dict[str, Callable[[], dict[str, Any]]] = {  # each example, and what makes it
    **{f"panic.v1.{name}": partial(_crash, name) for name in CRASHES},
    "sightings.v1.first": lambda: _told("sightings"),
    "sightings.v1.again": lambda: _told("sightings") | {"signature": None},
    "vitals.v1.crashes": lambda: _told("vitals"),
    "vitals.v1.lines": example_block.lines,
    "vitals.v1.gc": example_block.cycles,
    "vitals.v1.tick": example_block.a_tick,
    "vitals.v1.seen": example_alerts.seen,
    "vitals.v1.cluster-new": lambda: example_clusters.told("cluster_new"),
    "vitals.v1.cluster-regressed": lambda: example_clusters.told("cluster_regressed"),
    "vitals.v1.cluster-merged": lambda: example_clusters.told("cluster_merged"),
    "vitals.v1.cluster-split": lambda: example_clusters.told("cluster_split"),
    "clusters.v1.bug": example_clusters.bug,
    "commands.v1.resolve": lambda: example_clusters.command("resolve"),
    "commands.v1.split": lambda: example_clusters.command("split"),
    "commands.v1.merged": lambda: example_clusters.command("merged"),
    "commands.v1.regressed": lambda: example_clusters.command("regressed"),
    "commands.v1.silence": example_alerts.silenced,
    "alerts.v1.firing": lambda: example_alerts.fired("alerts"),
    "notifications.v1.firing": lambda: example_alerts.fired("notifications"),
    "notifications.v1.deploy": example_alerts.deploy_told,
    "deliveries.v1.second": example_alerts.delivered,
    "actions.v1.rollback": lambda: example_alerts.fired("actions"),
    "action-results.v1.dry_run": example_alerts.result,
    "reports.v1.firing": lambda: example_alerts.fired("reports"),
    "deploys.v1.release": example_alerts.deploy,
    "checkpoints.v1.block": lambda: _told("checkpoints"),
    "deadletters.v1.cut_json": lambda: example_block.headers(1050, _block()),
    "deadletters.v1.too-long": lambda: example_block.headers(1051, _block()),
}


def path(name: str) -> Path:
    """Return where an example stands."""
    return EXAMPLES / f"{name}.json"


def example(name: str) -> bytes:
    """Return an example as it must stand in its file now."""
    return orjson.dumps(SOURCES[name](), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def main() -> None:
    """Rewrite the examples, or name those that are not what the code gives."""
    parser = argparse.ArgumentParser(prog="python -m tests.examples", description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the examples, for review as a diff")
    asked = parser.parse_args()
    for name in SOURCES:
        now = example(name)
        if not path(name).is_file() or path(name).read_bytes() != now:
            print(path(name).relative_to(EXAMPLES.parents[1]))
            if asked.write:
                path(name).write_bytes(now)


if __name__ == "__main__":
    main()
