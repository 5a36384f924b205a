"""What is said around facts, in each language."""

# ruff: noqa: RUF001  # Chinese has punctuation of its own

from collections.abc import Mapping

from pipeline.channels.card import Card, Status, Why
from pipeline.channels.titles import translated
from pipeline.rules import Kind

Words = Mapping[str, str]

WORDS: Mapping[str, Words] = {
    "en": {
        "firing": "FIRING",
        "resolved": "RESOLVED",
        "digest": "DIGEST",
        "past": "FIRED AND RESOLVED",
        "test": "TEST",
        "may_repeat": "(may repeat)",
        "service": "service",
        "environment": "environment",
        "release": "release",
        "count": "crashes",
        "culprit": "culprit",
        "why": "why",
        "action": "next step",
        "since": "since",
        "until": "until",
        "alerts": "{count} alerts",
        "counts": "{firing} firing, {over} resolved",
        "more": "{count} more",
        "open": "open",
        "for": "for {span}",
        "over": "over {span}",
        "between": ", ",
        "acknowledged": "silenced",
        "deploy": "{service} {release} deployed",
        "severity": "severity",
        "from": "from",
        "by": "by",
    },
    "zh": {
        "firing": "告警",
        "resolved": "已恢复",
        "digest": "汇总",
        "past": "已触发并恢复",
        "test": "测试",
        "may_repeat": "（可能重复）",
        "service": "服务",
        "environment": "环境",
        "release": "版本",
        "count": "崩溃次数",
        "culprit": "出错位置",
        "why": "原因",
        "action": "建议操作",
        "since": "开始",
        "until": "结束",
        "alerts": "{count} 条告警",
        "counts": "{firing} 条触发，{over} 条恢复",
        "more": "另有 {count} 条",
        "open": "查看",
        "for": "持续 {span}",
        "over": "窗口 {span}",
        "between": "，",
        "acknowledged": "已静默",
        "deploy": "{service} 已部署 {release}",
        "severity": "级别",
        "from": "此前版本",
        "by": "操作人",
    },
}
KINDS: Mapping[str, Mapping[str, str]] = {  # what a rule without a condition saw
    "en": {
        Kind.NEW_CLUSTER: "a bug that was never seen before",
        Kind.REGRESSION: "a bug that was resolved came again in a later release",
        Kind.ABSENT: "no {fact}, after there were some",
    },
    "zh": {
        Kind.NEW_CLUSTER: "从未出现过的问题",
        Kind.REGRESSION: "已解决的问题在新版本中再次出现",
        Kind.ABSENT: "此前有 {fact}，现在没有",
    },
}


def why(told: Why, language: str) -> str:
    """Return why an alert is one: its rule, what it saw, and with what that was compared."""
    words, kind = WORDS[language], KINDS[language].get(told.kind, "")
    seen = kind.format(fact=told.fact) if kind else " ".join(filter(None, told[2:5]))
    given = {"over": told.window, "for": told.held}
    spans = [words[name].format(span=span) for name, span in given.items() if span]
    parts = words["between"].join([part for part in (seen, *spans) if part])
    return f"{told.rule}: {parts}" if told.rule and parts else told.rule or parts


def headline(card: Card, language: str) -> str:
    """Return the title with what became of it in front: `[FIRING] ...`."""
    words = WORDS[language]
    mark = "past" if card.is_past else card.status.value
    is_many = len(card.alerts) > 1 and card.status is not Status.DIGEST
    number = f":{len(card.alerts)}" if is_many else ""
    marks = [f"[{words['test']}]"] if card.is_test else []
    repeats = [words["may_repeat"]] if card.may_repeat else []
    return " ".join([*marks, f"[{words[mark]}{number}]", *repeats, title(card, language)])


def title(card: Card, language: str) -> str:
    """Return what it is about; of a digest, how much it sums up."""
    if card.status is not Status.DIGEST:
        return titles(card, language)[0]
    words = WORDS[language]
    counts = words["counts"].format(firing=card.firing, over=card.over)
    return f"{words['alerts'].format(count=len(card.alerts))}: {counts}"


def titles(card: Card, language: str) -> list[str]:
    """Return what the first alerts are about; what the shipped rules say is said in the language."""
    named = zip(card.named, card.alerts, strict=False)
    return [
        translated(told, str((one.get("labels") or {}).get("alertname")), language) for told, one in named
    ]
