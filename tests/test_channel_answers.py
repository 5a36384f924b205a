"""What the answers of each vendor mean: every code that is known, and those that are not."""

from typing import Any

import pytest

from pipeline.channels import CHANNELS
from pipeline.channels.answer import Answer, Outcome, Verdict
from pipeline.channels.request import Sendable
from pipeline.channels.settings import ChannelSettings
from tests.tellings import NOW, TELLINGS, settings
from tests.vendors import FINE, REFUSED, TOO_FAST, Reply, told

OK, RETRY, REJECTED = Verdict.OK, Verdict.RETRY, Verdict.REJECTED
DISABLED, AMBIGUOUS = Verdict.DISABLED, Verdict.AMBIGUOUS
WEBHOOK = {"token": "", "channel": "", "webhook_url": "https://hooks.slack.com/services/T0/B0/s3cret"}


def asked(kind: str) -> tuple[ChannelSettings, Sendable]:
    """Return the settings of a vendor and a request; `slack_bot` is the sample, `slack` its webhook."""
    given = settings("slack", **WEBHOOK) if kind == "slack" else settings(kind.removesuffix("_bot"))
    built = CHANNELS[given.type].build(given, TELLINGS["firing"][0], NOW)
    return given, built[0]


def judged(kind: str, answer: Answer | Reply) -> Outcome:
    """Return what an answer of a vendor means."""
    given, request = asked(kind)
    if isinstance(answer, Reply):
        headers = {name.lower(): text for name, text in answer.headers.items()}
        answer = Answer(answer.status, headers, answer.body)
    outcome: Outcome = CHANNELS[given.type].classify(given, request, answer)
    return outcome


def robot(code: int) -> Reply:
    return told(200, {"errcode": code, "errmsg": "what it says"})


def bot(code: int, status: int = 200) -> Reply:
    return told(status, {"code": code, "msg": "what it says", "data": {}})


def api(error: str) -> Reply:
    return told(200, {"ok": False, "error": error})


def sms(code: str, status: int = 200) -> Reply:
    return told(status, {"Code": code, "Message": "what it says", "RequestId": "F6"})


