"""Sends a mail over SMTP, in a thread, for the library blocks."""

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

from pipeline.channels.answer import Answer
from pipeline.channels.request import Mail, Server

MANY = 10  # refused recipients that are told


class Attempt:
    """One try to send a mail. What is over goes no further, wherever it waits."""

    answer: Answer | None = None  # it stands, however long a good-bye takes

    def __init__(self) -> None:
        self.was_sent = False
        self._is_over = False
        self._wire: socket.socket | None = None
        self._lock = threading.Lock()

    def connected(self, wire: socket.socket) -> None:
        """Take note of the connection. Raises TimeoutError where the time is over."""
        with self._lock:
            if self._is_over:
                wire.close()
            self._go_on()
            self._wire = wire.dup()  # encryption takes the first one away

    def sending(self) -> None:
        """Take note that from here on the server may have taken it. Raises TimeoutError in the same way."""
        with self._lock:
            self._go_on()
            self.was_sent = True

    def done(self, answer: Answer) -> None:
        """Take note of the answer. What was cut off is none: raises TimeoutError in the same way."""
        with self._lock:
            self._go_on()
            self.answer = answer

    def stop(self) -> None:
        """Break off, if it is not done, and give the connection back; to do so again changes nothing."""
        with self._lock:
            self._is_over = True
            if self._wire:
                with suppress(OSError):
                    self._wire.shutdown(socket.SHUT_RDWR)
                self._wire.close()

    def _go_on(self) -> None:
        if self._is_over:
            raise TimeoutError


async def sent_mail(mail: Mail, timeout_s: float, trusted: ssl.SSLContext) -> Answer:
    """Send once, within so many seconds in all. Answers carry the codes of SMTP.

    The header `refused` names who was refused while others were not.
    """
    attempt = Attempt()
    try:
        async with asyncio.timeout(timeout_s):
            return await asyncio.to_thread(_send, mail, timeout_s, trusted, attempt)
    except TimeoutError as error:
        attempt.stop()  # before anything is said of it: else it could go on meanwhile
        return attempt.answer or _unanswered(mail, error, timeout_s, attempt)
    finally:
        attempt.stop()


def _send(mail: Mail, timeout_s: float, trusted: ssl.SSLContext, attempt: Attempt) -> Answer:
    try:
        server = _connected(mail.server, timeout_s, trusted, attempt)
        try:
            answer = _sent(server, mail, attempt)
            attempt.done(answer)
            return answer
        finally:
            _leave(server)
    except smtplib.SMTPResponseException as error:
        return Answer(error.smtp_code, body=_bytes(error.smtp_error), was_sent=attempt.was_sent)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return _unanswered(mail, error, timeout_s, attempt)


def _unanswered(mail: Mail, error: Exception, timeout_s: float, attempt: Attempt) -> Answer:
    return Answer(fault=f"{mail.where}: {_fault(error, timeout_s)}", was_sent=attempt.was_sent)


class _Smtp(smtplib.SMTP):
    """A client whose connection is known before the first word, so that it can be broken off at any."""

    def __init__(self, server: Server, timeout_s: float, trusted: ssl.SSLContext, attempt: Attempt) -> None:
        self._attempt = attempt
        self._encrypting = trusted if server.security == "tls" else None
        super().__init__(server.host, server.port, timeout=timeout_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        wire = socket.create_connection((host, port), timeout)
        wire.settimeout(None)  # from here on it is broken off where it takes too long
        self._attempt.connected(wire)
        return self._encrypting.wrap_socket(wire, server_hostname=host) if self._encrypting else wire


def _connected(server: Server, timeout_s: float, trusted: ssl.SSLContext, attempt: Attempt) -> smtplib.SMTP:
    opened = _Smtp(server, timeout_s, trusted, attempt)
    try:
        if server.security == "starttls":
            opened.starttls(context=trusted)
        if server.user:
            opened.login(server.user, server.password)
    except BaseException:
        opened.close()
        raise
    return opened


def _sent(server: smtplib.SMTP, mail: Mail, attempt: Attempt) -> Answer:
    server.ehlo_or_helo_if_needed()
    code, said = server.mail(mail.sender)
    if code != 250:  # noqa: PLR2004 - done, in SMTP
        return Answer(code, body=_bytes(said), was_sent=False)
    answers = {recipient: server.rcpt(recipient) for recipient in mail.recipients}
    refused = {name: answer for name, answer in answers.items() if answer[0] not in {250, 251}}
    if len(refused) == len(answers):
        code, said = next(iter(refused.values()))
        return Answer(code, body=_bytes(said), was_sent=False)
    attempt.sending()
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
