"""The load under which clusters are killed: what of it is one bug, and what turns out to be."""

from random import Random

from pipeline._native import Clusterer, normalised
from tests.kafka.fleet import Fleet
from tests.kafka.new_bugs import PLACES, TRIPLES_OF, Named, NewBugs, triple
from tests.kafka.planted import Sample
from tests.scanning import scan


def known_as(sample: Sample) -> tuple[str, list[str], str]:
    """Return what the clusterer is told of a crash."""
    (crash,) = scan(b"\n".join(sample.lines) + b"\n").crashes
    frames = [(frame["function"], frame["file"], frame["class"] == "origin") for frame in crash["frames"]]
    return sample.fingerprint, normalised(frames), crash["message_template"]


def test_two_bugs_of_a_triple_are_apart_until_the_third_comes() -> None:
    clusterer, sizes = Clusterer(), []
    for place in range(len(PLACES)):
        clusterer.add(*known_as(triple(Named("joins", place))))
        sizes.append([len(part) for part in clusterer.partition()])
    assert sizes == [[1], [1, 1], [3]]


def test_the_three_come_in_order_from_one_container() -> None:
    fleet = NewBugs(Random(1), range(2 * TRIPLES_OF), lambda: 0)  # noqa: S311  # a fleet that can be had again
    for number, container in enumerate(fleet.containers):
        named = [one for _ in range(200) if (one := Named.read(fleet.sample(container).name))]
        places: dict[str, list[int]] = {}
        for module, place in named:
            places.setdefault(module, []).append(place)
        assert (len(places) > 1) == (number < TRIPLES_OF)
        assert all(known[:3] == [0, 1, 2][: len(known)] for known in places.values())


def test_an_ordinary_fleet_has_no_triple() -> None:
    fleet = Fleet(Random(1), range(4), lambda: 0)  # noqa: S311  # a fleet that can be had again
    assert not any(Named.read(fleet.sample(fleet.containers[0]).name) for _ in range(50))
