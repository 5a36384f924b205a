"""What is to be told of a group next, and when: the gap between what its channel should know and knows."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pipeline.group import ONCE, Episodes, Group, Member, is_up
from pipeline.limits import AHEAD_S
from pipeline.wanted import Row

TRIGGER, UPDATE, RESOLVE, ACKNOWLEDGE = "trigger", "update", "resolve", "acknowledge"
NOTE = "note"  # it fired and is over, and the channel never heard of it
DIGEST, CHANGE = "digest", "change"  # told once, never resolved
SKIP = "skip"  # the channel need not hear of it; the ledger says so
SENDING, RETRY, MAYBE, REFUSED = "sending", "retry", "ambiguous", "rejected"  # states of what is pending
SILENCED, INHIBITED, MUTED = "silenced", "inhibited", "muted"
NOTE_S = 1_800.0  # what is over for longer is no note any more


class Trait(NamedTuple):
    """What a channel can do. `has_notes`: it takes notes of what is over already."""

    has_notes: bool = True
    acknowledges: bool = False


def heard(_labels: Mapping[str, str]) -> str | None:
    """Say of every alert that nothing keeps it back."""
    return None


class Terms(NamedTuple):
    """By what is planned: the channel's trait, why an alert is kept back, whether its route is muted now.

    `calm_s`: so long what is open is told no changes of but its end; in a storm, longer than else.
    """

    trait: Trait = Trait()
    hushed: Callable[[Mapping[str, str]], str | None] = heard
    is_muted: bool = False
    calm_s: float = 0.0


class Send(NamedTuple):
    """What is to be told: `known` and `over` are what the channel knows afterwards.

    `attempt` counts from 1. `may_repeat`: an attempt before it may have reached the channel.
    """

    action: str
    episode: str
    seq: int
    known: Episodes
    over: Episodes
    attempt: int = 1
    may_repeat: bool = False
    is_critical: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether the channel does not hear of it."""
        return self.action == SKIP


class Plan(NamedTuple):
    """What is to be told at `due`, in seconds since 1970; None: nothing, until something changes.

    `hushed`: firing alerts that are kept back, each with the reason.
    """

    send: Send | None
    due: float | None
    hushed: Mapping[str, str]


class _Wish(NamedTuple):
    action: str
    known: Episodes
    over: Episodes
    due: float


def plan(group: Group, now: float, terms: Terms) -> Plan:
    """Find what is to be told of a group next."""
    told = group.now()
    pending = told["pending"]
    hushed = _hushed(group, terms)
    if pending and pending["state"] == SENDING:
        return Plan(None, None, hushed)
    look = _Look(group, terms, hushed, now)
    wish = look.wish(told["known"], told["over"])
    if pending and wish and _is_same(pending, wish):
        if pending["state"] == REFUSED and wish.action != RESOLVE:  # what is open must not stay so
            return Plan(None, None, hushed)
        return Plan(_again(pending, group), _next_try(pending, now), hushed)
    if pending and pending["may_repeat"]:
        wish = look.wish(pending["known"], pending["over"])
    if wish is None:
        return Plan(None, None, hushed)
    due = wish.due
    if pending and pending["state"] != REFUSED and wish.action != SKIP:
        due = max(due, _next_try(pending, now))
    return Plan(_begin(told, pending, wish, group), due, hushed)


