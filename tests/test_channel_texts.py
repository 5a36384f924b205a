"""Whatever a text holds, nobody is mentioned, nothing is broken, all fits, and secrets are gone."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline._native import Detector, normalised
from pipeline.alert import cut
from pipeline.channels import CHANNELS
from pipeline.channels.card import card
from pipeline.channels.channel import Action, Telling
from pipeline.channels.fitting import fitted
from pipeline.channels.request import Mail, Request, Sendable
from pipeline.sightings import signature
from tests.lines import crash, line
from tests.records import feed, placed
from tests.tellings import KEY, Record, built, example, firing, tell

NASTY = [
    *(
        "<!channel>",
        "<!here|x>",
        "<@U0123>",
        "<#C01>",
        "@all",
        "@所有人",
        "@13800000000",
        "<@zhangsan>",
        "&lt;!channel&gt;",
    ),
    *(
        "<at id=all></at>",
        '<at user_id="all">',
        "&#60;at id=all&#62;",
        '<font color="warning">',
        "</font>",
        "](",
        "[x](http://e)",
    ),
    *(
        "![](http://e/t.gif)",
        "wwwwww.w.e.com",
        "htthttp://p://e",
        "\x1b[31m",
        "\x1b]0;title\x07",
        "\x9b1m",
        "\x00",
        "\r\n",
        "\nBcc: all@example.com",
        "\x7f",
    ),
    *(
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\U000e0041",
        "‍",
        "👩‍👩‍👧",
        "汉字",
        '"',
        "\\",
        "*_~`#>|",
        "{service}",
        "%s",
    ),
]
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(max_size=20), max_size=12).map("".join)
SECRET = "Tr0ub4dor-and-3"  # noqa: S105 - made up
SECRETS = [
    f"password={SECRET}",
    f"Authorization: Bearer {SECRET}aaaaaaaaaaaa",
    f"postgres://app:{SECRET}@db.internal/shop",
    f"token: {SECRET}aaaaaaaaaaaaaaaaaaaaa",
    f"pass\x1b[0mword={SECRET}",
    f"\u200bpassword\u200b=\u202e{SECRET}",
]
LIMITS = {"webhook": 1_200_000, "dingtalk": 20_000, "feishu": 20_000, "pagerduty": 512_000}
KINDS = [kind for kind in CHANNELS if kind != "alertmanager"]  # it looks at its own
NO_MENTIONS: dict[str, Any] = {"mobiles": [], "users": []}


def alert(text: str) -> Record:
    """Return an alert that has a text in every field."""
    record = firing()
    return record | {
        "labels": {name: f"{label}{text}" for name, label in record["labels"].items()}
        | {"severity": "critical"},
        "annotations": {"summary": text, "runbook": text, "other": text},
        "rule": record["rule"] | {"name": text, "fact": text, "fire": f"> {text}"},
        "evidence": {
            "crashes": 3,
            "cluster": {"title": f"panic in {text}", "release": text, "culprit": text},
        },
        "generatorURL": f"https://dash/{text}",
        "startsAt": record["startsAt"] + text,
        "fingerprint": text,
    }


def deploy(text: str) -> Record:
    """Return a deploy that has a text in every field."""
    return {name: text for name in example("deploys.v1.release") if name != "schema_version"}


def tellings(text: str) -> Iterator[Telling]:
    """Yield an alert, a resolved one, a group, a digest and a deploy, each with a text in every field."""
    one = card([alert(text)], KEY)
    for action in (Action.TRIGGER, Action.UPDATE, Action.RESOLVE):
        yield tell(one, action, ref={"channel": "C1", "ts": "1.2"})
    many = card([alert(text), *(alert(text) | {"status": "resolved"} for _ in range(12))], KEY)
    yield tell(many)
    yield tell(replace(many, is_test=True, may_repeat=True), Action.DIGEST)
    yield Telling(KEY, KEY, Action.CHANGE, deploy=deploy(text))


def sent(kind: str, text: str, **more: object) -> list[Sendable]:
    """Return all that a channel sends of a text."""
    known = {
        name: value for name, value in NO_MENTIONS.items() if name in CHANNELS[kind].settings.model_fields
    }
    return [request for telling in tellings(text) for request in built(kind, telling, **known, **more)]


def strings(value: object) -> Iterator[str]:
    """Yield all texts within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, field in value.items():
            yield from (name, *strings(field))
    elif isinstance(value, list):
        for field in value:
            yield from strings(field)


