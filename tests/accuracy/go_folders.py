"""The go folders: real outputs of small programs under every release, labelled in `index.jsonl`."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.accuracy.go_labels import CRASHES, GOROUTINE, HEAD, NOTHING, RECOVERED, label, one
from tests.accuracy.measure import Asked, Measure, share
from tests.scanning import Crash, scan

MODERN = 5
PROGRAM = ("main.", "github.com/acme/", "example.com/")
CGO_STUB = re.compile(r"\._C(?:func|2func|macro)_|\._cgoexp")
FIRST_BLOCK = re.compile(r"^goroutine \d+ .*?(?:\n\n|\Z)", re.M | re.S)
ADDRESS = re.compile(r"0x[0-9a-f]+")


class Output(NamedTuple):
    """One file of a folder: its name with the folder, its label, its bytes and the crashes found in it."""

    file: str
    labels: dict[str, Any]
    text: bytes
    crashes: list[Crash]


def outputs(folder: Path) -> Iterator[Output]:
    """Every file of the folder, scanned."""
    for line in (folder / "index.jsonl").read_bytes().splitlines():
        index = orjson.loads(line)
        text = (folder / index["file"]).read_bytes()
        yield Output(f"{folder.name}/{index['file']}", index, text, scan(text, index["file"]).crashes)


def asked(output: Output, question: str, right: bool, expected: object, got: object) -> Asked:
    """Return the question, grouped by file name, or explained where the table says not to ask."""
    entry = label(output.file, question)
    reason = entry.reason if entry is not None and entry.right is None else ""
    cause = f"{output.labels['kind']} {output.labels['file']}"
    return Asked(f"{output.file} {question}", right, expected, got, cause, reason)


def heads(output: Output) -> Asked:
    """Head lines inside the crashes and number of crashes."""
    index, text = output.labels, output.text.decode(errors="replace")
    inside = sum(len(HEAD.findall(crash["raw"])) for crash in output.crashes)
    rule = CRASHES.get(index["kind"], one)
    entry = label(output.file, "crashes")
    wanted = entry.right if entry and isinstance(entry.right, tuple) else (rule(text, index["crash_heads"]),)
    got = (inside, len(output.crashes))
    right = (inside == index["crash_heads"] or not index["crash_heads"]) and got[1] in wanted
    expected = f"{index['crash_heads']} heads in {wanted} crashes"
    return asked(output, "crashes", right, expected, f"{got[0]} heads in {got[1]} crashes")


def message(output: Output) -> Asked:
    """Return the first panic's value; addresses masked, a trailing `*` in the label stands for any rest."""
    index = output.labels
    entry = label(output.file, "message")
    wanted = str(entry.right) if entry and entry.right else index["expected_panic_message"]
    if "expected_panic_message_bytes_b64" in index:
        wanted = base64.b64decode(index["expected_panic_message_bytes_b64"]).decode(errors="replace")
    got = str(output.crashes[0]["message"]) if output.crashes else "no crash"
    masked, pattern = ADDRESS.sub("0xADDR", got), ADDRESS.sub("0xADDR", wanted)
    right = masked.startswith(pattern[:-1]) if pattern.endswith("*") else masked == pattern
    return asked(output, "message", right, wanted, got)


def program_function(crash: Crash, below_panic: bool) -> str:
    """First frame that belongs to the sample program, cgo stubs skipped; "" when there is none."""
    for frame in crash["frames"]:
        if frame["class"] == "origin" or (below_panic and frame["above_panic"]):
            continue
        if frame["function"].startswith(PROGRAM) and not CGO_STUB.search(frame["function"]):
            return str(frame["function"])
    return ""


def elsewhere(output: Output, wanted: str) -> bool:
    """Say whether no program function is in the first goroutine printed, and the wanted one leads another."""
    block = FIRST_BLOCK.search(output.text.decode(errors="replace"))
    if block is None or any(line.startswith(PROGRAM) for line in block[0].split("\n")) or not output.crashes:
        return False
    stacks = [group["functions"] for group in output.crashes[0]["goroutines"]]
    firsts = [next((name for name in stack if name.startswith(PROGRAM)), "") for stack in stacks]
    return wanted in firsts


def function(output: Output) -> Asked:
    """Return the first program function on the stack, type arguments left out."""
    entry, culprit = label(output.file, "function"), label(output.file, "culprit")
    first = output.crashes[0] if output.crashes else None
    wanted = str(entry.right) if entry and entry.right else output.labels["expected_top_app_function"]
    got = program_function(first, output.labels["kind"] in RECOVERED) if first else "no crash"
    if culprit and culprit.right and first:
        got = str(first["culprit_function"] or "")
        wanted = wanted if got == wanted else str(culprit.right)
    right = got.replace("[...]", "") == wanted.replace("[...]", "") or elsewhere(output, wanted)
    return asked(output, "function", right, wanted, got)


def goroutines(output: Output) -> Asked:
    """Goroutines over the crashes of the file; races, which print no headers, left out."""
    wanted = output.labels["expected_goroutines"]
    if not wanted:
        wanted = len(GOROUTINE.findall(output.text.decode(errors="replace")))
    got = sum(crash["goroutine_count"] for crash in output.crashes if crash["kind"] != "race")
    return asked(output, "goroutines", got == wanted, wanted, got)


def nothing(output: Output) -> Asked:
    """No crash at all."""
    got = [crash["title"] for crash in output.crashes]
    return asked(output, "nothing", not got, "no crash", got)


QUESTIONS = {"crash heads": heads, "message": message, "top function": function, "goroutines": goroutines}


def measures(name: str, found: list[Output], bar: float) -> list[Measure]:
    """Return the four questions and the negatives for one set of folders."""
    crashed = [output for output in found if output.labels["kind"] not in NOTHING]
    quiet = [output for output in found if output.labels["kind"] in NOTHING]
    result = [share(f"{name}: {text}", [ask(o) for o in crashed], bar) for text, ask in QUESTIONS.items()]
    return [*result, share(f"{name}: negatives", [nothing(o) for o in quiet], bar)]


def release(folder: Path) -> int:
    """Minor Go release of a folder; gccgo counts with the old ones."""
    return int(folder.name[4:]) if folder.name.startswith("go1.") else 0


def row(corpus: Path) -> list[Measure]:
    """Go 1.5 and later, then what is older and gccgo."""
    folders = sorted(folder.parent for folder in corpus.glob("*/index.jsonl"))
    modern = [o for folder in folders if release(folder) >= MODERN for o in outputs(folder)]
    old = [o for folder in folders if release(folder) < MODERN for o in outputs(folder)]
    return measures("go1.5-1.27", modern, 1.0) + measures("go1.0-1.4, gccgo", old, 0.97)
