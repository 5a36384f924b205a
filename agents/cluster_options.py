"""What the commands of `clusters` share: whom they ask, and which bug they are about."""

import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import click

from agents import asking
from agents.cluster_api import ClusterApi
from agents.configuration import config_option
from agents.exits import Exit
from pipeline.settings import Settings

ID = re.compile("c-[0-9a-f]{16}")


class Id(click.ParamType):
    """The id of a bug."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take it as it is. Raises click.BadParameter where it is none."""
        if not ID.fullmatch(value):
            why = "is no id of a bug: c- and 16 digits, as `panicstream clusters` shows them"
            self.fail(f"{value!r} {why}", param, ctx)
        return str(value)


def worker_options(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """Give a command the settings, `--json`, and the worker that is asked, as its argument `api`."""

    @config_option
    @click.option(
        "--url", metavar="URL", help="The worker to ask; without it the one of the settings, http.listen."
    )
    @click.option("--json", "as_json", is_flag=True, help="JSON, one object a line.")
    @wraps(command)
    def with_worker(settings: Settings, *, url: str | None, **others: Any) -> Exit:
        api = ClusterApi(url or f"http://{settings.http.listen}")
        return asking.run(partial(command, settings, api, **others))

    return with_worker
