"""The orders of a few operations that a model allows: all of them, or one that gives certain results.

An operation is known here by its number, a set of operations by a bit mask. *Predecessor sets* say what an order must
keep to: `before[i]` are the operations that come before operation i. Program order, real time and the order
between moments of rest are such sets, so one search serves every consistency.

The table of all orders is an outcome set (jcstress, OpenJDK; Lincheck, JetBrains), which makes a judgement a look-up.
Where it would be large, the search is that of Wing and Gong (1993), led by the results and with Lowe's memory of
configurations (2017): two ways to the same operations done and the same state go on alike.

A model numbers the objects in its results as an order of operations shows them, a run as its threads list them. So the
outcomes of a table are numbered anew, and a search numbers the run's results anew along each order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from enum import Enum, auto
from itertools import islice
from math import factorial, prod
from typing import Any, Final, NamedTuple

from lockproof.core.model import SequentialModel
from lockproof.core.operation import Half, Operation
from lockproof.core.values import Numbering, anonymous, numbered

MOST_ORDERS: Final = 3000
"""The most orders that a table is made of: 3 threads of 3 operations have 1680, 4 of 2 have 2520."""

MOST_STEPS: Final = 1500
"""The most steps of the model that a table is made with; a model that chooses takes many for each order."""

type Masks = Sequence[int]
type Key = tuple[tuple[Any, ...], tuple[Any, ...]]
"""The results of all operations by their number, and those of the final part."""

type Names = tuple[int, ...]
"""The numbers that a run gave to its objects, in the order in which an order of operations shows them."""


class Reached(NamedTuple):
    """A configuration: an order that leads to it, the state after it, and the names of the objects shown so far."""

    order: list[int]
    state: int
    names: Names = ()


class Waiting(Enum):
    """How operations wait: never, in some order until another operation lets them go on, or in some order for ever."""

    NEVER = auto()
    FOR_A_WHILE = auto()
    FOR_EVER = auto()


class Exhausted(Exception):
    """A search met more configurations than it may."""


class Orders:
    """The operations of threads and a final part, on a model.

    States are numbered, since those of a model may be costly to compare, and each step of the model is made once.
    """

    def __init__(
        self,
        threads: Sequence[Sequence[Operation]],
        final: Sequence[Operation],
        model: SequentialModel[Any, Operation],
        limit: int,
    ) -> None:
        self.places = [(t, k) for t, thread in enumerate(threads) for k in range(len(thread))]
        self.operations = [threads[t][k] for t, k in self.places]
        self.final = tuple(final)
        self.all = (1 << len(self.places)) - 1
        self.program: Masks = [
            sum(1 << j for j, (u, m) in enumerate(self.places) if u == t and m < k) for t, k in self.places
        ]
        self.requests = [isinstance(each, Half) and not each.follows for each in self.operations]
        """Which operations are the first step of a dual operation; the next one is its second step."""
        self.least: Masks = [1 << i - 1 if i and self.requests[i - 1] else 0 for i in range(len(self.operations))]
        """The predecessor sets of every order: the second step of a dual operation comes after the first."""
        self.limit = limit
        self._lengths = [len(thread) for thread in threads]
        self._model = model
        self._numbers: dict[Hashable, int] = {}
        self._states: list[Any] = []
        self._steps: dict[tuple[int, Operation], tuple[tuple[Any, int], ...]] = {}
        self._start: int | None = None

    @property
    def start(self) -> int:
        """The state after the initial part."""
        if self._start is None:
            self._start = self._number(self._model.initial())
        return self._start

    def _number(self, state: Hashable) -> int:
        number = self._numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number

    def step(self, state: int, operation: Operation) -> tuple[tuple[Any, int], ...]:
        """Return the results that the operation may have in this state, with the states after it."""
        key = state, operation
        steps = self._steps.get(key)
        if steps is None:
            found = self._model.apply(self._states[state], operation)
            steps = self._steps[key] = tuple(dict.fromkeys((result, self._number(after)) for result, after in found))
        return steps

    def endings(self, state: int) -> Iterator[tuple[Any, ...]]:
        """Yield the results that the final part may have after this state; none if it would wait."""
        pending: list[tuple[tuple[Any, ...], int]] = [((), state)]
        while pending:
            done, here = pending.pop()
            if len(done) == len(self.final):
                yield done
            else:
                pending += [((*done, result), after) for result, after in self.step(here, self.final[len(done)])]

    def count(self, *, program: bool) -> int:
        """Return how many orders there are, with the order within each thread kept or not."""
        return factorial(len(self.places)) // (prod(map(factorial, self._lengths)) if program else 1)

    def table(self, *, program: bool) -> dict[Key, list[tuple[int, ...]]] | None:
        """Return the outcomes that the model allows, each with the orders that give it; None if they are too many.

        An order is given as the set of operations before each operation.
        """
        if self.count(program=program) > MOST_ORDERS:
            return None
        free = self.program if program else self.least
        table: dict[Key, list[tuple[int, ...]]] = {}
        results: list[Any] = [None] * len(self.places)
        order = [0] * len(self.places)
        left = min(self.limit, MOST_STEPS)

        def extend(done: int, state: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Exhausted
            if done == self.all:
                for ending in self.endings(state):
                    table.setdefault(numbered((tuple(results), ending)), []).append(tuple(order))
                return
            for i, operation in enumerate(self.operations):
                if not done >> i & 1 and not free[i] & ~done:
                    order[i] = done
                    for results[i], after in self.step(state, operation):
                        extend(done | 1 << i, after)

        try:
            extend(0, self.start)
        except Exhausted:
            return None
        return table

    def find(self, before: Masks, results: Sequence[Any], final: Sequence[Any] | None) -> list[int] | None:
        """Return an order that keeps to `before` and gives these results, or None. `final` None: whatever its results.

        Raises:
            Exhausted: the limit was reached.

        """
        for each in self._walk(before, results):
            if len(each.order) == len(self.places):
                wanted = None if final is None else renumbered(tuple(final), each.names)[0]
                if wanted is None or any(map(wanted.__eq__, self.endings(each.state))):
                    return each.order
        return None

    def longest(self, before: Masks, results: Sequence[Any]) -> tuple[list[int], int]:
        """Return the longest beginning of an order that gives these results, and the state after it."""
        best = Reached([], self.start)
        try:
            for each in self._walk(before, results):
                if len(each.order) > len(best.order):
                    best = each
        except Exhausted:
            pass
        return best.order, best.state

    def final_states(self, before: Masks, results: Sequence[Any]) -> list[Reached]:
        """Return the states in which the threads may end with these results, each with one order that leads there.

        Raises:
            Exhausted: the limit was reached.

        """
        return [each for each in self._walk(before, results) if len(each.order) == len(self.places)]

    def _walk(self, before: Masks, results: Sequence[Any]) -> Iterator[Reached]:
        """Yield each configuration that can be reached with these results."""
        seen: set[tuple[int, int, Names]] = {(0, self.start, ())}
        stack: list[tuple[int, int, Names, tuple[int, ...]]] = [(0, self.start, (), ())]
        while stack:
            done, state, names, order = stack.pop()
            yield Reached(list(order), state, names)
            for i in range(len(self.places) - 1, -1, -1):
                if done >> i & 1 or before[i] & ~done:
                    continue
                wanted, met = renumbered(results[i], names)
                for result, after in self.step(state, self.operations[i]):
                    if result is not wanted and result != wanted:
                        continue
                    reached = done | 1 << i, after, met
                    if reached not in seen:
                        if len(seen) >= self.limit:
                            raise Exhausted
                        seen.add(reached)
                        stack.append((*reached, (*order, i)))

    def outcomes(self, most: int, *, program: bool) -> Iterator[Key]:
        """Yield outcomes that the model allows, at most `most`; fewer if the limit ends the search."""
        free = self.program if program else self.least
        found: set[Key] = set()
        # Two ways with the same operations done, state and results lead to the same outcomes.
        seen: set[tuple[int, int, tuple[Any, ...]]] = set()
        stack: list[tuple[int, int, tuple[Any, ...]]] = [(0, self.start, (None,) * len(self.places))]
        while stack and len(found) < most and len(seen) < self.limit:
            done, state, results = stack.pop()
            if done == self.all:
                for ending in self.endings(state):
                    if (key := numbered((results, ending))) not in found and len(found) < most:
                        found.add(key)
                        yield key
                continue
            for i, operation in enumerate(self.operations):
                if not done >> i & 1 and not free[i] & ~done:
                    for result, after in self.step(state, operation):
                        reached = done | 1 << i, after, (*results[:i], result, *results[i + 1 :])
                        if reached not in seen:
                            seen.add(reached)
                            stack.append(reached)

    def in_turn(self, threads: Sequence[int], most: int) -> Key | None:
        """Return the outcome if the threads run one after the other, in this order; each choice takes its first way.

        None if an operation waits, or has more than `most` ways to go on.
        """
        state = self._model.initial()
        results: list[Any] = [None] * len(self.places)
        ending = []
        parts = [i for turn in threads for i, (t, _) in enumerate(self.places) if t == turn]
        for i in (*parts, *(-1 - k for k in range(len(self.final)))):
            operation = self.operations[i] if i >= 0 else self.final[-1 - i]
            steps = list(islice(self._model.apply(state, operation), most + 1))
            if not 0 < len(steps) <= most:
                return None
            result, state = steps[0]
            if i >= 0:
                results[i] = result
            else:
                ending.append(result)
        key: Key = numbered((tuple(results), tuple(ending)))
        return key

    def waiting(self, limit: int) -> Waiting:
        """Return how operations wait in orders where each thread keeps to its own.

        If the limit ends the search, an operation that waited at all counts as one that may wait for ever.
        """
        waited = False
        seen = {(0, self.start)}
        stack = [(0, self.start)]
        while stack:
            done, state = stack.pop()
            if done == self.all:
                if self._final_waits(state):
                    return Waiting.FOR_EVER
                continue
            stuck = True
            for i, operation in enumerate(self.operations):
                if done >> i & 1 or self.program[i] & ~done:
                    continue
                steps = self.step(state, operation)
                waited = waited or not steps
                for _, after in steps:
                    stuck = False
                    reached = done | 1 << i, after
                    if reached not in seen:
                        if len(seen) >= limit:
                            return Waiting.FOR_EVER if waited else Waiting.NEVER
                        seen.add(reached)
                        stack.append(reached)
            if stuck:
                return Waiting.FOR_EVER
        return Waiting.FOR_A_WHILE if waited else Waiting.NEVER

    def _final_waits(self, state: int) -> bool:
        states = {state}
        for operation in self.final:
            after: set[int] = set()
            for here in states:
                steps = self.step(here, operation)
                if not steps:
                    return True
                after |= {each for _, each in steps}
            states = after
        return False


def renumbered(form: Any, names: Names) -> tuple[Any, Names]:
    """Return a result, or several, with objects numbered as an order shows them that has shown `names` before it.

    Also return the names that have been shown after it.
    """
    if anonymous(form) is form:
        return form, names
    numbering = Numbering(names)
    return numbering.of(form), tuple(numbering.met)


def at_rest(known: Masks) -> list[int]:
    """Return the predecessor sets of quiescent consistency, from those that are known of the run.

    A set comes first if each operation in it is known to have returned before each one outside was invoked: nothing
    ran between. Two such sets are one within the other, so the operations in the order of how many precede them begin
    with each of them.
    """
    closed = list(known)
    for _ in closed:
        for i, mask in enumerate(closed):
            for j in range(len(closed)):
                if mask >> j & 1:
                    closed[i] |= closed[j]
    ranked = sorted(range(len(closed)), key=lambda i: closed[i].bit_count())
    before = [0] * len(closed)
    first = 0
    for size in range(1, len(ranked)):
        first |= 1 << ranked[size - 1]
        if all(not first & ~closed[i] for i in ranked[size:]):
            for i in ranked[size:]:
                before[i] = first
    return before


def closed(before: Masks) -> list[int]:
    """Return the predecessor sets with the predecessors of predecessors."""
    found = list(before)
    grown = True
    while grown:
        grown = False
        for i, mask in enumerate(found):
            more = mask
            for j, theirs in enumerate(found):
                if mask >> j & 1:
                    more |= theirs
            if more != mask:
                found[i], grown = more, True
    return found
