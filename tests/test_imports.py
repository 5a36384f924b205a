"""Who may import whom, read from the import statements."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {  # each package of ours, and the others of ours that it may know
    "pipeline": {"pipeline"},
    "agents": {"agents", "pipeline"},
}

HOMES = {  # each library, and the modules it stands in; `pipeline` has none
    "click": {"agents/__main__.py", "agents/decode.py", "agents/scan.py", "agents/core_options.py"},
    "orjson": {"agents/decode.py", "agents/record_scanner.py", "agents/records.py", "agents/scan.py"},
    "rich": {
        "agents/layout.py",
        "agents/progress.py",
        "agents/reading.py",
        "agents/show.py",
        "agents/show_decoded.py",
        "agents/terminal.py",
    },
    "zstandard": {"agents/inputs.py"},
}


def modules(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py*") if path.suffix in {".py", ".pyi"})


def imported(module: Path) -> Iterator[str]:
    """Yield the first part of each imported name; a relative import has none and is not used here."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0] if node.level == 0 else "a relative import"


def foreign(module: Path) -> set[str]:
    return {name for name in imported(module) if name not in sys.stdlib_module_names}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_knows_those_it_may_know_and_libraries_at_home_in_it(package: str) -> None:
    known = {
        module.relative_to(ROOT).as_posix(): foreign(module) - MAY_IMPORT[package]
        for module in modules(package)
    }
    at_home = {name: {library for library, homes in HOMES.items() if name in homes} for name in known}
    assert known == at_home


def test_pipeline_has_no_library() -> None:
    assert [home for homes in HOMES.values() for home in homes if home.startswith("pipeline/")] == []


def test_pipeline_touches_no_clock_network_environment_or_process() -> None:
    outside = {
        "asyncio",
        "datetime",
        "logging",
        "multiprocessing",
        "os",
        "random",
        "socket",
        "subprocess",
        "time",
    }
    assert [
        (module, names) for module in modules("pipeline") if (names := outside & set(imported(module)))
    ] == []