def said(request: Sendable) -> list[str]:
    """Return the texts that people get to see, or programs to read."""
    if isinstance(request, Mail):
        mail = message_from_bytes(request.body, policy=policy.default)
        return [str(mail["Subject"]), mail.get_content()]
    if not request.body:
        return [request.url]
    return list(strings(json.loads(request.body)))


def is_clean(text: str) -> bool:
    """Return whether all of a text is seen."""
    return all(one in "\n\r‍" or unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co"} for one in text)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(text=TEXTS)
def test_what_is_sent_is_whole_and_clean(kind: str, text: str) -> None:
    for request in sent(kind, text):
        assert len(request.body) <= LIMITS.get(kind, 1 << 20)
        assert [one for one in said(request) if not is_clean(one)] == []


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_slack_mentions_nobody(text: str) -> None:
    for request in sent("slack", text):
        for one in said(request):
            assert re.sub(r"<https?://[^<>|]+\|open>", "", one).count("<") == 0


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_dingtalk_mentions_nobody_and_links_to_nothing_of_the_text(text: str) -> None:
    for request in sent("dingtalk", text):
        value = json.loads(request.body)
        content = value["markdown"]["text"]
        assert (value["at"], content.count("@"), content.count("<")) == (
            {"atMobiles": [], "isAtAll": False},
            0,
            0,
        )
        assert content.replace("[open](", "", 1).count("](") == 0


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_wecom_mentions_nobody_and_has_no_markup_but_its_own(text: str) -> None:
    for request in sent("wecom", text):
        content = json.loads(request.body)["markdown"]["content"]
        assert len(content.encode()) <= 4_096
        assert re.sub(r'^### <font color="\w+">([^<>]*)</font>', "", content).count("<") == 0
        assert (content.count("@"), content.replace("[open](", "", 1).count("](")) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_feishu_mentions_nobody(text: str) -> None:
    for request in sent("feishu", text):
        texts = [one for one in said(request) if not one.startswith("http")]
        assert [one for one in texts if re.search(r"[<>@&]|\]\(", one)] == []


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_a_mail_has_no_header_of_the_text(text: str) -> None:
    headers = {"From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version"}
    for request in sent("email", text):
        mail = message_from_bytes(request.body, policy=policy.default)
        assert set(mail.keys()) == headers | {"Content-Type", "Content-Transfer-Encoding"}
        assert str(mail["To"]) == "sre@example.com"


def variables(request: Request) -> dict[str, str]:
    told: dict[str, str] = json.loads(parse_qs(urlsplit(request.url).query)["TemplateParam"][0])
    return told


def title_in_a_text_message(text: str) -> str:
    alert = firing(severity="critical") | {"annotations": {"summary": text}}
    [request] = built("aliyun_sms", tell(card([alert])))
    assert isinstance(request, Request)
    return variables(request)["title"]


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_a_text_message_fits_its_template_and_has_no_address(text: str) -> None:
    for request in sent("aliyun_sms", text):
        assert isinstance(request, Request)
        told = variables(request).values()
        assert [one for one in told if not 0 < len(one) <= 35 or re.search(r"://|www\.|\.com\b", one)] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see http://10.0.0.1/x", "see 10.0.0.1/x"),
        ("htthttp://p://x", "x"),
        ("wwwwww.w.x", "www w.x"),
        ("WWW.x", "x"),
        ("dial evil.com: refused", "dial evil com: refused"),
        ("dial evil.com.cn汉", "dial evil com cn汉"),
        ("EVIL.COM", "EVIL COM"),
        ("github.com/acme/cart.(*Cart).Total", "github com/acme/cart.(*Cart).Total"),
    ],
)
def test_an_address_in_a_text_message_falls_apart(text: str, shown: str) -> None:
    assert title_in_a_text_message(text) == shown


