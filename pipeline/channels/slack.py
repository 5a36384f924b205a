"""Slack: a webhook, which says things once; or a bot, which renews its message and answers below it.

Source: docs.slack.dev, "Incoming webhooks", "chat.postMessage", "chat.update". In texts `&`, `<` and `>` are
written as `&amp;`, `&lt;` and `&gt;`, without which `<!channel>` would wake everybody.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr, model_validator

from pipeline.alert import cut
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.look import Look, look
from pipeline.channels.request import Request, Sendable, json_body
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import (
    Meaning,
    by_code,
    by_status,
    fields,
    outcome,
    text,
    unanswered,
    unread,
)

SECTION, HEADLINE = 3_000, 512  # of a block it counts characters; these are bytes
COLOURS = {"red": "#d72b3f", "orange": "#e8912d", "blue": "#1264a3", "green": "#2eb67d"}
GREY = "#868686"
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
FINE, OK = frozenset({200}), b"ok"

STATUSES = {  # of a webhook
    400: Meaning(Verdict.REJECTED, "HTTP 400: the message is not well-formed"),
    403: Meaning(Verdict.DISABLED, "HTTP 403: the workspace does not let this webhook post"),
    404: Meaning(Verdict.DISABLED, "HTTP 404: the channel or the webhook is gone"),
    410: Meaning(Verdict.DISABLED, "HTTP 410: the channel is archived"),
}
LIMITED = Meaning(Verdict.RETRY, "too many messages", 30.0)
BUSY = Meaning(Verdict.RETRY, "Slack is busy")
FORBIDDEN = Meaning(Verdict.DISABLED, "the bot may not do that")
UNKNOWN = Meaning(Verdict.DISABLED, "the token is not known any more")
GONE = Meaning(Verdict.RETRY, "the message is gone: a new one is due")
ERRORS = {  # of the API
    "ratelimited": LIMITED,
    "rate_limited": LIMITED,
    **dict.fromkeys(("internal_error", "fatal_error", "service_unavailable", "request_timeout"), BUSY),
    **dict.fromkeys(("team_added_to_org", "accesslimited"), BUSY),
    **dict.fromkeys(("invalid_auth", "not_authed", "token_revoked", "token_expired"), UNKNOWN),
    **dict.fromkeys(("account_inactive", "not_allowed_token_type"), UNKNOWN),
    **dict.fromkeys(("missing_scope", "no_permission", "ekm_access_denied", "access_denied"), FORBIDDEN),
    **dict.fromkeys(("org_login_required", "restricted_action", "team_access_not_granted"), FORBIDDEN),
    "channel_not_found": Meaning(Verdict.DISABLED, "there is no such channel, or the bot is not in it"),
    "not_in_channel": Meaning(Verdict.DISABLED, "the bot is not in the channel: invite it"),
    "is_archived": Meaning(Verdict.DISABLED, "the channel is archived"),
    **dict.fromkeys(("message_not_found", "cant_update_message", "edit_window_closed"), GONE),
    "msg_too_long": Meaning(Verdict.REJECTED, "the message is too long"),
    **dict.fromkeys(
        ("invalid_blocks", "invalid_blocks_format", "invalid_attachments", "no_text", "invalid_arguments"),
        Meaning(Verdict.REJECTED, "the message is not well-formed"),
    ),
}


class SlackSettings(ChannelSettings):
    """A webhook (`webhook_url`), or a bot (`token` and `channel`)."""

    webhook_url: SecretStr = EMPTY
    """The address of an incoming webhook."""
    webhook_url_file: str = ""
    """A file that holds it."""
    token: SecretStr = EMPTY
    """The token of a bot, `xoxb-...`, with the scope `chat:write`."""
    token_file: str = ""
    """A file that holds it."""
    channel: str = ""
    """Where the bot writes: the id of a channel, `C0123`."""
    url: str = "https://slack.com/api"
    """Where the API of bots is."""

    @model_validator(mode="after")
    def _check_way(self) -> "SlackSettings":
        has_url, has_token = (
            bool(self.revealed(name) or self.secret_files().get(name)) for name in ("webhook_url", "token")
        )
        if has_url == has_token:
            raise ValueError("give either webhook_url, or token and channel")
        if has_token and not self.channel:
            raise ValueError("channel is missing: where the bot writes, such as C0123")
        if has_url and self.channel:
            raise ValueError("channel is for a bot; a webhook has a channel of its own: leave it away")
        return self

    @property
    def is_bot(self) -> bool:
        """Whether it is a bot that writes."""
        return bool(self.channel)


def build(settings: SlackSettings, telling: Telling, _now: float) -> list[Request]:
    """Return a message; of a bot that wrote one before, that one anew, and an answer below it."""
    if telling.action is Action.ACKNOWLEDGE:
        return []
    message = _message(look(settings, telling))
    if not settings.is_bot:
        return [_request(settings, settings.revealed("webhook_url"), message)]
    message |= {"channel": settings.channel, "unfurl_links": False, "metadata": _metadata(telling)}
    known = telling.ref or {}
    if telling.action not in {Action.UPDATE, Action.RESOLVE} or not known.get("ts"):
        return [_request(settings, f"{settings.url}/chat.postMessage", message)]
    where = {"channel": known.get("channel") or settings.channel}
    renewed = message | where | {"ts": known["ts"]}
    below = where | {"thread_ts": known["ts"], "text": message["text"], "unfurl_links": False}
    return [
        _request(settings, f"{settings.url}/chat.update", renewed, is_keyed=True),
        _request(settings, f"{settings.url}/chat.postMessage", below, optional=True),
    ]


def _request(
    settings: SlackSettings,
    url: str,
    value: Mapping[str, Any],
    *,
    is_keyed: bool = False,
    optional: bool = False,
) -> Request:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if settings.is_bot:
        headers["Authorization"] = f"Bearer {settings.revealed('token')}"
    body = json_body(value)
    return Request("POST", url, headers, body, is_keyed, optional, settings.hidden())


def _message(shown: Look) -> dict[str, Any]:
    headline = escaped(cut(shown.headline, HEADLINE))
    block = {"type": "section", "text": {"type": "mrkdwn", "text": cut(_rows(shown) or headline, SECTION)}}
    colour = COLOURS.get(shown.colour, GREY)
    return {"text": headline, "attachments": [{"color": colour, "fallback": headline, "blocks": [block]}]}


def _rows(shown: Look) -> str:
    """Return the link and the facts; what must not be cut stands first."""
    opened = [f"<{_address(shown.link)}|{escaped(shown.opens)}>"] if shown.link else []
    facts = [f"*{name}* {escaped(' '.join(told.split()))}" for name, told in shown.facts]
    return "\n".join([*opened, *facts, *(f"• {escaped(cut(told, HEADLINE))}" for told in shown.listed)])


def escaped(told: str) -> str:
    """Return a text as Slack wants it: nothing in it is a mention or a link."""
    return "".join(ESCAPES.get(sign, sign) for sign in told)


def _address(url: str) -> str:
    return url.replace("<", "%3C").replace(">", "%3E").replace("|", "%7C").replace("&", "&amp;")


def _metadata(telling: Telling) -> dict[str, Any]:
    return {"event_type": "panicstream_alert", "event_payload": {"id": telling.id, "key": telling.dedup_key}}


def classify(settings: SlackSettings, request: Sendable, answer: Answer) -> Outcome:
    """Take the body `ok` of a webhook, or `ok: true` of the API, for fine."""
    fault = unanswered(request, answer) or by_status(request, answer, STATUSES, FINE)
    if not settings.is_bot:
        if fault:
            return fault
        fine = answer.body.strip() == OK
        return (
            outcome(Meaning(Verdict.OK, "Slack took it"), request)
            if fine
            else unread(request, answer, "Slack")
        )
    told = fields(answer)
    if not isinstance(told.get("ok"), bool):
        return fault or unread(request, answer, "Slack")
    if told["ok"] and not fault:
        ref = {name: str(told[name]) for name in ("channel", "ts") if told.get(name)}
        return Outcome(Verdict.OK, "Slack took it", ref=None if request.optional else ref)
    return _failed(request, answer, str(told.get("error")), fault)


def _failed(request: Sendable, answer: Answer, error: str, fault: Outcome | None) -> Outcome:
    if error not in ERRORS and fault:
        return fault
    found = by_code(error, request, text(answer), ERRORS)
    after_s = max((one.after_s for one in (found, fault) if one and one.after_s is not None), default=None)
    forgotten: Mapping[str, str] | None = {} if ERRORS.get(error) is GONE else None
    return Outcome(found.verdict, found.said, after_s, forgotten)


CHANNEL = Channel(
    settings=SlackSettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=50, burst=5),
    sample={"token": "xoxb-1", "channel": "C0123"},
)
