"""The fields of a rule in a TOML text: how each is read, and which a kind needs or may have."""

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from pipeline.rules import Kind, Scope, Severity, pattern
from pipeline.units import span

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # as Alertmanager takes names of labels
PATTERN = re.compile(r"!?~(.*)", re.DOTALL)
LONGEST_S = 366 * 86_400
MANY = 2**53  # so many are counted at most
BY = ("release",)  # labels for which a value can be apart
SERVICE_LABELS = ("service", "namespace", "environment")
CLUSTER_LABELS = ("cluster_id", "title")
OURS = ("alertname", "severity", "source", "env", "release", *SERVICE_LABELS, *CLUSTER_LABELS)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ValueError("a word, such as rollback")
    return value


def _span(value: object) -> int:
    if (read := span(value if isinstance(value, str) else "")) > LONGEST_S:
        raise ValueError("a year at most")
    return read


def _window(value: object) -> int:
    if not (window := _span(value)):
        raise ValueError("a span above 0s")
    return window


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number, not below 0")
    if value > MANY:
        raise ValueError(f"a whole number, not below 0, of {MANY:,} at most")
    return value


def _share(value: object) -> float:
    if not isinstance(value, float) or not math.isfinite(value) or not 0 < value < 1:
        raise ValueError("a number between 0 and 1, such as 0.95")
    return value


def _flag(value: object) -> bool:
    if value is not True and value is not False:
        raise ValueError("true or false")
    return value


def _one_of(words: type[StrEnum]) -> Callable[[object], StrEnum]:
    def read(value: object) -> StrEnum:
        try:
            return words(str(value))
        except ValueError:
            raise ValueError(f"one of {', '.join(words)}") from None

    return read


def _by(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or any(label not in BY for label in value):
        raise ValueError(f"a list of labels for which values are apart: {', '.join(BY)}")
    return tuple(dict.fromkeys(value))


def _labels(value: object) -> dict[str, str]:
    labels = _table(value)
    if bad := [name for name in labels if not NAME.fullmatch(name)]:
        raise ValueError(f"`{bad[0]}` is no name of a label; letters, digits and _")
    if taken := [name for name in labels if name in OURS]:
        raise ValueError(f"`{taken[0]}` is a label of panicstream's own; take another name")
    return labels


def _where(value: object) -> dict[str, str]:
    where = _table(value)
    for name, wanted in where.items():
        if found := PATTERN.fullmatch(wanted):
            _compiled(name, found[1])
    return where


def _compiled(name: str, written: str) -> None:
    try:
        pattern(written)
    except ValueError as error:
        reason = str(error).strip().splitlines()[-1].removeprefix("error: ").rstrip(".")
        raise ValueError(f"`{written:.80}` of {name} is no pattern ({reason})") from None


def _table(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("a table of texts, such as { environment = 'production' }")
    return value


class Field(NamedTuple):
    """A field: how it is read (raises ValueError: what is wanted), what it is, and what `Rule` calls it."""

    read: Callable[[object], object]
    meaning: str
    name: str = ""


FIELDS: Mapping[str, Field] = {
    "kind": Field(_one_of(Kind), "what is compared"),
    "fact": Field(_text, "what is measured"),
    "quantile": Field(_share, "which quantile of the samples"),
    "fire": Field(_text, "the condition, such as `> 5/min`"),
    "clear": Field(_text, "what ends it; without it, that `fire` does not hold"),
    "window": Field(_window, "the span over which it is measured; without it, 1m", "window_s"),
    "for": Field(_span, "the span for which it has to hold", "for_s"),
    "keep_firing_for": Field(
        _span, "the span for which it has to be clear before it is resolved", "keep_firing_for_s"
    ),
    "min_samples": Field(_count, "with fewer samples it does not fire"),
    "confidence": Field(_share, "how sure it has to be that chance alone does not meet the condition"),
    "scope": Field(_one_of(Scope), "where a bug has to be new"),
    "by": Field(_by, "labels for which values are apart"),
    "where": Field(_where, "what labels have to be: `text`, `!text`, `~pattern` or `!~pattern`"),
    "labels": Field(_labels, "labels that its alerts have beside our own"),
    "severity": Field(_one_of(Severity), "how much it matters"),
    "summary": Field(_text, "what is said, with {names} in it"),
    "runbook": Field(_text, "what to do: the first steps, or their address"),
    "action": Field(_word, "what an operator or a robot is asked to do"),
    "enabled": Field(_flag, "false switches it off"),
}
ALWAYS = ("kind", "severity", "summary")  # what every rule needs
EVERYWHERE = {*ALWAYS, "where", "labels", "runbook", "action", "enabled", "keep_firing_for"}


class Needs(NamedTuple):
    """What a kind needs, and may have, beside what every rule has; and the labels that `where` may name."""

    needs: tuple[str, ...]
    may: tuple[str, ...]
    labels: tuple[str, ...]


MEASURED = ("clear", "window", "for", "min_samples", "by")
KINDS: Mapping[Kind, Needs] = {
    Kind.RATE: Needs(("fact", "fire"), (*MEASURED, "confidence"), SERVICE_LABELS),
    Kind.RATIO: Needs(("fact", "fire"), MEASURED, SERVICE_LABELS),
    Kind.QUANTILE: Needs(("fact", "quantile", "fire"), MEASURED, SERVICE_LABELS),
    Kind.ABSENT: Needs(("fact", "window"), (), SERVICE_LABELS),
    Kind.NEW_CLUSTER: Needs((), ("scope",), (*SERVICE_LABELS, "release", *CLUSTER_LABELS)),
    Kind.REGRESSION: Needs((), (), (*SERVICE_LABELS, "release", *CLUSTER_LABELS)),
    Kind.SURGE: Needs(("fire",), ("fact", "clear", "for", "min_samples", "confidence"), CLUSTER_LABELS),
    Kind.SPREAD: Needs(("fact", "fire"), ("clear", "window"), CLUSTER_LABELS),
    Kind.GAUGE: Needs(("fact", "fire"), ("clear", "for"), ()),
}
