"""Bugs as text for people: a table of them, and one with all that is known of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from agents.layout import counted, facts, line, words
from agents.terminal import clean

Cluster = Mapping[str, Any]  # a clusters.v1

NAMED = 5  # services of a bug; `--json` has all
DAY_LENGTH, SECONDS_LENGTH = len("2026-11-21 00:20"), len("2026-11-21 00:20:45")
SERVICE = ("service_namespace", "service_name", "environment")
UNKNOWN = "unknown"
OTHERS = "others"
HOURS = 24
NONE, BARS = "·", "▁▂▃▄▅▆▇█"
STYLES = {"new": "yellow", "regressed": "bold yellow", "resolved": "green", "muted": "dim"}  # of states
HEADING = f"{'total':>9} {'24 h':>7} {'1 h':>7}  {'last 24 hours':<{HOURS}}  bug"


def table(told: Mapping[str, Any]) -> list[Text]:
    """Show bugs, two lines each, and how many there are."""
    rows = [row for cluster in told["clusters"] for row in cluster_rows(cluster)]
    return [*([Text(HEADING, "dim"), *rows, Text()] if rows else []), known_text(told)]


def cluster_rows(cluster: Cluster) -> list[Text]:
    """Show how often a bug crashed, and what it is; below, which one, where and since when."""
    counts = (cluster["crashes_total"], cluster["crashes_24h"], cluster["crashes_1h"])
    since = words("since", _time(cluster["first_seen"], DAY_LENGTH), cluster["first_release"])
    until = words("last", _time(cluster["last_seen"], DAY_LENGTH), _last_release(cluster))
    return [
        Text.assemble(
            f"{counts[0]:>9,} {counts[1]:>7,} {counts[2]:>7,}  ",
            (f"{sparkline(cluster.get('crashes_by_hour', ())):<{HOURS}}", "magenta"),
            "  ",
            (_title(cluster), "bold red"),
        ),
        Text.assemble(
            f"{'':4}",
            (line(cluster["cluster_id"]), "cyan"),
            "  ",
            (f"{line(cluster['state']):<9}", STYLES.get(cluster["state"], "")),
            "  ",
            "  ".join([_services(cluster), since, until]),
        ),
    ]


def cluster_text(cluster: Cluster) -> Text:
    """Show all that is known of a bug."""
    heading = Text.assemble((_title(cluster), "bold red"), "  ", (line(cluster["cluster_id"]), "cyan"))
    named = [
        ("state", line(cluster["state"])),
        ("crashes", _crashes(cluster)),
        ("last hour", sparkline(cluster.get("crashes_by_minute", ()))),
        ("last day", sparkline(cluster.get("crashes_by_hour", ()))),
        ("first", words(_time(cluster["first_seen"]), cluster["first_release"])),
        ("last", words(_time(cluster["last_seen"]), _last_release(cluster))),
        ("culprit", line(cluster["culprit_function"] or "")),
        ("shard", line(cluster["shard"])),
        ("sample", words(cluster["sample_id"], "in panics")),
        ("aliases", line(", ".join(cluster["aliases"]))),
    ]
    tables = {
        "services": [f"{one['crashes']:>9,}  {_service(one)}" for one in cluster["services"]],
        "releases": [_release_row(one) for one in cluster["releases"]],
        "fingerprints": [_fingerprint_row(one) for one in cluster["fingerprints"]],
    }
    parts = [heading, *facts(named)]
    for name, rows in tables.items():
        parts += [Text(), Text(f"  {name}", "dim"), *(Text(f"    {row}") for row in rows)]
    return Text("\n").join(parts)


def known_text(told: Mapping[str, Any]) -> Text:
    """Say how many bugs there are, and how many of them are shown."""
    known, total, shown = told["known"], told["total"], len(told["clusters"])
    fit = f", {total:,} of them fit" if total < known else ""
    cut = f", {shown:,} shown" if shown < total else ""
    here, everywhere = len(told["partitions"]), told["of"]
    part = f", in {here} of {everywhere} partitions" if here < everywhere else ""
    return Text(f"{counted(known, 'bug')}{fit}{cut}{part}")


def command_text(command: Mapping[str, Any]) -> Text:
    """Say what is about to happen."""
    return Text(f"{words(command['command'], command['subject'])}: written, and done in a moment")


def sparkline(counts: Sequence[int]) -> str:
    """Draw counts as bars, of one crash up to the most."""
    most = max(counts, default=0)
    return "".join(BARS[-(-count * len(BARS) // most) - 1] if count else NONE for count in counts)


def _title(cluster: Cluster) -> str:
    return line(cluster["title"] or "no title yet")


def _time(time: str | None, length: int = SECONDS_LENGTH) -> str:
    return clean(time[:length].replace("T", " ")) if time else UNKNOWN


def _crashes(cluster: Cluster) -> str:
    day, hour = cluster["crashes_24h"], cluster["crashes_1h"]
    streams = counted(cluster["streams"], "stream")
    return f"{cluster['crashes_total']:,} in {streams}; {day:,} in 24 hours, {hour:,} in the last one"


def _services(cluster: Cluster) -> str:
    services = cluster["services"]
    more = f" and {len(services) - NAMED:,} more" if len(services) > NAMED else ""
    return line(", ".join(_service(one) for one in services[:NAMED])) + more


def _service(service: Mapping[str, Any]) -> str:
    """Name a service as filters take it."""
    namespace, name, environment = (service[part] or "" for part in SERVICE)
    return _named(f"{namespace}/{name}/{environment}" if namespace or environment else name)


def _last_release(cluster: Cluster) -> str | None:
    """Return the release that was seen last; None where none is known."""
    seen = max(cluster["releases"], key=lambda one: one["last_time"] or "", default=None)
    return _named(seen["release"]) if seen and seen["release"] else None


def _release_row(one: Mapping[str, Any]) -> str:
    seen = f"{_time(one['first_time'])} to {_time(one['last_time'])}"
    service = _named(one["service"]) if one["service"].strip("/") else UNKNOWN
    return f"{one['crashes']:>9,}  {seen}  {_named(one['release']):<16}  {service}"


def _fingerprint_row(one: Mapping[str, Any]) -> str:
    seen = f"{_time(one['first_seen'])} to {_time(one['last_seen'])}"
    return f"{one['crashes_total']:>9,}  {seen}  {line(one['fingerprint'])}  {line(one['label'])}"


def _named(name: str) -> str:
    return line({"": UNKNOWN, "*": OTHERS, "*/*/*": OTHERS}.get(name, name))
