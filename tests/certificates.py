"""Certificates for 127.0.0.1 and localhost: one that is fine, and one that has expired."""

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.kafka.security import Security

EXPIRED = (
    "openssl x509 -req -in server.request -CA ca.pem -CAkey ca.key -CAcreateserial -out expired.pem"
    " -days -1 -extfile ssl.conf -extensions server"
)


class Certificates(NamedTuple):
    """`authority` is the file of who signed them; the others are what servers use."""

    authority: str
    fine: ssl.SSLContext
    expired: ssl.SSLContext


def certificates(folder: Path) -> Certificates:
    """Make them in a folder that is not there yet."""
    security = Security(folder)
    security.certify()
    subprocess.run(EXPIRED.split(), cwd=folder, check=True, capture_output=True)  # noqa: S603 - as it stands above
    return Certificates(str(security.ca_file), _served(folder, "server"), _served(folder, "expired"))


def _served(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / "server.key")
    return context
