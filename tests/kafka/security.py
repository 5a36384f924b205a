"""A listener with TLS and SASL: its certificate, its user, and what the broker is told of them."""

import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.kafka.errors import NoKafkaError
from tests.kafka.properties import HOST

MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
LISTENER = "listener.name.secure"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"

EXTENSIONS = f"""\
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:{HOST}, DNS:localhost
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
CERTIFICATES = [  # arguments of openssl: an authority, and a server's key that it signs
    f"req -x509 {KEY} -keyout ca.key -out ca.pem -subj /CN=authority -days 2 -config ssl.conf -extensions ca",
    f"req {KEY} -keyout server.key -out server.request -subj /CN=localhost -config ssl.conf",
    "x509 -req -in server.request -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem"
    " -days 2 -extfile ssl.conf -extensions server",
]


@dataclass(frozen=True)
class Security:
    """What both sides of a secure listener know; its files stand in `folder`."""

    folder: Path
    user: str = "shipper"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def ca_file(self) -> Path:
        """The certificate that clients check the broker's with."""
        return self.folder / "ca.pem"

    @property
    def keystore(self) -> Path:
        """The broker's key and certificate."""
        return self.folder / "keystore.pem"

    def certify(self) -> None:
        """Write the files. Raises NoKafkaError where there is no openssl, or with what it says."""
        self.folder.mkdir()
        (self.folder / "ssl.conf").write_text(EXTENSIONS)
        for arguments in CERTIFICATES:
            _openssl(self.folder, arguments)
        parts = [(self.folder / name).read_text() for name in ("server.key", "server.pem")]
        self.keystore.write_text("".join(parts))

    def properties(self) -> dict[str, str]:
        """Return the broker's settings of the listener."""
        return {
            f"{LISTENER}.ssl.keystore.type": "PEM",
            f"{LISTENER}.ssl.keystore.location": str(self.keystore),
            f"{LISTENER}.sasl.enabled.mechanisms": ",".join(MECHANISMS),
            f"{LISTENER}.plain.sasl.jaas.config": f'{PLAIN} required user_{self.user}="{self.password}";',
            f"{LISTENER}.scram-sha-256.sasl.jaas.config": f"{SCRAM} required;",
            f"{LISTENER}.scram-sha-512.sasl.jaas.config": f"{SCRAM} required;",
        }

    def users(self) -> list[str]:
        """Return what the program that formats a broker's folder is told of the user."""
        scram = [name for name in MECHANISMS if name.startswith("SCRAM")]
        return [f"--add-scram={name}=[name={self.user},password={self.password}]" for name in scram]


def _openssl(folder: Path, arguments: str) -> None:
    words = ["openssl", *arguments.split()]
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise NoKafkaError("openssl, which certifies the broker, is missing: apt install openssl") from None
    if done.returncode:
        raise NoKafkaError(f"openssl could not make the broker's certificate: {done.stderr}")
