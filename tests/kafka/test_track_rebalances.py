"""TRACK in processes of its own that come, leave, die and stand still, under load."""

import signal
import time
from pathlib import Path

import pytest

from tests.kafka.crew import crew
from tests.kafka.rebalanced import CHANGES, Pace, Site, load, rebalanced
from tests.kafka.seen import records, truth
from tests.kafka.topics import produce, until
from tests.kafka.tracking import SESSION_S, counts

# Slower than `make chaos-track`: agents have records in their queues whenever partitions change hands.
PACE = Pace(rate=500, slow_s=0.005)
PATIENCE_S = 60
TRIES = 6  # of Faust alone, which is lucky now and then


@pytest.fixture
def site(kafka: str, prefix: str, tmp_path: Path) -> Site:
    """Give where a run takes place."""
    return Site(kafka, prefix, tmp_path / "log")


def test_counts_are_exact_while_workers_come_leave_and_are_killed(site: Site) -> None:
    run = rebalanced(site, "ours", CHANGES, PACE)
    assert (run.lost, run.repeated, run.is_committed) == (0, 0, True)
    assert run.naive != run.sent


def test_faust_alone_loses_records_when_workers_come_leave_and_are_killed(site: Site) -> None:
    """If this fails, Faust may have been mended: see `agents/rebalances.py`."""
    sites = (site._replace(prefix=f"{site.prefix}{number}.") for number in range(TRIES))
    assert any(rebalanced(each, "stock", CHANGES, PACE).lost for each in sites)


def test_a_delivery_that_is_lost_stops_the_worker_and_a_restart_heals_it(site: Site) -> None:
    with crew(*site) as workers:
        produce(site.bootstrap, f"{site.prefix}sightings", records(0, 2000))
        workers.start("lossy")
        until(workers.is_at_end, PATIENCE_S, "end of the sightings")
        assert "HoleError" in site.log.read_text()
        assert workers.faults == 1
    assert counts(site.bootstrap, site.prefix) == truth(2000)


def test_a_worker_that_stood_still_while_others_took_its_place_writes_nothing_more(site: Site) -> None:
    with crew(*site) as workers:
        with load(site.bootstrap, f"{site.prefix}sightings", PACE.rate) as sending:
            workers.start("ours")
            workers.join("ours")
            suspended, _ = workers.workers.pop(0)
            suspended.send_signal(signal.SIGSTOP)
            time.sleep(SESSION_S / 2)
            workers.settle()
            suspended.send_signal(signal.SIGCONT)
            code = suspended.wait(PATIENCE_S)
        until(workers.is_at_end, PATIENCE_S, "end of the sightings")
        assert (code, "AwayError" in site.log.read_text()) == (70, True)
    assert counts(site.bootstrap, site.prefix) == truth(sending.sent)
