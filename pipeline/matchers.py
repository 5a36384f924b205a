"""Matchers of labels, in the words of Prometheus' Alertmanager: `severity="critical"`, `env=~"prod|live"`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline._native import Pattern

OPERATORS = ("=~", "!~", "!=", "=")
NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
MATCHER = re.compile(rf"\s*({NAME})\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)
PART = re.compile(r'\s*((?:"(?:[^"\\]|\\.)*"|[^",])*)(,|$)', re.DOTALL)  # up to a comma outside of quotes
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}  # any other `\x` stays as it is
SAMPLE = '`severity="critical"` or `env=~"prod|live"`'
KEPT = 10_000  # compiled patterns


@dataclass(frozen=True)
class Matcher:
    """A label's name, one of `=`, `!=`, `=~`, `!~`, and what the label has to be, or not to be.

    A pattern has to fit the whole label; a label that is not there is empty.
    """

    name: str
    op: str
    value: str

    def meets(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels are as it says."""
        label = labels.get(self.name, "")
        fits = _pattern(self.value).fits(label) if "~" in self.op else label == self.value
        return fits != self.op.startswith("!")

    def __str__(self) -> str:
        """Write it as it is read."""
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.op}"{value}"'


def read_matcher(text: str) -> Matcher:
    """Read one matcher. Raises ValueError, which says what is wanted."""
    found = MATCHER.fullmatch(text)
    if not found:
        raise ValueError(f"a name of a label, one of =, !=, =~, !~, and a value, such as {SAMPLE}")
    name, op, value = found[1], found[2], _unquoted(found[3])
    if "~" in op:
        _pattern(value)
    return Matcher(name, op, value)


def read_matchers(texts: Iterable[str]) -> tuple[Matcher, ...]:
    """Read matchers, of which a text may hold several: `{a="b", c="d"}`. Raises ValueError."""
    return tuple(dict.fromkeys(read_matcher(part) for text in texts for part in _parts(text)))


def matches(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Return whether labels are as all of the matchers say."""
    return all(matcher.meets(labels) for matcher in matchers)


def _parts(text: str) -> Iterator[str]:
    """Take a text apart at its commas; one at the end is no fault."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
    at = 0
    while at < len(inner):
        found = PART.match(inner, at)
        if not found:
            raise ValueError(f"a quote is not closed; such as {SAMPLE}")
        yield found[1]
        at = found.end()


def _unquoted(written: str) -> str:
    is_quoted = written.startswith('"')
    inner = written[1:-1] if is_quoted and written.endswith('"') and len(written) > 1 else written
    if re.search(r'(?<!\\)(?:\\\\)*"', inner) or (is_quoted and inner is written):
        raise ValueError(f'a quote within the value is `\\"`, and one at its end closes it; such as {SAMPLE}')
    return ESCAPE.sub(lambda found: ESCAPED.get(found[1], found[0]), inner)


@lru_cache(maxsize=KEPT)
def _pattern(text: str) -> Pattern:
    """Compile a pattern. Raises ValueError where it is none."""
    try:
        return Pattern(text)
    except ValueError as error:
        raise ValueError(f"`{text[:80]}` is no pattern ({error})") from None
