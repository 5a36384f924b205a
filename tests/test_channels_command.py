"""What `panicstream channels` shows and sends."""

import json
from pathlib import Path

import pytest

from pipeline.channels import CHANNELS
from tests.command import Answer, panicstream
from tests.tellings import example
from tests.vendors import FINE, REFUSED, Reply, Stub, vendor

SECRET = "s3cret-of-the-channel"  # noqa: S105 - made up
HOOK = f'type = "webhook"\nurl = "URL/{SECRET}"'
SETTINGS = {
    "aliyun_sms": 'access_key_id = "k3y-of-us"\naccess_key_secret = "{s}"\nsign_name = "x"\n'
    'template_code = "SMS_1"\nphones = ["1"]\nurl = "URL"',
    "dingtalk": 'access_token = "{s}"\nurl = "URL/robot/send"',
    "feishu": 'hook = "{s}"\nurl = "URL"',
    "pagerduty": 'routing_key = "{s}"\nurl = "URL"',
    "slack": 'webhook_url = "URL/{s}"',
    "slack_bot": 'token = "{s}"\nchannel = "C1"\nurl = "URL"',
    "webhook": 'url = "URL/{s}"',
    "wecom": 'key = "{s}"\nurl = "URL/send"',
}


def routes(folder: Path, channel: str, url: str = "http://127.0.0.1:1") -> None:
    text = f'[route]\nchannel = "chat"\n[channels.chat]\n{channel}\n'
    (folder / "routes.toml").write_text(text.replace("URL", url))


def channels(folder: Path, *words: str, given: bytes = b"") -> Answer:
    return panicstream("channels", *words, "--routes", "routes.toml", folder=folder, given=given)


def configured(folder: Path, name: str, stub: Stub) -> None:
    kind = name.removesuffix("_bot")
    routes(folder, f'type = "{kind}"\n{SETTINGS[name].replace("{s}", SECRET)}', stub.url)


@pytest.mark.parametrize("name", FINE)
def test_a_test_is_sent_and_its_answer_is_told(tmp_path: Path, name: str) -> None:
    with vendor(name) as stub:
        configured(tmp_path, name, stub)
        answer = channels(tmp_path, "test", "chat", "--severity", "critical")
        asked = stub.asked
    assert (answer.code, answer.errors) == (0, [])
    assert answer.output.startswith("chat: trigger ok: ")
    assert len(asked) == (2 if name == "pagerduty" else 1)
    said = asked[0].body.decode() + str(asked[0].query)
    assert "a test of this channel" in said
    assert "TEST" in said or name == "aliyun_sms"


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_told_in_words_whatever_the_status_is(tmp_path: Path, name: str) -> None:
    with vendor(name, REFUSED[name]) as stub:
        configured(tmp_path, name, stub)
        answer = channels(tmp_path, "test", "chat", "--severity", "critical")
    assert (answer.code, answer.errors) == (1, [])
    assert answer.output.startswith("chat: trigger disabled: ")


def test_a_vendor_that_repeats_our_secret_is_quoted_without_it(tmp_path: Path) -> None:
    with vendor("webhook", Reply(400, f"no /{SECRET} here".encode())) as stub:
        routes(tmp_path, HOOK, stub.url)
        answer = channels(tmp_path, "test", "chat")
    assert answer.output == f"chat: trigger rejected: HTTP 400: no /[hidden] here ({stub.url})\n"


def test_a_vendor_that_is_not_there_could_not_be_asked(tmp_path: Path) -> None:
    routes(tmp_path, HOOK)
    answer = channels(tmp_path, "test", "chat")
    where = "http://127.0.0.1:1"
    told = f"chat: trigger retry: not sent: {where}: cannot be reached: Connection refused ({where})\n"
    assert (answer.code, answer.output) == (2, told)


def test_a_vendor_that_is_not_there_is_named_where_its_address_is_a_host_alone(tmp_path: Path) -> None:
    routes(tmp_path, 'type = "webhook"\nurl = "URL"')
    answer = channels(tmp_path, "test", "chat")
    where = "http://127.0.0.1:1"
    told = f"chat: trigger retry: not sent: {where}: cannot be reached: Connection refused ({where})\n"
    assert (answer.code, answer.output) == (2, told)


