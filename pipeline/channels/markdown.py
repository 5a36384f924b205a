"""The markdown that robots of chats take: text in it mentions nobody, links nowhere and marks nothing.

These robots know no escapes that all of them honour, so that signs with a meaning become their likes.
"""

from collections.abc import Iterable
from urllib.parse import quote

from pipeline.alert import cut
from pipeline.channels.look import Look

LIKES = str.maketrans(
    {"@": "\uff20", "<": "\uff1c", ">": "\uff1e", "&": "\uff06", "*": "\u2217", "~": "\u223c", "`": "'"}
)  # full-width @ < > &, the operators * and ~
HEADLINE, FACT = 512, 2_048  # bytes of each


def unmarked(text: str) -> str:
    """Return a text in which nothing is markup or a mention."""
    return " ".join(text.translate(LIKES).replace("](", "] (").split())


def address(url: str) -> str:
    """Return an address that may stand within the brackets of a link."""
    return quote(url, safe="/:?#[]&=+$,;%~!'-._")


def linked(look: Look) -> Iterable[str]:
    """Yield the link, where there is one."""
    if look.link:
        yield f"[{look.opens}]({address(look.link)})"


def rows(look: Look, bold: str = "**") -> list[str]:
    """Return a line for each fact and each alert that is named."""
    facts = [f"{bold}{name}{bold} {unmarked(cut(text, FACT))}" for name, text in look.facts]
    return [*facts, *(f"- {unmarked(cut(text, HEADLINE))}" for text in look.listed)]
