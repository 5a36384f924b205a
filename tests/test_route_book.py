"""The routes that a worker goes by."""

import logging
from pathlib import Path

import pytest

from agents import route_files
from agents.metrics import Metrics
from agents.route_book import RouteBook
from tests.test_rule_book import write

MINE = '[channels.default]\ntype = "webhook"\nurl = "https://example.com/{}"\n'


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"panicstream_{name}", labels)


def test_without_a_file_what_is_shipped_holds() -> None:
    metrics = Metrics()
    book = RouteBook("", metrics)
    assert (book.routes, book.renew()) == (route_files.load(), False)
    assert sample(metrics, "routes_info", hash=book.hash) == 1


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "routes.toml"
    write(file, MINE.format(1))
    book = RouteBook(str(file), Metrics())
    write(file, MINE.format(2))
    assert book.renew()
    assert book.routes.channels["default"].revealed("url") == "https://example.com/2"


def test_a_bad_file_keeps_the_routes_and_says_every_fault_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, metrics = tmp_path / "routes.toml", Metrics()
    write(file, MINE.format(1))
    book = RouteBook(str(file), metrics)
    routes = book.routes
    write(file, MINE.format(2) + 'colour = "s3cret"\nlanguage = "fr"\n')
    with caplog.at_level(logging.ERROR):
        assert [book.renew(), book.renew()] == [False, False]
    assert (book.routes, len(caplog.records), sample(metrics, "route_faults")) == (routes, 2, 2)
    assert "s3cret" not in caplog.text


def test_no_secret_stands_in_the_log_or_in_a_metric(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "routes.toml"
    write(file, MINE.format("s3cret"))
    with caplog.at_level(logging.DEBUG):
        book = RouteBook(str(file), Metrics())
    assert "s3cret" not in caplog.text + repr(book.routes) + book._named()