@pytest.mark.parametrize(
    "name",
    ["main.main", "log.Info in cart.(*Cart).Get", "cart.Total[...]", "io.ReadAll", "v1.42.0", "10.5/min"],
)
def test_names_of_go_stay_as_they_are_in_a_text_message(name: str) -> None:
    assert title_in_a_text_message(name) == name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_channel_tells_a_secret(kind: str, secret: str) -> None:
    for text in (secret, f"panic: dial {secret} refused", "x" * 3_000 + " " + secret):
        for request in sent(kind, text):
            shown = "\n".join(said(request))
            assert SECRET not in shown


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_rule_of_ones_own_masks_is_masked_before_a_channel_hears_of_the_bug(kind: str) -> None:
    detector = Detector(redaction=[("order", r"order (\d+)")])
    feed(detector, placed([line("panic: order 4711 is empty"), *crash()[1:]]))
    told = signature(orjson.loads(detector.finish().crashes[0]), normalised)
    assert told["title"] == "order [redacted:order] is empty in main.handle"
    for request in sent(kind, " ".join(map(str, told.values()))):
        assert "4711" not in "\n".join(said(request))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unit", ["x", "汉", "👩‍👩‍👧", "<!channel>", '"\\', "@all "])
def test_a_megabyte_fits(kind: str, unit: str) -> None:
    for request in sent(kind, unit * ((1 << 20) // len(unit))):
        assert len(request.body) <= LIMITS.get(kind, 1 << 20)
        assert [one for one in said(request) if not is_clean(one)] == []


@pytest.mark.parametrize("unit", ["x", "汉", "👩", "é", '"'])
def test_wecom_takes_all_the_bytes_that_it_may(unit: str) -> None:
    request = built("wecom", tell(card([alert(unit * 5_000)], KEY)), users=[])[0]
    content = json.loads(request.body)["markdown"]["content"]
    assert 4_096 - len(unit.encode()) < len(content.encode()) <= 4_096
    assert content.endswith("…")


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, limit=st.integers(min_value=0, max_value=200))
def test_as_much_of_a_text_is_told_as_there_are_bytes(text: str, limit: int) -> None:
    text = text.encode(errors="replace").decode()
    made = fitted(lambda part: json.dumps(part, ensure_ascii=False).encode(), text, limit + 2)
    assert len(made) <= limit + 2
    longer = [
        part for size in range(len(text.encode())) if len(part := cut(text, size)) > len(json.loads(made))
    ]
    assert [part for part in longer if len(json.dumps(part, ensure_ascii=False).encode()) <= limit + 2] == []


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
def test_robots_take_all_the_bytes_that_they_may(kind: str) -> None:
    telling = tell(card([alert('"\\' * 5_000) for _ in range(20)], KEY))
    request = built(kind, telling)[0]
    assert 20_000 - 4 <= len(request.body) <= 20_000


def test_pagerduty_names_fewer_alerts_where_all_do_not_fit() -> None:
    many = [alert("汉" * 5_000) | {"status": "firing"} for _ in range(2_000)]
    request = built("pagerduty", tell(card(many, KEY)))[0]
    details = json.loads(request.body)["payload"]["custom_details"]
    assert (len(details["alerts"]), details["more_alerts"]) == (100, 1_900)
    assert len(request.body) <= 512_000


def test_pagerduty_counts_its_own_limits_in_bytes() -> None:
    telling = replace(tell(card([alert("汉" * 5_000)], KEY)), dedup_key="k" * 300)
    value = json.loads(built("pagerduty", telling)[0].body)
    assert len(value["payload"]["summary"].encode()) in range(1_020, 1_025)
    assert value["dedup_key"] == "k" * 255


def test_who_is_named_in_the_settings_is_mentioned_when_it_is_critical_alone() -> None:
    critical, warning = tell(card([firing()], KEY)), tell(card([firing(severity="warning")], KEY))
    over = replace(critical, action=Action.RESOLVE)
    for kind, mention in (
        ("dingtalk", "@13800000000"),
        ("wecom", "<@zhangsan>"),
        ("feishu", "<at id=ou_1></at>"),
    ):
        shown = ["\n".join(said(built(kind, one)[0])) for one in (critical, warning, over)]
        assert [mention in one for one in shown] == [True, False, False]


def test_lark_is_elsewhere() -> None:
    request = built("feishu", tell(card([firing()], KEY)), lark=True)[0]
    assert request.where == "https://open.larksuite.com"


def test_a_keyword_stands_in_each_message() -> None:
    for kind in ("dingtalk", "feishu"):
        for action in (Action.TRIGGER, Action.RESOLVE, Action.DIGEST):
            request = built(kind, tell(card([firing()], KEY), action), keyword="告警词")[0]
            assert "告警词" in "\n".join(said(request))
