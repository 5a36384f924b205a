"""What `doctor` asks the files that settings name: rules, routes, and the secrets of channels."""

from collections.abc import Iterator

from agents.channel_secrets import unlocked
from agents.finding import Finding
from agents.routes_check import checked_routes
from agents.rule_files import load, unread
from pipeline.rule_checks import RuleFaultsError
from pipeline.settings import Settings

MEND = "`panicstream rules check FILE` shows all; workers keep what held before"
LATER = "alerts are kept for them; name a file of routes with a channel in notify.routes to be told"


def files(settings: Settings) -> Iterator[Finding]:
    """Look at the files of rules and routes."""
    if settings.watch.rules:
        yield from _rules(settings.watch.rules)
    if settings.notify.routes:
        yield from _routes(settings.notify.routes)
    else:
        yield Finding("routes", f"as shipped, without a channel: {LATER}")


def _rules(path: str) -> Iterator[Finding]:
    try:
        yield Finding(f"rules {path}", f"{len(load(path))} rules")
    except RuleFaultsError as error:
        yield from (Finding("rules", fault, MEND) for fault in error.faults)
    except (OSError, UnicodeDecodeError) as error:
        yield Finding(f"rules {path}", unread(error), "mend watch.rules, or the file")


def _routes(path: str) -> Iterator[Finding]:
    try:
        found = checked_routes(path, load())
    except (OSError, UnicodeDecodeError) as error:
        yield Finding(f"routes {path}", unread(error), "mend notify.routes, or the file")
        return
    yield from (Finding("routes", fault, MEND) for fault in found.faults)
    if found.routes:
        yield Finding("routes", found.fine())
        for name, channel in found.routes.channels.items():
            try:
                unlocked(channel)
                yield Finding(f"channel {name}", channel.type if channel.enabled else "switched off")
            except ValueError as error:
                yield Finding(f"channel {name}", str(error), "let the worker's user read it")
