"""The table of channels: what each kind is, what is wrong with settings, and that one file is all of it."""

import re
import tomllib
from pathlib import Path
from urllib.parse import quote

import pytest

from pipeline.channels import CHANNELS, read_channel
from pipeline.channels.address import BROKEN
from pipeline.channels.answer import Verdict
from pipeline.channels.card import card
from pipeline.channels.plain import masked
from pipeline.channels.settings import ChannelSettings
from pipeline.channels.webhook import WebhookSettings
from tests.tellings import bug, firing, resolved, settings
from tests.test_readme import README, cells

ROOT = Path(__file__).parents[1]
COMMON = set(ChannelSettings.model_fields)
LEFT_ALONE = "alertmanager"  # it is no channel of the ledger: it groups by itself


def own(kind: str) -> list[str]:
    """Return the settings that a kind of channel has beside those of all, without the files of secrets."""
    fields = CHANNELS[kind].settings.model_fields
    return [name for name in fields if name not in COMMON and not name.endswith("_file")]


def limits(kind: str) -> str:
    quota = CHANNELS[kind].quota
    return f"{quota.per_minute}/min" + (f", {quota.per_day} a day" if quota.per_day else "")


def test_the_readme_has_a_row_of_each_kind_with_its_settings_and_limits() -> None:
    expected = [
        [f"`{kind}`", ", ".join(f"`{name}`" for name in own(kind)), limits(kind)] for kind in CHANNELS
    ]
    assert [row[:3] for row in cells("Channels")] == expected


def test_the_channel_that_the_readme_shows_can_be_used() -> None:
    shown = re.findall(
        r"^    (.*)$", README.partition("\n## Channels\n")[2].partition("\n## ")[0], re.MULTILINE
    )
    tables = tomllib.loads("\n".join(shown))["channels"]
    assert [read_channel(table).type for table in tables.values()] == ["dingtalk"]


@pytest.mark.parametrize("kind", [kind for kind in CHANNELS if kind != LEFT_ALONE])
def test_no_other_module_knows_a_kind_of_channel(kind: str) -> None:
    modules = [path for package in ("pipeline", "agents") for path in (ROOT / package).rglob("*.py")]
    named = re.compile(rf'(?<!type = )"{kind}"|channels\.{kind}\b|channels import {kind}\b')
    assert [path.name for path in modules if path.stem != kind and named.search(path.read_text())] == []


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_sample_is_enough_and_each_setting_says_what_it_is(kind: str) -> None:
    read = settings(kind)
    assert (read.type, type(read)) == (kind, CHANNELS[kind].settings)
    described = {name: field.description for name, field in type(read).model_fields.items() if name != "type"}
    assert [name for name, text in described.items() if not text] == []


