"""Rules read from TOML: all that is wrong with them at once."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from pipeline.facts import FACTS
from pipeline.rule_fields import ALWAYS, EVERYWHERE, FIELDS, KINDS, NAME
from pipeline.rules import Condition, Kind, Rule
from pipeline.toml_lines import FaultsError, line, parsed
from pipeline.units import NUMBER, quantity

CONDITION = re.compile(rf"\s*(>=|<=|>|<)\s*({NUMBER}.*)", re.IGNORECASE)
CONDITIONS = ("fire", "clear")
Table = Mapping[str, Any]


class RuleFaultsError(FaultsError):
    """Rules that cannot be used.

    `rules` are those without a fault, `summaries` the templates of the others, by name.
    """

    def __init__(
        self, faults: list[str], rules: Iterable[Rule] = (), summaries: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(faults)
        self.rules, self.summaries = tuple(rules), summaries or {}


class Text(NamedTuple):
    """A TOML text, and the name of its file."""

    text: str
    where: str

    def place(self, name: str, field: str = "") -> str:
        """Say where a rule or its field stands: `FILE:LINE: rule NAME: field`."""
        at = (field and line(self.text, f"{name}.{field}")) or line(self.text, name)
        return f"{self.where}{at}: rule {name}" + (f": {field}" if field else "")


def read_rules(text: str, where: str, shipped: str = "") -> tuple[Rule, ...]:
    """Read the rules of a file, in its order. Raises RuleFaultsError with every fault.

    `shipped` is the text of rules that there are without it: a rule of the file adds to them, or changes the
    fields that it gives of the one with its name; where it gives a `kind`, it stands in its place.
    """
    source = Text(text, where)
    try:
        given, before = parsed(text, where), parsed(shipped, where)
    except ValueError as error:
        raise RuleFaultsError([str(error)]) from None
    faults = _misnamed(given, before, source)
    tables = before | {name: _over(before.get(name), table) for name, table in given.items()}
    made = {
        name: _rule(name, table, source, faults) for name, table in tables.items() if isinstance(table, dict)
    }
    rules = tuple(rule for rule in made.values() if rule)
    if faults:
        left = {
            name: tables[name].get("summary") for name, rule in made.items() if not rule and name in given
        }
        texts = {name: text for name, text in left.items() if isinstance(text, str)}
        raise RuleFaultsError(faults, rules, texts)
    return rules


def _misnamed(given: Table, before: Table, source: Text) -> list[str]:
    faults = []
    for name, table in given.items():
        if not isinstance(table, dict):
            faults.append(f"{source.place(name)}: no rule; a table [{name}] with its fields below it")
        elif not NAME.fullmatch(name):
            faults.append(f"{source.place(name)}: no name of a rule; letters, digits and _")
        elif "kind" not in table and name not in before:
            near = get_close_matches(name, before, n=1)
            hint = f"did you mean {near[0]}?" if near else f"give it a kind: {', '.join(Kind)}"
            faults.append(
                f"{source.place(name)}: it has no kind, and none is shipped that is called so; {hint}"
            )
    return faults


def _over(before: Mapping[str, Any] | None, table: Any) -> Any:
    """Lay the fields of a rule over those that it had."""
    if before is None or not isinstance(table, dict) or "kind" in table:
        return table
    return {**before, **table}


def _rule(name: str, table: Table, source: Text, faults: list[str]) -> Rule | None:
    """Make a rule; None where it is switched off or faulty. Adds to the faults."""
    wrong = dict(_unknown(table))
    values = _values(table, wrong)
    if table.get("enabled", True) is not False:
        wrong |= {field: fault for field, fault in _unfit(values, table) if field not in wrong}
        wrong |= _conditions(values, wrong)
    faults += [f"{source.place(name, field)}: {fault}" for field, fault in wrong.items()]
    if wrong or "kind" not in values or not values.pop("enabled", True):
        return None
    return Rule(name=name, **_completed(values))


def _unknown(table: Table) -> Iterable[tuple[str, str]]:
    for field in table:
        if field not in FIELDS:
            near = get_close_matches(field, FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)}"
            yield field, f"no such field; {hint}"


def _values(table: Table, wrong: dict[str, str]) -> dict[str, Any]:
    """Read what is given, under the names of `Rule`. Adds what cannot be read to `wrong`."""
    values = {}
    for field, value in table.items():
        if field in FIELDS:
            try:
                values[FIELDS[field].name or field] = FIELDS[field].read(value)
            except ValueError as error:
                wrong[field] = f"it is {_shown(value)}; {error}"
    return values


def _shown(value: object) -> str:
    return str(value)[:80].lower() if isinstance(value, bool) else repr(value)[:80]


def _unfit(values: Mapping[str, Any], table: Table) -> Iterable[tuple[str, str]]:
    """Say what is missing, and what the kind has no use for."""
    kind = values.get("kind")
    if kind is None:
        return
    needs = (*ALWAYS, *KINDS[kind].needs)
    for field in needs:
        if field not in table:
            yield field, f"it is missing; {FIELDS[field].meaning}"
    for field in table:
        if field in FIELDS and field not in {*EVERYWHERE, *needs, *KINDS[kind].may}:
            yield field, f"rules of kind {kind} have none; take it away"
    yield from _labels(kind, values)
    yield from _fact(kind, values)


def _labels(kind: Kind, values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    known = (*KINDS[kind].labels, *values.get("by", ()))
    for name in values.get("where", {}):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
            yield "where", f"rules of kind {kind} have no label {name}; {hint}"


def _fact(kind: Kind, values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    fitting = [fact.name for fact in FACTS.values() if kind in fact.kinds]
    name = values.get("fact")
    if name is not None and name not in fitting:
        near = get_close_matches(name, fitting, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(fitting)}"
        yield "fact", f"rules of kind {kind} measure no {name}; {hint}"


def _conditions(values: dict[str, Any], wrong: Mapping[str, str]) -> dict[str, str]:
    """Put conditions in place of their texts. Returns what is wrong with them."""
    kind, found = values.get("kind"), {}
    if kind is Kind.SURGE:
        values.setdefault("fact", "surge")
    fact = FACTS.get(values.get("fact", ""))
    for field in CONDITIONS:
        if fact and field in values and field not in wrong:
            try:
                values[field] = condition(values[field], fact.unit)
            except ValueError as error:
                found[field] = f"it is `{values[field]}`; {error}, such as `{fact.sample}`"
    fire = values.get("fire")
    if "confidence" in values and isinstance(fire, Condition) and fire.op in {"<", "<="}:
        found["confidence"] = "what is `<` has none: the lower bound of the rate is compared; take it away"
    return found


def condition(text: str, unit: str) -> Condition:
    """Read `> 5/min`. Raises ValueError, which says what is wanted."""
    found = CONDITION.fullmatch(text)
    if not found:
        raise ValueError("a condition: >, >=, < or <=, and a number with its unit")
    return Condition(found[1], quantity(found[2], unit))


def _completed(values: dict[str, Any]) -> dict[str, Any]:
    fire = values.setdefault("fire", None)
    values.setdefault("clear", fire.negated() if fire else None)
    return values
