"""Addresses of the web, as settings give them: they may be secrets, so what is said of one quotes nothing."""

import re
from urllib.parse import urlsplit

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
BROKEN = "it has a line's end or another control character in it"
SCHEMES = ("https://", "http://")


def unusable(url: str) -> str:
    """Say why nothing can be sent to an address; empty where something can."""
    if CONTROL.search(url):
        return BROKEN
    if not url.startswith(SCHEMES):
        return "it begins with https:// or http://"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "its host or its port is none"
    if not host or " " in parts.netloc:
        return "it names no host: https://HOST/..."
    return ""
