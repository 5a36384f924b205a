"""What is wrong with a record of `alerts`, or with what stands beside one, before anybody goes by it.

Records may be written by others: what people are told of them is made as well as it goes, but what decides
whom to tell, and when, has to be there.
"""

from typing import Any

LONGEST = 1_000  # characters of a name
COUNTS = range(2**53)  # what all that reads JSON tells apart
INTEGERS = range(-(2**63), 2**64)  # what can be written as JSON again
SEPARATOR, ALL = "/", "*"  # of the keys of rows


def fault(record: object) -> str:
    """Say what an alert lacks; empty where nothing."""
    if not isinstance(record, dict):
        return "an alert is no object"
    if not all(isinstance(record.get(name), str) for name in ("fingerprint", "episode", "status")):
        return "an alert has no fingerprint, episode or status"
    if not is_name(record["fingerprint"]) or len(record["episode"]) > LONGEST:
        return "an alert's fingerprint or episode is none"
    if not _are_texts(record.get("labels")) or not _is_count(record.get("seq") or 0):
        return "an alert has no labels, or its seq is no number"
    return ""


def is_name(text: str) -> bool:
    """Return whether a text can be a part of the key of a row."""
    return 0 < len(text) <= LONGEST and SEPARATOR not in text and text != ALL


def is_writable(value: object) -> bool:
    """Return whether all whole numbers in a value of JSON can be written again."""
    if isinstance(value, dict):
        return all(map(is_writable, value.values()))
    if isinstance(value, list):
        return all(map(is_writable, value))
    return not isinstance(value, int) or value in INTEGERS


def _are_texts(labels: object) -> bool:
    return isinstance(labels, dict) and all(isinstance(text, str) for text in labels.values())


def _is_count(number: Any) -> bool:
    return isinstance(number, int) and number in COUNTS
