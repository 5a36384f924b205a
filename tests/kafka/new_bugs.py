"""A fleet in which new bugs appear all the time; most have a fingerprint each, some turn out to be one."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from random import Random
from typing import NamedTuple

from tests.kafka.fleet import Container, Fleet
from tests.kafka.planted import Sample
from tests.scanning import scan

NEW = 0.3  # of the crashes are the first of their bug
SERVICES = 20
ROUTES = 2  # of every third bug: crashes alike by the frames that matter
HEAD = """\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a5f3c]

goroutine 17 [running]:
"""
TRACE = """\
github.com/acme/svc{service}/internal/cart.(*Cart{bug}).Total(...)
\t/src/svc{service}/internal/cart/cart{bug}.go:41
github.com/acme/svc{service}/internal/cart.(*Cart{bug}).Checkout(0xc00011e000)
\t/src/svc{service}/internal/cart/cart{bug}.go:{line} +0x1d
github.com/acme/svc{service}/internal/orders.(*Desk{bug}).Close{route}(0xc00011e000)
\t/src/svc{service}/internal/orders/desk{bug}.go:88 +0x4f
github.com/acme/svc{service}/api.Show{bug}(0xc00011e000)
\t/src/svc{service}/api/show.go:12 +0x2a
main.main()
\t/src/svc{service}/main.go:30 +0x65"""

TRIPLE = 0.3  # of the crashes of some containers
TRIPLES_OF = 8  # containers: each of the three comes often then
PLACES = (("cart",), ("stock",), ("cart", "stock"))  # alone the first two are apart, the third is like both
PLACE = "github.com/acme/{module}/internal/{place}.Take(0xc00011e000)\n\t/src/{module}/{place}.go:41 +0x1d\n"
ROUTE = """\
github.com/acme/{module}/internal/desk.Close(0xc00011e000)
\t/src/{module}/desk.go:88 +0x4f
github.com/acme/{module}/api.Show(0xc00011e000)
\t/src/{module}/api/show.go:12 +0x2a
main.main()
\t/src/{module}/main.go:30 +0x65"""


class Named(NamedTuple):
    """A crash of a triple: its module, which is a shard of its own, and which of the three it is."""

    module: str
    place: int

    def __str__(self) -> str:
        return f"triple {self.module} {self.place}"

    @classmethod
    def read(cls, name: str) -> "Named | None":
        """Return which one a sample is; None where it is none."""
        sort, *named = name.split()
        return cls(named[0], int(named[1])) if sort == "triple" else None


class NewBugs(Fleet):
    """Containers that crash of bugs old and new."""

    bugs = 0

    def __init__(self, random: Random, containers: Iterable[int], clock: Callable[[], int]) -> None:
        super().__init__(random, containers, clock)
        self._triples = Counter[bytes]()  # crashes of such, by the key of their container

    def sample(self, container: Container, /) -> Sample:
        """Return the next crash of a container."""
        if container in self.containers[:TRIPLES_OF] and self.random.random() < TRIPLE:
            return triple(self._named(container))
        if not self.bugs or self.random.random() < NEW:
            self.bugs += 1
        number = self.bugs if self.random.random() < NEW else self.random.randint(1, self.bugs)
        return bug(number, self.random.randrange(ROUTES) if number % 3 == 0 else 0)

    def _named(self, container: Container) -> Named:
        """Return the next of a triple: those of a container come in order, and one of them once more."""
        count = self._triples[container.key]
        self._triples[container.key] += 1
        number, place = divmod(count, len(PLACES) + 1)
        module = f"joins{container.key.decode()[-6:]}n{number}"
        return Named(module, place if place < len(PLACES) else self.random.randrange(len(PLACES)))


def bug(number: int, route: int) -> Sample:
    """Return the crash of a bug."""
    text = TRACE.format(bug=number, service=number % SERVICES, route=route, line=50 + number % 40)
    return _sample(f"bug {number}.{route}", text)


def triple(named: Named) -> Sample:
    """Return one of three crashes: of two bugs that turn out to be one with the third."""
    module, place = named
    own = "".join(PLACE.format(module=module, place=name) for name in PLACES[place])
    return _sample(str(named), own + ROUTE.format(module=module))


@lru_cache(maxsize=4096)
def _sample(name: str, frames: str) -> Sample:
    lines = (HEAD + frames).encode().split(b"\n")
    (crash,) = scan(b"\n".join(lines) + b"\n").crashes
    return Sample(name, lines, 4, crash["fingerprint"])
