"""What settings must be beside their types: together, and with the files of this machine."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline._native import Scanner, envelopes
from pipeline.settings import Settings

Faults = Iterator[tuple[str, str]]
FILES = ["ca_file", "certificate_file", "key_file"]


def login(settings: Settings) -> Faults:
    """Look whether a login is whole, and used."""
    kafka = settings.kafka
    logs_in = kafka.security_protocol.startswith("sasl")
    if logs_in and not kafka.username:
        yield "kafka.username", f"missing: kafka.security_protocol = {kafka.security_protocol} logs in"
    if logs_in and not (kafka.password.get_secret_value() or kafka.password_file):
        yield "kafka.password", f"missing: kafka.security_protocol = {kafka.security_protocol} logs in"
    if kafka.username and not logs_in:
        protocols = "sasl_ssl or sasl_plaintext"
        yield (
            "kafka.username",
            f"not used by kafka.security_protocol = {kafka.security_protocol}; {protocols} log in",
        )


def certificates(settings: Settings) -> Faults:
    """Look whether certificates can be read and are used, and our own comes with its key."""
    kafka = settings.kafka
    for name in FILES:
        path = getattr(kafka, name)
        if path and (reason := _unreadable(path)):
            yield f"kafka.{name}", f"{path}: {reason}"
        elif path and not kafka.security_protocol.endswith("ssl"):
            yield (
                f"kafka.{name}",
                f"not used by kafka.security_protocol = {kafka.security_protocol}; ssl or sasl_ssl do",
            )
    if kafka.certificate_file and not kafka.key_file:
        yield "kafka.key_file", "missing: kafka.certificate_file is set"
    if kafka.key_file and not kafka.certificate_file:
        yield "kafka.certificate_file", "missing: kafka.key_file is set"


def named_envelopes(settings: Settings) -> Faults:
    """Look whether envelopes are those that the core knows."""
    known = envelopes()
    for topic, envelope in settings.detect.envelopes.items():
        if envelope not in known:
            yield "detect.envelopes", f"{envelope} of {topic} is no envelope; there are {', '.join(known)}"


def redaction(settings: Settings) -> Faults:
    """Look whether rules of what is masked are patterns that the core takes."""
    for rule in settings.detect.redaction.items():
        try:
            Scanner("", redaction=[rule])
        except ValueError as error:
            yield "detect.redaction", " ".join(str(error).split())


CHECKS: list[Callable[[Settings], Faults]] = [login, certificates, named_envelopes, redaction]


def _unreadable(path: str) -> str:
    """Say why a file cannot be read; empty where it can."""
    try:
        Path(path).read_bytes()
    except OSError as error:
        return str(error.strerror).lower()
    return ""
