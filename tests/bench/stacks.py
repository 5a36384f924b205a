"""Stacks of a fleet that never was: hot packages, shared middlewares, families of near twins."""

import itertools
import random
from collections.abc import Iterator
from typing import NamedTuple

FUNCTIONS = 40  # of one package
PACKAGE_BUGS = 100  # fingerprints for each package of the code
VARIANTS = 5  # of one bug, in the mean
MIDDLEWARES = 40
SERVICES = 60
TAILS = (
    [
        "net/http.HandlerFunc.ServeHTTP",
        "net/http.(*ServeMux).ServeHTTP",
        "net/http.serverHandler.ServeHTTP",
        "net/http.(*conn).serve",
        "@net/http.(*Server).Serve",
    ],
    [
        "google.golang.org/grpc.(*Server).processUnaryRPC",
        "google.golang.org/grpc.(*Server).handleStream",
        "grpc.serveStreams.func",
        "@grpc.serveStreams.func",
    ],
    ["example.com/acme/work.(*Pool).run", "example.com/acme/work.(*Pool).loop", "@example.com/acme/work.New"],
)
MESSAGES = (
    "invalid memory address or nil pointer dereference",
    "index out of range [<n>] with length <n>",
    "assignment to entry in nil map",
    "interface conversion: is <s>, not <s>",
    "order <n> has no owner",
)


class Stack(NamedTuple):
    """A fingerprint as the clusterer takes it."""

    fingerprint: str
    tokens: list[str]
    template: str


class Fleet:
    """Makes fingerprints for ever, the same ones each time; `size` says how much code there is."""

    def __init__(self, size: int, seed: int = 7) -> None:
        self._random = random.Random(seed)  # noqa: S311  # the same stacks in each run
        packages = [
            f"example.com/acme/shop/internal/p{number}" for number in range(size // PACKAGE_BUGS + 20)
        ]
        self._functions = [[f"{package}.(*T).F{n}" for n in range(FUNCTIONS)] for package in packages]
        self._heat = list(itertools.accumulate(1 / rank for rank in range(1, len(packages) + 1)))
        own = [f"example.com/acme/mw.M{number}" for number in range(MIDDLEWARES)]
        self._services = [
            self._random.sample(own, self._random.randint(2, 6)) + self._random.choice(TAILS)
            for _ in range(SERVICES)
        ]

    def __iter__(self) -> Iterator[Stack]:
        """Yield them, those of one bug behind each other, 10 to 25 frames deep."""
        while True:
            frames, service, message = self._calls(self._random.randint(5, 14)), *self._place()
            for _ in range(self._variants()):
                yield Stack(f"{self._random.getrandbits(128):032x}", self._varied(frames) + service, message)

    def _place(self) -> tuple[list[str], str]:
        return self._random.choice(self._services), self._random.choice(MESSAGES)

    def _variants(self) -> int:
        return min(int(self._random.paretovariate(1 + 1 / (VARIANTS - 1))), 200)

    def _calls(self, number: int) -> list[str]:
        packages = self._random.choices(self._functions, cum_weights=self._heat, k=number)
        return [self._random.choice(functions) for functions in packages]

    def _varied(self, frames: list[str]) -> list[str]:
        """Change a caller, add a wrapper, or take another route."""
        kept, other = self._random.randrange(1, len(frames)), self._calls(2)
        way = self._random.randrange(3)
        rest = (frames[kept + 1 :], frames[kept:], other)[way]
        return frames[:kept] + other[:1] + rest
