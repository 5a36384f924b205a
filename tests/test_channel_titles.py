"""What the shipped rules say, in the language of a channel."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import rule_files
from pipeline.channels.card import card
from pipeline.channels.titles import SAID, TOLD, translated
from pipeline.channels.words import headline, titles
from pipeline.rules import Rule
from pipeline.summaries import NAMES, expand
from tests.tellings import bug, firing

RULES = {rule.name: rule for rule in rule_files.load()}
VALUES = st.dictionaries(st.sampled_from(list(NAMES)), st.from_regex(r"[a-z0-9./%]{1,9}", fullmatch=True))


def places(template: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", template))


def test_what_is_translated_is_what_each_shipped_rule_says() -> None:
    assert {name: rule.summary for name, rule in RULES.items()} == SAID


@pytest.mark.parametrize("language", TOLD)
def test_each_language_tells_what_the_template_tells(language: str) -> None:
    told = {name: places(template) for name, template in TOLD[language].items()}
    assert told == {name: places(template) for name, template in SAID.items()}


@given(rule=st.sampled_from(list(RULES.values())), values=VALUES)
def test_the_summary_of_a_shipped_rule_is_told_in_the_language(rule: Rule, values: dict[str, str]) -> None:
    named = dict.fromkeys(NAMES, "?") | values
    said, told = expand(rule.summary, named), expand(TOLD["zh"][rule.name], named)
    assert (translated(said, rule.name, "zh"), translated(said, rule.name, "en")) == (told, said)


@pytest.mark.parametrize("rule", ["GoPanicNewIssue", "PayPanics", ""])
@pytest.mark.parametrize("text", ["pay is down", "new in pay", "{0} {x}", "", "new in a (b), release c: "])
def test_texts_of_people_stay_as_they_are(rule: str, text: str) -> None:
    assert translated(text, rule, "zh") == text


def test_names_in_what_was_seen_are_no_places() -> None:
    told = translated("new in {x} (live), release {0}: {title} {", "GoPanicNewIssue", "zh")
    assert told == "{x}（live）版本 {0} 出现新问题：{title} {"  # noqa: RUF001


def test_headline_and_list_of_a_card_are_in_the_language() -> None:
    told = card([firing(alertname="GoPanicReleaseBad"), bug()])
    first = "cart（live）版本 v2 崩溃 60/min，超过 10/min，已持续 1m"  # noqa: RUF001
    assert headline(told, "zh") == f"[告警:2] {first}"
    assert titles(told, "zh") == [first, "new: nil pointer dereference in cart.(*Cart).Total"]
