"""Text messages through Alibaba Cloud (dysmsapi, SendSms), for what is critical alone.

What is said is a template that was approved; only its variables are ours, of 35 characters and without
addresses. All phones get each message; of one template a phone takes 50 in a day.
Source: help.aliyun.com, "SendSms", and "V3 request signature" (ACS3-HMAC-SHA256).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, PositiveInt, SecretStr

from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.card import Card
from pipeline.channels.channel import Action, Channel, Telling
from pipeline.channels.request import Request, Sendable
from pipeline.channels.settings import EMPTY, ChannelSettings, Quota
from pipeline.channels.verdicts import SERVER, Meaning, by_code, by_status, fields, text, unanswered, unread
from pipeline.channels.words import title
from pipeline.event_time import written

PARAMETERS_OF_OURS = {"service": "{service}", "title": "{title}"}
VARIABLE = 35  # characters
ALGORITHM = "ACS3-HMAC-SHA256"
EVERY_DAY = 50  # messages of one template that a phone takes in a day
PLACE = re.compile(r"\{(\w*)\}")
DOMAINS = "app|biz|cc|cn|co|com|dev|edu|gov|hk|info|io|me|mil|mobi|net|org|ru|site|top|tv|uk|us|vip|xyz"
ADDRESS = re.compile(  # `log.Info` is a name of Go
    rf"\w*://|(?i:www)\.|(?<=\S)\.(?=(?:{DOMAINS}|{DOMAINS.upper()})(?!\w))", re.ASCII
)
NAMES = frozenset({"service", "environment", "release", "title", "count", "culprit", "severity", "since"})

BUSY = Meaning(Verdict.RETRY, "the service is busy", 30.0)
KEY = Meaning(Verdict.DISABLED, "the access key is not known, or may not send")
ACCOUNT = Meaning(Verdict.DISABLED, "the account is closed, in debt, or has no text messages")
TEMPLATE = Meaning(Verdict.DISABLED, "the template or the signature is not approved")
PARAMETERS = Meaning(Verdict.REJECTED, "the variables do not fit the template")
PHONES = Meaning(Verdict.REJECTED, "the phone numbers are wrong, or too many")
LIMITED = Meaning(Verdict.REJECTED, "a phone has had its messages of this minute, hour or day")
CODES = {
    "isp.SYSTEM_ERROR": BUSY,
    **dict.fromkeys(("isp.GATEWAY_ERROR", "Throttling", "Throttling.User", "Throttling.Api"), BUSY),
    **dict.fromkeys(("ServiceUnavailable", "InternalError", "SignatureNonceUsed"), BUSY),
    "isp.RAM_PERMISSION_DENY": KEY,
    **dict.fromkeys(("InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive"), KEY),
    **dict.fromkeys(("SignatureDoesNotMatch", "IncompleteSignature", "Forbidden.RAM", "NoPermission"), KEY),
    "InvalidTimeStamp.Expired": Meaning(Verdict.DISABLED, "our clock is more than 15 minutes off"),
    **dict.fromkeys(("isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "isv.PRODUCT_UNSUBSCRIBE"), ACCOUNT),
    **dict.fromkeys(("isv.PRODUCT_UN_SUBSCRIPT", "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL"), ACCOUNT),
    **dict.fromkeys(("isv.SMS_TEMPLATE_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL"), TEMPLATE),
    **dict.fromkeys(("isv.SMS_SIGN_ILLEGAL", "isv.SMS_SIGNATURE_SCENE_ILLEGAL"), TEMPLATE),
    **dict.fromkeys(("isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL"), PARAMETERS),
    **dict.fromkeys(
        ("isv.INVALID_PARAMETERS", "isv.INVALID_JSON_PARAM", "isv.PARAM_LENGTH_LIMIT"), PARAMETERS
    ),
    **dict.fromkeys(("isv.PARAM_NOT_SUPPORT_URL", "isv.BLACK_KEY_CONTROL_LIMIT"), PARAMETERS),
    **dict.fromkeys(("isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT"), PHONES),
    **dict.fromkeys(("isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"), LIMITED),
    "isv.MONTH_LIMIT_CONTROL": LIMITED,
}


def _named(parameters: dict[str, str]) -> dict[str, str]:
    for name, template in parameters.items():
        unknown = [place for place in PLACE.findall(template) if place not in NAMES]
        if unknown:
            raise ValueError(f"{name}: no name {{{unknown[0]}}}; names: {', '.join(sorted(NAMES))}")
    return parameters


class AliyunSmsSettings(ChannelSettings):
    """Text messages by one template."""

    needs = ("access_key_id", "access_key_secret")

    access_key_id: SecretStr = EMPTY
    """Who asks."""
    access_key_id_file: str = ""
    """A file that holds it."""
    access_key_secret: SecretStr = EMPTY
    """Signs each request."""
    access_key_secret_file: str = ""
    """A file that holds it."""
    sign_name: str
    """The approved signature."""
    template_code: str
    """The approved template, `SMS_...`."""
    parameters: Annotated[dict[str, str], AfterValidator(_named)] = Field(PARAMETERS_OF_OURS)
    """Variables of the template, and what stands in them."""
    phones: Annotated[tuple[str, ...], Field(min_length=1, max_length=1_000)]
    """Who gets them."""
    per_day: PositiveInt = EVERY_DAY
    """Messages that a phone gets in a day at most."""
    url: str = "https://dysmsapi.aliyuncs.com"
    """Where the service is."""


def build(settings: AliyunSmsSettings, telling: Telling, now: float) -> list[Request]:
    """Return one request for all phones, where something critical fires; else none."""
    card = telling.card
    fires = telling.action in {Action.TRIGGER, Action.UPDATE, Action.DIGEST}
    if card is None or not fires or not card.is_critical or card.is_past:
        return []
    query = _query(
        {
            "PhoneNumbers": ",".join(settings.phones),
            "SignName": settings.sign_name,
            "TemplateCode": settings.template_code,
            "TemplateParam": json.dumps(_variables(settings, card), ensure_ascii=False),
        }
    )
    nonce = hashlib.sha256(f"{telling.id} {now}".encode()).hexdigest()[:32]
    headers = {
        "host": urlsplit(settings.url).netloc,
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": f"{written(int(now))[:19]}Z",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2017-05-25",
    }
    key, secret = settings.revealed("access_key_id"), settings.revealed("access_key_secret")
    allowed = {"Authorization": authorization(key, secret, query, headers)}
    return [Request("POST", f"{settings.url}/?{query}", headers | allowed, b"", secrets=settings.hidden())]


def _variables(settings: AliyunSmsSettings, card: Card) -> dict[str, str]:
    known = {name: getattr(card, name) for name in NAMES - {"title", "count"}}
    count = "" if card.count is None else str(card.count)
    known |= {"title": title(card, settings.language), "count": count}
    return {
        name: _variable(PLACE.sub(lambda place: known[place[1]], template))
        for name, template in settings.parameters.items()
    }


def _variable(told: str) -> str:
    """Return what a variable may hold: no address, for which it is refused, and so it is where it is empty.

    A gap stands where an address had its sign, so that what is left and right of it makes no other.
    """
    shown = " ".join(ADDRESS.sub(" ", told).split()) or "-"
    return shown if len(shown) <= VARIABLE else f"{shown[: VARIABLE - 1]}…"


def _query(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(given)}" for name, given in sorted(parameters.items()))


def _quoted(given: str) -> str:
    return quote(given, safe="-_.~")


def authorization(key: str, secret: str, query: str, headers: Mapping[str, str]) -> str:
    """Return what proves that we know the secret: it signs a POST to `/`, with query, headers and body."""
    signed = ";".join(sorted(headers))
    lines = [f"{name}:{headers[name].strip()}\n" for name in sorted(headers)]
    asked = "\n".join(["POST", "/", query, "".join(lines), signed, headers["x-acs-content-sha256"]])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    proof = hmac.new(secret.encode(), f"{ALGORITHM}\n{digest}".encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key},SignedHeaders={signed},Signature={proof}"


def classify(_settings: AliyunSmsSettings, request: Sendable, answer: Answer) -> Outcome:
    """Read `Code` in the body, at any status."""
    fault = unanswered(request, answer)
    if fault:
        return fault
    told = fields(answer)
    code = told.get("Code")
    if not isinstance(code, str):
        return by_status(request, answer, {}, frozenset({200})) or unread(request, answer, "Alibaba Cloud")
    if code == "OK" and answer.status == 200:  # noqa: PLR2004 - of HTTP
        return Outcome(Verdict.OK, "Alibaba Cloud took it", ref={"biz_id": str(told.get("BizId"))})
    found = by_code(code, request, str(told.get("Message") or text(answer)), CODES)
    unknown = code not in CODES and (answer.status or 0) >= SERVER
    return Outcome(Verdict.RETRY, found.said, BUSY.after_s) if unknown else found


CHANNEL = Channel(
    settings=AliyunSmsSettings,
    build=build,
    classify=classify,
    quota=Quota(per_minute=5, burst=3, per_day=EVERY_DAY),
    sample={
        "access_key_id": "LTAI4demo",
        "access_key_secret": "demo-secret",
        "sign_name": "panicstream",
        "template_code": "SMS_123456789",
        "phones": ["13800000000"],
    },
    is_chat=False,
)
