"""Is a history linearizable: the search of Wing and Gong (1993) with Lowe's memory of configurations (2017).

Invocations and responses stand in a doubly linked list by time. A call whose invocation stands before the first
response may come next in the order. If the model agrees, the search lifts the call: it takes both entries out of the
list. When it comes back, it unlifts the call. At the first response, with no call left to try, the search goes back.
The words are those of porcupine, whose search is the same.

The search differs from these three in the following:

- A configuration is known by the number of calls that all come first, the set of those taken out beyond it, and the
  state. Calls beyond it overlap, so the set is as small as the overlap and a configuration is compared exactly.
  A bit set of the whole history with a hash kept up to date, as Lowe and porcupine have it, is as quick to hash, but
  takes n/8 bytes for each configuration, and two with equal hashes have to be compared.
- A pending call is tried last, and only where it changes the state: it may as well never have taken effect.
- A call that cannot change a state in which it has this result (`pure` of a model says so) is taken at once where the
  model agrees, without coming back to that choice. In any order that goes on from there it can be moved to the front:
  it may come next, and it changes nothing for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import not_
from typing import Any

from lockproof.core.history import Call
from lockproof.core.model import SequentialModel
from lockproof.core.verdict import Verdict
from lockproof.judge.search import (
    EVERY,
    Budget,
    Deepest,
    Met,
    Searched,
    Slices,
    Span,
    completed,
    first_equal,
    process_before,
    pure_calls,
)

type Configuration = tuple[int, int, int, Any]
"""How many calls that returned all come first, the bits of those in the order beyond them, the bits of the pending
calls in the order, and the state."""

type Untried = list[Any] | tuple[()]
"""The steps of a choice that were not tried yet: states after a call, or effects of pending calls."""

type Frame = tuple[int, int, Untried | None, Configuration]
"""A call in the order, the place of the choice, its rest (None: there was no choice), the configuration before it."""


def search(
    calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget, spans: Sequence[Span] | None = None
) -> Searched:
    """Look for an order of the calls that the model allows and that keeps to real time.

    `calls` are in the order of their invocation. `spans` replace the times of the calls, if given; the order within a
    process does not count then. At equal times an invocation stands before a response, so such calls overlap.
    """
    return completed(slices(calls, model, budget, spans))


def slices(
    calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget, spans: Sequence[Span] | None = None
) -> Slices:
    """Do what `search` does, a slice at a time, so that another search can run in turns with this one."""
    return _Search(calls, model, budget, spans).run()


class _Entries:
    """The list of the invocations and responses that are not in the order yet, by time.

    The place of an entry is its number by time, from 1. Place 0 is both ends of the list, and ends a walk like a
    response. `call[place]` is the number of the call that is invoked there, or `~number` where it responds;
    `response[place]` is the place of the response to the invocation there. Pending calls stand outside the list, in
    `pending`, each with its place.
    """

    def __init__(self, times: Sequence[Span], pending: Sequence[bool]) -> None:
        events: list[tuple[float, bool, int]] = [(times[i][0], False, i) for i in range(len(times))]
        events += [(times[i][1], True, i) for i in range(len(times)) if not pending[i]]
        events.sort()
        size = len(events) + 2
        self.after, self.before, self.call, self.response = [0] * size, [0] * size, [0] * size, [0] * size
        self.call[0] = -1
        self.pending: list[tuple[int, int]] = []
        after, before, invoked, newest = self.after, self.before, [0] * len(times), 0
        for place, (_, responds, i) in enumerate(events, 1):
            if pending[i]:
                self.pending.append((place, i))
                continue
            if responds:
                self.call[place] = ~i
                self.response[invoked[i]] = place
            else:
                self.call[place] = i
                invoked[i] = place
            after[newest], before[place] = place, newest
            newest = place
        after[newest] = 0

    def lift(self, place: int) -> None:
        """Take the call that is invoked at `place` out of the list."""
        after, before, response = self.after, self.before, self.response[place]
        left, right = before[place], after[place]
        after[left], before[right] = right, left
        left, right = before[response], after[response]
        after[left], before[right] = right, left

    def unlift(self, place: int) -> None:
        """Put the call that was lifted last back where it stood."""
        after, before, response = self.after, self.before, self.response[place]
        after[before[response]] = before[after[response]] = response
        after[before[place]] = before[after[place]] = place

    def next_calls(self, done: set[int]) -> tuple[int, ...]:
        """Return the calls that may come next where those in `done` are in the order, pending ones apart."""
        found = []
        for i in self.call[1:]:
            if i >= 0:
                if i not in done:
                    found.append(i)
            elif ~i not in done:
                break
        return tuple(found)


class _Search:
    """A depth-first search: `here` is its configuration, `stack` the way to it, `left` how many calls are to come.

    A call that returned is known in a configuration by its `number` among those that returned; a pending one by its
    place among those that are pending.
    """

    def __init__(
        self, calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget, spans: Sequence[Span] | None
    ) -> None:
        pending = [call.pending for call in calls]
        self.entries = _Entries(spans or [(call.invoked, call.returned) for call in calls], pending)
        self.apply = model.apply
        self.operations = [call.operation for call in calls]
        self.results = [call.result for call in calls]
        self.number = list(accumulate(map(not_, pending), initial=0))
        self.left = self.number[-1]
        self.pure = pure_calls(calls, model) or []
        self.needs = process_before(calls) if spans is None else {}
        self.first_equal = first_equal([self.operations[i] for _, i in self.entries.pending])
        state = model.initial()
        self.here: Configuration = 0, 0, 0, state
        self.stack: list[Frame] = []
        self.budget, self.met, self.deepest = budget, Met(budget.memory), Deepest(state)
        self.rounds = 0

    def run(self) -> Slices:
        """Search until all calls that returned are in the order, no choice is left, or the budget is spent."""
        after, look = self.entries.after, EVERY
        if self.pure:
            self._take_pure()
        place, rest = after[0], None
        while self.left:
            if self.rounds >= look:
                look = self.rounds + EVERY
                if reason := self.met.look(self.budget, self.here[3]):
                    self.deepest.meet(self.stack, self.here[3])
                    return self._ended(Verdict.UNKNOWN, reason)
                yield
            if self._advance(place, rest):
                if self.pure:
                    self._take_pure()
                place, rest = after[0], None
                continue
            self.deepest.meet(self.stack, self.here[3])
            place, rest = self._back()
            if rest is None:
                return self._ended(Verdict.VIOLATION)
        self.met.settle(self.budget)
        return Searched(Verdict.HELD, self.met.count, tuple(frame[0] for frame in self.stack), self.here[3])

    def _advance(self, place: int, rest: Untried | None) -> bool:
        """Put a call in the order that leads to a configuration not met before; tell whether there is one.

        The calls are tried from `place` on. `rest` are the steps of the call there that are left; None: all of them.
        """
        low, taken, guessed, state = self.here
        entries, needs, known = self.entries, self.needs, self.met.known
        after, call = entries.after, entries.call
        while (i := call[place]) >= 0:
            self.rounds += 1
            if rest is None:
                steps = () if i in needs and self._must_wait(i) else self.apply(state, self.operations[i])
                result = self.results[i]
                rest = [reached for found, reached in steps if found == result]
            while rest:
                reached = rest.pop(0)
                now, base = taken | 1 << self.number[i] - low, low
                while now & 1:
                    now >>= 1
                    base += 1
                key = base, now, guessed, reached
                if key not in known:
                    known[key] = None
                    self.stack.append((i, place, rest or (), self.here))
                    self.here = key
                    entries.lift(place)
                    self.left -= 1
                    return True
            place, rest = after[place], None
        return bool(self.entries.pending) and self._guess(place, rest)

    def _guess(self, place: int, rest: Untried | None) -> bool:
        """Let a pending call take effect that leads to a configuration not met before; tell whether there is one.

        The first response stands at `place`. `rest` are the effects that are left; None: all of them.
        """
        self.rounds += 1
        low, taken, guessed, _ = self.here
        if rest is None:
            rest = list(self._effects(place))
        while rest:
            bit, i, reached = rest.pop(0)
            key = low, taken, guessed | bit, reached
            if key not in self.met.known:
                self.met.known[key] = None
                self.stack.append((i, place, rest or (), self.here))
                self.here = key
                return True
        return False

    def _effects(self, place: int) -> Iterator[tuple[int, int, Any]]:
        """Yield the effects of pending calls invoked before `place`: the bit of the call, the call, the state after it.

        Of calls with equal operations, the one that was invoked first stands for all.
        """
        _, _, guessed, state = self.here
        tried = set()
        for k, (invoked, i) in enumerate(self.entries.pending):
            if invoked > place:
                break
            if guessed >> k & 1 or self.first_equal[k] in tried or (i in self.needs and self._must_wait(i)):
                continue
            tried.add(self.first_equal[k])
            for reached in dict.fromkeys(after for _, after in self.apply(state, self.operations[i])):
                if reached != state:
                    yield 1 << k, i, reached

    def _take_pure(self) -> None:
        """Put all calls in the order that may come next and change nothing, without a choice to come back to."""
        pure, entries = self.pure, self.entries
        after, call = entries.after, entries.call
        low, taken, guessed, state = self.here
        place = after[0]
        while (i := call[place]) >= 0:
            if pure[i] and not (i in self.needs and self._must_wait(i)):
                for result, reached in self.apply(state, self.operations[i]):
                    if result == self.results[i] and reached == state:
                        self.stack.append((i, place, None, self.here))
                        taken |= 1 << self.number[i] - low
                        while taken & 1:
                            taken >>= 1
                            low += 1
                        self.here = low, taken, guessed, state
                        entries.lift(place)
                        self.left -= 1
                        break
            place = after[place]

    def _back(self) -> tuple[int, Untried | None]:
        """Take calls out of the order, up to the newest choice; return its place and rest, or no rest at the end."""
        while self.stack:
            _, place, rest, self.here = self.stack.pop()
            if self.entries.call[place] >= 0:
                self.entries.unlift(place)
                self.left += 1
            if rest is not None:
                return place, rest
        return 0, None

    def _must_wait(self, i: int) -> bool:
        """Tell whether the call before call i of the same process is not in the order yet."""
        low, taken, _, _ = self.here
        number = self.number[self.needs[i]]
        return number >= low and not taken >> number - low & 1

    def _ended(self, verdict: Verdict, reason: str = "") -> Searched:
        """Return what a search found that did not reach the end of an order."""
        self.met.settle(self.budget)
        deepest = self.deepest
        stuck = self.entries.next_calls(set(deepest.order))
        return Searched(verdict, self.met.count, tuple(deepest.order), deepest.state, stuck, reason)
