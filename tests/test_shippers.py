"""A crash is the same crash, whichever shipper brought its lines."""

import pytest

from agents.shippers.table import SHIPPERS as TABLE
from pipeline._native import envelopes
from tests.golden import FOLDER, read
from tests.records import crashes, placed
from tests.scanning import scan
from tests.shippers import SHIPPERS, shipped

PATHS = sorted(FOLDER.glob("g*.txt"))
TEXTS = {path.stem: read(path).raw.decode(errors="replace").encode() for path in PATHS}
PLAIN = {name: [crash["fingerprint"] for crash in scan(text).crashes] for name, text in TEXTS.items()}
OWN = "json"  # an application's own record, which no shipper writes


@pytest.mark.parametrize("name", SHIPPERS)
def test_a_crash_is_the_same_through_every_shipper(name: str) -> None:
    found = {
        stem: [crash["fingerprint"] for crash in crashes(placed(shipped(name, text)), SHIPPERS[name].named)]
        for stem, text in TEXTS.items()
    }
    assert found == PLAIN


def test_every_envelope_of_a_shipper_can_be_written() -> None:
    assert list(TABLE) == [name for name in envelopes() if name != OWN]
