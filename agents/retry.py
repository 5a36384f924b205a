"""Dead letters put back where they came from."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from agents import clients
from agents.deadletters import Letter, Letterbox
from agents.exits import held_back
from pipeline.deadletters import Asked
from pipeline.settings import KafkaSettings

CHUNK, CHUNK_BYTES = 500, 32 << 20  # letters on their way at once, and what their values hold
PATIENCE_S = 60.0  # until a record is taken to be refused
HURRY_S = 5.0  # the same where we are to stop
LOOK_S = 0.2  # between two looks whether we are to stop


@dataclass
class Plan:
    """What there is to put back, by source topic; what cannot be, by the reason; how many were before."""

    wanted: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    retried: int = 0


class Retry:
    """Puts letters back: each into the partition it came from, with its own key, value and headers.

    `put_back` counts them by source topic.
    """

    def __init__(self, box: Letterbox, asked: Asked, partitions: Mapping[str, int]) -> None:
        """`partitions`: how many each topic has that there is."""
        self._box, self._asked, self._partitions = box, asked, partitions
        self.put_back: Counter[str] = Counter()

    def plan(self) -> Plan:
        """Say what there is to be done. Raises KafkaException."""
        plan = Plan()
        for letter in self._box.letters(self._asked):
            if letter.is_retried:
                plan.retried += 1
            elif reason := self._unfit(letter):
                plan.unfit[reason] += 1
            else:
                plan.wanted[letter.origin.topic] += 1
        return plan

    def run(self, kafka: KafkaSettings) -> None:
        """Put them back, and remember that. Raises KafkaException where one is refused.

        On a signal, what was sent by then is waited for and remembered; then it does what it always does.
        """
        with held_back() as has_signal:
            sending = _Sending(self._box, self._asked, kafka, self.put_back)
            try:
                for letter in self._box.letters(self._asked):
                    if has_signal():
                        break
                    if not letter.is_retried and not self._unfit(letter):
                        sending.send(letter)
                    if sending.is_full:
                        sending.settle(has_signal)
            finally:
                sending.settle(has_signal)

    def _unfit(self, letter: Letter) -> str:
        """Say why a letter cannot be put back; empty where it can."""
        origin = letter.origin
        if origin.size is not None:
            return f"{origin.topic}: too long for a dead letter, the end of the value is lost"
        if origin.partition >= self._partitions.get(origin.topic, 0):
            return f"{origin.topic} [{origin.partition}]: it is not there any more"
        return ""


class _Sending:
    """Letters on their way."""

    def __init__(self, box: Letterbox, asked: Asked, kafka: KafkaSettings, arrived: Counter[str]) -> None:
        """Count those that arrive in `arrived`."""
        self._box, self._asked, self._arrived = box, asked, arrived
        timeout = {"message.timeout.ms": int(PATIENCE_S * 1000)}
        self._producer = Producer(clients.producer(kafka) | timeout)
        self._sent: list[Letter] = []
        self._answered: set[tuple[int, int]] = set()
        self._refused: KafkaError | None = None
        self._bytes = 0

    def send(self, letter: Letter) -> None:
        """Send one."""
        self._sent.append(letter)
        self._bytes += len(letter.value or b"")
        origin = letter.origin
        try:
            self._producer.produce(
                *(origin.topic, letter.value, letter.key, origin.partition),
                on_delivery=partial(self._answer, letter),
                headers=list(letter.headers),
            )
        except KafkaException as error:
            self._refused = error.args[0]

    def _answer(self, letter: Letter, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._refused = self._refused or error
            return
        self._answered.add((letter.partition, letter.offset))
        self._arrived[letter.origin.topic] += 1

    @property
    def is_full(self) -> bool:
        """True where enough are on their way, or one was refused."""
        return len(self._sent) >= CHUNK or self._bytes >= CHUNK_BYTES or self._refused is not None

    def settle(self, is_hurried: Callable[[], bool]) -> None:
        """Wait for all that were sent, and remember them up to the first that did not arrive.

        Raises KafkaException where one did not.
        """
        begun = time.monotonic()
        while self._producer.flush(LOOK_S):
            if time.monotonic() - begun > (HURRY_S if is_hurried() else PATIENCE_S):
                break
        self._box.remember(self._asked, self._through())
        lost, refused = len(self._sent) - len(self._answered), self._refused
        self._sent, self._answered, self._refused, self._bytes = [], set(), None, 0
        if lost:
            self._producer.purge()
            raise KafkaException(refused or KafkaError(KafkaError._TIMED_OUT))

    def _through(self) -> dict[int, int]:
        """Return for each partition of `deadletters` the last letter before the first that did not arrive."""
        through: dict[int, int] = {}
        stuck: set[int] = set()
        for letter in self._sent:
            if (letter.partition, letter.offset) not in self._answered:
                stuck.add(letter.partition)
            elif letter.partition not in stuck:
                through[letter.partition] = letter.offset
        return through
