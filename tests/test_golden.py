"""Each golden file gives what its header says."""

from pathlib import Path

import pytest

from tests.golden import FOLDER, found, read
from tests.scanning import scan_pieces

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_text_gives_what_its_header_says(path: Path) -> None:
    golden = read(path)
    assert found(golden) == golden.expectation


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bytes_one_by_one_give_the_same_documents(path: Path) -> None:
    raw = read(path).raw
    single = scan_pieces((raw[n : n + 1] for n in range(len(raw))), path.name)
    assert single == scan_pieces((raw,), path.name)


def test_every_generation_of_go_is_there() -> None:
    names = " ".join(path.stem for path in FILES)
    wanted = ["go1.0", "go1.4", "go1.5", "go1.16", "go1.19", "go1.21", "go1.23", "go1.26", "go1.27", "gccgo"]
    assert [generation for generation in wanted if generation not in names] == []
