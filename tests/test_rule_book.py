"""The rules that a worker goes by."""

import logging
import os
from pathlib import Path

import pytest

from agents import rule_files
from agents.metrics import Metrics
from agents.rule_book import RuleBook

MINE = '[GoPanicRateHigh]\nfire = "> {}/min"\n'
BAD = '[GoPanicRateHigh]\nfire = "many"\ncolour = "red"\n'


def write(file: Path, text: str) -> None:
    """Write a file anew, at a time of its own."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    os.utime(file, ns=(before + 1, before + 1))


def faults(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("panicstream_rule_faults")


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    write(file, MINE.format(20))
    book = RuleBook(str(file), Metrics())
    first = book.hash
    assert not book.renew()
    write(file, MINE.format(30))
    assert book.renew()
    assert book.hash != first


def test_a_bad_file_keeps_the_rules_and_says_every_fault_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, metrics = tmp_path / "rules.toml", Metrics()
    write(file, MINE.format(20))
    book = RuleBook(str(file), metrics)
    rules = book.rules
    write(file, BAD)
    with caplog.at_level(logging.ERROR):
        assert [book.renew(), book.renew()] == [False, False]
    assert (book.rules, len(caplog.records), faults(metrics)) == (rules, 2, 2)
    write(file, MINE.format(20))
    assert (book.renew(), faults(metrics)) == (False, 0)


def test_a_bad_file_at_the_start_leaves_the_shipped_rules(tmp_path: Path) -> None:
    file, metrics = tmp_path / "rules.toml", Metrics()
    write(file, BAD)
    assert RuleBook(str(file), metrics).rules == rule_files.load()
    assert faults(metrics) == 2


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    metrics = Metrics()
    RuleBook(str(tmp_path / "none.toml"), metrics)
    assert faults(metrics) == 1


def test_equal_rules_have_one_hash_and_it_stands_in_a_metric() -> None:
    metrics = Metrics()
    book = RuleBook("", metrics)
    assert book.hash == RuleBook("", Metrics()).hash
    assert metrics.registry.get_sample_value("panicstream_rules_info", {"hash": book.hash}) == 1