def test_a_secret_of_a_file_is_read(tmp_path: Path) -> None:
    with vendor("webhook") as stub:
        routes(tmp_path, f'type = "webhook"\nurl_file = "{tmp_path}/url"')
        (tmp_path / "url").write_text(f"{stub.url}/{SECRET}\n")
        answer = channels(tmp_path, "test", "chat", "--json")
    told = {"channel": "chat", "action": "trigger", "sent_to": stub.url, "verdict": "ok", "said": "HTTP 200"}
    assert json.loads(answer.output) == told
    assert stub.asked[0].path == f"/{SECRET}"


def test_a_secret_whose_file_is_not_there_is_named(tmp_path: Path) -> None:
    routes(tmp_path, 'type = "webhook"\nurl_file = "/nowhere/url"')
    answer = channels(tmp_path, "test", "chat")
    why = "/nowhere/url, which holds url, cannot be read: No such file or directory"
    assert (answer.code, answer.errors) == (
        2,
        [f"panicstream: chat: {why}; see that it is there, may be read, and holds the secret alone"],
    )


def test_a_secret_whose_file_holds_several_lines_is_named(tmp_path: Path) -> None:
    routes(tmp_path, f'type = "webhook"\nurl = "http://x"\ntoken_file = "{tmp_path}/token"')
    (tmp_path / "token").write_text(f"{SECRET}\nmore\n")
    answer = channels(tmp_path, "test", "chat")
    why = f"{tmp_path}/token, which holds token: it has a line's end or another control character in it"
    assert (answer.code, answer.errors) == (
        2,
        [f"panicstream: chat: {why}; see that it is there, may be read, and holds the secret alone"],
    )


def test_text_messages_are_for_what_is_critical(tmp_path: Path) -> None:
    with vendor("aliyun_sms") as stub:
        configured(tmp_path, "aliyun_sms", stub)
        answer = channels(tmp_path, "test", "chat")
    told = (
        "panicstream: chat: aliyun_sms does not tell of what is info; --severity critical, which wakes people"
    )
    assert (answer.code, answer.errors, stub.asked) == (2, [told], [])


def test_a_channel_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    routes(tmp_path, HOOK)
    answer = channels(tmp_path, "test", "pager")
    assert (answer.code, answer.errors) == (2, ["panicstream: there is no channel 'pager'; there are: chat"])


@pytest.mark.parametrize(
    "value",
    [
        example("alerts.v1.firing"),
        [example("alerts.v1.firing")],
        {"version": "4", "groupKey": "{}:{}", "alerts": [example("alerts.v1.firing")]},
        example("notifications.v1.firing"),
        {"status": "firing", "labels": {"alertname": "X"}},
    ],
)
def test_alerts_are_rendered_in_each_form_that_they_come_in(tmp_path: Path, value: object) -> None:
    routes(tmp_path, HOOK)
    answer = channels(tmp_path, "render", "chat", "--alert", "-", "--json", given=json.dumps(value).encode())
    request = json.loads(answer.output)
    assert (answer.code, request["url"]) == (0, "http://127.0.0.1:1/[hidden]")
    assert request["body"]["alerts"][0]["status"] == "firing"


def test_words_of_a_secret_address_stay_in_what_is_rendered(tmp_path: Path) -> None:
    routes(tmp_path, 'type = "webhook"\nurl = "https://receiver.example.com/v1/alerts"')
    alert = json.dumps({"labels": {"alertname": "X"}, "annotations": {}}).encode()
    answer = channels(tmp_path, "render", "chat", "--json", "--alert", "-", given=alert)
    assert "alerts" in json.loads(answer.output)["body"]
    assert "v1/alerts" not in answer.output


