"""How Faust's consumer hands records to the agents: at once, where nothing has to be waited for.

Faust makes four tasks for each record, so as to notice where the flow is suspended while the queues of agents
are full. That was a quarter of what a record costs.
"""

import asyncio
import logging
from collections.abc import Coroutine, Generator
from typing import Any, ClassVar, NamedTuple, cast

from faust.transport.drivers import aiokafka
from faust.types.transports import ConsumerT
from mode.services import Service, WaitArgT, WaitResults

Steps = Coroutine[Any, Any, Any]


class Intake(Service):
    """Begins to hand a record over before it makes tasks to wait for that."""

    async def wait_first(self, *waits: WaitArgT, timeout: Any = None) -> WaitResults:
        """Return what is over first; of two that is the handing over of a record, or the flow's end."""
        if len(waits) == 1:
            return await super().wait_first(*waits, timeout=timeout)
        handing, suspended = cast(tuple[Steps, Steps], waits)
        try:
            blocked = handing.send(None)
        except StopIteration as over:
            suspended.close()
            # Without a pause records would pile up in front of the agents, until partitions are taken out.
            await asyncio.sleep(0)
            return WaitResults([handing], [over.value], self.should_stop)
        except BaseException:
            suspended.close()
            raise
        return await super().wait_first(Rest(handing, blocked), suspended, timeout=timeout)


class Rest(NamedTuple):
    """What is left of a coroutine that was begun and waits for something.

    Its first step was none of the task that it goes on in: it may not ask for that, as timeouts do. The only
    one on this way is for a producer's buffer that nothing of ours fills (`Producer.send` is called itself).
    """

    begun: Steps
    blocked: Any

    def __await__(self) -> Generator[Any, None, Any]:
        blocked = self.blocked
        while True:
            try:
                try:
                    yield blocked
                except BaseException as error:  # whatever it is, is the coroutine's
                    blocked = self.begun.throw(error)
                else:
                    blocked = self.begun.send(None)
            except StopIteration as over:
                return over.value


class Consumer(Intake, aiokafka.Consumer):
    """Faust's, with our intake."""

    logger = logging.getLogger("faust")  # else its steps are told as ours


class Transport(aiokafka.Transport):
    """Faust's, with our consumer."""

    Consumer: ClassVar[type[ConsumerT]] = Consumer
