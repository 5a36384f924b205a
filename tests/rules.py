"""Rules that tests of several steps have."""

from pipeline.rules import Condition, Kind, Rule, Severity

RATE = Rule(
    name="GoPanicRateHigh",
    kind=Kind.RATE,
    fire=Condition(">", 5),
    clear=Condition("<", 3),
    severity=Severity.CRITICAL,
    summary="{service} crashes {value}",
    fact="crashes",
    for_s=120,
    keep_firing_for_s=120,
    runbook="Go back.",
)
