"""What the searches of long histories share: their budget, their memory, and the form of their results."""

from __future__ import annotations

import sys
from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from lockproof.core.history import Call
from lockproof.core.model import SequentialModel
from lockproof.core.own_time import real as time
from lockproof.core.verdict import Verdict

MIB: Final = 1 << 20
EVERY: Final = 1 << 10
"""A search looks at the clock after so many rounds."""

ENTRY: Final = 240
"""Bytes that a configuration takes in the memory of a search, without its state: measured on CPython 3.13."""


@dataclass
class Budget:
    """What several searches may use together: configurations, and seconds from now on; and bytes of memory for each.

    A search without configurations or seconds left ends, and its verdict is UNKNOWN. A search with too little memory
    forgets the oldest configurations, which makes it slower and never wrong.
    """

    configurations: int = 1 << 40
    seconds: float = 60.0
    memory: int = 512 * MIB
    used: int = 0
    began: float = field(default_factory=time.monotonic)
    above: Budget | None = None

    def spend(self, configurations: int) -> None:
        """Count the configurations that a search has met, here and in the budget that this is a share of."""
        self.used += configurations
        if self.above is not None:
            self.above.spend(configurations)

    def spent(self) -> str:
        """Return why a search must end; empty if it may go on."""
        if self.used >= self.configurations:
            return f"the budget of {self.configurations:,} configurations"
        if time.monotonic() - self.began >= self.seconds:
            return f"the budget of {self.seconds:g} s"
        return ""

    def share(self, part: float, most: int = 1 << 40) -> Budget:
        """Return a budget with this part of what is left of configurations (of them at most `most`) and seconds."""
        seconds = max(0.0, self.seconds - (time.monotonic() - self.began))
        configurations = min(most, int((self.configurations - self.used) * part))
        return Budget(configurations, seconds * part, self.memory, above=self)


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found. The numbers are those of the calls, in the order in which the search was given them.

    `order` is the order that explains the history, or the longest beginning of one that the search met; `state` is the
    state after it. `stuck` are the calls that may come next there; none of them fits. `reason` says why the verdict is
    UNKNOWN.
    """

    verdict: Verdict
    configurations: int
    order: tuple[int, ...]
    state: Any
    stuck: tuple[int, ...] = ()
    reason: str = ""


type Span = tuple[float, float]
"""The times of an invocation and its response."""

type Slices = Generator[None, None, Searched]
"""A search that pauses after every slice of its work, and ends with what it found."""


def completed(slices: Slices) -> Searched:
    """Run a search to its end without a pause."""
    while True:
        try:
            next(slices)
        except StopIteration as ended:
            found: Searched = ended.value
            return found


class Met:
    """The configurations that a search has met. The oldest are forgotten when all take too much memory."""

    __slots__ = ("_forgotten", "_most", "_settled", "known")

    def __init__(self, memory: int) -> None:
        self.known: dict[Hashable, None] = {}
        self._forgotten = 0
        self._settled = 0
        self._most = max(EVERY, memory // ENTRY)

    @property
    def count(self) -> int:
        """How many configurations were met, those included that were forgotten."""
        return self._forgotten + len(self.known)

    def look(self, budget: Budget, state: Any) -> str:
        """Forget the oldest configurations if memory is short; return why the search must end, or an empty string."""
        # States may share what they hold, so this is more than they take, not less.
        most = max(EVERY, self._most * ENTRY // (ENTRY + sys.getsizeof(state)))
        if len(self.known) > most:
            old = len(self.known) - most // 2
            self.known = dict.fromkeys(list(islice(self.known, old, None)))
            self._forgotten += old
        self.settle(budget)
        return budget.spent()

    def settle(self, budget: Budget) -> None:
        """Count in the budget what was met since the last time."""
        budget.spend(self.count - self._settled)
        self._settled = self.count


class Deepest:
    """The longest beginning of an order that a depth-first search has met; only frames that changed are copied."""

    __slots__ = ("_lowest", "order", "state")

    def __init__(self, state: Any) -> None:
        self.order: list[int] = []
        self.state = state
        self._lowest = 0

    def meet(self, stack: list[Any], state: Any) -> None:
        """Note the stack before each step back. The first item of each frame is the number of a call."""
        if len(stack) > len(self.order):
            self.order[self._lowest :] = [frame[0] for frame in stack[self._lowest :]]
            self.state = state
            self._lowest = len(stack)
        self._lowest = min(self._lowest, len(stack) - 1 if stack else 0)


def pure_calls(calls: Sequence[Call], model: SequentialModel[Any, Any]) -> list[bool] | None:
    """Return for each call whether it changes no state in which it has its result; None if no call is such.

    The method `pure(operation, result)` of a model is not part of the protocol: a model need not know.
    """
    pure = getattr(model, "pure", None)
    if pure is None:
        return None
    found = [not call.pending and bool(pure(call.operation, call.result)) for call in calls]
    return found if any(found) else None


def process_before(calls: Sequence[Call]) -> dict[int, int]:
    """Return, for each call invoked at the very time at which its process's previous call returned, that previous call.

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


def first_equal(operations: Sequence[Any]) -> list[int]:
    """Return for each operation the position of the first equal one; an operation without a hash equals no other."""
    firsts: dict[Any, int] = {}
    found = []
    for position, operation in enumerate(operations):
        try:
            found.append(firsts.setdefault(operation, position))
        except TypeError:
            found.append(position)
    return found
