"""A robot of a group of WeCom (企业微信).

Source of forms and codes: developer.work.weixin.qq.com, "group robot". It takes 20 messages in a minute.
"""

from urllib.parse import quote

from pydantic import SecretStr

from pipeline.alert import cut
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.look import look
from pipeline.channels.markdown import HEADLINE, linked, rows, unmarked
from pipeline.channels.request import Request, Sendable, json_body
from pipeline.channels.robot import judged
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import Meaning

LIMIT = 4_096  # bytes of markdown
COLOURS = {"red": "warning", "orange": "warning", "green": "info"}  # it has three; else `comment`

CODES = {
    -1: Meaning(Verdict.RETRY, "WeCom is busy", 30.0),
    45009: Meaning(Verdict.RETRY, "too many messages: 20 in a minute", 60.0),
    93000: Meaning(Verdict.DISABLED, "the key is not known, or the robot is gone"),
    40058: Meaning(Verdict.REJECTED, "the message is too long, or not well-formed"),
    40008: Meaning(Verdict.REJECTED, "this kind of message is not supported"),
}


class WecomSettings(ChannelSettings):
    """A robot of a group."""

    needs = ("key",)

    key: SecretStr = EMPTY
    """What stands behind `key=` in the robot's address."""
    key_file: str = ""
    """A file that holds it."""
    users: tuple[str, ...] = ()
    """User ids of who is mentioned when it is critical."""
    url: str = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
    """Where robots are."""


def build(settings: WecomSettings, telling: Telling, _now: float) -> list[Request]:
    """Return one request with a markdown message."""
    if telling.action is Action.ACKNOWLEDGE:
        return []
    value = {"msgtype": "markdown", "markdown": {"content": cut(_text(settings, telling), LIMIT)}}
    body = json_body(value)
    url = f"{settings.url}?key={quote(settings.revealed('key'), safe='')}"
    return [Request("POST", url, {"Content-Type": "application/json"}, body, secrets=settings.hidden())]


def _text(settings: WecomSettings, telling: Telling) -> str:
    """Return the message; what must not be cut stands first."""
    shown = look(settings, telling)
    fires = telling.action in {Action.TRIGGER, Action.UPDATE}
    mentioned = settings.users if fires and telling.card and telling.card.is_critical else ()
    colour, title = COLOURS.get(shown.colour, "comment"), unmarked(cut(shown.headline, HEADLINE))
    first = "".join([*linked(shown), *(f"<@{user}>" for user in mentioned)])
    return "\n".join(
        [f'### <font color="{colour}">{title}</font>', *filter(None, [first]), *_quoted(rows(shown))]
    )


def _quoted(lines: list[str]) -> list[str]:
    return [f"> {line}" for line in lines]


def classify(_settings: WecomSettings, request: Sendable, answer: Answer) -> Outcome:
    """HTTP 200 says nothing; `errcode` does."""
    return judged("WeCom", CODES, request, answer)


CHANNEL = Channel(
    settings=WecomSettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=15, burst=5),
    sample={"key": "k3y-of-robot", "users": ["zhangsan"]},
)