@pytest.mark.parametrize("kind", CHANNELS)
def test_without_a_secret_that_it_needs_it_cannot_be_used(kind: str) -> None:
    for name in CHANNELS[kind].settings.needs:
        rest = {field: value for field, value in CHANNELS[kind].sample.items() if field != name}
        with pytest.raises(ValueError, match=f"{name} is missing: give it, or {name}_file"):
            read_channel({"type": kind, **rest})


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "type is missing; types: "),
        ({"type": 7}, "7 is no type of channel; types: "),
        ({"type": "pidgin"}, "'pidgin' is no type of channel; types: "),
        ({"type": "webhook", "url": "http://x", "uri": "x"}, "uri: there is no such field"),
        ({"type": "webhook", "url": "http://x", "language": "fr"}, "language: "),
        (
            {"type": "webhook", "url": "http://x", "link": "javascript:alert(1)"},
            "link: it begins with https:// or http://",
        ),
        (
            {"type": "webhook", "url": "http://x", "url_file": "/x"},
            "url and url_file are both given: leave one away",
        ),
        ({"type": "slack", "token": "x"}, "channel is missing: where the bot writes, such as C0123"),
        ({"type": "slack"}, "give either webhook_url, or token and channel"),
        (
            {"type": "slack", "token": "x", "channel": "C", "webhook_url": "http://y"},
            "give either webhook_url, or token",
        ),
        (
            {"type": "slack", "channel": "C", "webhook_url": "http://y"},
            "channel is for a bot; a webhook has a channel of its own: leave it away",
        ),
        ({"type": "email", "host": "x", "sender": "y", "recipients": []}, "recipients: "),
        (
            {"type": "email", "host": "x", "sender": "y\r\nBcc: z", "recipients": ["z"]},
            "sender: it is empty, or has a line's end or a control character in it",
        ),
        (
            {"type": "email", "host": "x", "sender": "y", "recipients": ["z", "z\n"]},
            "recipients.1: it is empty, or has a line's end",
        ),
        (
            {"type": "aliyun_sms", **CHANNELS["aliyun_sms"].sample, "parameters": {"x": "{pod}"}},
            "parameters: x: no name {pod}; names: ",
        ),
        ({"type": "webhook", "url": "nonsense"}, "url: it begins with https:// or http://"),
        ({"type": "webhook", "url": "none"}, "url: it begins with https:// or http://"),
        ({"type": "webhook", "url": "https:///x"}, "url: it names no host: https://HOST/..."),
        ({"type": "slack", "webhook_url": "hooks.slack.com"}, "webhook_url: it begins with https://"),
        ({"type": "webhook", "url": "http://x", "proxy": "y:3128"}, "proxy: it begins with https://"),
        (
            {"type": "pagerduty", **CHANNELS["pagerduty"].sample, "url": "http://x:y"},
            "url: its host or its port is none",
        ),
        ({"type": "webhook", "url": "http://x", "link": "https://{service}:y"}, "link: its host or its port"),
        ({"type": "webhook", "url": "http://x", "token": "a\r\nb"}, f"token: {BROKEN}"),
        ({"type": "webhook", "url": "http://x", "proxy": "http://y\n"}, f"proxy: {BROKEN}"),
        ({"type": "webhook", "url": "http://x", "ca_file": "/a\0b"}, f"ca_file: {BROKEN}"),
        ({"type": "webhook", "url": "http://x", "token_file": "/a\0b"}, f"token_file: {BROKEN}"),
    ],
)
def test_what_is_wrong_with_settings_is_said(fields: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        read_channel(fields)


@pytest.mark.parametrize("url", ["", "https://a.example.com/x y", "http://[::1]:9/{fingerprint}"])
def test_an_address_may_hold_what_it_may(url: str) -> None:
    assert settings("webhook", link=url, url=url or "http://x").type == "webhook"


def test_faults_show_no_secret() -> None:
    with pytest.raises(ValueError, match="uri") as raised:
        read_channel({"type": "webhook", "url": ["s3cret"], "uri": "s3cret", "token": 5})
    assert "s3cret" not in str(raised.value)
    with pytest.raises(ValueError, match="url: it begins with") as raised:
        read_channel({"type": "webhook", "url": "s3cret"})
    assert "s3cret" not in str(raised.value)


def test_secrets_of_files_stand_in_for_their_own() -> None:
    read = read_channel({"type": "webhook", "url_file": "/url", "secret": "abcd"})
    assert read.secret_files() == {"url": "/url"}
    unlocked = read.unlocked({"url": "https://x\n"})
    assert isinstance(unlocked, WebhookSettings)
    assert unlocked.hidden() == ("https://x", "abcd")


def test_a_limit_of_ones_own_is_the_most_at_once_too() -> None:
    read = settings("dingtalk", per_minute=3)
    assert CHANNELS["dingtalk"].takes(read) == (3, 3, None)


def test_a_phone_has_the_quota_that_is_set() -> None:
    assert CHANNELS["aliyun_sms"].takes(settings("aliyun_sms", per_day=10)) == (5, 3, 10)


def test_each_verdict_has_its_word() -> None:
    assert sorted(Verdict) == ["ambiguous", "disabled", "ok", "rejected", "retry"]


def test_a_card_tells_what_fires_before_what_is_over_and_the_worst_first() -> None:
    told = card([resolved(), bug(), firing()])
    assert (told.status, told.severity, told.title) == (
        *("firing", "critical"),
        "release v2 of cart (live) crashes 60/min, more than 10/min for 1m",
    )
    assert (told.firing, told.over, len(told.alerts)) == (2, 1, 3)


def test_a_card_is_resolved_when_all_its_alerts_are() -> None:
    told = card([resolved(), resolved()])
    assert (told.status, told.until) == ("resolved", "2026-11-21 00:09:11Z")


def test_a_card_knows_release_and_culprit_of_a_bug() -> None:
    told = card([bug()])
    assert (told.release, told.culprit) == ("v2", "cart.(*Cart).Total")


def test_a_card_is_made_of_alerts_of_others_too() -> None:
    told = card(
        [{"status": "firing", "labels": {"alertname": "Disk", "severity": "page"}, "annotations": {}}]
    )
    assert (told.title, told.severity, told.why.rule, told.count) == ("Disk", "page", "Disk", None)


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("t0ken", "[hidden]"),
        ("https://x.example.com", "https://x.example.com"),
        ("https://x.example.com/", "https://x.example.com/"),
        ("https://x.example.com/hook/t0ken", "https://x.example.com/[hidden]"),
        ("https://x.example.com?key=t0ken", "https://x.example.com/[hidden]"),
        ("http://me:t0ken@proxy.example.com:3128", "http://[hidden]@proxy.example.com:3128"),
    ],
)
def test_of_a_secret_address_only_what_is_no_secret_is_shown(secret: str, shown: str) -> None:
    host = "https://x.example.com: cannot be reached"
    assert masked(f"{secret} {quote(secret, safe='')} {host}", [secret]) == f"{shown} {shown} {host}"


def test_parts_of_a_secret_address_are_hidden_by_themselves() -> None:
    address = "https://me:passw@x.example.com/hook/t0ken?key=long-enough"
    told = masked("me:passw passw hook/t0ken?key=long-enough long-enough x.example.com", [address])
    assert told == "[hidden] [hidden] [hidden] [hidden] x.example.com"
