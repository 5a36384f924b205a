"""Labelled crashes of the past, one JSON object a row: what each is, read as the worker reads a crash."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Frame = tuple[str, str, bool]  # function, file, whether it is `created by`
Label = str | int

TOKENS = 64  # of a stack that count
LABELS = ("cluster", "bug")  # fields that say which crashes are one bug; the first that a history has
SUBMISSIONS = ("issue", "bug")  # fields that say which crashes came in one report
HEADS = (("panic: ", "panic"), ("fatal error: ", "fatal"))  # how Go announces a crash, and its kind
FINGERPRINT_LENGTH = 32


class Labelled(NamedTuple):
    """One crash: its row in the file from 0, the bug it is, and what it is known by.

    `tokens` are canonical frames, innermost first. `submission` is None where the row does not say it.
    """

    number: int
    label: Label
    submission: Label | None
    fingerprint: str
    tokens: tuple[str, ...]
    template: str


class Core(NamedTuple):
    """What is asked of the core: its functions `signed` and `normalised`."""

    signed: Callable[[str, str, Sequence[Frame]], tuple[str, str]]
    normalised: Callable[[Sequence[Frame]], list[str]]


class BrokenRowError(Exception):
    """A row cannot be used; the text says what is wrong with it."""


def label_of(rows: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the field that says which bug a row is, the first of `LABELS` that any row has."""
    had = set().union(*rows)
    return next((name for name in LABELS if name in had), None)


def is_left_out(fields: Mapping[str, Any]) -> bool:
    """Tell whether whoever made the file marked the row as not to be used."""
    return "key" in fields and fields["key"] is None


def labelled(number: int, fields: Mapping[str, Any], label: str, core: Core) -> Labelled:
    """Read a row. Raises BrokenRowError."""
    bug = _label(fields, label)
    known_by = _by_key(fields, core) if "key" in fields else _by_frames(fields, core)
    submission = next((fields[name] for name in SUBMISSIONS if name in fields and name != label), None)
    return Labelled(number, bug, submission if _is_label(submission) else None, *known_by)


def _label(fields: Mapping[str, Any], name: str) -> Label:
    bug = fields.get(name)
    if bug is None:
        raise BrokenRowError(f"it has no {name}")
    if not _is_label(bug):
        raise BrokenRowError(f"{name} is neither text nor a whole number")
    return bug  # type: ignore[no-any-return]  # `_is_label` has looked


def _is_label(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _by_key(fields: Mapping[str, Any], core: Core) -> tuple[str, tuple[str, ...], str]:
    """Return fingerprint, tokens and template of a row whose frames somebody has normalised."""
    key, (kind, value) = fields["key"], _head(fields)
    if not isinstance(key, list) or not key or not all(isinstance(name, str) for name in key):
        raise BrokenRowError("key is not a list of names")
    tokens, template = tuple(key[:TOKENS]), _text(fields, "tmpl") or core.signed(kind, value, [])[1]
    return _hash(kind, template, tokens), tokens, template


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode(errors="surrogatepass")).hexdigest()[:FINGERPRINT_LENGTH]


def _by_frames(fields: Mapping[str, Any], core: Core) -> tuple[str, tuple[str, ...], str]:
    """Return fingerprint, tokens and template of a row that holds frames as Go prints them."""
    kind, value = _head(fields)
    frames = _frames(fields.get("frames"))
    fingerprint, template = core.signed(kind, value or _text(fields, "tmpl"), frames)
    return fingerprint, tuple(core.normalised(frames)[:TOKENS]), template


def _head(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return kind and value, as the row says or as its header does."""
    header = fields.get("header") or ""
    first = header[0] if isinstance(header, list) else header
    if not isinstance(first, str):
        raise BrokenRowError("header is not text")
    for head, kind in HEADS:
        if first.startswith(head):
            return kind, first.removeprefix(head)
    signal, _, rest = first.partition(": ")
    return _text(fields, "kind") or signal, _text(fields, "msg") or rest


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name) or ""
    if not isinstance(value, str):
        raise BrokenRowError(f"{name} is not text")
    return value


def _frames(frames: object) -> list[Frame]:
    if not isinstance(frames, list) or not frames:
        raise BrokenRowError("it has neither frames nor a key" if not frames else "frames is not a list")
    return [_frame(frame, at) for at, frame in enumerate(frames)]


def _frame(frame: object, at: int) -> Frame:
    match frame:
        case [str(function), str(file), *rest]:
            return function, file, rest[1:2] == [1]
    raise BrokenRowError(f"frames[{at}] is not [function, file, line, flag]")
