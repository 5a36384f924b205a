"""Rows read back from their changelog when partitions come: by ourselves, at once.

Faust takes each change through its event loop, as it does records: measured, 4,000 rows a second. librdkafka
gives them many times as fast, in a thread beside the loop.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection
from itertools import islice
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from faust.tables import recovery
from faust.types import TP

from agents import clients
from agents.excerpt import TIMEOUT_S, excerpt, reader
from agents.patience import patiently
from agents.role import FaultError
from agents.rows import Rows
from pipeline.settings import KafkaSettings

LOG = logging.getLogger(__name__)

AT_ONCE = 1000  # changes, between two looks whether the partitions are still ours


class Recovery(recovery.Recovery):
    """Faust's recovery, which finds nothing to do for tables of rows."""

    logger = logging.getLogger("faust")  # else its steps are told as ours

    async def _build_offsets(self, consumer: Any, tps: set[TP], destination: Any, title: str) -> None:
        """Say from where on each changelog is to be read: those of rows from their ends."""
        await super()._build_offsets(consumer, tps, destination, title)
        for tp in tps:
            if isinstance(self.tp_to_table[tp], Rows):
                destination[tp] = self.active_highwaters[tp]


async def read_back(kafka: KafkaSettings, rows: Rows, partitions: Collection[int]) -> None:
    """Bring the rows of these partitions, which are all that we have, up to the end of their changelog.

    Raises FaultError where the brokers do not answer, or the rows on disk are not those of the changelog.
    """
    begun, over = time.monotonic(), threading.Event()
    rows.shelf.keep(partitions)

    def read() -> int:
        with reader(clients.client(kafka)) as consumer:
            return _read(consumer, rows, partitions, over.is_set)

    try:
        changes = await asyncio.to_thread(patiently, read)
    finally:
        over.set()
    LOG.info("read %d changes of %s in %.1f s", changes, rows.name, time.monotonic() - begun)


def _read(consumer: Consumer, rows: Rows, partitions: Collection[int], is_over: Callable[[], bool]) -> int:
    """Read all changes that are not kept yet; return how many there were."""
    topic, number = rows.changelog_topic_name, 0
    changes = excerpt(consumer, topic, {each: _start(consumer, rows, each) for each in partitions})
    while (some := list(islice(changes, AT_ONCE))) and not is_over():
        rows.take_in(some)
        number += len(some)
    return number


def _start(consumer: Consumer, rows: Rows, number: int) -> int:
    """Return the first offset that is not kept yet."""
    topic = rows.changelog_topic_name
    first, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=TIMEOUT_S)
    kept = rows.shelf.end(TP(topic, number))
    if kept is not None and kept > end:
        raise FaultError(
            f"{topic}/{number} ends at offset {end}, and track.data_dir holds rows up to {kept} of one that "
            "was there before: empty that folder"
        )
    return first if kept is None else max(first, kept)
