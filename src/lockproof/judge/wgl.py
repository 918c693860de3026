"""Is a history linearizable: the search of Wing and Gong (1993) with Lowe's memory of configurations (2017).

Invocations and responses stand in a doubly linked list by time. A call whose invocation stands before the first
response may come next in the order; if the model agrees, both of its entries are taken out of the list, and when the
search comes back, put in again. Where the first response is reached and nothing led on, the search goes back.

What is told apart from that:

- A configuration is known by the number of calls that all come first, the set of those taken out beyond it, and the
  state. Calls beyond it overlap, so the set is as small as the overlap and a configuration is compared exactly.
  A bit set of the whole history with a hash kept up to date, as Lowe and porcupine have it, is as quick to hash, but
  takes n/8 bytes for each configuration, and two that fall together have to be compared.
- A pending call is tried last, and only where it changes the state: it may as well never have taken effect.
- A call that cannot change a state in which it has this result (`pure` of a model says so) is taken at once where the
  model agrees, without coming back to that choice. In any order that goes on from there it can be moved to the front:
  it may come next, and the others do not notice it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final

from lockproof.core.history import Call
from lockproof.core.model import SequentialModel
from lockproof.core.verdict import Verdict
from lockproof.judge.search import EVERY, Budget, Deepest, Met, Searched, pure_calls

type Span = tuple[float, float]

FORCED: Final = -1
"""The option of a frame whose choice has no alternative."""


def search(
    calls: Sequence[Call],
    model: SequentialModel[Any, Any],
    budget: Budget,
    spans: Sequence[Span] | None = None,
) -> Searched:
    """Look for an order of the calls that the model allows and that keeps to real time.

    `calls` are in the order of their invocation. `spans` are other times than theirs to keep to; then the order within
    a process does not count. At equal times an invocation stands before a response, so such calls overlap.
    """
    return _Search(calls, model, spans).run(budget)


class _Search:
    """The list of entries: `next` and `last` by place, 0 before the first; `who[place]` is the call, or `~call`.

    The latter stands for its response. Pending calls stand outside the list.
    """

    def __init__(self, calls: Sequence[Call], model: SequentialModel[Any, Any], spans: Sequence[Span] | None) -> None:
        self.calls, self.model = calls, model
        times = spans or [(call.invoked, call.returned) for call in calls]
        events: list[tuple[float, bool, int]] = [(times[i][0], False, i) for i in range(len(calls))]
        events += [(times[i][1], True, i) for i in range(len(calls)) if not calls[i].pending]
        events.sort()
        self.next: list[int] = [0] * (len(events) + 2)
        self.last: list[int] = [0] * (len(events) + 2)
        self.who: list[int] = [0] * (len(events) + 2)
        self.respond: list[int] = [0] * len(calls)
        self.pending: list[tuple[int, int]] = []
        before = 0
        for place, (_, response, i) in enumerate(events, 1):
            if calls[i].pending:
                self.pending.append((place, i))
                continue
            self.who[place] = ~i if response else i
            if response:
                self.respond[i] = place
            self.next[before], self.last[place] = place, before
            before = place
        self.next[before] = 0
        # The number of a call among those that returned, by invocation.
        self.number: list[int] = [0] * len(calls)
        count = 0
        for i, call in enumerate(calls):
            self.number[i] = count
            count += not call.pending
        self.count = count
        self.needs = process_before(calls) if spans is None else {}
        self.alike = _alike([calls[i].operation for _, i in self.pending])

    def run(self, budget: Budget) -> Searched:  # the hot loop of the judge: one function, local names
        calls, who, after, last, respond, number = (
            self.calls, self.who, self.next, self.last, self.respond, self.number,
        )  # fmt: skip
        apply = self.model.apply
        operations = [call.operation for call in calls]
        wanted = [call.result for call in calls]
        pure = pure_calls(calls, self.model)
        needs, pending = self.needs, self.pending
        state: Any = self.model.initial()
        low = taken = guessed = 0
        left = self.count
        stack: list[tuple[int, int, int, Any, int, int, int]] = []
        met, deepest = Met(budget.memory), Deepest(state)
        known = met.known
        place, option, rounds, fresh = after[0], 0, 0, True
        while left:
            rounds += 1
            if not rounds % EVERY:
                reason = met.look(budget, state)
                known = met.known
                if reason:
                    deepest.meet(stack, state)
                    return self._ended(Verdict.UNKNOWN, met, deepest, budget, reason)
            if fresh and pure is not None:
                fresh = False
                place = after[0]
                while place and (i := who[place]) >= 0:
                    if pure[i] and (i not in needs or not self._left(needs[i], low, taken)):
                        for result, reached in apply(state, operations[i]):
                            if result == wanted[i] and reached == state:
                                stack.append((i, place, FORCED, state, low, taken, guessed))
                                taken |= 1 << number[i] - low
                                while taken & 1:
                                    taken >>= 1
                                    low += 1
                                left -= 1
                                there = respond[i]
                                before, behind = last[place], after[place]
                                after[before], last[behind] = behind, before
                                before, behind = last[there], after[there]
                                after[before], last[behind] = behind, before
                                break
                    place = after[place]
                place = after[0]
                continue
            i = who[place]
            if i >= 0:
                if i in needs and self._left(needs[i], low, taken):
                    steps = []
                else:
                    steps = [reached for result, reached in apply(state, operations[i]) if result == wanted[i]]
                moved = False
                while option < len(steps):
                    reached = steps[option]
                    option += 1
                    now, base = taken | 1 << number[i] - low, low
                    while now & 1:
                        now >>= 1
                        base += 1
                    key = base, now, guessed, reached
                    if key not in known:
                        known[key] = None
                        met.count += 1
                        stack.append((i, place, option, state, low, taken, guessed))
                        state, low, taken = reached, base, now
                        left -= 1
                        there = respond[i]
                        before, behind = last[place], after[place]
                        after[before], last[behind] = behind, before
                        before, behind = last[there], after[there]
                        after[before], last[behind] = behind, before
                        moved = True
                        break
                option = 0
                place = after[0] if moved else after[place]
                fresh = moved
                continue
            # A response: all that may come next has been tried, but for pending calls.
            moved = False
            guesses = self._guesses(state, place, low, taken, guessed) if pending else ()
            while option < len(guesses):
                bit, i, reached = guesses[option]
                option += 1
                key = low, taken, guessed | bit, reached
                if key not in known:
                    known[key] = None
                    met.count += 1
                    stack.append((i, place, option, state, low, taken, guessed))
                    state, guessed = reached, guessed | bit
                    moved = True
                    break
            if moved:
                place, option, fresh = after[0], 0, True
                continue
            deepest.meet(stack, state)
            option = FORCED
            while option == FORCED:
                if not stack:
                    return self._ended(Verdict.VIOLATION, met, deepest, budget)
                i, place, option, state, low, taken, guessed = stack.pop()
                if not calls[i].pending:
                    left += 1
                    there = respond[i]
                    before, behind = last[there], after[there]
                    after[before] = last[behind] = there
                    before, behind = last[place], after[place]
                    after[before] = last[behind] = place
            fresh = False
        budget.spend(met.count)
        return Searched(Verdict.HELD, met.count, tuple(frame[0] for frame in stack), state)

    def _left(self, i: int, low: int, taken: int) -> bool:
        """Tell whether a call that returned is not yet in the order."""
        number = self.number[i]
        return number >= low and not taken >> number - low & 1

    def _guesses(self, state: Any, place: int, low: int, taken: int, guessed: int) -> list[tuple[int, int, Any]]:
        """Return the effects that pending calls may have here: the call's bit, the call, and the state after it.

        Of calls that do the same, the one that was invoked first stands for all.
        """
        found = []
        tried = set()
        for k, (invoked, i) in enumerate(self.pending):
            if invoked > place:
                break
            if (
                guessed >> k & 1
                or self.alike[k] in tried
                or (i in self.needs and self._left(self.needs[i], low, taken))
            ):
                continue
            tried.add(self.alike[k])
            states = dict.fromkeys(reached for _, reached in self.model.apply(state, self.calls[i].operation))
            found += [(1 << k, i, reached) for reached in states if reached != state]
        return found

    def _ended(self, verdict: Verdict, met: Met, deepest: Deepest, budget: Budget, reason: str = "") -> Searched:
        budget.spend(met.count)
        done = set(deepest.order)
        ends = [place for i, place in enumerate(self.respond) if place and i not in done]
        end = min(ends, default=0)
        stuck = [i for i in self.who[1:end] if i >= 0 and i not in done]
        return Searched(verdict, met.count, tuple(deepest.order), deepest.state, tuple(stuck), reason)


def process_before(calls: Sequence[Call]) -> dict[int, int]:
    """Return the call before it of the same process, for those invoked at the very time at which that one returned.

    Only there the list does not show the order within a process.
    """
    newest: dict[Hashable, int] = {}
    found = {}
    for i, call in enumerate(calls):
        before = newest.get(call.process)
        if before is not None and calls[before].returned == call.invoked:
            found[i] = before
        newest[call.process] = i
    return found


def _alike(operations: Sequence[Any]) -> list[int]:
    """Return a number for each operation, the same for those that are equal; without a hash, none is."""
    numbers: dict[Any, int] = {}
    found = []
    for position, operation in enumerate(operations):
        try:
            found.append(numbers.setdefault(operation, position))
        except TypeError:
            found.append(position)
    return found
