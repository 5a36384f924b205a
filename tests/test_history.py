"""A crash that a tracker kept is what its log would give."""

import pytest

from pipeline._native import signed
from tests.command import CRASH, OTHER_CRASH
from tests.scanning import scan

SIGNAL = b"""\
SIGQUIT: quit
PC=0x477fa0 m=0 sigcode=0

goroutine 7 [running]:
github.com/acme/shop/internal/cart.(*Cart).Wait(0xc000002380)
	/srv/app/shop/internal/cart/cart.go:80 +0x15
created by main.main in goroutine 1
	/srv/app/shop/cmd/wait/main.go:9 +0x25
"""


@pytest.mark.parametrize("trace", [CRASH, OTHER_CRASH, SIGNAL])
def test_kind_value_and_stack_give_the_fingerprint_of_the_log(trace: bytes) -> None:
    [crash] = scan(trace).crashes
    frames = [(frame["function"], frame["file"], frame["class"] == "origin") for frame in crash["frames"]]
    expected = (crash["fingerprint"], crash["message_template"])
    assert signed(crash["kind"], crash["message"], frames) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [("SIGQUIT", "quit"), ("signal", "SIGQUIT: quit")],
)
def test_a_signal_goes_by_its_own_name_or_by_its_value(kind: str, value: str) -> None:
    frames = [("shop.Wait", "/srv/shop/wait.go", False)]
    assert signed(kind, value, frames) == signed("SIGQUIT", "quit", frames)


def test_secrets_of_a_value_are_masked() -> None:
    assert signed("panic", 'no user "anna" in 17 shops', [])[1] == "no user <s> in <n> shops"
