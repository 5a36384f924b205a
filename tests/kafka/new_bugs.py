"""A fleet in which new bugs appear all the time, each with a fingerprint of its own."""

from functools import lru_cache

from tests.kafka.fleet import Fleet
from tests.kafka.planted import Sample
from tests.scanning import scan

NEW = 0.3  # of the crashes are the first of their bug
SERVICES = 20
ROUTES = 2  # of every third bug: crashes alike by the frames that matter
TRACE = """\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a5f3c]

goroutine 17 [running]:
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


class NewBugs(Fleet):
    """Containers that crash of bugs old and new."""

    bugs = 0

    def sample(self) -> Sample:
        """Return the next crash."""
        if not self.bugs or self.random.random() < NEW:
            self.bugs += 1
        number = self.bugs if self.random.random() < NEW else self.random.randint(1, self.bugs)
        return bug(number, self.random.randrange(ROUTES) if number % 3 == 0 else 0)


@lru_cache(maxsize=4096)
def bug(number: int, route: int) -> Sample:
    """Return the crash of a bug."""
    text = TRACE.format(bug=number, service=number % SERVICES, route=route, line=50 + number % 40)
    lines = text.encode().split(b"\n")
    (crash,) = scan(b"\n".join(lines) + b"\n").crashes
    return Sample(f"bug {number}.{route}", lines, 4, crash["fingerprint"])
