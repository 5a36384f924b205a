"""Mail over SMTP, as plain text. Mails of one group stand in one thread."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from pipeline.alert import cut
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.look import Look, look
from pipeline.channels.request import Mail, Sendable, Server
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import Meaning, by_code, outcome, text, unanswered

SUBJECT = 200  # bytes
DONE = 250
TEMPORARY = range(400, 500)
PERMANENT = range(500, 600)

CODES = {  # RFC 5321, and 4954 for logins
    530: Meaning(Verdict.DISABLED, "the server wants us to log in, or to encrypt"),
    534: Meaning(Verdict.DISABLED, "the server wants another way to log in"),
    535: Meaning(Verdict.DISABLED, "the server does not take user and password"),
    538: Meaning(Verdict.DISABLED, "the server wants us to encrypt before we log in"),
    550: Meaning(Verdict.REJECTED, "there is no such mailbox, or it is closed to us"),
    551: Meaning(Verdict.REJECTED, "the mailbox is elsewhere"),
    552: Meaning(Verdict.REJECTED, "the mail is too large"),
    553: Meaning(Verdict.REJECTED, "the address is not allowed"),
    554: Meaning(Verdict.REJECTED, "the server refuses it"),
}
LATER = Meaning(Verdict.RETRY, "the server asks us to come again")


def _in_one_line(text: str) -> str:
    """Return a text that may stand in the head of a mail, where a line more is a header more."""
    if not text.strip() or not text.isprintable():
        raise ValueError("it is empty, or has a line's end or a control character in it")
    return text


Name = Annotated[str, AfterValidator(_in_one_line)]


class EmailSettings(ChannelSettings):
    """A server of mail."""

    host: Name
    """The server."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How it is encrypted: after a greeting, from the first byte (port 465), or not at all."""
    user: str = ""
    """Who logs in; empty: nobody."""
    password: SecretStr = EMPTY
    """With what."""
    password_file: str = ""
    """A file that holds it."""
    sender: Name
    """From whom mails are."""
    recipients: Annotated[tuple[Name, ...], Field(min_length=1)]
    """To whom they go."""


def build(settings: EmailSettings, telling: Telling, now: float) -> list[Mail]:
    """Return one mail."""
    if telling.action is Action.ACKNOWLEDGE:
        return []
    user, password = settings.user, settings.revealed("password")
    server = Server(settings.host, settings.port, settings.security, user, password)
    body = _written(settings, telling, now)
    return [Mail(settings.sender, settings.recipients, body, server, secrets=settings.hidden())]


def _written(settings: EmailSettings, telling: Telling, now: float) -> bytes:
    shown, mail = look(settings, telling), EmailMessage(policy=SMTP)
    host = settings.sender.rpartition("@")[2].strip("<> ") or "panicstream"
    mail["From"], mail["To"] = settings.sender, ", ".join(settings.recipients)
    mail["Subject"] = cut(shown.headline, SUBJECT)
    mail["Date"] = formatdate(now)
    mail["Message-ID"] = f"<{_named(telling.id)}@{host}>"
    mail["References"] = f"<{_named(telling.dedup_key)}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_text(shown), charset="utf-8", cte="base64")
    return mail.as_bytes()


def _named(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:32]


def _text(shown: Look) -> str:
    facts = [f"{name}: {told}" for name, told in shown.facts]
    listed = [f"- {told}" for told in shown.listed]
    return "\n".join(
        [shown.headline, "", *filter(None, [shown.link]), *facts, *([""] if listed else []), *listed]
    )


def classify(_settings: EmailSettings, request: Sendable, answer: Answer) -> Outcome:
    """Take 250 for fine; who was refused while others were not is told."""
    fault = unanswered(request, answer)
    if fault:
        return fault
    code, refused = answer.status or 0, answer.headers.get("refused", "")
    if code == DONE:
        words = "the server took it, but not for" if refused else "the server took it"
        return outcome(Meaning(Verdict.OK, words), request, refused)
    if code in TEMPORARY:
        return by_code(code, request, text(answer), {code: LATER})
    return by_code(code, request, text(answer), CODES)


CHANNEL = Channel(
    settings=EmailSettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=30, burst=5),
    sample={
        "host": "mail.example.com",
        "sender": "panicstream@example.com",
        "recipients": ["sre@example.com"],
    },
)
