"""What `panicstream rules` says of rules."""

from pathlib import Path

import orjson

from pipeline.facts import FACTS
from pipeline.route_fields import INHIBITION, PERIOD, ROUTE
from pipeline.rule_fields import FIELDS
from tests.command import Answer, panicstream
from tests.test_readme import cells

OWN = """
[GoPanicRateHigh]
fire = "> 20/min"
[GoServiceSilent]
enabled = false
[PayPanics]
kind = "rate"
fact = "crashes"
where = { service = "~pay.*" }
fire = "> 1/min"
severity = "critical"
summary = "{service} crashes {value}"
"""


def check(folder: Path, text: str, *flags: str) -> Answer:
    (folder / "my.toml").write_text(text)
    return panicstream("rules", "check", *flags, "my.toml", folder=folder)


def test_shipped_rules_are_listed_with_what_they_say() -> None:
    answer = panicstream("rules", "check")
    assert (answer.code, answer.errors) == (0, [])
    assert answer.output.splitlines()[0].split(maxsplit=2) == [
        "GoPanicRateHigh",
        "critical",
        "crashes > 5/min over 1m, sure to 95 %, for 2m; over at < 3/min for 2m",
    ]


def test_a_file_without_faults_is_told_in_one_line(tmp_path: Path) -> None:
    assert check(tmp_path, OWN) == Answer(
        0, "my.toml: fine, 17 rules, 1 of its own, 1 changed, 1 switched off\n", []
    )


def test_every_fault_is_a_line_and_exits_with_one(tmp_path: Path) -> None:
    answer = check(tmp_path, OWN + 'fro = "2m"\nwindow = "1 minute"\n')
    assert (answer.code, answer.output.splitlines(), answer.errors) == (
        1,
        [
            "my.toml:13: rule PayPanics: fro: no such field; did you mean for?",
            "my.toml:14: rule PayPanics: window: it is '1 minute'; "
            "a span in quotes, such as '90s', '2m' or '1h30m'",
        ],
        [],
    )


def test_faults_of_fields_and_of_templates_are_told_at_once(tmp_path: Path) -> None:
    other = OWN[OWN.index("[Pay") :].replace("[PayPanics]", "[Other]").replace("{value}", "{valu}")
    answer = check(tmp_path, OWN.replace("{service}", "{servce}") + 'fro = "2m"\n' + other)
    assert [line.split(": ", 1)[1] for line in answer.output.splitlines()] == [
        "rule PayPanics: fro: no such field; did you mean for?",
        "rule Other: summary: no name {valu}; did you mean {value}?",
        "rule PayPanics: summary: no name {servce}; did you mean {service}?",
    ]


def test_a_mark_in_front_of_a_file_is_no_part_of_it(tmp_path: Path) -> None:
    assert check(tmp_path, "\ufeff" + OWN.lstrip()).code == 0


def test_what_can_never_work_is_a_line_and_exits_with_one(tmp_path: Path) -> None:
    answer = check(tmp_path, OWN + 'window = "1h"\n')
    assert (answer.code, answer.output) == (
        1,
        "my.toml: rule PayPanics: window: it can never be full: 15m are kept; take a shorter one\n",
    )


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_checked(tmp_path: Path) -> None:
    answer = check(tmp_path, OWN, "nowhere.toml")
    assert (answer.code, answer.output.count("fine"), answer.errors) == (
        2,
        1,
        ["panicstream: nowhere.toml: no such file or directory; name a file of rules or routes, in TOML"],
    )


def test_as_json_a_file_is_one_object_and_a_shipped_rule_is_one(tmp_path: Path) -> None:
    found = orjson.loads(check(tmp_path, OWN, "--json").output)
    assert (found["file"], len(found["rules"]), found["faults"], found["findings"]) == ("my.toml", 17, [], [])
    shipped = [orjson.loads(line) for line in panicstream("rules", "check", "--json").output.splitlines()]
    assert shipped[0]["name"] == "GoPanicRateHigh"
    assert shipped[0]["fire"] == {"op": ">", "threshold": 5.0}


ROUTES = """
[route]
channel = "chat"
[[route.routes]]
matchers = ['severity="critical"', 'team="payments"']
[channels.chat]
type = "webhook"
url = "https://example.com/s3cret"
"""


def test_a_file_of_routes_is_checked_too(tmp_path: Path) -> None:
    answer = check(tmp_path, ROUTES.replace("team", "env"))
    assert answer == Answer(0, "my.toml: fine, 2 routes, 1 channel, 3 inhibitions, 0 time intervals\n", [])


def test_every_fault_of_routes_is_a_line_and_exits_with_one(tmp_path: Path) -> None:
    answer = check(tmp_path, ROUTES.replace("channel =", "receiver =") + 'colour = "red"\n')
    assert (answer.code, answer.output.splitlines(), answer.errors) == (
        1,
        [
            "my.toml:2: route: channel: it is what is called receiver elsewhere; "
            "who is told where no other route takes an alert",
            "my.toml:3: route: receiver: no such field; it is called channel here",
            "my.toml:9: channels: chat: colour: there is no such field",
        ],
        [],
    )


def test_routes_may_name_labels_of_rules_that_are_checked_with_them(tmp_path: Path) -> None:
    answer = check(tmp_path, ROUTES)
    assert (answer.code, answer.output) == (
        1,
        "my.toml: route 1: matchers: no alert has a label team; there are alertname, severity, source, "
        "service, namespace, env, release, cluster_id, partition\n",
    )
    (tmp_path / "rules.toml").write_text(OWN + 'labels = { team = "payments" }\n')
    both = panicstream("rules", "check", "my.toml", "rules.toml", folder=tmp_path)
    assert (both.code, both.errors, both.output.count("fine")) == (0, [], 2)


def test_routes_as_json_have_no_secrets(tmp_path: Path) -> None:
    answer = check(tmp_path, ROUTES.replace("team", "env"), "--json")
    found = orjson.loads(answer.output)
    assert (found["channels"], found["faults"], found["findings"]) == ({"chat": "webhook"}, [], [])
    assert [route["name"] for route in found["routes"]] == ["route", "route 1"]
    assert "s3cret" not in answer.output


def test_readme_tells_every_field_of_routes() -> None:
    told = [[f"`{name}`", field.meaning] for name, field in ROUTE.items()]
    for heading, fields in {"`inhibit_rules`": INHIBITION, "a period in `time_intervals`": PERIOD}.items():
        told.append([f"field of {heading}", "meaning"])
        told += [[f"`{name}`", field.meaning] for name, field in fields.items()]
    assert [row for row in cells("Routes") if not row[0].startswith("--")] == told


def test_readme_tells_every_field_and_every_fact() -> None:
    fields = [[f"`{name}`", field.meaning] for name, field in FIELDS.items()]
    facts = [
        [
            f"`{fact.name}`",
            ", ".join(f"`{kind}`" for kind in fact.kinds),
            f"{fact.meaning}, such as `{fact.sample}`",
        ]
        for fact in FACTS.values()
    ]
    assert cells("Rules") == [*fields, ["fact", "of rules of kind", "meaning"], *facts]
