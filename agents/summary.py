"""The crashes of one scan grouped by fingerprint: one row a bug."""

from typing import Any, TypedDict


class Group(TypedDict):
    """One fingerprint and where it was met; a line of `scan --summary --json`. Offsets count lines from 0."""

    fingerprint: str
    count: int
    title: str
    kind: str
    culprit_function: str | None
    culprit_file: str | None
    culprit_line: int | None
    first_topic: str
    first_offset: int
    last_topic: str
    last_offset: int


def count_in(groups: dict[str, Group], crash: dict[str, Any]) -> None:
    """Count one crash (`panic.v1`) into the group of its fingerprint."""
    group = groups.setdefault(crash["fingerprint"], _opened(crash))
    group["count"] += 1
    group["last_topic"], group["last_offset"] = crash["source_topic"], crash["source_first_offset"]


def _opened(crash: dict[str, Any]) -> Group:
    place = crash["source_topic"], crash["source_first_offset"]
    return Group(
        fingerprint=crash["fingerprint"],
        count=0,
        title=crash["title"],
        kind=crash["kind"],
        culprit_function=crash["culprit_function"],
        culprit_file=crash["culprit_file"],
        culprit_line=crash["culprit_line"],
        first_topic=place[0],
        first_offset=place[1],
        last_topic=place[0],
        last_offset=place[1],
    )


def ranked(groups: dict[str, Group]) -> list[Group]:
    """Give the groups, most frequent first; equals in the order in which they were met."""
    return sorted(groups.values(), key=lambda group: -group["count"])
