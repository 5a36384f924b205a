"""A robot of a group of Feishu, or of Lark.

Source of forms and codes: open.feishu.cn, "custom bot". It takes 100 messages in a minute, 5 in a second.
"""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from pipeline.alert import cut
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.fitting import fitted
from pipeline.channels.look import Look, look
from pipeline.channels.markdown import HEADLINE, rows, unmarked
from pipeline.channels.request import Request, Sendable, json_body
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import Meaning, by_code, by_status, fields, text, unanswered, unread

LIMIT = 20_000  # bytes of a body
FEISHU, LARK = "https://open.feishu.cn", "https://open.larksuite.com"
JUDGED = frozenset({200, 400})  # statuses whose bodies decide

CODES = {
    11232: Meaning(Verdict.RETRY, "too many messages: 100 in a minute, 5 in a second", 10.0),
    19021: Meaning(Verdict.DISABLED, "the sign is wrong, or our clock is an hour off"),
    19022: Meaning(Verdict.DISABLED, "our address is not among those that the robot takes"),
    19024: Meaning(Verdict.DISABLED, "the keyword that the robot wants is missing"),
    19001: Meaning(Verdict.DISABLED, "the robot is not known"),
    9499: Meaning(Verdict.REJECTED, "the message is not well-formed"),
}


class FeishuSettings(ChannelSettings):
    """A robot of a group."""

    needs = ("hook",)

    hook: SecretStr = EMPTY
    """The last part of the robot's address."""
    hook_file: str = ""
    """A file that holds it."""
    secret: SecretStr = EMPTY
    """Signs each request, where the robot asks for a sign."""
    secret_file: str = ""
    """A file that holds it."""
    keyword: str = ""
    """A word that the robot wants in each message."""
    users: tuple[str, ...] = ()
    """Open ids of who is mentioned when it is critical (`ou_...`)."""
    lark: bool = False
    """Whether it is a robot of Lark."""
    url: str = ""
    """Where robots are, in place of Feishu's or Lark's own."""


def build(settings: FeishuSettings, telling: Telling, now: float) -> list[Request]:
    """Return one request with a card."""
    if telling.action is Action.ACKNOWLEDGE:
        return []
    shown = look(settings, telling)
    said = "\n".join([*_first(settings, telling), *rows(shown)])
    body = fitted(lambda part: _body(settings, shown, part, int(now)), said, LIMIT)
    base = settings.url or (LARK if settings.lark else FEISHU)
    url = f"{base}/open-apis/bot/v2/hook/{quote(settings.revealed('hook'), safe='')}"
    return [Request("POST", url, {"Content-Type": "application/json"}, body, secrets=settings.hidden())]


def sign(secret: str, now: int) -> str:
    """Return what proves that we know the secret, in base64: it is part of the key, and nothing is signed."""
    digest = hmac.new(f"{now}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def _first(settings: FeishuSettings, telling: Telling) -> list[str]:
    fires = telling.action in {Action.TRIGGER, Action.UPDATE}
    mentioned = settings.users if fires and telling.card and telling.card.is_critical else ()
    return [*filter(None, [settings.keyword]), *(f"<at id={user}></at>" for user in mentioned)]


def _body(settings: FeishuSettings, shown: Look, said: str, now: int) -> bytes:
    secret = settings.revealed("secret")
    signed = {"timestamp": str(now), "sign": sign(secret, now)} if secret else {}
    value = {**signed, "msg_type": "interactive", "card": _card(shown, said)}
    return json_body(value)


def _card(shown: Look, said: str) -> dict[str, Any]:
    button = {"tag": "button", "type": "primary", "url": shown.link}
    opened = [{"tag": "action", "actions": [button | {"text": _plain(shown.opens)}]}] if shown.link else []
    return {
        "config": {"wide_screen_mode": True},
        "header": {"template": shown.colour, "title": _plain(unmarked(cut(shown.headline, HEADLINE)))},
        "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": said}}, *opened],
    }


def _plain(content: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": content}


def classify(_settings: FeishuSettings, request: Sendable, answer: Answer) -> Outcome:
    """Read `code` in the body, or `StatusCode` as it was called before; HTTP says nothing."""
    fault = unanswered(request, answer) or by_status(request, answer, {}, JUDGED)
    if fault:
        return fault
    told = fields(answer)
    code = told.get("code", told.get("StatusCode"))
    if code is None:
        return unread(request, answer, "Feishu")
    if code == 0 and code is not False and answer.status == 200:  # noqa: PLR2004 - of HTTP
        return Outcome(Verdict.OK, "Feishu took it")
    return by_code(code, request, str(told.get("msg") or text(answer)), CODES)


CHANNEL = Channel(
    settings=FeishuSettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=60, burst=5),
    sample={"hook": "h00k", "secret": "demo", "users": ["ou_1"]},
)
