"""A program that reads the first record of a topic with Faust, prints it and ends.

`python -m tests.kafka.faust_reader TOPIC FOLDER CONFIG`; Faust may write into the folder.
"""

# ruff: noqa: T201  # it prints what it read

import asyncio
import os
import sys
from typing import Any

import faust

from agents import clients
from agents.configuration import load
from agents.logs import start_logs
from pipeline.settings import LogSettings


def reader(topic: str, folder: str, config: str) -> faust.App:
    """Return an app that logs in, and logs, as ours does."""
    kafka = load(config).kafka
    start_logs(LogSettings(level="debug"), [kafka.password.get_secret_value()])
    app = faust.App(
        f"{topic}.reader",
        broker=clients.faust_brokers(kafka),
        broker_credentials=clients.faust_credentials(kafka),
        consumer_auto_offset_reset="earliest",
        datadir=folder,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )

    @app.agent(app.topic(topic, value_type=bytes, value_serializer="raw"))
    async def tell(stream: Any) -> None:
        async for value in stream:
            print(value.decode(), flush=True)
            os._exit(0)

    return app


async def read(*arguments: str) -> None:
    """Run the app; it ends the process."""
    app = reader(*arguments)
    app.finalize()
    await app.start()
    await app.wait_until_stopped()


if __name__ == "__main__":
    asyncio.run(read(*sys.argv[1:]))
