"""What people see of a running demo: a picture on a terminal, lines elsewhere."""

import sys
import time
from typing import NamedTuple, Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agents import terminal
from agents.demo.tally import Alert, Crash, Tally
from agents.layout import counted, line
from agents.show import FINGERPRINT_LENGTH
from agents.summary import Group as Bug
from agents.summary import ranked

FRAME_S = 0.25  # between two pictures
LINE_S = 5.0  # between two lines of figures
ALERTS = 3  # the latest
BESIDE_ROWS = 16 + ALERTS  # lines of a picture that are no rows of its two tables
LEAST, MOST = 3, 12  # rows of each


class Figures(NamedTuple):
    """How it is now: records a second, records behind, and whether the worker is ready."""

    rate: float
    lag: int
    is_ready: bool

    def text(self, tally: Tally) -> str:
        """Put them in a line."""
        state = f"{self.rate:,.0f} records/s read, {self.lag:,} behind" if self.is_ready else "worker starts"
        return f"{state}; {tally.sent:,} sent; {tally.planted:,} crashes planted, {tally.found:,} found"


class View(Protocol):
    """Shows a run. Its methods raise OutputClosedError or UnwritableError."""

    def crash(self, crash: Crash) -> None:
        """Show a crash that was found."""

    def alert(self, alert: Alert) -> None:
        """Show an alert that fires."""

    def now(self, tally: Tally, figures: Figures) -> None:
        """Show how it is, where it is time to."""

    def close(self) -> None:
        """Make room for what comes after."""


def view(about: str) -> View:
    """Return the view for stdout; `about` says what is to be seen."""
    return Picture(about) if sys.stdout is not None and sys.stdout.isatty() else Lines(about)


class Lines:
    """A line a crash, and figures now and then."""

    def __init__(self, about: str) -> None:
        terminal.show(Text(about))
        self._due = time.monotonic() + LINE_S

    def crash(self, crash: Crash) -> None:
        """Write it at once."""
        terminal.show(Text("  ".join(_cells(crash))))

    def alert(self, alert: Alert) -> None:
        """Write it at once."""
        terminal.show(_alert_text(alert))

    def now(self, tally: Tally, figures: Figures) -> None:
        """Write the figures, where it is time to."""
        if time.monotonic() >= self._due:
            self._due += LINE_S
            terminal.show(Text(figures.text(tally)))

    def close(self) -> None:
        """Nothing is in the way."""


class Picture:
    """The latest crashes and the most frequent ones, drawn anew again and again."""

    def __init__(self, about: str) -> None:
        self._about = about
        self._console = Console(highlight=False)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        self._due = 0.0

    def crash(self, crash: Crash) -> None:
        """Leave it to the next picture."""

    def alert(self, alert: Alert) -> None:
        """Leave it to the next picture."""

    def now(self, tally: Tally, figures: Figures) -> None:
        """Draw, where it is time to."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + FRAME_S
            drawn = picture(self._about, tally, figures, self._console.height)
            self._live.update(drawn, refresh=True)

    def close(self) -> None:
        """Take the picture off the screen."""
        self._live.stop()


def picture(about: str, tally: Tally, figures: Figures, height: int) -> RenderableType:
    """Draw how it is, in so many lines."""
    rows = min(MOST, max(LEAST, (height - BESIDE_ROWS) // 2))
    releases = ", ".join(" ".join(pair) for pair in sorted(tally.releases.items()))
    return Group(
        Text(f"{about}\nCtrl-C ends it.\n", "dim"),
        Text(f"{figures.text(tally)}\n", "bold"),
        _latest(tally, rows),
        Text(),
        _most_frequent(tally, rows),
        Text(),
        Text(f"{counted(len(tally.alerts), 'alert')} fired; in another terminal: panicstream alerts", "dim"),
        *(_on_one_line(alert) for alert in list(tally.alerts.values())[-ALERTS:]),
        Text(),
        Text(f"releases: {releases}", "dim"),
    )


def summary_text(tally: Tally, elapsed: float, first_found: float | None) -> Text:
    """Say what a run of so many seconds has given, and what is wrong with it."""
    first = "" if first_found is None else f", the first after {first_found:.1f} s"
    lines = [
        Text(f"{counted(tally.sent, 'record')} sent in {elapsed:.0f} s"),
        Text(f"{tally.planted:,} crashes planted, {tally.found:,} of them found{first}", "bold"),
    ]
    if tally.others:
        lines.append(Text(f"told, but not planted: {tally.others:,}", "yellow"))
    lines += [_row_text(tally, group) for group in ranked(tally.groups)]
    lines.append(Text(f"{counted(len(tally.alerts), 'alert')} fired", "bold"))
    return Text("\n").join([*lines, *map(_alert_text, tally.alerts.values()), Text()])


def _row_text(tally: Tally, group: Bug) -> Text:
    short = group["fingerprint"][:FINGERPRINT_LENGTH]
    count = f"{group['count']:>6,} x {tally.services[group['fingerprint']]:<9} "
    return Text.assemble(count, (line(group["title"]), "bold red"), "  ", (short, "cyan"))


def _alert_text(alert: Alert) -> Text:
    said = line(alert["annotations"].get("summary") or alert["labels"]["alertname"])
    severity = f"alert, {alert['labels']['severity']}: "
    return Text.assemble((severity, "yellow"), (said, "bold"), "  ", (alert["fingerprint"], "cyan"))


def _on_one_line(alert: Alert) -> Text:
    text = _alert_text(alert)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _latest(tally: Tally, rows: int) -> Table:
    table = _table("latest", "service", "release", "pod", "crash")
    for crash in list(tally.latest)[:rows]:
        at, service, release, pod, title, _ = _cells(crash)
        table.add_row(*map(Text, (at, service, release, pod.removeprefix(f"{service}-"), title)))
    return table


def _most_frequent(tally: Tally, rows: int) -> Table:
    table = _table("crashes", "in", "most frequent", "fingerprint")
    for group in ranked(tally.groups)[:rows]:
        short = group["fingerprint"][:FINGERPRINT_LENGTH]
        cells = (f"{group['count']:,} x", tally.services[group["fingerprint"]], line(group["title"]), short)
        table.add_row(*map(Text, cells))
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim")
    for name in names:
        wide = name in {"crash", "most frequent"}
        table.add_column(
            name,
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if wide else None,
            style="bold red" if wide else "",
        )
    return table


def _cells(crash: Crash) -> tuple[str, ...]:
    """Return time, service, release, pod, title and fingerprint of a crash."""
    names = ("service_name", "service_version", "k8s_pod_name", "title")
    time_of_day = (crash["event_time"] or "")[11:19]
    return (
        line(time_of_day),
        *(line(crash[name] or "-") for name in names),
        crash["fingerprint"][:FINGERPRINT_LENGTH],
    )
