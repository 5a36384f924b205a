"""Where a worker is reached by others."""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from pipeline.settings import HttpSettings

EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104  # what a worker listens on, not what reaches it


def advertised(http: HttpSettings) -> str:
    """Return the URL at which others reach this worker."""
    host, _, port = (http.advertise or http.listen).rpartition(":")
    if not http.advertise and host.strip("[]") in EVERYWHERE:
        host = socket.gethostname()
    return f"http://{host}:{port}"


def is_local(url: str) -> bool:
    """Tell whether a URL leads nowhere but to the machine that follows it."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
