"""Sends a mail over SMTP; it blocks, so it belongs into a thread."""

import smtplib
import socket
import ssl
from collections.abc import Callable

from pipeline.channels.answer import Answer
from pipeline.channels.request import Mail, Server

MANY = 10  # refused recipients that are told


def send_mail(mail: Mail, timeout_s: float, trusted: ssl.SSLContext) -> Answer:
    """Send once; each step takes so many seconds at most. Answers carry the codes of SMTP.

    The header `refused` names who was refused while others were not.
    """
    stage = _Stage()
    try:
        server = _connected(mail.server, timeout_s, trusted)
        try:
            return _sent(server, mail, stage)
        finally:
            _leave(server)
    except smtplib.SMTPResponseException as error:
        return Answer(error.smtp_code, body=_bytes(error.smtp_error), was_sent=stage.was_sent)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Answer(fault=f"{mail.where}: {_fault(error, timeout_s)}", was_sent=stage.was_sent)


class _Stage:
    """How far it came: from the text on, the server may have taken it."""

    was_sent = False


def _connected(server: Server, timeout_s: float, trusted: ssl.SSLContext) -> smtplib.SMTP:
    if server.security == "tls":
        opened: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout_s, context=trusted)
    else:
        opened = smtplib.SMTP(server.host, server.port, timeout=timeout_s)
    try:
        if server.security == "starttls":
            opened.starttls(context=trusted)
        if server.user:
            opened.login(server.user, server.password)
    except BaseException:
        opened.close()
        raise
    return opened


def _sent(server: smtplib.SMTP, mail: Mail, stage: _Stage) -> Answer:
    server.ehlo_or_helo_if_needed()
    code, said = server.mail(mail.sender)
    if code != 250:  # noqa: PLR2004 - done, in SMTP
        return Answer(code, body=_bytes(said), was_sent=False)
    answers = {recipient: server.rcpt(recipient) for recipient in mail.recipients}
    refused = {name: answer for name, answer in answers.items() if answer[0] not in {250, 251}}
    if len(refused) == len(answers):
        code, said = next(iter(refused.values()))
        return Answer(code, body=_bytes(said), was_sent=False)
    stage.was_sent = True
    code, said = server.data(mail.body)
    told = [
        f"{name} ({code} {_bytes(said).decode(errors='replace')})" for name, (code, said) in refused.items()
    ]
    return Answer(code, {"refused": ", ".join(told[:MANY])} if told else {}, _bytes(said))


def _leave(server: smtplib.SMTP) -> None:
    """Say good-bye; what is said to that changes nothing any more."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _fault(error: Exception, timeout_s: float) -> str:
    return next(say(error, timeout_s) for kind, say in FAULTS.items() if isinstance(error, kind))


FAULTS: dict[type[Exception], Callable[[Exception, float], str]] = {  # the first that fits
    ssl.SSLCertVerificationError: lambda error, _: (
        f"its certificate cannot be trusted: {getattr(error, 'verify_message', '')}"
    ),
    TimeoutError: lambda _, timeout_s: f"did not answer within {timeout_s:g} s",
    socket.gaierror: lambda *_: "there is no host of that name",
    smtplib.SMTPServerDisconnected: lambda *_: "closed the connection without an answer",
    smtplib.SMTPNotSupportedError: lambda error, _: f"it cannot do what is set: {error}",
    UnicodeError: lambda *_: "a name, password or address has characters it cannot take",
    OSError: lambda error, _: f"cannot be reached: {getattr(error, 'strerror', None) or error}",
    Exception: lambda error, _: str(error) or type(error).__name__,
}
