"""A bug may have thousands of fingerprints and stays one; bugs below the same middlewares stay many."""

import itertools
import random
from collections.abc import Iterable, Sequence

import pytest

from pipeline._native import Clusterer
from pipeline.shard import epoch_of
from tests.bench.stacks import Fleet
from tests.timeline import MIDDLEWARES, SERVER, digits

SIZES = [32, 128, 512, 2_000]
PLACES = {"below the crash site": 1, "in the middle": 4, "outermost": 10}

Stack = tuple[str, Sequence[str], str]


def bug(name: str, size: int, place: int = 4) -> list[Stack]:
    """Return the fingerprints of a bug: one frame of each is its own, as a generator of code names them."""
    site = [f"example.com/shop/{name}.{function}" for function in ("Total", "price", "Checkout", "serve")]
    frames = [*site, *MIDDLEWARES, *SERVER]
    return [
        (digits(f"{name} {n}"), [*frames[:place], f"gen.{name}.Route{n}", *frames[place:]], "boom")
        for n in range(size)
    ]


def bugs(size: int, *above: str) -> list[Stack]:
    """Return so many bugs: of each one frame is its own, all else is shared."""
    return [
        (digits(f"bug {n}"), [*above, f"example.com/shop/handlers.Show{n}", *MIDDLEWARES, *SERVER], "boom")
        for n in range(size)
    ]


def parted(stacks: Iterable[Stack]) -> list[list[str]]:
    """Return the parts in the epoch that a worker would have, of stacks that came in any order."""
    mixed = list(stacks)
    random.Random(1).shuffle(mixed)  # noqa: S311  # the same order in each run
    known, epoch = Clusterer(), epoch_of(len(mixed))
    known.load(mixed[:epoch])
    known.renew()
    known.load(mixed[epoch:])
    return known.partition()


def names(stacks: Iterable[Stack]) -> list[str]:
    """Return the fingerprints, as a part has them."""
    return sorted(fingerprint for fingerprint, _, _ in stacks)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_bug_stays_one_however_many_fingerprints_have_a_frame_of_their_own(size: int, place: int) -> None:
    stacks = bug("cart", size, place)
    assert parted(stacks) == [names(stacks)]


@pytest.mark.parametrize("size", SIZES)
def test_a_large_bug_stays_one_beside_others(size: int) -> None:
    stacks = bug("cart", size, 1)
    others: list[Stack] = [*itertools.islice(Fleet(5_000), 2_000)]
    assert names(stacks) in parted([*stacks, *others])


@pytest.mark.parametrize("size", SIZES)
def test_a_bug_stays_one_where_each_of_thirty_routes_is_taken_by_many_fingerprints(size: int) -> None:
    stacks = [
        (fingerprint, [*frames, f"example.com/shop/jobs.Job{number % 30}"], f"boom {number // 30 % 30}")
        for number, (fingerprint, frames, _) in enumerate(bug("cart", size))
    ]
    routes = [
        (fingerprint, [frame for frame in frames if "gen." not in frame], template)
        for fingerprint, frames, template in stacks
    ]
    assert parted(routes) == [names(routes)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_two_bugs_that_share_middlewares_stay_two_however_large_they_are(size: int, place: int) -> None:
    one, other = bug("cart", size, place), bug("mail", size, place)
    assert parted([*one, *other]) == sorted([names(one), names(other)])


@pytest.mark.parametrize("size", SIZES)
def test_a_small_bug_is_not_taken_in_by_a_large_one(size: int) -> None:
    large, small = bug("cart", size), bug("mail", 1)
    assert parted([*large, *small]) == sorted([names(large), names(small)])


@pytest.mark.parametrize("size", SIZES)
def test_bugs_with_one_frame_of_their_own_stay_apart_below_the_same_middlewares(size: int) -> None:
    stacks = bugs(size)
    assert parted(stacks) == [[fingerprint] for fingerprint in names(stacks)]


@pytest.mark.parametrize("size", SIZES[1:])
def test_what_every_panic_goes_through_is_no_crash_site_that_joins_bugs(size: int) -> None:
    stacks = bugs(size, "log.Panicf")
    assert parted(stacks) == [[fingerprint] for fingerprint in names(stacks)]


def test_a_bug_beyond_all_bounds_is_one_in_whatever_order_it_came() -> None:
    stacks = bug("cart", 3_000, 1)
    assert parted(stacks) == parted(reversed(stacks)) == [names(stacks)]