def test_what_is_rendered_as_resolved_is(tmp_path: Path) -> None:
    routes(tmp_path, HOOK)
    (tmp_path / "alert.json").write_text(json.dumps(example("alerts.v1.firing")))
    answer = channels(tmp_path, "render", "chat", "--alert", "alert.json", "--status", "resolved", "--json")
    assert json.loads(answer.output)["body"]["status"] == "resolved"


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_rendered_request_shows_no_secret_and_reads_no_file(tmp_path: Path, kind: str) -> None:
    needed = CHANNELS[kind].settings.needs
    sample = {name: value for name, value in CHANNELS[kind].sample.items() if name not in needed}
    lines = [f"{name} = {json.dumps(value)}" for name, value in {"type": kind, **sample}.items()]
    routes(tmp_path, "\n".join([*lines, *(f'{name}_file = "/nowhere"' for name in needed)]))
    value = json.dumps(example("alerts.v1.firing")).encode()
    answer = channels(tmp_path, "render", "chat", "--alert", "-", given=value)
    assert (answer.code, answer.errors) == (0, [])
    secrets = [sample[name] for name in CHANNELS[kind].settings.secrets() if name in sample]
    assert [one for one in [*secrets, "secret-of-a-file"] if one in answer.output] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "it has no alerts"),
        ("nonsense", "Expecting value"),
        ('{"labels": {}, "annotations": ["x"]}', "it has no alerts"),
        ('{"labels": {}, "evidence": "x"}', "it has no alerts"),
        ('{"labels": {}, "rule": "x"}', "it has no alerts"),
        ('[{"labels": {}, "startsAt": 17}, {"labels": {}, "startsAt": "x"}]', "it has no alerts"),
    ],
)
def test_what_holds_no_alerts_is_refused(tmp_path: Path, text: str, why: str) -> None:
    routes(tmp_path, HOOK)
    answer = channels(tmp_path, "render", "chat", "--alert", "-", given=text.encode())
    assert answer.code == 2
    assert answer.errors[0].startswith(f"panicstream: -: {why}")


def test_channels_are_listed_with_what_they_take_and_without_secrets(tmp_path: Path) -> None:
    routes(tmp_path, f"{HOOK}\nper_minute = 7\nlanguage = 'zh'")
    answer, told = channels(tmp_path, "list"), channels(tmp_path, "list", "--json")
    assert answer.output.split() == ["chat", "webhook", "7/min", "zh"]
    listed = json.loads(told.output)
    assert listed["takes"] == {"per_minute": 7, "burst": 7, "per_day": None}
    assert SECRET not in told.output


def test_nobody_has_to_write_list(tmp_path: Path) -> None:
    routes(tmp_path, HOOK)
    written, unwritten = channels(tmp_path, "list", "--json"), channels(tmp_path, "--json")
    assert (unwritten.code, unwritten.output) == (0, written.output)


def test_a_command_that_there_is_not_is_told(tmp_path: Path) -> None:
    answer = panicstream("channels", "rander", "chat", folder=tmp_path)
    assert answer.code == 2
    assert "No such command 'rander'" in answer.errors[0]


def test_help_of_channels_has_all_options_and_is_not_cut(tmp_path: Path) -> None:
    shown = panicstream("channels", "--help", folder=tmp_path).output
    assert [one for one in ("--routes FILE", "--json", "--config FILE") if one not in shown] == []
    commands = shown.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in commands] == ["list", "render", "test"]
    assert [line for line in commands if line.endswith("...")] == []
    [own] = [line for line in panicstream("--help").output.splitlines() if line.startswith("  channels  ")]
    assert not own.endswith("...")


def test_without_channels_it_is_said_that_nobody_is_told(tmp_path: Path) -> None:
    answer = panicstream("channels", folder=tmp_path)
    told = "panicstream: no channels are configured, so that nobody is told; "
    assert (answer.code, answer.output) == (0, "")
    assert answer.errors[0].startswith(told)


def test_a_faulty_file_of_routes_is_told(tmp_path: Path) -> None:
    routes(tmp_path, 'type = "pidgin"')
    answer = channels(tmp_path, "list")
    assert answer.code == 2
    assert "'pidgin' is no type of channel" in answer.errors[0]
