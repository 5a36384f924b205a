"""What the shipped rules say, in other languages; what people wrote in rules of their own stays as it is.

An alert has its summary as text, in English: it is one of ours where it fits the template of its rule.
"""

# ruff: noqa: RUF001  # Chinese has punctuation of its own

import re
from collections.abc import Mapping

LONGEST = 1_024  # characters of a summary that is looked at
IN = "{service}（{environment}）"
AT = f"{IN}版本 {{release}} "

SAID: Mapping[str, str] = {  # by each of `pipeline/rules.toml`
    "GoPanicRateHigh": "{service} ({environment}) crashes {value}, more than {threshold} for {for}",
    "GoPanicReleaseBad": (
        "release {release} of {service} ({environment}) crashes {value}, more than {threshold} for {for}"
    ),
    "GoPanicNewIssue": "new in {service} ({environment}), release {release}: {title}",
    "GoPanicRegression": (
        "back in {service} ({environment}), release {release}, although it was resolved: {title}"
    ),
    "GoPanicSurge": "{title} comes {value} as often as usual",
    "GoPanicSpread": "{title} came to {value} services within {window}",
    "GoDeadlock": "first deadlock of its kind in {service} ({environment}), release {release}: {title}",
    "GoDataRace": "data race in {service} ({environment}), release {release}: {title}",
    "GoConcurrentMapAccess": "unguarded map in {service} ({environment}), release {release}: {title}",
    "GoOutOfMemory": "{service} ({environment}), release {release}, ran out of memory: {title}",
    "GoAllocRateHigh": "processes of {service} ({environment}) allocate {value}, {threshold} or more",
    "GoGCPauseP99High": (
        "1 % of the GC pauses of {service} ({environment}) are longer than {value}, the limit is {threshold}"
    ),
    "GoHeapGoalTight": (
        "the heap goal of {service} ({environment}) is {value} of the heap in use, less than {threshold}: "
        "it nears GOMEMLIMIT"
    ),
    "GoServiceSilent": "{service} ({environment}) has written nothing for {window}",
    "PipelineLagging": "panicstream is {value} behind the logs: alerts come late",
    "Watchdog": "panicstream watches; where this alert is missing, it does not",
    "AlertStorm": "{value} more alerts are folded into this one",
}
TOLD: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "GoPanicRateHigh": f"{IN}崩溃 {{value}}，超过 {{threshold}}，已持续 {{for}}",
        "GoPanicReleaseBad": f"{AT}崩溃 {{value}}，超过 {{threshold}}，已持续 {{for}}",
        "GoPanicNewIssue": f"{AT}出现新问题：{{title}}",
        "GoPanicRegression": f"{AT}再次出现已解决的问题：{{title}}",
        "GoPanicSurge": "{title}：出现频率是平时的 {value}",
        "GoPanicSpread": "{title}：{window} 内蔓延到 {value} 个服务",
        "GoDeadlock": f"{AT}首次出现此类死锁：{{title}}",
        "GoDataRace": f"{AT}存在数据竞争：{{title}}",
        "GoConcurrentMapAccess": f"{AT}并发访问未加锁的 map：{{title}}",
        "GoOutOfMemory": f"{AT}内存耗尽：{{title}}",
        "GoAllocRateHigh": f"{IN}的进程分配内存 {{value}}，达到或超过 {{threshold}}",
        "GoGCPauseP99High": f"{IN}有 1% 的 GC 停顿超过 {{value}}，上限为 {{threshold}}",
        "GoHeapGoalTight": f"{IN}的堆目标是已用堆的 {{value}}，低于 {{threshold}}：接近 GOMEMLIMIT",
        "GoServiceSilent": f"{IN}已有 {{window}} 没有写日志",
        "PipelineLagging": "panicstream 比日志落后 {value}：告警会延迟",
        "Watchdog": "panicstream 正在监视；此告警消失即表示监视已停止",
        "AlertStorm": "另有 {value} 条告警并入此告警",
    }
}


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)  # texts and names in turn
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    )


PATTERNS = {rule: _pattern(template) for rule, template in SAID.items()}


def translated(summary: str, rule: str, language: str) -> str:
    """Return the summary of a shipped rule in a language; any other as it is."""
    template, pattern = TOLD.get(language, {}).get(rule), PATTERNS.get(rule)
    found = pattern.fullmatch(summary[:LONGEST]) if template and pattern else None
    return template.format_map(found.groupdict()) if template and found else summary
