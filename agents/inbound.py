"""What Faust has to know of its own streams: when each partition came in last, and how far it is committed.

Its own monitor counts and times each record besides, by stream, task and topic. Nobody asks for that here:
our metrics tell it.
"""

import logging
import time
from typing import Any

from faust import Monitor
from faust.types import TP


class Inbound(Monitor):
    """Takes note of partitions that move, so that Faust warns of those that do not."""

    logger = logging.getLogger("faust")  # else its steps are told as ours

    def on_stream_event_in(self, tp: TP, *_: Any) -> None:
        """Take note of the time."""
        self.stream_inbound_time[tp] = time.monotonic()

    def on_message_in(self, *_: Any) -> None:
        """Count nothing."""

    def on_message_out(self, *_: Any) -> None:
        """Count nothing."""

    def on_stream_event_out(self, *_: Any) -> None:
        """Count nothing."""

    def on_send_initiated(self, *_: Any) -> None:
        """Count nothing."""

    def on_send_completed(self, *_: Any) -> None:
        """Count nothing."""
