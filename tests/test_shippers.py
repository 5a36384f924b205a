"""A crash is the same crash, whichever shipper brought its lines."""

import pytest

from tests.golden import FOLDER, read
from tests.records import crashes, placed
from tests.scanning import scan
from tests.shippers import SHIPPERS, shipped

PATHS = sorted(FOLDER.glob("g*.txt"))
TEXTS = {path.stem: read(path).raw.decode(errors="replace").encode() for path in PATHS}
PLAIN = {name: [crash["fingerprint"] for crash in scan(text).crashes] for name, text in TEXTS.items()}


@pytest.mark.parametrize("name", SHIPPERS)
def test_a_crash_is_the_same_through_every_shipper(name: str) -> None:
    found = {
        stem: [crash["fingerprint"] for crash in crashes(placed(shipped(name, text)), SHIPPERS[name].named)]
        for stem, text in TEXTS.items()
    }
    assert found == PLAIN
