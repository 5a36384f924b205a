"""A process that stood still."""

import time

import pytest

from agents.suspension import AwayError, Presence


def test_whoever_was_away_for_too_long_must_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    presence = Presence(5)
    monkeypatch.setattr(time, "monotonic", lambda: now + 4.9)
    presence.check()
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    with pytest.raises(AwayError, match=r"stood still for \d\.\d s"):
        presence.check()
