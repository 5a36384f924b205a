"""How each kind of expectation in `peers-dev.jsonl` is put to the core.

A name or a block without a head is asked behind a head of our own; what has no crash head must give no crash.
Each function takes a row and returns what is wrong, "" for right.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.accuracy.go_labels import HEAD
from tests.accuracy.peers_explained import DELIVERED_TWICE, PROGRAM_LINES, REPORTS
from tests.accuracy.peers_lines import assigned, offsets, unbalanced, unwhole
from tests.scanning import Crash, scan, scan_pieces

Label = dict[str, Any]
REPORT = re.compile(r"panic: |fatal error: |SIG[A-Z]+: |WARNING: DATA RACE|panic serving ")
BODY = re.compile(r"goroutine \d+ .*\[|runtime stack:|WARNING: DATA RACE|\w+\s+0x[0-9a-f]+$")
HTTP = re.compile(r"http: panic serving ")
ASKED_HEAD = "panic: asked\n\n"
FRAME = "goroutine 1 [running]:\n{}\n\t/srv/app/asked.go:1 +0x1\n"


def lines_of(label: Label) -> list[str]:
    """Return the row's input as lines."""
    given = label["input"]
    if isinstance(given, str):
        return given.split("\n")
    return [entry if isinstance(entry, str) else entry["line"] for entry in given]


def joined(lines: Sequence[str]) -> bytes:
    """Lines as a stream of bytes."""
    return "".join(line + "\n" for line in lines).encode()


def crash_groups(label: Label, lines: Sequence[str]) -> list[list[str]]:
    """Return the groups that are crashes; net/http reports, left open there, are cut at their heads."""
    groups = label["expected"].get("groups")
    if groups is None:
        starts = [i for i, line in enumerate(lines) if HTTP.search(line)]
        return [list(lines[a:b]) for a, b in zip(starts, [*starts[1:], len(lines) - 1], strict=True)]
    program = PROGRAM_LINES.get(label["id"], set())
    named = [[line for line in group if line not in program] for group in groups]
    return [
        group for group in named if group and any(map(REPORT.search, group)) and not group[0].startswith("{")
    ]


def reassembly(label: Label) -> str:
    """Each group whole; a group that is a bare head may be told or not."""
    lines = lines_of(label)
    scanned = scan(joined(lines))
    groups = offsets(lines, crash_groups(label, lines)) if label["expected"].get("is_go", False) else []
    left = list(scanned.crashes)
    for group in groups:
        mine = assigned(group, left)
        left = [crash for crash in left if crash not in mine]
        bare = not any(BODY.search(lines[i]) for i in group) and label["peer"] != "matrix"
        twice = label["id"] in DELIVERED_TWICE and group is not groups[0]
        if not mine and (bare or twice):
            continue
        if len(mine) != REPORTS.get(label["id"], 1):
            return f"{len(mine)} crashes for the group at {group[0]}"
        if why := "" if bare else unwhole(lines, group, mine):
            return why
    return f"{len(left)} crashes too many: {[c['raw'][:80] for c in left]}" if left else unbalanced(scanned)


def weak(label: Label) -> str:
    """Want one crash that begins at the head; the peer only wants no line lost."""
    crashes = scan(joined(lines_of(label))).crashes
    starts = [crash["source_first_offset"] for crash in crashes]
    return "" if starts == [0] else f"crashes begin at {starts}, not at [0]"


def grouped(label: Label) -> str:
    """Reassembly with groups, or only with a number of them."""
    return weak(label) if "n_groups_min" in label["expected"] else reassembly(label)


def one_line(label: Label) -> str:
    """Put a register line between two, or a goroutine header behind a head: it must be taken, or not."""
    line, expected = label["input"], label["expected"]
    if expected["line_type"] == "register":
        head = "SIGSEGV: segmentation violation\nPC=0x1 m=0 sigcode=0\n\n" + FRAME.format("main.main()")
        crashes = scan(f"{head}\nrax    0x0\n{line}\nrbx    0x0\n".encode()).crashes
        taken = bool(crashes) and f"\n{line}\n" in crashes[0]["raw"]
    else:
        crashes = scan(f"{ASKED_HEAD}{line}\nmain.main()\n\t/srv/app/asked.go:1 +0x1\n".encode()).crashes
        taken = sum(crash["goroutine_count"] for crash in crashes) == 1
    return "" if taken == expected["is"] else f"taken into the crash: {taken}"


