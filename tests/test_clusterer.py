"""Which fingerprints are one bug: whatever came first, whatever left again, and as people say."""

import itertools
import random
import statistics
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline._native import Clusterer, normalised
from tests.bench.stacks import Fleet

HEX = 32


class Stack(NamedTuple):
    """A fingerprint as the clusterer takes it."""

    fingerprint: str
    tokens: list[str]
    template: str = ""


def named(number: int) -> str:
    """Return a fingerprint; those of near numbers are far apart."""
    return f"{(number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}"


def fleet(number: int, size: int = 5_000) -> list[Stack]:
    """Return realistic stacks."""
    return [Stack(*stack) for stack in itertools.islice(Fleet(size), number)]


def clusterer(stacks: list[Stack], **parameters: float) -> Clusterer:
    """Return one that knows them, with an epoch of them all."""
    made = Clusterer(**parameters)  # type: ignore[arg-type]  # `cap` is a whole number where it is given
    made.load(stacks)
    made.renew()
    return made


def union(of: Clusterer, stacks: list[Stack]) -> list[list[str]]:
    """Return the parts that each fingerprint is told, each once."""
    parts = {tuple(part) for stack in stacks for part in of.parts(stack.fingerprint)}
    return [list(part) for part in sorted(parts)]


# Few tokens and words, so that stacks meet; small caps, so that components are too large.
tokens = st.lists(st.sampled_from(["", *"abcdefgh", "net/http.(*conn).serve"]), max_size=8)
stacks_of_few_tokens = st.lists(st.tuples(tokens, st.sampled_from(["", "x", "x y", "z"])), max_size=24).map(
    lambda rows: [Stack(named(number), *row) for number, row in enumerate(rows)]
)
small = st.sampled_from([1, 3, 8, 600])
pairs = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23), st.booleans()), max_size=8)


def test_near_twins_are_one_bug_and_strangers_with_their_middlewares_are_not() -> None:
    middlewares = ["mw.Auth.func", "mw.Log.func", "net/http.(*conn).serve"]
    one = Stack(named(1), ["cart.Total", "cart.Checkout", *middlewares], "boom")
    twin = Stack(named(2), ["cart.Total", "cart.Retry", *middlewares], "boom")
    stranger = Stack(named(3), ["mail.Send", "mail.Queue", *middlewares], "boom")
    parts = clusterer([one, twin, stranger]).partition()
    assert parts == sorted([sorted([one.fingerprint, twin.fingerprint]), [stranger.fingerprint]])


def test_twenty_orders_of_arrival_give_one_partition() -> None:
    stacks = fleet(1_500)
    expected = clusterer(stacks).partition()
    shuffled = random.Random(1)  # noqa: S311  # the same orders in each run
    for _ in range(20):
        shuffled.shuffle(stacks)
        assert clusterer(stacks).partition() == expected


@settings(deadline=None)
@given(stacks_of_few_tokens, st.randoms(use_true_random=False), small)
def test_added_one_by_one_in_any_order_is_loaded_at_once(
    stacks: list[Stack], order: random.Random, cap: int
) -> None:
    loaded, added = clusterer(stacks, cap=cap), clusterer(stacks, cap=cap)
    for stack in stacks:
        added.remove(stack.fingerprint)
    for stack in order.sample(stacks, len(stacks)):
        added.add(*stack)
        added.parts(stack.fingerprint)
    assert added.partition() == loaded.partition()


@settings(deadline=None)
@given(stacks_of_few_tokens, stacks_of_few_tokens, small)
def test_what_left_again_was_never_there(kept: list[Stack], passing: list[Stack], cap: int) -> None:
    passing = [stack._replace(fingerprint=stack.fingerprint[::-1]) for stack in passing]
    expected, visited = clusterer(kept, cap=cap), clusterer(kept, cap=cap)
    for stack in passing:
        visited.add(*stack)
        visited.parts(stack.fingerprint)
    for stack in passing:
        visited.remove(stack.fingerprint)
    assert visited.partition() == expected.partition()
    assert union(visited, kept) == expected.partition()


@settings(deadline=None)
@given(stacks_of_few_tokens, pairs, small)
@example([Stack(named(number), []) for number in range(4)], [(0, 1, True)], 1)  # without frames nobody is kin
@example([Stack(named(1), ["a", "b"]), Stack(named(2), ["b"]), Stack(named(3), ["a", "c"], "x")], [], 1)
def test_the_partition_is_the_union_of_the_parts(
    stacks: list[Stack], words: list[tuple[int, int, bool]], cap: int
) -> None:
    told = clusterer(stacks, cap=cap)
    for one, other, same in words:
        if one != other:
            told.constrain(named(one), named(other), same)
    assert union(told, stacks) == told.partition()
    assert sorted(itertools.chain.from_iterable(told.partition())) == sorted(
        stack.fingerprint for stack in stacks
    )


