"""Real crashes from issues, logs and commits: found, message and frame.

A row may hold several crashes; the first one whose kind fits the label is asked (a race for `data_race`,
anything else for the rest). Names are compared with the middle dot as a point, `%2e` unescaped and type
arguments left out.
"""

import re
from pathlib import Path
from typing import Any

import orjson

from tests.accuracy.measure import Asked, Measure, share
from tests.scanning import Crash, scan

BLANKS = re.compile(r"\s+")
MARK = re.compile(r" \[recovered(?:, repanicked)?\]")


def fitting(label: dict[str, Any], crashes: list[Crash]) -> Crash | None:
    """Return the crash the label speaks of."""
    race = label["kind"] == "data_race"
    fits = [crash for crash in crashes if (crash["kind"] == "race") == race]
    return next(iter(fits or crashes), None)


def plain(text: str) -> str:
    """Blanks folded to one, recovered marks removed."""
    return BLANKS.sub(" ", MARK.sub("", text)).strip()


def name(function: str) -> str:
    """Return a function's name as it is compared."""
    return function.replace("·", ".").replace("%2e", ".").replace("[...]", "")


def message_right(label: dict[str, Any], crash: Crash) -> bool:
    """Compare the texts.

    Two habits of the labels are allowed for: a value is cut at its first blank line, and `fault` may stand as
    the line in front of it, `unexpected fault address 0x...`.
    """
    wanted, value = label["message"], str(crash["message"])
    if wanted.startswith("unexpected fault address") and wanted in crash["raw"]:
        return value in ("fault", wanted)
    return plain(wanted) in (plain(value), plain(re.split(r"\n\s*\n", value)[0]))


def first_frame(crash: Crash) -> str:
    """First function below the panic that is not runtime."""
    for frame in crash["frames"]:
        if not frame["above_panic"] and frame["class"] not in ("runtime", "origin"):
            return name(frame["function"])
    return ""


def frame(label: dict[str, Any], crash: Crash | None) -> Asked:
    """Ask for a first frame or culprit that is accepted, or a culprit first outside the standard library."""
    accepted = [name(function) for function in label["accept_frames"] or []]
    outside = name(label["first_nonstd_frame"] or "")
    got = (first_frame(crash), name(crash["culprit_function"] or "")) if crash else ("", "")
    right = got[0] in accepted or got[1] in accepted or (got[1] != "" and got[1] == outside)
    return Asked(label["id"], right, [*accepted, outside], got, f"{label['kind']} {label['wrapping']}")


def row(corpus: Path) -> list[Measure]:
    """Three questions a row; the frame only where one is printed."""
    found, messages, frames = [], [], []
    for text in (corpus / "issues-dev.jsonl").read_bytes().splitlines():
        label = orjson.loads(text)
        crash = fitting(label, scan(label["raw"].encode()).crashes)
        cause = f"{label['kind']} {label['wrapping']}"
        got = str(crash["message"]) if crash else "no crash"
        found.append(Asked(label["id"], crash is not None, label["message"], got, cause))
        right = crash is not None and message_right(label, crash)
        messages.append(Asked(label["id"], right, label["message"], got, cause))
        if label["accept_frames"] or label["first_nonstd_frame"]:
            frames.append(frame(label, crash))
    return [
        share("issues: found", found, 0.99),
        share("issues: message", messages, 0.98),
        share("issues: frame", frames, 0.98),
    ]