def unescaped(function: str) -> str:
    """Return a name as peers print it."""
    return function.replace("%2e", ".").replace("·", ".")


def stack(crash: Crash, origin: bool = False) -> list[tuple[str, int]]:
    """Return function and line of each frame; the origin only when asked for."""
    frames = [frame for frame in crash["frames"] if origin or frame["class"] != "origin"]
    return [(unescaped(frame["function"]), frame["line"] or 0) for frame in frames]


def states(snapshot: Sequence[dict[str, Any]]) -> Counter[str]:
    """How often each state stands in the peer's goroutines, the first one left out."""
    return Counter(goroutine["state"] for goroutine in snapshot[1:])


def snapshot(label: Label) -> str:
    """Goroutine count; frames and state of the first goroutine, states of the others where all are listed."""
    expected = label["expected"]
    crashes = scan(label["input"].encode()).crashes
    if not HEAD.search(label["input"]):
        return f"{len(crashes)} crashes where no head is" if crashes else ""
    count = sum(crash["goroutine_count"] for crash in crashes)
    if len(crashes) != 1 or count != expected["n_goroutines"]:
        return f"{count} goroutines in {len(crashes)} crashes instead of {expected['n_goroutines']} in 1"
    if not expected["goroutines"] or "error" in expected:
        return ""
    return snapshot_parts(expected, crashes[0])


def snapshot_parts(expected: dict[str, Any], crash: Crash) -> str:
    """Return what differs between the peer's goroutines and ours."""
    first = expected["goroutines"][0]
    theirs = [(unescaped(f["func"]), f["line"]) for f in first["frames"] or [] if f["func"]]
    if stack(crash) != theirs:
        return f"frames {stack(crash)[:6]} instead of {theirs[:6]}"
    if crash["goroutine_state"] != first["state"] or crash["goroutine_id"] != first["id"]:
        got = f"{crash['goroutine_id']} [{crash['goroutine_state']}]"
        return f"goroutine {got}, not {first['id']} [{first['state']}]"
    ours: Counter[str] = Counter()
    for others in crash["goroutines"]:
        ours[others["state"]] += others["count"]
    listed = "goroutines_listed" not in expected
    return (
        f"states {ours} instead of {states(expected['goroutines'])}"
        if listed and ours != states(expected["goroutines"])
        else ""
    )


def cluster_state(label: Label) -> str:
    """Want the peer's message line and function names (without package path) in ours, in that order."""
    crashes = scan(label["input"].encode()).crashes
    if len(crashes) != 1:
        return f"{len(crashes)} crashes"
    have = [str(crashes[0]["message"])] + [
        frame["function"].rsplit("/", 1)[-1] for frame in crashes[0]["frames"]
    ]
    rest = iter(have)
    for wanted in label["expected"]["crash_state"].splitlines():
        if not any(name == wanted or (name is have[0] and name.startswith(wanted)) for name in rest):
            return f"no {wanted!r} in {have[:8]}"
    return ""


def message(label: Label) -> str:
    """Return the first crash's message."""
    got = [crash["message"] for crash in scan(label["input"].encode()).crashes]
    return "" if got[:1] == [label["expected"]["message"]] else f"messages {got}"


def file_frames(label: Label) -> str:
    """Frames as "function(arguments) in file:line rest", the origin as the last one."""
    pattern = re.compile(r"(?:created by )?(.*?)(?: in goroutine \d+)? in (\S+):(\d+)")
    wanted = []
    for text in label["expected"]["frames"]:
        function, _, line = pattern.match(text).groups()  # type: ignore[union-attr]  # the corpus has no other form
        wanted.append((re.sub(r"\([^()]*\)$", "", function), int(line)))
    crashes = scan(label["input"].encode()).crashes
    got = stack(crashes[0], origin=True) if crashes else []
    return "" if got[: len(wanted)] == wanted else f"{got[:6]} instead of {wanted[:6]}"


def parsed_panic(label: Label) -> str:
    """Message and frames as [package, function, file, line], the origin as the last one."""
    expected = label["expected"]
    crashes = scan(label["input"].encode()).crashes
    if len(crashes) != 1 or crashes[0]["message"] != expected["message"]:
        return f"messages {[crash['message'] for crash in crashes]}"
    wanted = [(f"{package}.{name}", line) for package, name, _, line in expected.get("frames", [])]
    got = stack(crashes[0], origin=True)
    return "" if not wanted or got == wanted else f"{got} instead of {wanted}"