CODES: list[tuple[str, Any, Verdict, float | None]] = [
    ("pagerduty", Reply(400, b'{"status":"invalid event","message":"bad"}'), REJECTED, None),
    ("pagerduty", REFUSED["pagerduty"], DISABLED, None),
    ("pagerduty", Reply(429), RETRY, 30.0),
    ("pagerduty", Reply(429, headers={"Retry-After": "90"}), RETRY, 90.0),
    ("pagerduty", Reply(500), RETRY, None),
    ("pagerduty", Reply(504), RETRY, None),
    ("slack", Reply(400, b"invalid_payload"), REJECTED, None),
    ("slack", Reply(403, b"action_prohibited"), DISABLED, None),
    ("slack", Reply(404, b"channel_not_found"), DISABLED, None),
    ("slack", Reply(410, b"channel_is_archived"), DISABLED, None),
    ("slack", Reply(429, headers={"Retry-After": "7"}), RETRY, 7.0),
    ("slack", Reply(500, b"rollup_error"), RETRY, None),
    ("slack", Reply(504), AMBIGUOUS, None),
    ("slack_bot", Reply(429, headers={"Retry-After": "7"}), RETRY, 7.0),
    ("slack_bot", TOO_FAST["slack_bot"], RETRY, 30.0),
    ("slack_bot", api("ratelimited"), RETRY, 30.0),
    ("slack_bot", api("internal_error"), RETRY, None),
    ("slack_bot", api("fatal_error"), RETRY, None),
    ("slack_bot", api("invalid_auth"), DISABLED, None),
    ("slack_bot", api("token_revoked"), DISABLED, None),
    ("slack_bot", api("missing_scope"), DISABLED, None),
    ("slack_bot", api("not_in_channel"), DISABLED, None),
    ("slack_bot", api("channel_not_found"), DISABLED, None),
    ("slack_bot", api("is_archived"), DISABLED, None),
    ("slack_bot", api("msg_too_long"), REJECTED, None),
    ("slack_bot", api("invalid_blocks"), REJECTED, None),
    ("slack_bot", api("never_heard_of_it"), REJECTED, None),
    *(
        ("dingtalk", robot(code), RETRY, after_s)
        for code, after_s in ((-1, 30.0), (130101, 60.0), (410100, 60.0))
    ),
    *(("dingtalk", robot(code), DISABLED, None) for code in (310000, 300001, 300005, 400101)),
    *(("dingtalk", robot(code), DISABLED, None) for code in (400013, 400102, 400106)),
    *(("dingtalk", robot(code), REJECTED, None) for code in (460101, 40035, 43004, 400105, 31337)),
    *(("wecom", robot(code), RETRY, after_s) for code, after_s in ((-1, 30.0), (45009, 60.0))),
    ("wecom", robot(93000), DISABLED, None),
    *(("wecom", robot(code), REJECTED, None) for code in (40058, 40008, 31337)),
    ("feishu", told(200, {"StatusCode": 0, "StatusMessage": "success"}), OK, None),
    ("feishu", told(200, {"StatusCode": 0, "code": 19021, "msg": "sign"}), DISABLED, None),
    ("feishu", bot(11232), RETRY, 10.0),
    *(("feishu", bot(code), DISABLED, None) for code in (19021, 19022, 19024, 19001)),
    ("feishu", bot(9499, 400), REJECTED, None),
    ("feishu", bot(0, 400), REJECTED, None),
    ("feishu", bot(31337), REJECTED, None),
    ("aliyun_sms", sms("isp.SYSTEM_ERROR"), RETRY, 30.0),
    ("aliyun_sms", sms("Throttling.User", 400), RETRY, 30.0),
    ("aliyun_sms", sms("isv.BUSINESS_LIMIT_CONTROL"), REJECTED, None),
    ("aliyun_sms", sms("isv.MOBILE_NUMBER_ILLEGAL"), REJECTED, None),
    ("aliyun_sms", sms("isv.NEVER_HEARD_OF_IT"), REJECTED, None),
    ("aliyun_sms", sms("isv.SMS_TEMPLATE_ILLEGAL"), DISABLED, None),
    ("aliyun_sms", sms("isv.AMOUNT_NOT_ENOUGH"), DISABLED, None),
    ("aliyun_sms", sms("SignatureDoesNotMatch", 400), DISABLED, None),
    ("aliyun_sms", sms("InvalidAccessKeyId.NotFound", 404), DISABLED, None),
    ("aliyun_sms", sms("NeverHeardOfIt", 500), RETRY, 30.0),
    ("aliyun_sms", sms("OK", 400), REJECTED, None),
    *(("webhook", Reply(status), OK, None) for status in (200, 201, 202, 204)),
    *(("webhook", Reply(status), DISABLED, None) for status in (401, 403, 404, 410)),
    *(("webhook", Reply(status), REJECTED, None) for status in (301, 307, 400, 418)),
    ("webhook", Reply(408), RETRY, None),
    ("webhook", Reply(429, headers={"Retry-After": "7200"}), RETRY, 3_600.0),
    *(("email", Reply(code), RETRY, None) for code in (421, 450, 451, 452)),
    *(("email", Reply(code), DISABLED, None) for code in (530, 534, 535, 538)),
    *(("email", Reply(code), REJECTED, None) for code in (550, 551, 552, 553, 554, 599, 354, 251)),
    ("email", Reply(250, b"ok"), OK, None),
]
VENDORS = [*FINE, "email"]
BODIES = {
    "empty": b"",
    "html": b"<html><h1>Welcome to the hotel</h1></html>",
    "a megabyte": b"x" * (1 << 20),
    "half of a JSON": b'{"errcode": 0',
    "null": b"null",
    "a list": b"[0]",
    "true for 0": b'{"errcode": false, "code": false, "ok": 1, "Code": true}',
    "texts for numbers": b'{"errcode": "0", "code": "0", "ok": "true", "Code": 0, "status": true}',
    "no text": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize(("vendor", "reply", "verdict", "after_s"), CODES)
def test_a_code_means_what_the_table_says(
    vendor: str, reply: Reply, verdict: Verdict, after_s: float | None
) -> None:
    outcome = judged(vendor, reply)
    assert (outcome.verdict, outcome.after_s) == (verdict, after_s)


@pytest.mark.parametrize("vendor", FINE)
def test_what_a_vendor_says_when_it_took_it_is_fine(vendor: str) -> None:
    assert judged(vendor, FINE[vendor]).verdict == OK


@pytest.mark.parametrize("vendor", REFUSED)
def test_a_wrong_token_disables_whatever_the_status(vendor: str) -> None:
    assert judged(vendor, REFUSED[vendor]).verdict == DISABLED


@pytest.mark.parametrize("vendor", [name for name in FINE if name != "webhook"])
@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_no_vendor_writes_is_never_fine(vendor: str, body: str) -> None:
    for status in (200, 201, 202, 204):
        assert judged(vendor, Reply(status, BODIES[body])).verdict in {RETRY, REJECTED, AMBIGUOUS}


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_was_not_sent_is_sent_again(vendor: str) -> None:
    outcome = judged(vendor, Answer(fault="http://x: cannot be reached", was_sent=False))
    assert outcome == Outcome(RETRY, "not sent: http://x: cannot be reached")


@pytest.mark.parametrize("vendor", VENDORS)
def test_silence_is_ambiguous_but_where_a_key_tells_repeats(vendor: str) -> None:
    outcome = judged(vendor, Answer(fault="http://x did not answer"))
    assert outcome.verdict == (RETRY if vendor == "pagerduty" else AMBIGUOUS)


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_an_answer_repeats_of_our_secrets_is_hidden_and_what_it_says_is_short(vendor: str) -> None:
    _, request = asked(vendor)
    body = " ".join(["\x1b[31mno", *request.secrets, "x" * (1 << 20)]).encode()
    for status in (200, 400, 500):
        said = judged(vendor, Reply(status, body)).said
        assert [secret for secret in request.secrets if secret in said] == []
        assert len(said.encode()) < 500
        assert said.isprintable()


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_request_shows_none_of_its_secrets(kind: str) -> None:
    given, request = asked(kind)
    shown = f"{request!r} {request.where} {given!r}"
    assert [secret for secret in given.hidden() if secret in shown] == []


def test_who_posted_is_known_by_channel_and_time() -> None:
    assert judged("slack_bot", FINE["slack_bot"]).ref == {"channel": "C0123", "ts": "1503435956.000247"}


def test_a_message_that_is_gone_is_forgotten_and_written_anew() -> None:
    outcome = judged("slack_bot", api("message_not_found"))
    assert (outcome.verdict, outcome.ref) == (RETRY, {})


def test_a_mail_that_some_do_not_get_is_fine_and_says_so() -> None:
    outcome = judged("email", Answer(250, {"refused": "b@example.com (550 nobody)"}, b"ok"))
    assert outcome.verdict == OK
    assert "550 nobody" in outcome.said


def test_a_date_says_when_to_come_again() -> None:
    dates = {"date": "Tue, 14 Nov 2023 22:13:20 GMT", "retry-after": "Tue, 14 Nov 2023 22:14:50 GMT"}
    assert judged("webhook", Answer(503, dates)).after_s == 90.0


@pytest.mark.parametrize("year", ["20231114", "9" * 30])
def test_a_date_that_is_none_says_nothing(year: str) -> None:
    dates = {"date": "Tue, 14 Nov 2023 22:13:20 GMT", "retry-after": f"Tue, 14 Nov {year} 22:14:50 GMT"}
    assert judged("webhook", Answer(503, dates)).after_s is None