@settings(deadline=None)
@given(stacks_of_few_tokens.filter(lambda stacks: len(stacks) > 1), st.data(), small)
def test_the_word_of_a_person_holds_and_can_be_taken_back(
    stacks: list[Stack], data: st.DataObject, cap: int
) -> None:
    one, other = data.draw(st.permutations([stack.fingerprint for stack in stacks]))[:2]
    told = clusterer(stacks, cap=cap)
    before = told.partition()
    for same in (True, False):
        told.constrain(one, other, same)
        told.renew()
        assert any({one, other} <= set(part) for part in told.parts(one)) is same
    told.constrain(one, other, None)
    assert told.partition() == before


def test_where_words_contradict_each_other_those_that_keep_apart_win() -> None:
    stacks = [Stack(named(number), ["a", "b", "c"]) for number in range(3)]
    told = clusterer(stacks)
    told.constrain(named(0), named(1), True)
    told.constrain(named(1), named(2), True)
    told.constrain(named(0), named(2), False)
    parts = told.partition()
    assert not any({named(0), named(2)} <= set(part) for part in parts)
    assert len(parts) == 2


def test_a_word_may_come_before_its_fingerprints() -> None:
    told = Clusterer()
    told.constrain(named(0), named(1), True)
    told.add(named(0), ["a"], "")
    told.add(named(1), ["b"], "")
    assert told.parts(named(1)) == [sorted([named(0), named(1)])]


def test_similarity_is_1_with_itself_and_the_same_both_ways() -> None:
    stacks = fleet(60)
    known = clusterer(stacks)
    similar = {stack.fingerprint: dict(known.compare_all(stack.tokens, stack.template)) for stack in stacks}
    assert {similar[stack.fingerprint][stack.fingerprint] for stack in stacks} == {1.0}
    for one, other in itertools.combinations(similar, 2):
        assert similar[one][other] == similar[other][one]


def test_neighbours_are_all_that_reach_the_edge_and_share_a_rare_token() -> None:
    stacks = fleet(400)
    known = clusterer(stacks, edge=0.2)
    for stack in stacks[:50]:
        ranked = known.rank(stack.tokens, stack.template, len(stacks))
        expected = [(other, s) for other, s in ranked if s >= 0.2 and other != stack.fingerprint]
        assert known.neighbours(stack.fingerprint) == expected


def test_parts_are_those_of_average_linkage_done_by_hand() -> None:
    stacks = fleet(250)
    known = clusterer(stacks, tau=0.2)
    similar = {stack.fingerprint: dict(known.compare_all(stack.tokens, stack.template)) for stack in stacks}
    for stack in stacks:
        parts = known.parts(stack.fingerprint)
        assert parts == by_hand(sorted(itertools.chain.from_iterable(parts)), similar, 0.2)


def by_hand(members: list[str], similar: dict[str, dict[str, float]], tau: float) -> list[list[str]]:
    """Join the two groups of the highest mean similarity, as long as it reaches tau."""
    groups = [[member] for member in members]

    def mean(pair: tuple[list[str], list[str]]) -> float:
        return statistics.fmean(similar[one][other] for one, other in itertools.product(*pair))

    while len(groups) > 1:
        one, other = max(itertools.combinations(groups, 2), key=mean)
        if mean((one, other)) < tau:
            break
        groups = [group for group in groups if group not in (one, other)] + [one + other]
    return sorted(sorted(group) for group in groups)


def test_a_rank_is_the_best_of_all_that_share_a_token() -> None:
    stacks = fleet(400)
    known = clusterer(stacks)
    probe = stacks[7]
    assert known.rank(probe.tokens, probe.template, 5) == known.compare_all(probe.tokens, probe.template)[:5]
    assert known.rank(["never.Seen"], "", 5) == []


def test_a_query_leaves_no_trace() -> None:
    known = clusterer(fleet(50))
    before = known.partition()
    known.rank(["never.Seen", "nor.This"], "boom", 5)
    known.compare_all(["never.Seen"], "boom")
    assert (len(known), known.partition()) == (50, before)


def test_fingerprints_are_digits_in_any_case() -> None:
    known = Clusterer()
    known.add(named(1).upper(), ["a"], "")
    known.add(named(1), ["other"], "")
    assert (len(known), named(1) in known, named(1).upper() in known) == (1, True, True)
    assert known.parts(named(1).upper()) == [[named(1)]]


@pytest.mark.parametrize("wrong", ["", "c-1", "z" * HEX, "0" * (HEX + 1), "+" + "0" * (HEX - 1), "é" * 16])
def test_what_is_no_fingerprint_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        Clusterer().add(wrong, ["a"], "")


def test_an_unknown_fingerprint_is_said_or_nothing_to_remove() -> None:
    known = Clusterer()
    known.remove(named(1))
    with pytest.raises(KeyError, match="not known"):
        known.parts(named(1))
    with pytest.raises(KeyError, match="not known"):
        known.neighbours(named(1))


def test_a_fingerprint_cannot_be_constrained_with_itself() -> None:
    with pytest.raises(ValueError, match="with itself"):
        Clusterer().constrain(named(1), named(1).upper(), False)


@pytest.mark.parametrize("parameters", [{"edge": 0.8}, {"edge": float("nan")}, {"tau": float("nan")}])
def test_parameters_that_cannot_be_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="edge must be"):
        clusterer([], **parameters)


