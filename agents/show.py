"""Crashes, rows of the summary and the end of a scan as text for people; text of a log passes `clean`."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from rich.text import Text

from agents.layout import INDENT, counted, facts, line, paragraph, ranked, words
from agents.record_scanner import Met
from agents.summary import Group
from agents.terminal import clean

# Lengths beyond which text helps nobody; `--json` has it all.
FRAMES, OTHERS, CHAIN, FUNCTIONS, STREAMS = 60, 10, 5, 4, 3
FUNCTION_WIDTH, FINGERPRINT_LENGTH = 60, 12

PlaceText = Callable[[str, int, int], str]
"""Shows topic, partition and offset."""

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


def crash_text(crash: dict[str, Any], place: PlaceText) -> Text:
    """Show one crash (`panic.v1`): what, where, the frames, what else was running, what is damaged."""
    heading = _heading("", crash["title"], crash["fingerprint"])
    parts = (_facts(crash, place), _frames(crash), _others(crash["goroutines"]), _damage(crash["damage"]))
    return Text("\n").join([heading, *chain.from_iterable(parts), Text()])


def group_text(group: Group, place: PlaceText) -> Text:
    """Show one row of the summary: how often, what, the culprit, the first and the last place."""
    first = place(group["first_topic"], group["first_partition"], group["first_offset"])
    last = place(group["last_topic"], group["last_partition"], group["last_offset"])
    places = [f"first {first}"] + [f"last  {last}"] * (group["count"] > 1)
    if group["culprit_file"]:
        places.insert(0, f"in    {line(group['culprit_file'])}:{group['culprit_line']}")
    heading = _heading(f"{group['count']:>6} x ", group["title"], group["fingerprint"])
    return Text("\n").join([heading, *(Text(f"{'':9}{where}") for where in places), Text()])


def tally_text(crashes: int, different: int, read: str) -> Text:
    """Show how much a scan met in what it read."""
    if not crashes:
        return Text(f"no crash in {read}")
    return Text(f"{crashes:,} {'crash' if crashes == 1 else 'crashes'}, {different:,} different, in {read}")


def records_read(met: Met) -> str:
    """Say how many records a scan read, and how many of them gave nothing and why."""
    notes = [counted(met.records, "record")]
    if met.unread:
        unread = (
            f"{met.unread.total():,} without a line ({ranked(met.unread)}; `panicstream decode` says why)"
        )
        notes.append(unread)
    if met.repeated:
        notes.append(f"{met.repeated:,} passed over, their offsets had come before")
    return ", ".join(notes)


def spread_line(topic: str, envelope: str, streams: Sequence[str]) -> str:
    """Say which streams of a topic came on several partitions."""
    names = ", ".join(streams[:STREAMS]) or "a container"
    more = f" and {len(streams) - STREAMS:,} more" if len(streams) > STREAMS else ""
    return (
        f"{topic} ({envelope}): lines of {names}{more} came on several partitions, which tears crashes apart"
    )


def _heading(count: str, title: str, fingerprint: str) -> Text:
    return Text.assemble(count, (line(title), "bold red"), "  ", (fingerprint[:FINGERPRINT_LENGTH], "cyan"))


def _facts(crash: dict[str, Any], place: PlaceText) -> list[Text]:
    """Say where it crashed and what it said."""
    source = (crash["source_topic"], crash["source_partition"], crash["source_first_offset"])
    service = ("service_namespace", "service_name", "service_version", "k8s_pod_name")
    return facts(
        [
            ("at", place(*source)),
            ("service", words(*(crash[name] for name in service))),
            ("time", line(crash["event_time"] or "")),
            (crash["kind"].replace("_", " "), paragraph(crash["message"])),
            *(("then", paragraph(link["message"])) for link in crash["chain"][1:CHAIN]),
            ("signal", _signal(crash)),
            ("goroutine", _goroutine(crash)),
        ]
    )


def _signal(crash: dict[str, Any]) -> str:
    if crash["kind"] == "signal":
        return ""  # its message says so already
    names = {"": "signal_name", "code=": "signal_code", "addr=": "signal_address", "pc=": "signal_pc"}
    return line(" ".join(f"{label}{crash[name]}" for label, name in names.items() if crash[name]))


def _goroutine(crash: dict[str, Any]) -> str:
    if crash["goroutine_id"] is None:
        return ""
    state = line(crash["goroutine_state"] or "no state")
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
    place = f"  {line(frame['file'])}:{frame['line']}" if frame["file"] else ""
    return Text.assemble(INDENT, ("> " if blamed else "  ", "bold red"), function, place)


def _function(frame: dict[str, Any]) -> str:
    return ("created by " if frame["class"] == "origin" else "") + line(frame["function"])


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
        f"{INDENT}{group['count']:>6} x {line(group['state'])}{waited}: {line(' < '.join(functions))}"
    )


def _damage(reasons: list[str]) -> list[Text]:
    return [Text(f"{INDENT}damaged: {DAMAGE.get(reason, clean(reason))}", "yellow") for reason in reasons]
