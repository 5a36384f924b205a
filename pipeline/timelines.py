"""Timelines read from TOML: all that is wrong with them at once."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import Any

from pipeline.rules import Rule, Subject
from pipeline.timeline import BECOMES, Amount, Expected, Step, Timeline, Whose
from pipeline.timeline_fields import EXPECTED, HOW, STEP, TIMELINE, WHAT, WHOSE, Reader
from pipeline.toml_lines import FaultsError, parsed

AFTER_S = 60  # that a timeline goes on after the last thing that it names


class TimelineFaultsError(FaultsError):
    """Timelines that cannot be played."""


def read_timelines(text: str, where: str, rules: Sequence[Rule]) -> tuple[Timeline, ...]:
    """Read all timelines of a file, for these rules. Raises TimelineFaultsError with every fault."""
    try:
        document = parsed(text, where)
    except ValueError as error:
        raise TimelineFaultsError([str(error)]) from None
    tables = document.pop("timeline", [])
    faults = [f"{where}: {name}: no such field; timelines are tables [[timeline]]" for name in document]
    if not isinstance(tables, list) or not tables:
        raise TimelineFaultsError([*faults, f"{where}: there is no timeline; write [[timeline]]"])
    read = [_timeline(table, f"{where}: timeline {number}", rules) for number, table in enumerate(tables, 1)]
    faults += chain.from_iterable(wrong for _, wrong in read)
    if faults:
        raise TimelineFaultsError(faults)
    return tuple(timeline for timeline, _ in read if timeline)


def _read(
    table: Mapping[str, Any], readers: Mapping[str, Reader], faults: list[str], where: str
) -> dict[str, Any]:
    """Read the fields of a table. Adds to the faults."""
    values = {}
    for name, value in table.items():
        if name not in readers:
            near = get_close_matches(name, readers, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(readers)}"
            faults.append(f"{where}: {name}: no such field; {hint}")
            continue
        try:
            values[name] = readers[name](value)
        except ValueError as error:
            faults.append(f"{where}: {name}: it is {value!r:.80}; {error}")
    return values


def _timeline(table: Any, where: str, rules: Sequence[Rule]) -> tuple[Timeline | None, list[str]]:
    faults: list[str] = []
    if not isinstance(table, dict):
        return None, [f"{where}: no table; write [[timeline]]"]
    where = f"{where} ({table['name']})" if isinstance(table.get("name"), str) else where
    values = _read(table, TIMELINE, faults, where)
    chosen = _chosen(values.get("rules"), rules, faults, where)
    whose = {name: values[name] for name in WHOSE if name in values}
    steps = [
        _step(whose | step, faults, f"{where}: happens {number}")
        for number, step in enumerate(values.get("happens", []), 1)
    ]
    names = [rule.name for rule in chosen or rules]
    expected = [
        _expected(one, names, faults, f"{where}: expect {number}")
        for number, one in enumerate(values.get("expect", []), 1)
    ]
    if faults:
        return None, faults
    told, wanted = [step for step in steps if step], [one for one in expected if one]
    last = max([0, *(step.until for step in told), *(one.last for one in wanted)])
    lasts = values.get("lasts", last + AFTER_S)
    return Timeline(values.get("name", where), chosen, tuple(told), tuple(wanted), lasts), []


def _chosen(
    names: Sequence[str] | None, rules: Sequence[Rule], faults: list[str], where: str
) -> tuple[Rule, ...]:
    """Return the rules that are named; where none are, all but those of the pipeline itself."""
    known = [rule.name for rule in rules]
    faults += [f"{where}: rules: {_unknown(name, known)}" for name in names or () if name not in known]
    if names is None:
        return tuple(rule for rule in rules if rule.subject is not Subject.PIPELINE)
    return tuple(rule for rule in rules if rule.name in names)


def _unknown(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"no rule is called {name}; " + (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    )


def _step(table: Mapping[str, Any], faults: list[str], where: str) -> Step | None:
    values = _read(table, STEP, faults, where)
    what = [name for name in WHAT if name in table]
    if len(what) != 1:
        faults.append(f"{where}: {' and '.join(what) or 'nothing'} happens; one of {', '.join(WHAT)}")
        return None
    if what[0] not in values:
        return None
    value, at = values[what[0]], values.get("at", 0)
    amount = value if isinstance(value, Amount) else Amount(1, is_rate=what[0] == "lag")
    until = values.get("until", at + 1)
    faults += [f"{where}: {fault}" for fault in _span_faults(amount, values, at)]
    whose = Whose(**{name: values[name] for name in WHOSE if name in values})
    fields = {name: values[name] for name in HOW if name in values} | {what[0]: value}
    return Step(what[0], whose, at, until, amount, fields)


def _span_faults(amount: Amount, values: Mapping[str, Any], at: int) -> Iterator[str]:
    if amount.is_rate and "until" not in values:
        yield "until: it is missing; when does it end?"
    if values.get("until", at + 1) <= at:
        yield "until: it is not after `at`; let it end later"


def _expected(
    table: Mapping[str, Any], names: Sequence[str], faults: list[str], where: str
) -> Expected | None:
    values = _read(table, EXPECTED, faults, where)
    missing = [name for name in ("alert", "between") if name not in table]
    faults += [f"{where}: {name}: it is missing" for name in missing]
    if "alert" in values and values["alert"] not in names:
        faults.append(f"{where}: alert: {_unknown(values['alert'], names)}")
    if missing or "between" not in values or "alert" not in values:
        return None
    first, last = values["between"]
    becomes = values.get("becomes", BECOMES[0])
    fields = {name: values[name] for name in ("summary", "times") if name in values}
    told = {"labels": values.get("labels", {}), "summary": None} | fields
    return Expected(values["alert"], becomes, first, last, **told)
