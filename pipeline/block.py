"""A block: what one source partition gave from one mark to the next, and the coordinates that name it."""

from dataclasses import dataclass
from typing import Any

from pipeline.marks import Mark


@dataclass(frozen=True)
class Block:
    """The records of a source partition from `previous` to `next`.

    `topic_id` is Kafka's id of the topic (its name where there is none): a topic that is made anew begins at
    offset 0 again. `watermark` is the partition's time, None where it has none.
    """

    topic: str
    topic_id: str
    partition: int
    previous: Mark
    next: Mark
    watermark: str | None = None

    def named(self) -> dict[str, Any]:
        """Return the fields that name the block in every record that tells of it.

        Rows leave out what they know by `through_offset`, the last offset of the block, and `step`.
        """
        return {
            "source_topic": self.topic,
            "source_topic_id": self.topic_id,
            "source_partition": self.partition,
            "from_offset": self.previous.offset,
            "through_offset": self.next.offset - 1,
            "step": self.next.step,
        }


# What the vitals of a worker carry that belong to no block.
UNNAMED: dict[str, Any] = {
    "source_topic": None,
    "source_topic_id": None,
    "source_partition": None,
    "from_offset": None,
    "through_offset": None,
    "step": None,
}
