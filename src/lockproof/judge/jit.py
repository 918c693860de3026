"""Is a history linearizable: just-in-time linearization (Lowe 2017), all configurations of a moment side by side.

The search goes through the history by time. A configuration is the state and the open calls that took effect already.
Where a call returns that did not take effect yet, open calls take effect in every order that ends with this call. If no
configuration is left, the history is a violation.

Lowe's search goes back from dead ends; this one keeps all configurations of the present moment and none of the past. So
it never comes back to a choice, its memory is that of one moment, and configurations of one moment can be compared:

- A configuration is dropped if another one has the same state and the same returning calls in effect, and of the
  pending calls only some of those in effect. What follows the first can follow the second too: the rest of its pending
  calls need not take effect.
- Of open calls with equal operations and results, the one that returns first takes effect first: two of them can
  change places in any order.
- A call that cannot change a state in which it has this result takes effect as soon as the state is such, as in `wgl`.
- A pending call takes effect only where it changes the state, and of equal ones the one invoked first.

A search that meets a wide moment pays for all of its configurations at once, where `wgl` may find one way through. So
neither replaces the other (see `competition`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from lockproof.core.history import Call
from lockproof.core.model import SequentialModel
from lockproof.core.verdict import Verdict
from lockproof.judge.search import (
    ENTRY,
    EVERY,
    MIB,
    Budget,
    Searched,
    Slices,
    Span,
    completed,
    first_equal,
    process_before,
    pure_calls,
)

type Chain = tuple[int, Chain] | None
"""The calls in effect, the newest first; configurations share the older ones."""

type InEffect = tuple[Any, int]
"""The state, and the bits of the open calls in effect that will return."""

type WideStep = tuple[Any, int, int, Chain]
"""The state, the bits of the open calls in effect, those of the pending ones, and the order."""

type Ready = tuple[int, int, int]
"""The bit of an open call, the bits of the open calls that take effect before it, and its number."""

type Layer = dict[InEffect, list[tuple[int, Chain]]]
"""For each key the pending calls in effect, as bits, each with an order; none has all the bits of another."""


def search(
    calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget, spans: Sequence[Span] | None = None
) -> Searched:
    """Look for an order of the calls that the model allows and that keeps to real time, as `wgl.search` does."""
    return completed(slices(calls, model, budget, spans))


def slices(
    calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget, spans: Sequence[Span] | None = None
) -> Slices:
    """Do what `search` does, a slice at a time, so that another search can run in turns with this one."""
    return _Search(calls, model, budget, spans).run()


class _Search:
    """`layer` has the configurations of the moment, `open` the bit of each call that was invoked and will return.

    `pending` has the bit, the call and its kind of each call that was invoked and will not return. `seen` are the
    configurations met on the way to the present return.
    """

    def __init__(
        self, calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget, spans: Sequence[Span] | None
    ) -> None:
        self.calls, self.apply, self.budget = calls, model.apply, budget
        self.operations = [call.operation for call in calls]
        self.results = [call.result for call in calls]
        times = spans or [(call.invoked, call.returned) for call in calls]
        self.events = [(times[i][0], False, i) for i in range(len(calls))]
        self.events += [(times[i][1], True, i) for i in range(len(calls)) if not calls[i].pending]
        self.events.sort()
        self.place = {i: place for place, (_, responds, i) in enumerate(self.events) if responds}
        self.pure = pure_calls(calls, model) or [False] * len(calls)
        self.needs = process_before(calls) if spans is None else {}
        self.kinds = self._kinds()
        self.open: dict[int, int] = {}
        self.pending: list[tuple[int, int, int]] = []
        self.layer: Layer = {(model.initial(), 0): [(0, None)]}
        self.seen: Layer = {}
        self.count = self.settled = self.rounds = 0
        self.next_look = EVERY

    def _kinds(self) -> list[int]:
        """Return for each call the number of its kind: calls of one kind may change places while they are open.

        A call that must wait for another one at the very time of its invocation, or that another one waits for, is of a
        kind of its own.
        """
        bound = {*self.needs, *self.needs.values()}
        return first_equal(
            [
                i if i in bound else (call.pending, _typed(call.operation), call.pending or _typed(call.result))
                for i, call in enumerate(self.calls)
            ]
        )

    def run(self) -> Slices:
        """Search until the last call returned, no configuration is left, or the budget is spent."""
        free: list[int] = []
        for _, responds, i in self.events:
            if not responds:
                if self.calls[i].pending:
                    self.pending.append((1 << len(self.pending), i, self.kinds[i]))
                else:
                    self.open[i] = free.pop() if free else 1 << len(self.open)
                continue
            for reason in self._return(i):
                if reason:
                    return self._ended(Verdict.UNKNOWN, reason)
                yield
            if not self.layer:
                return self._ended(Verdict.VIOLATION)
            free.append(self.open.pop(i))
        self._settle()
        (state, _), [(_, order), *_] = next(iter(self.layer.items()))
        return Searched(Verdict.HELD, self.count, _forward(order), state)

    def _return(self, returning: int) -> Iterator[str]:
        """Put the configurations in `layer` that have this call in effect; pause with a reason to end, or without."""
        own = self.open[returning]
        reached: Layer = {}
        pure, others = self._ready()
        self.seen = {}
        stack: list[WideStep] = []
        apply, operations, results, pending = self.apply, self.operations, self.results, self.pending

        def meet(state: Any, taken: int, guessed: int, order: Chain) -> None:
            for bit, needed, i in pure:
                if not taken & bit and not needed & ~taken:
                    for found, after in apply(state, operations[i]):
                        if found == results[i] and after == state:
                            taken |= bit
                            order = i, order
                            break
            if taken & own:
                self.count += _added(reached, (state, taken ^ own), guessed, order)
            elif _added(self.seen, (state, taken), guessed, order):
                self.count += 1
                stack.append((state, taken, guessed, order))

        for (state, taken), several in self.layer.items():
            for guessed, order in several:
                if taken & own:
                    _added(reached, (state, taken ^ own), guessed, order)
                else:
                    meet(state, taken, guessed, order)
        while stack:
            state, taken, guessed, order = stack.pop()
            tries = 1
            for bit, needed, i in others:
                if not taken & bit and not needed & ~taken:
                    tries += 1
                    for found, after in apply(state, operations[i]):
                        if found == results[i]:
                            meet(after, taken | bit, guessed, (i, order))
            if pending:
                for bit, i, after in self._effects(state, taken, guessed):
                    tries += 1
                    meet(after, taken, guessed | bit, (i, order))
            self.rounds += tries
            if self.rounds >= self.next_look:
                self.next_look = self.rounds + EVERY
                yield self._look(len(reached), state)
        self.layer = reached
        if reached:
            self.seen = {}
        self.rounds += len(reached)
        if self.rounds >= self.next_look and reached:
            self.next_look = self.rounds + EVERY
            yield self._look(0, next(iter(reached))[0])

    def _ready(self) -> tuple[list[Ready], list[Ready]]:
        """Return the open calls that change nothing, and the others, each with the calls that go first."""
        pure: list[Ready] = []
        others: list[Ready] = []
        newest: dict[int, int] = {}
        for i in sorted(self.open, key=self.place.__getitem__):
            bit = self.open[i]
            needed = self.open.get(self.needs[i], 0) if i in self.needs else 0
            if self.pure[i]:
                pure.append((bit, needed, i))
            else:
                others.append((bit, needed | newest.get(self.kinds[i], 0), i))
                newest[self.kinds[i]] = bit
        return pure, others

    def _effects(self, state: Any, taken: int, guessed: int) -> Iterator[tuple[int, int, Any]]:
        """Yield the effects of pending calls that change the state: the bit of the call, the call, the state after."""
        tried = set()
        for bit, i, kind in self.pending:
            if guessed & bit or kind in tried:
                continue
            if i in self.needs and self.open.get(self.needs[i], 0) & ~taken:
                continue
            tried.add(kind)
            for after in dict.fromkeys(after for _, after in self.apply(state, self.operations[i])):
                if after != state:
                    yield bit, i, after

    def _look(self, reached: int, state: Any) -> str:
        """Return why the search must end; empty if it may go on."""
        self._settle()
        if (len(self.layer) + len(self.seen) + reached) * (2 * ENTRY + sys.getsizeof(state)) > self.budget.memory:
            return f"the memory of {self.budget.memory // MIB} MiB"
        return self.budget.spent()

    def _settle(self) -> None:
        self.budget.spend(self.count - self.settled)
        self.settled = self.count

    def _ended(self, verdict: Verdict, reason: str = "") -> Searched:
        """Return what a search found that did not reach the end of the history."""
        self._settle()
        # All calls that returned before are in effect in each configuration, so that the bits tell which is longest.
        (state, _), [(_, order), *_] = max((self.seen or self.layer).items(), key=lambda each: each[0][1].bit_count())
        done = set(longest := _forward(order))
        stuck = []
        for _, responds, i in self.events:
            if i not in done:
                if responds:
                    break
                if not self.calls[i].pending:
                    stuck.append(i)
        return Searched(verdict, self.count, longest, state, tuple(stuck), reason)


def _added(layer: Layer, key: InEffect, guessed: int, order: Chain) -> bool:
    """Add a configuration, unless one that can do as much is there; drop those that can do no more."""
    held = layer.get(key)
    if held is None:
        layer[key] = [(guessed, order)]
        return True
    if any(not other & ~guessed for other, _ in held):
        return False
    layer[key] = [*(each for each in held if guessed & ~each[0]), (guessed, order)]
    return True


def _forward(order: Chain) -> tuple[int, ...]:
    found = []
    while order is not None:
        i, order = order
        found.append(i)
    return tuple(found[::-1])


def _typed(value: Any) -> Any:
    """Return a form that is equal only for values of the same types: to a model, 1 and True may be different."""
    if isinstance(value, tuple):
        return type(value), tuple(map(_typed, value))
    return type(value), repr(value) if isinstance(value, float) else value
