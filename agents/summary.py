"""The crashes of one scan grouped by fingerprint: one row a bug."""

from typing import Any, TypedDict


class Group(TypedDict):
    """One fingerprint and where it was met; a line of `scan --summary --json`. A log's lines count from 0."""

    fingerprint: str
    count: int
    title: str
    kind: str
    culprit_function: str | None
    culprit_file: str | None
    culprit_line: int | None
    first_topic: str
    first_partition: int
    first_offset: int
    last_topic: str
    last_partition: int
    last_offset: int


def count_in(groups: dict[str, Group], crash: dict[str, Any]) -> None:
    """Count one crash (`panic.v1`) into the group of its fingerprint."""
    group = groups.setdefault(crash["fingerprint"], _opened(crash))
    group["count"] += 1
    group["last_topic"], group["last_partition"], group["last_offset"] = _place(crash)


def _place(crash: dict[str, Any]) -> tuple[str, int, int]:
    return crash["source_topic"], crash["source_partition"], crash["source_first_offset"]


def _opened(crash: dict[str, Any]) -> Group:
    topic, partition, offset = _place(crash)
    return Group(
        fingerprint=crash["fingerprint"],
        count=0,
        title=crash["title"],
        kind=crash["kind"],
        culprit_function=crash["culprit_function"],
        culprit_file=crash["culprit_file"],
        culprit_line=crash["culprit_line"],
        first_topic=topic,
        first_partition=partition,
        first_offset=offset,
        last_topic=topic,
        last_partition=partition,
        last_offset=offset,
    )


def ranked(groups: dict[str, Group]) -> list[Group]:
    """Give the groups, most frequent first; equals in the order in which they were met."""
    return sorted(groups.values(), key=lambda group: -group["count"])
