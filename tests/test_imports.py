"""Who may import whom, read from the import statements."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {  # each package of ours, and the others of ours that it may know
    "pipeline": {"pipeline"},
    "agents": {"agents", "pipeline"},
}

HOMES = {  # each library, and the modules it stands in; in `pipeline` there is pydantic alone
    "aiohttp": {
        "agents/alert_view.py",
        "agents/bridge.py",
        "agents/cluster_view.py",
        "agents/peers.py",
        "agents/sender.py",
        "agents/silence_view.py",
        "agents/tokens.py",
        "agents/track.py",
        "agents/web.py",
    },
    "aiokafka": {
        "agents/newcomers.py",
    },
    "click": {
        "agents/__main__.py",
        "agents/alert_route.py",
        "agents/alerts.py",
        "agents/channels_command.py",
        "agents/cluster_options.py",
        "agents/cluster_orders.py",
        "agents/clusters.py",
        "agents/configuration.py",
        "agents/core_options.py",
        "agents/deadletters_command.py",
        "agents/decode.py",
        "agents/default_command.py",
        "agents/demo/command.py",
        "agents/doctor.py",
        "agents/evaluate.py",
        "agents/replay.py",
        "agents/rules_command.py",
        "agents/rules_trial.py",
        "agents/scan.py",
        "agents/silence_command.py",
        "agents/topics_command.py",
        "agents/worker.py",
    },
    "confluent_kafka": {
        "agents/admin.py",
        "agents/assigned.py",
        "agents/brokers.py",
        "agents/deadletters.py",
        "agents/demo/performance.py",
        "agents/detect.py",
        "agents/embedded.py",
        "agents/excerpt.py",
        "agents/feed.py",
        "agents/handover.py",
        "agents/kafka_checks.py",
        "agents/outbox.py",
        "agents/outputs.py",
        "agents/overview.py",
        "agents/patience.py",
        "agents/recovery.py",
        "agents/retry.py",
        "agents/rows.py",
        "agents/sending.py",
        "agents/sources.py",
        "agents/tail.py",
        "agents/takeovers.py",
        "agents/telling.py",
        "agents/topics.py",
    },
    "ddsketch": {
        "pipeline/sketch.py",
    },
    "faust": {
        "agents/clients.py",
        "agents/inbound.py",
        "agents/intake.py",
        "agents/lane.py",
        "agents/peers.py",
        "agents/rebalances.py",
        "agents/recovery.py",
        "agents/rows.py",
        "agents/shelves.py",
        "agents/table_app.py",
        "agents/tables.py",
        "agents/track_report.py",
    },
    "mode": {
        "agents/intake.py",
    },
    "orjson": {
        "agents/alert_route.py",
        "agents/alert_view.py",
        "agents/alerts.py",
        "agents/attempts.py",
        "agents/bridge.py",
        "agents/brokers.py",
        "agents/channels_command.py",
        "agents/cluster.py",
        "agents/cluster_api.py",
        "agents/cluster_orders.py",
        "agents/cluster_pages.py",
        "agents/cluster_view.py",
        "agents/clusters.py",
        "agents/deadletters_command.py",
        "agents/decode.py",
        "agents/demo/performance.py",
        "agents/demo/samples.py",
        "agents/demo/worker.py",
        "agents/detect.py",
        "agents/doctor.py",
        "agents/evaluate.py",
        "agents/feed.py",
        "agents/history.py",
        "agents/logs.py",
        "agents/newcomers.py",
        "agents/notify.py",
        "agents/openapi.py",
        "agents/outputs.py",
        "agents/overview.py",
        "agents/record_scanner.py",
        "agents/records.py",
        "agents/rows.py",
        "agents/rules_command.py",
        "agents/rules_trial.py",
        "agents/scan.py",
        "agents/shippers/container.py",
        "agents/silence_command.py",
        "agents/silence_view.py",
        "agents/table_app.py",
        "agents/takeovers.py",
        "agents/telling.py",
        "agents/ticks.py",
        "agents/topics_command.py",
        "agents/watch.py",
        "agents/web.py",
    },
    "prometheus_client": {
        "agents/book.py",
        "agents/demo/worker.py",
        "agents/metrics.py",
    },
    "pydantic": {
        "agents/cluster_view.py",
        "pipeline/bridged.py",
        "pipeline/channels/__init__.py",
        "pipeline/channels/alertmanager.py",
        "pipeline/channels/aliyun_sms.py",
        "pipeline/channels/dingtalk.py",
        "pipeline/channels/email.py",
        "pipeline/channels/feishu.py",
        "pipeline/channels/pagerduty.py",
        "pipeline/channels/settings.py",
        "pipeline/channels/slack.py",
        "pipeline/channels/webhook.py",
        "pipeline/channels/wecom.py",
        "pipeline/cluster_told.py",
        "pipeline/commands.py",
        "pipeline/deploy.py",
        "pipeline/listing.py",
        "pipeline/setting_values.py",
        "pipeline/settings.py",
        "pipeline/sighting.py",
        "pipeline/silence_wish.py",
        "pipeline/step.py",
        "pipeline/vital.py",
        "pipeline/wanted.py",
    },
    "rapidfuzz": {
        "pipeline/baselines.py",
    },
    "rich": {
        "agents/alerts.py",
        "agents/channels_command.py",
        "agents/clusters.py",
        "agents/demo/view.py",
        "agents/doctor.py",
        "agents/layout.py",
        "agents/progress.py",
        "agents/reading.py",
        "agents/replay.py",
        "agents/rules_command.py",
        "agents/rules_trial.py",
        "agents/show.py",
        "agents/show_alerts.py",
        "agents/show_channels.py",
        "agents/show_clusters.py",
        "agents/show_decoded.py",
        "agents/show_evaluation.py",
        "agents/show_letters.py",
        "agents/show_silences.py",
        "agents/silence_command.py",
        "agents/terminal.py",
        "agents/topics_command.py",
        "agents/watch_clusters.py",
    },
    "rocksdict": {
        "agents/shelves.py",
    },
    "typing_extensions": {
        "pipeline/vital.py",
    },
    "zstandard": {
        "agents/inputs.py",
    },
}


def modules(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py*") if path.suffix in {".py", ".pyi"})


def imported(module: Path) -> Iterator[str]:
    """Yield the first part of each imported name; a relative import has none and is not used here."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0] if node.level == 0 else "a relative import"


def foreign(module: Path) -> set[str]:
    return {name for name in imported(module) if name not in sys.stdlib_module_names}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_knows_those_it_may_know_and_libraries_at_home_in_it(package: str) -> None:
    known = {
        module.relative_to(ROOT).as_posix(): foreign(module) - MAY_IMPORT[package]
        for module in modules(package)
    }
    at_home = {name: {library for library, homes in HOMES.items() if name in homes} for name in known}
    assert known == at_home


def test_pipeline_has_no_library_but_those_that_check_values_compare_texts_and_tell_quantiles() -> None:
    assert {
        library for library, homes in HOMES.items() for home in homes if home.startswith("pipeline/")
    } == {"ddsketch", "pydantic", "rapidfuzz", "typing_extensions"}


def test_pipeline_touches_no_clock_network_environment_or_process() -> None:
    outside = {
        "asyncio",
        "datetime",
        "logging",
        "multiprocessing",
        "os",
        "random",
        "socket",
        "subprocess",
        "time",
    }
    assert {
        module.name: names for module in modules("pipeline") if (names := outside & set(imported(module)))
    } == {"time_intervals.py": {"datetime"}}  # it is given a moment, and asks no clock
