"""The table of metrics."""

from agents.metrics import Metrics


def test_two_workers_in_one_process_share_nothing() -> None:
    one, two = Metrics(), Metrics()
    one.blocks.inc()
    assert [both.registry.get_sample_value("panicstream_blocks_total") for both in (one, two)] == [1, 0]


def test_the_process_itself_is_measured() -> None:
    told = {family.name for family in Metrics().registry.collect()}
    assert {"process_cpu_seconds", "process_resident_memory_bytes", "python_info"} <= told


def test_a_partition_that_was_given_away_is_forgotten() -> None:
    metrics = Metrics()
    for gauge in (metrics.lag, metrics.hold_back_seconds):
        gauge.labels("logs.a", 3).set(1)
        gauge.labels("logs.a", 4).set(1)
    metrics.forget("logs.a", 3)
    metrics.forget("logs.a", 3)
    told = metrics.text().decode()
    assert ('partition="3"' in told, told.count('partition="4"')) == (False, 2)
