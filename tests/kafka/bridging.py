"""A worker, Alertmanager with the settings that are shipped, and a program of one's own behind its bridge."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.alertmanager import Alertmanager, alertmanagers, shipped
from tests.kafka.notifying import GROUPED
from tests.kafka.worker import Worker
from tests.webhooks import Webhooks

TOKEN = "s3cret"  # noqa: S105  # of these tests
FLAGS = ("--data.maintenance-interval=500ms",)


class Place(NamedTuple):
    """Where a worker is told what it needs."""

    routes: Path
    token: Path

    @property
    def variables(self) -> dict[str, object]:
        """What sets a worker up so."""
        return {"notify_routes": self.routes, "http_token_file": self.token}


def place(folder: Path) -> Place:
    """Make the files, for a worker that has no channels yet."""
    made = Place(folder / "routes.toml", folder / "token")
    made.token.write_text(TOKEN)
    route(made, hook="http://127.0.0.1:9")
    return made


def route(place: Place, hook: str, url: str = "") -> None:
    """Let all go to Alertmanager, and what it tells to a program of one's own."""
    am = f'[channels.am]\ntype = "alertmanager"\nurls = ["{url}"]\n' if url else ""
    chat = f'[channels.chat]\ntype = "webhook"\nurl = "{hook}/chat"\nper_minute = 6000\n'
    fresh = place.routes.with_suffix(".new")
    fresh.write_text(f'[route]\nchannel = "{"am" if url else "chat"}"\ngroup_by = {GROUPED}\n{am}{chat}')
    fresh.replace(place.routes)


@contextmanager
def bridged(place: Place, worker: Worker, hook: Webhooks, folder: Path) -> Iterator[Alertmanager]:
    """Run Alertmanager between the worker and the program."""
    config = shipped(worker.address, hook.url, place.token)
    with alertmanagers(folder, config, flags=FLAGS) as (one,):
        route(place, hook.url, one.url)
        yield one
