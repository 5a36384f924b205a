"""The rules that a worker goes by."""

from agents import rule_files
from agents.book import Book
from agents.metrics import Metrics
from pipeline.rules import Rule


class RuleBook(Book[tuple[Rule, ...]]):
    """The rules."""

    def __init__(self, path: str, metrics: Metrics) -> None:
        """Read them; an empty path: as shipped."""
        super().__init__(path, metrics.rule_faults, metrics.rules_info)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that hold."""
        return self.held

    def _load(self, path: str) -> tuple[Rule, ...]:
        return rule_files.load(path)

    def _named(self) -> str:
        return "\n".join(sorted(f"{rule.name} {rule.hash}" for rule in self.held))

    def _counted(self) -> str:
        return f"{len(self.held)} rules"
