"""Text that came from anywhere, made harmless: no control characters, no secrets, bounded."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from pipeline._native import redacted
from pipeline.alert import cut

READ = 1 << 14  # characters of a text that are looked at
BYTES = 4_096  # of a text that stay
HIDDEN = "[hidden]"
SHORT = 4  # characters; what is shorter is no secret, and would blot out half of each answer

ESCAPES = re.compile(  # of terminals: commands, titles, and whatever else begins so
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|\x9b[0-?]*[ -/]*[@-~]"
)
UNSEEN = re.compile(  # control, format (but what joins emoji), half characters, private ones
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
ADDRESS = re.compile(r"(\w+://)(?:([^/?#]*)@)?([^/?#]*)(.*)", re.DOTALL)
BREAKS = re.compile(r"\r\n?|[\u0085\u2028\u2029\v\f]")


def plain(text: object, limit: int = BYTES) -> str:
    """Return lines of at most so many bytes, without what is not shown, and without secrets.

    Characters that turn the direction of writing, or are not seen, are gone: with them a text shows as
    another one than it is.
    """
    return cut(_shown(str(text)), limit)


def line(text: object, limit: int = BYTES) -> str:
    """Return the same in one line."""
    return cut(" ".join(_shown(str(text)).split()), limit)


def _shown(text: str) -> str:
    whole = text[:READ].encode(errors="replace").decode()
    whole = BREAKS.sub("\n", ESCAPES.sub("", whole)).replace("\t", " ")
    return redacted(UNSEEN.sub("", whole)).strip()


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which none of these secrets stands, nor a secret part of one that is an address."""
    parts = dict(one for secret in secrets for one in _parts(secret))
    forms = {
        form: shown
        for part, shown in parts.items()
        for form in (part, quote(part, safe=""), quote_plus(part))
    }
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= SHORT:
            text = text.replace(form, forms[form])
    return text


def without_secrets(secret: str) -> str:
    """Return what of a secret may be shown: nothing, or of an address its host."""
    found = ADDRESS.fullmatch(secret)
    if not found:
        return HIDDEN
    scheme, who, host, rest = found.groups("")
    return f"{scheme}{f'{HIDDEN}@' if who else ''}{host}{f'/{HIDDEN}' if rest.strip('/') else rest}"


def _parts(secret: str) -> Iterator[tuple[str, str]]:
    """Yield a secret, and of an address all that it keeps secret, each with what is shown in its place."""
    yield secret, without_secrets(secret)
    if found := ADDRESS.fullmatch(secret):
        _, who, _, rest = found.groups("")
        asked = rest.partition("?")[2]
        ends = (rest.lstrip("/"), rest.rpartition("/")[2], asked, *re.findall(r"=([^&]{8,})", asked))
        yield from ((part, HIDDEN) for part in (*ends, who, *who.split(":")))
