"""The command `panicstream` asked about a Kafka, with its settings in a file."""

from pathlib import Path
from typing import Any

import orjson

from tests.command import Answer, panicstream

PARTITIONS = 3


class Asker:
    """Runs commands of `panicstream` on topics that begin with `prefix`; `set` changes a setting."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str) -> None:
        self.file, self.prefix = folder / "panicstream.toml", prefix
        self.settings: dict[str, dict[str, str | int]] = {
            "kafka": {"bootstrap_servers": bootstrap},
            "topics": {"prefix": prefix, "partitions": PARTITIONS},
        }

    def set(self, section: str, **values: str | int) -> None:
        """Change settings of a section."""
        self.settings.setdefault(section, {}).update(values)

    def write(self) -> None:
        """Write the settings into their file."""
        lines: list[str] = []
        for section, values in self.settings.items():
            named = (f"{name} = {orjson.dumps(value).decode()}" for name, value in values.items())
            lines += [f"[{section}]", *named]
        self.file.write_text("\n".join(lines))

    def __call__(self, *words: str) -> Answer:
        """Run a command."""
        self.write()
        return panicstream(*words, "--config", str(self.file))

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """Run a command with `--json` and return its rows."""
        answer = self(*words, "--json")
        assert (answer.code, answer.errors) == (0, [])
        return [orjson.loads(line) for line in answer.output.splitlines()]
