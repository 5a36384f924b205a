"""A server of mail that answers as it is told, and notes what it is sent: SMTP, on a free port."""

import base64
import socket
import socketserver
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.vendors import PATIENCE_S, Asked, Reply, Stub, running

DRIP_S = 0.05


class MailServer(Stub):
    """A server of mail. `says` are its answers, where it is not fine: `{"RCPT": "550 nobody"}`.

    They are by verb, or by the whole line; `CONNECT` is the greeting, `TEXT` what follows the mail, `TLS`
    is `first` where it is encrypted from the first byte; `close` and `hang` are done, `drip` is a
    line without an end. `asked` holds the mails: sender and recipients are the query.
    """

    def __init__(self, says: dict[str, str], tls: ssl.SSLContext | None) -> None:
        super().__init__(Reply(), "smtp")
        self.says, self.tls, self.logins = says, tls, list[str]()


class _Smtp(socketserver.StreamRequestHandler):
    server: "_MailServer"
    _secured: ssl.SSLSocket | None = None

    def finish(self) -> None:
        """Close what was made over the connection, too."""
        super().finish()
        if self._secured:
            self._secured.close()

    def handle(self) -> None:
        self.sender, self.recipients = "", list[str]()
        if self.server.stub.says.get("TLS") == "first":
            self._secure()
        self._say(self.server.stub.says.get("CONNECT", "220 stub"))
        while (words := self.rfile.readline().decode(errors="replace").strip()) and self._turn(words):
            pass

    def _turn(self, words: str) -> bool:
        verb, stub = words.partition(" ")[0].upper(), self.server.stub
        said = stub.says.get(words) or stub.says.get(verb)
        if said == "close":
            return False
        if said == "hang":
            stub.stopped.wait(PATIENCE_S)
            return False
        if said:
            self._say(said)
            return not said.startswith("421")
        VERBS.get(verb, _Smtp._unknown)(self, words)
        return verb != "QUIT"

    def _say(self, line: str) -> None:
        if line == "drip":
            self._drip()
        else:
            self.wfile.write(f"{line}\r\n".encode())
            self.wfile.flush()

    def _drip(self) -> None:
        """Send bytes, each in time for whoever bounds the wait for one alone, until nobody listens."""
        with suppress(OSError):
            for _ in range(int(PATIENCE_S / DRIP_S)):
                self.wfile.write(b"2")
                self.wfile.flush()
                self.server.stub.stopped.wait(DRIP_S)

    def _unknown(self, _words: str) -> None:
        self._say("502 what?")

    def _hello(self, _words: str) -> None:
        offered = ["STARTTLS"] if self.server.stub.tls else []
        lines = ["stub", *offered, "AUTH PLAIN", "8BITMIME"]
        for at, line in enumerate(lines):
            self._say(f"250{' ' if at == len(lines) - 1 else '-'}{line}")

    def _encrypt(self, _words: str) -> None:
        self._say("220 go on")
        self._secure()

    def _secure(self) -> None:
        tls = self.server.stub.tls
        if tls:
            self.connection = self._secured = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self._secured.makefile("rb"), self._secured.makefile("wb")

    def _login(self, words: str) -> None:
        self.server.stub.logins.append(base64.b64decode(words.rpartition(" ")[2]).decode())
        self._say("235 welcome")

    def _from(self, words: str) -> None:
        self.sender = words.partition("<")[2].partition(">")[0]
        self._say("250 ok")

    def _to(self, words: str) -> None:
        self.recipients.append(words.partition("<")[2].partition(">")[0])
        self._say("250 ok")

    def _text(self, _words: str) -> None:
        self._say("354 go on")
        lines = list(iter(self.rfile.readline, b".\r\n"))
        named = {"sender": self.sender, "recipients": ",".join(self.recipients)}
        stub = self.server.stub
        stub.take(Asked(time.time(), "MAIL", "", named, {}, b"".join(lines)))
        said = stub.says.get("TEXT", "250 ok")
        if said == "hang":
            stub.stopped.wait(PATIENCE_S)
        elif said == "close":
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._say(said)

    def _leave(self, _words: str) -> None:
        self._say("221 bye")

    def _fine(self, _words: str) -> None:
        self._say("250 ok")


VERBS: dict[str, Callable[[Any, str], None]] = {
    "EHLO": _Smtp._hello,
    "HELO": _Smtp._fine,
    "STARTTLS": _Smtp._encrypt,
    "AUTH": _Smtp._login,
    "MAIL": _Smtp._from,
    "RCPT": _Smtp._to,
    "DATA": _Smtp._text,
    "RSET": _Smtp._fine,
    "QUIT": _Smtp._leave,
}


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    stub: MailServer

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients hang up on purpose."""


@contextmanager
def mail_server(
    says: dict[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[MailServer]:
    """Run a server of mail; with a context it offers STARTTLS."""
    stub = MailServer(says or {}, tls)
    with _MailServer(("127.0.0.1", 0), _Smtp) as server:
        server.stub, stub.port = stub, server.server_address[1]
        with running(server, stub):
            yield stub