class _Look(NamedTuple):
    """What is seen of a group."""

    group: Group
    terms: Terms
    hushed: Mapping[str, str]
    now: float

    def wish(self, known: Episodes, over: Episodes) -> _Wish | None:
        """Return what is to be told to a channel that knows this."""
        group, told = self.group, self.group.now()
        if group.kind != "alerts":
            return self._once(over)
        after = {  # what is kept back stays as it is known: that it fired again, too
            name: known[name] if name in self.hushed else one.episode
            for name, one in group.members.items()
            if is_up(one) and (name in known or name not in self.hushed)
        }
        done = {name: one.episode for name, one in group.members.items() if not is_up(one)}
        passed = {name for name, at in done.items() if over.get(name) != at and known.get(name) != at}
        notes = {name for name in passed if self._is_note(group.members[name])}
        if told["folded"]:
            return _Wish(SKIP, after, done, 0.0) if after != known or passed else None
        if after and self.hushed.keys() >= after.keys():
            return _Wish(SKIP, known, done, 0.0) if passed else self._kept_back(known, done)
        if after != known:
            return self._changed(known, after, done)
        if notes:
            return _Wish(UPDATE if known else NOTE, after, done, self._due(known, notes))
        return _Wish(SKIP, after, done, 0.0) if passed else self._same(known, done)

    def _once(self, over: Episodes) -> _Wish | None:
        (name, one), *_ = self.group.members.items() or [("", Member("", ONCE, {}, 0.0))]
        if not name or over.get(name) == one.episode:
            return None
        return _Wish(
            DIGEST if self.group.kind == DIGEST else CHANGE, {}, {name: one.episode}, min(one.came, self.now)
        )

    def _changed(self, known: Episodes, after: Episodes, done: Episodes) -> _Wish:
        action = UPDATE if after and known else TRIGGER if after else RESOLVE
        due = self._due(known, after.keys() - known.keys())
        if action == UPDATE:
            at = self.group.now()["at"]
            due = max(due, at + self.terms.calm_s if at < self.now + AHEAD_S else 0.0)
        return _Wish(action, after, done, due)

    def _due(self, known: Episodes, fresh: set[str]) -> float:
        """Return when a change may be told: what was told before has to be an interval ago.

        By a clock that is ahead, or was, nothing is put off: of a time to come nobody knows how far it is.
        """
        group, at = self.group, self.group.now()["at"]
        came = 0.0 if known else min(group.members[name].came for name in fresh)
        waits = [(came, group.waits.wait_s), (at, group.waits.interval_s)]
        return max((since + wait for since, wait in waits if 0 < since < self.now + AHEAD_S), default=0.0)

    def _kept_back(self, known: Episodes, done: Episodes) -> _Wish | None:
        """Look at a group of which all that is told and fires is kept back: nothing but its end is told.

        That all of it is silenced is told where somebody may be woken else.
        """
        is_silenced = {self.hushed.get(name, SILENCED) for name in known} == {SILENCED}
        if is_silenced and self.terms.trait.acknowledges and not self.group.now()["acknowledged"]:
            return _Wish(ACKNOWLEDGE, known, done, 0.0)
        return None

    def _same(self, known: Episodes, done: Episodes) -> _Wish | None:
        """Look at a group that is told as it is: it is told anew at times."""
        if not known:
            return None
        at, repeat_s = self.group.now()["at"], self.group.waits.repeat_s
        again = at + repeat_s if at < self.now + repeat_s + AHEAD_S else 0.0
        if self.group.is_whole and max(one.came for one in self.group.members.values()) < again:
            return None  # whoever tells all of it says also when it is to be told again
        return _Wish(UPDATE, known, done, again)

    def _is_note(self, member: Member) -> bool:
        if self.terms.is_muted or not self.terms.trait.has_notes:
            return False
        return self.now - member.came < NOTE_S and not self.terms.hushed(member.labels)


def _hushed(group: Group, terms: Terms) -> dict[str, str]:
    """Return the alerts that fire and are kept back."""
    up = [(name, one.labels) for name, one in group.members.items() if is_up(one)]
    if terms.is_muted:
        return {name: terms.hushed(labels) or MUTED for name, labels in up}
    return {name: reason for name, labels in up if (reason := terms.hushed(labels))}


def _is_same(pending: Row, wish: _Wish) -> bool:
    """Return whether what is pending is still what is to be told."""
    is_by_over = wish.action in {NOTE, DIGEST, CHANGE}
    same = pending["action"] == wish.action and pending["known"] == wish.known
    return bool(same and (not is_by_over or pending["over"] == wish.over))


def _next_try(pending: Row, now: float) -> float:
    """Return when it may be tried again: at once, where the clock that said so was ahead."""
    return float(pending["next_try"]) if pending["since"] < now + AHEAD_S else now


def _again(pending: Row, group: Group) -> Send:
    return Send(
        pending["action"],
        pending["episode"],
        pending["seq"],
        pending["known"],
        pending["over"],
        pending["attempt"] + 1,
        pending["may_repeat"],
        group.is_critical,
    )


def _begin(told: Row, pending: dict[str, Any] | None, wish: _Wish, group: Group) -> Send:
    """Return what is told for the first time."""
    is_open = told["known"] or (pending and pending["may_repeat"] and pending["known"])
    episode = told["episode"] if is_open else _first(group, wish)
    return Send(wish.action, episode, told["seq"] + 1, wish.known, wish.over, is_critical=group.is_critical)


def _first(group: Group, wish: _Wish) -> str:
    """Return the episode of the alert that came first: that of the group."""
    over = group.now()["over"]
    fresh = wish.known or {name: at for name, at in wish.over.items() if over.get(name) != at}
    names = sorted(fresh or wish.over, key=lambda name: (group.members[name].came, name))
    return group.members[names[0]].episode
