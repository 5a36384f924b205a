"""How Faust's consumer hands records to the agents: at once, where nothing has to be waited for.

Faust makes four tasks for each record, so as to notice where the flow is suspended while the queues of agents
are full. That was a quarter of what a record costs.
"""

from collections.abc import Coroutine, Generator
from typing import Any, ClassVar, NamedTuple, cast

from faust.transport.drivers import aiokafka
from faust.types.transports import ConsumerT
from mode.services import WaitArgT, WaitResults

Begun = Coroutine[Any, Any, Any]


class Consumer(aiokafka.Consumer):
    """Begins to hand a record over before it makes tasks to wait for that."""

    async def wait_first(self, *waits: WaitArgT, timeout: Any = None) -> WaitResults:
        """Return what is over first; of two that is the handing over of a record, or the flow's end."""
        if len(waits) == 1:
            return await super().wait_first(*waits, timeout=timeout)
        handing, suspended = cast(tuple[Begun, Begun], waits)
        try:
            blocked = handing.send(None)
        except StopIteration as over:
            suspended.close()
            return WaitResults([handing], [over.value], self.should_stop)
        return await super().wait_first(Rest(handing, blocked), suspended, timeout=timeout)


class Rest(NamedTuple):
    """What is left of a coroutine that was begun and waits for something."""

    begun: Begun
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


class Transport(aiokafka.Transport):
    """Faust's, with our consumer."""

    Consumer: ClassVar[type[ConsumerT]] = Consumer
