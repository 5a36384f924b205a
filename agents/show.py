"""Crashes, rows of the summary and the end of a scan as text for people; text of a log passes `clean`."""

from itertools import chain
from typing import Any

from rich.text import Text

from agents.summary import Group
from agents.terminal import clean

# Lengths beyond which text helps nobody; `--json` has it all.
LINE_LENGTH, MESSAGE_LINES, FRAMES, OTHERS, CHAIN, FUNCTIONS = 300, 20, 60, 10, 5, 4
FUNCTION_WIDTH, FINGERPRINT_LENGTH = 60, 12
INDENT = " " * 2

DAMAGE = {
    "cut_off": "its end is missing",
    "fragmented": "it came in pieces: ship all lines of a container to one partition",
    "glued": "other text stood in front of its first line",
    "headless": "its first lines are missing",
    "interleaved": "lines of other writers stood between its own",
    "limits": "it was larger than the limits and was cut there",
    "reordered": "its lines came in another order than they were written",
}

FRAME_STYLES = {"app": "bold", "runtime": "dim", "origin": "dim"}


def crash_text(crash: dict[str, Any]) -> Text:
    """Show one crash (`panic.v1`): what, where, the frames, what else was running, what is damaged."""
    heading = _heading("", crash["title"], crash["fingerprint"])
    parts = (_facts(crash), _frames(crash), _others(crash["goroutines"]), _damage(crash["damage"]))
    return Text("\n").join([heading, *chain.from_iterable(parts), Text()])


def group_text(group: Group) -> Text:
    """Show one row of the summary: how often, what, the culprit, the first and the last place."""
    places = [f"first {_place(group['first_topic'], group['first_offset'])}"]
    if group["count"] > 1:
        places.append(f"last  {_place(group['last_topic'], group['last_offset'])}")
    if group["culprit_file"]:
        places.insert(0, f"in    {_line(group['culprit_file'])}:{group['culprit_line']}")
    heading = _heading(f"{group['count']:>6} x ", group["title"], group["fingerprint"])
    return Text("\n").join([heading, *(Text(f"{'':9}{place}") for place in places), Text()])


def tally_text(crashes: int, different: int, lines: int) -> Text:
    """Show how much a scan met."""
    read = f"{lines:,} {'line' if lines == 1 else 'lines'}"
    if not crashes:
        return Text(f"no crash in {read}")
    return Text(f"{crashes:,} {'crash' if crashes == 1 else 'crashes'}, {different:,} different, in {read}")


def _heading(count: str, title: str, fingerprint: str) -> Text:
    return Text.assemble(count, (_line(title), "bold red"), "  ", (fingerprint[:FINGERPRINT_LENGTH], "cyan"))


def _line(text: str) -> str:
    return clean(text[:LINE_LENGTH]) + "..." * (len(text) > LINE_LENGTH)


def _place(topic: str, offset: int) -> str:
    """Give `file:line` as editors take it, lines from 1."""
    return f"{clean(topic)}:{offset + 1}"


def _facts(crash: dict[str, Any]) -> list[Text]:
    """Say where it crashed and what it said; a fact that is not known has no line."""
    service = [
        crash["service_namespace"],
        crash["service_name"],
        crash["service_version"],
        crash["k8s_pod_name"],
    ]
    facts = [
        ("at", _place(crash["source_topic"], crash["source_first_offset"])),
        ("service", _line(" ".join(word for word in service if word))),
        ("time", _line(crash["event_time"] or "")),
        (crash["kind"].replace("_", " "), _message(crash["message"])),
        *(("then", _message(link["message"])) for link in crash["chain"][1:CHAIN]),
        ("signal", _signal(crash)),
        ("goroutine", _goroutine(crash)),
    ]
    return [Text.assemble(INDENT, (f"{name:<10}", "dim"), fact) for name, fact in facts if fact]


def _message(text: str) -> str:
    lines = [_line(line) for line in text.split("\n")]
    more = [f"... {len(lines) - MESSAGE_LINES} more lines"] if len(lines) > MESSAGE_LINES else []
    return ("\n" + INDENT + " " * 10).join(lines[:MESSAGE_LINES] + more)


def _signal(crash: dict[str, Any]) -> str:
    if crash["kind"] == "signal":
        return ""  # its message says so already
    names = {"": "signal_name", "code=": "signal_code", "addr=": "signal_address", "pc=": "signal_pc"}
    return _line(" ".join(f"{label}{crash[name]}" for label, name in names.items() if crash[name]))


def _goroutine(crash: dict[str, Any]) -> str:
    if crash["goroutine_id"] is None:
        return ""
    state = _line(crash["goroutine_state"] or "no state")
    return f"{crash['goroutine_id']} [{state}], {crash['goroutine_count']:,} printed"


def _frames(crash: dict[str, Any]) -> list[Text]:
    """Give the crashing stack, innermost first, the culprit behind an arrow."""
    frames = crash["frames"]
    culprit = next((n for n, frame in enumerate(frames) if _blamed(frame, crash)), None)
    width = min(max((len(_function(frame)) for frame in frames), default=0), FUNCTION_WIDTH)
    lines = [_frame(frame, n == culprit, width) for n, frame in enumerate(frames[:FRAMES])]
    more = [Text(f"{INDENT}  ... {len(frames) - FRAMES} more frames", "dim")] if len(frames) > FRAMES else []
    return [Text(), *lines, *more] if frames else []


def _blamed(frame: dict[str, Any], crash: dict[str, Any]) -> bool:
    names = ("function", "file", "line")
    return not frame["above_panic"] and all(frame[name] == crash[f"culprit_{name}"] for name in names)


def _frame(frame: dict[str, Any], blamed: bool, width: int) -> Text:
    style = "bold red" if blamed else "dim" if frame["above_panic"] else FRAME_STYLES.get(frame["class"], "")
    function = (f"{_function(frame):<{width}}", style)
    place = f"  {_line(frame['file'])}:{frame['line']}" if frame["file"] else ""
    return Text.assemble(INDENT, ("> " if blamed else "  ", "bold red"), function, place)


def _function(frame: dict[str, Any]) -> str:
    return ("created by " if frame["class"] == "origin" else "") + _line(frame["function"])


def _others(groups: list[dict[str, Any]]) -> list[Text]:
    """Give the other goroutines, equal stacks in one line."""
    if not groups:
        return []
    heading = Text(f"{INDENT}other goroutines: {sum(group['count'] for group in groups):,}", "dim")
    more = [Text(f"{INDENT}  ... {len(groups) - OTHERS} more stacks", "dim")] if len(groups) > OTHERS else []
    return [Text(), heading, *(_other(group) for group in groups[:OTHERS]), *more]


def _other(group: dict[str, Any]) -> Text:
    waited = f", {group['wait_minutes']} minutes" if group["wait_minutes"] else ""
    functions = group["functions"][:FUNCTIONS] + ["..."] * (len(group["functions"]) > FUNCTIONS)
    return Text(
        f"{INDENT}{group['count']:>6} x {_line(group['state'])}{waited}: {_line(' < '.join(functions))}"
    )


def _damage(reasons: list[str]) -> list[Text]:
    return [Text(f"{INDENT}damaged: {DAMAGE.get(reason, clean(reason))}", "yellow") for reason in reasons]