def test_of_10000_frames_64_count() -> None:
    deep = [f"f{number}" for number in range(10_000)]
    known = clusterer([Stack(named(1), deep), Stack(named(2), deep[:64])])
    assert known.distance([named(1), named(2)]) == 0.0


def test_the_same_frame_10000_times_is_like_itself_alone() -> None:
    known = clusterer(
        [Stack(named(1), ["f"] * 10_000), Stack(named(2), ["f"] * 10_000), Stack(named(3), ["g"])]
    )
    assert known.neighbours(named(1)) == [(named(2), 1.0)]


def test_stacks_without_a_named_frame_are_alone() -> None:
    bare = [Stack(named(1), []), Stack(named(2), []), Stack(named(3), ["", ""])]
    assert clusterer(bare).partition() == sorted([stack.fingerprint] for stack in bare)


def test_a_frame_without_a_name_keeps_its_place() -> None:
    known = clusterer([Stack(named(1), ["", "f"]), Stack(named(2), ["g", "f"]), Stack(named(3), ["f"])])
    (first, _), *_ = known.rank(["", "f"], "", 3)
    assert first == named(1)
    assert known.rank(["", "f"], "", 3)[0][1] == 1.0


def test_texts_that_are_no_unicode_are_tokens_like_others() -> None:
    odd = Stack(named(1), ["\udc80", "a\0b"], "\udfff")
    assert clusterer([odd, odd._replace(fingerprint=named(2))]).distance([named(1), named(2)]) == 0.0


def test_a_message_that_differs_wholly_takes_off_three_tenths() -> None:
    known = clusterer([Stack(named(1), ["f", "g"], "one two"), Stack(named(2), ["f", "g"], "three")])
    ((other, similarity),) = known.neighbours(named(1))
    assert (other, round(similarity, 6)) == (named(2), 0.7)


def test_a_crowd_of_one_stack_is_one_part_whatever_its_messages_say() -> None:
    crowd = [Stack(named(number), ["f", "g", "h"], f"no customer {number}") for number in range(900)]
    known = clusterer([*crowd, Stack(named(900), ["f", "i", "j"])])
    (part,) = known.parts(named(0))
    assert part == sorted(stack.fingerprint for stack in crowd)
    assert known.component == 900
    assert union(known, crowd[::100]) == [part]


def test_a_crowd_is_parted_by_the_word_of_a_person() -> None:
    known = clusterer(
        [Stack(named(number), ["f", "g"], f"no customer {number}") for number in range(20)], cap=5
    )
    known.constrain(named(3), named(4), False)
    parts = known.partition()
    assert len(parts) == 2
    assert not any({named(3), named(4)} <= set(part) for part in parts)


def test_a_distance_is_the_mean_over_pairs_and_none_below_two() -> None:
    stacks = [Stack(named(number), ["f"], word) for number, word in enumerate(["x", "x", "y"])]
    known = clusterer(stacks)
    assert known.distance([stack.fingerprint for stack in stacks]) == pytest.approx((0 + 0.3 + 0.3) / 3)
    assert known.distance([named(0), named(0), named(9)]) is None


def test_an_epoch_counts_what_is_known_when_it_begins() -> None:
    known = clusterer(fleet(40))
    assert (known.epoch, known.renew()) == (40, 40)
    known.add(named(1), ["a"], "")
    assert (known.epoch, known.renew(), known.epoch) == (40, 41, 41)


def test_what_comes_within_an_epoch_does_not_change_similarities() -> None:
    stacks = fleet(300)
    known = clusterer(stacks[:100])
    probe = stacks[0]
    before = dict(known.compare_all(probe.tokens, probe.template))
    known.load(stacks[100:])
    after = dict(known.compare_all(probe.tokens, probe.template))
    assert {other: after[other] for other in before} == before


def test_the_last_one_tells_how_many_it_met() -> None:
    known = clusterer([Stack(named(1), ["a", "b"]), Stack(named(2), ["c", "d"])])
    known.add(named(3), ["a", "c"], "")
    assert known.candidates == 2


def test_a_list_that_breaks_off_is_said_and_what_came_before_it_may_be_known() -> None:
    known = Clusterer()
    with pytest.raises(ValueError, match="no fingerprint"):
        known.load([(named(1), ["a"], ""), ("nothing", ["a"], "")])
    with pytest.raises(TypeError):
        known.load([(named(1), [7], "")])  # type: ignore[list-item]  # what is asked for
    assert len(known) == 0


def test_a_stack_is_named_below_its_panic_with_the_origin_behind() -> None:
    frames = [
        ("main.handle.func1", "/srv/app/main.go", False),
        ("panic", "/usr/local/go/src/runtime/panic.go", False),
        ("runtime.goexit", "/usr/local/go/src/runtime/asm_amd64.s", False),
        ("example.com/shop/store.Get[...]", "/srv/app/store/store.go", False),
        ("main.main.func1", "/srv/app/main.go", False),
        ("main.main", "/srv/app/main.go", True),
    ]
    assert normalised(frames) == ["example.com/shop/store.Get", "app.main.func", "@main.main"]
    assert normalised([]) == []