def asked_frames(body: str) -> list[dict[str, Any]]:
    """Frames of the crash that a block makes behind a head of our own."""
    crashes = scan((ASKED_HEAD + body).encode()).crashes
    return list(crashes[0]["frames"]) if len(crashes) == 1 else []


def block(label: Label) -> str:
    """Functions and origin of one goroutine block."""
    expected, frames = label["expected"], asked_frames(label["input"])
    functions = [frame["function"] for frame in frames if frame["class"] != "origin"]
    origin = next((frame["function"] for frame in frames if frame["class"] == "origin"), "")
    wanted = (expected["funcs"], expected["createdBy"])
    return "" if (functions, origin) == wanted else f"{(functions, origin)} instead of {wanted}"


def function_name(label: Label) -> str:
    """Return the name in one function line or one `created by` line."""
    creator = label["expected"]["creator"]
    first = FRAME.format("main.main()" if creator else label["input"])
    frames = asked_frames(first + (f"{label['input']}\n\t/srv/app/asked.go:2 +0x1\n" if creator else ""))
    got = frames[-1]["function"] if frames else "no crash"
    return "" if got == label["expected"]["func"] else f"{got!r}"


def package_name(label: Label) -> str:
    """Return the package of a symbol."""
    frames = asked_frames(FRAME.format(label["input"] + "()"))
    got = frames[0]["package"] or "" if frames else "no crash"
    return "" if unescaped(got) == unescaped(label["expected"]["package"]) else f"package {got!r}"


def in_app(label: Label) -> str:
    """Want the frames the peer keeps as app frames; what it drops of its own library is not asked."""
    pairs = "".join(f"{function}()\n\t{file}:1 +0x1\n" for function, file in reversed(label["input"]))
    app = [f["function"] for f in asked_frames(f"goroutine 1 [running]:\n{pairs}") if f["class"] == "app"]
    missing = [kept for kept in label["expected"]["kept"] if f"{kept[0]}.{kept[1]}" not in app]
    return f"not app: {missing}" if missing else ""


def bucket(label: Label) -> str:
    """One fingerprint over all Go versions, and the program function that the row names among the frames."""
    crashes = [crash for shape in label["input"] for crash in scan(shape["text"].encode()).crashes]
    prints = Counter(crash["fingerprint"] for crash in crashes)
    wanted = label["expected"]["top_app_function"]
    if len(prints) != 1 or len(crashes) < len(label["input"]):
        return f"{len(crashes)} crashes of {len(label['input'])} with {len(prints)} fingerprints"
    without = [c["frames"][:3] for c in crashes if wanted not in [f["function"] for f in c["frames"]]]
    return f"no {wanted} in {without[0]}" if without else ""


def written(label: Label) -> str:
    """Each write is a piece of the stream; one whole crash comes out."""
    scanned = scan_pieces(piece["text"].encode() for piece in label["input"])
    lines = label["expected"]["text"].removesuffix("\n").split("\n")
    first = next(i for i, line in enumerate(lines) if HEAD.match(line))
    if len(scanned.crashes) != 1:
        return f"{len(scanned.crashes)} crashes"
    return unwhole(lines, range(first, len(lines)), scanned.crashes) or unbalanced(scanned)


def none(label: Label) -> str:
    """Nothing is found."""
    given = label["input"]
    text = given.encode() if isinstance(given, str) else joined(lines_of(label))
    got = [crash["raw"][:80] for crash in scan(text).crashes]
    return f"found {got}" if got else ""


ASK: dict[str, Callable[[Label], str]] = {
    "reassembly": grouped,
    "limits": weak,
    "line": one_line,
    "pp-snapshot": snapshot,
    "cf-state": cluster_state,
    "message": message,
    "casr-frames": file_frames,
    "parse-panic": parsed_panic,
    "goleak-stack": block,
    "func-name": function_name,
    "split-name": package_name,
    "package-name": package_name,
    "in-app": in_app,
    "bucket": bucket,
    "writes": written,
    "timeout": none,
    "partial": none,
    "detect": none,
}
