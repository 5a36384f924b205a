"""A robot of a group of DingTalk.

Source of forms and codes: open.dingtalk.com, "custom robot". More than 20 messages in a minute mute it
for ten.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote

from pydantic import SecretStr

from pipeline.alert import cut
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.fitting import fitted
from pipeline.channels.look import look
from pipeline.channels.markdown import HEADLINE, linked, rows, unmarked
from pipeline.channels.request import Request, Sendable, json_body
from pipeline.channels.robot import judged
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import Meaning

LIMIT = 20_000  # bytes of a body
TITLE = 128  # bytes of what a phone previews

CODES = {
    -1: Meaning(Verdict.RETRY, "DingTalk is busy", 30.0),
    130101: Meaning(Verdict.RETRY, "too many messages: 20 in a minute, else it mutes the robot", 60.0),
    410100: Meaning(Verdict.RETRY, "too many messages: 20 in a minute, else it mutes the robot", 60.0),
    310000: Meaning(Verdict.DISABLED, "refused by its security settings: keyword, sign or address"),
    300001: Meaning(Verdict.DISABLED, "the access token is not known"),
    300005: Meaning(Verdict.DISABLED, "the access token is not known"),
    400101: Meaning(Verdict.DISABLED, "the access token is not known"),
    400013: Meaning(Verdict.DISABLED, "the group is gone"),
    400102: Meaning(Verdict.DISABLED, "the robot is switched off"),
    400106: Meaning(Verdict.DISABLED, "the robot is gone"),
    460101: Meaning(Verdict.REJECTED, "the message is too long"),
    40035: Meaning(Verdict.REJECTED, "the message is not well-formed"),
    43004: Meaning(Verdict.REJECTED, "the content type is not JSON"),
    400105: Meaning(Verdict.REJECTED, "this kind of message is not supported"),
}


class DingtalkSettings(ChannelSettings):
    """A robot of a group."""

    needs = ("access_token",)

    access_token: SecretStr = EMPTY
    """What stands behind `access_token=` in the robot's address."""
    access_token_file: str = ""
    """A file that holds it."""
    secret: SecretStr = EMPTY
    """Signs each request, where the robot asks for a sign (`SEC...`)."""
    secret_file: str = ""
    """A file that holds it."""
    keyword: str = ""
    """A word that the robot wants in each message."""
    mobiles: tuple[str, ...] = ()
    """Mobile numbers of who is mentioned when it is critical."""
    url: str = "https://oapi.dingtalk.com/robot/send"
    """Where robots are."""


def build(settings: DingtalkSettings, telling: Telling, now: float) -> list[Request]:
    """Return one request with a markdown message."""
    if telling.action is Action.ACKNOWLEDGE:
        return []
    body = fitted(lambda text: _body(settings, telling, text), _text(settings, telling), LIMIT)
    query = f"access_token={quote(settings.revealed('access_token'), safe='')}"
    if settings.revealed("secret"):
        moment = int(now * 1_000)
        query += f"&timestamp={moment}&sign={quote(sign(settings.revealed('secret'), moment), safe='')}"
    headers = {"Content-Type": "application/json"}
    return [Request("POST", f"{settings.url}?{query}", headers, body, secrets=settings.hidden())]


def sign(secret: str, now_ms: int) -> str:
    """Return what proves that we know the secret, in base64."""
    digest = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def _text(settings: DingtalkSettings, telling: Telling) -> str:
    """Return the message; what must not be cut stands first."""
    shown = look(settings, telling)
    first = [*linked(shown), *(f"@{mobile}" for mobile in _mentioned(settings, telling))]
    title = f"### {unmarked(cut(shown.headline, HEADLINE))}"
    return "\n\n".join([title, *filter(None, [settings.keyword, " ".join(first)]), *rows(shown)])


def _mentioned(settings: DingtalkSettings, telling: Telling) -> tuple[str, ...]:
    fires = telling.action in {Action.TRIGGER, Action.UPDATE}
    return settings.mobiles if fires and telling.card and telling.card.is_critical else ()


def _body(settings: DingtalkSettings, telling: Telling, text: str) -> bytes:
    title = unmarked(cut(look(settings, telling).headline, TITLE))
    at = {"atMobiles": list(_mentioned(settings, telling)), "isAtAll": False}
    body = {"msgtype": "markdown", "markdown": {"title": title, "text": text}, "at": at}
    return json_body(body)


def classify(_settings: DingtalkSettings, request: Sendable, answer: Answer) -> Outcome:
    """HTTP 200 says nothing; `errcode` does."""
    return judged("DingTalk", CODES, request, answer)


CHANNEL = Channel(
    settings=DingtalkSettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=15, burst=5),
    sample={"access_token": "t0ken", "secret": "SECdemo", "mobiles": ["13800000000"]},
)
