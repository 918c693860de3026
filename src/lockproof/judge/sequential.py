"""Is a history sequentially consistent: is there an order that keeps to that of each process, and to no other?

A configuration is the number of calls of each process that are in the order, and the state (Gibbons and Korach, 1997,
have no better search than this in general). The calls that returned first are tried first, since most histories of use
are linearizable or nearly so. Pending calls, each the last of its process, and calls that change nothing are treated as
in `wgl`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from lockproof.core.history import Call
from lockproof.core.model import SequentialModel
from lockproof.core.verdict import Verdict
from lockproof.judge.search import EVERY, Budget, Deepest, Met, Searched, pure_calls

type Position = tuple[int, ...]
"""How many calls of each process are in the order."""

type NextCall = tuple[int, Any]
"""The process that makes its next call, and the state after the call."""

type Frame = tuple[int, list[NextCall] | None, Position, Any, int]
"""A call in the order, the steps not tried yet (None: there was no choice), and what `_Search` had before the call."""


def search(calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget) -> Searched:
    """Look for an order of the calls that the model allows and that keeps to the order within each process."""
    return _Search(calls, model, budget).run()


class _Search:
    """A depth-first search: `progress` and `state` are its configuration, `stack` is the way to it.

    `queues` has the calls of each process; `left` counts the calls that returned and are not in the order yet.
    """

    def __init__(self, calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget) -> None:
        self.calls, self.model, self.budget = calls, model, budget
        by_process: dict[Hashable, list[int]] = {}
        for i, call in enumerate(calls):
            by_process.setdefault(call.process, []).append(i)
        self.queues = list(by_process.values())
        self.pure = pure_calls(calls, model) or []
        self.left = sum(not call.pending for call in calls)
        self.progress: Position = (0,) * len(self.queues)
        self.state: Any = model.initial()
        self.stack: list[Frame] = []
        self.met, self.deepest = Met(budget.memory), Deepest(self.state)

    def run(self) -> Searched:
        """Search until all calls that returned are in the order, no choice is left, or the budget is spent."""
        rounds = 0
        steps: list[NextCall] | None = None
        while self.left:
            rounds += 1
            if not rounds % EVERY and (reason := self.met.look(self.budget, self.state)):
                self.deepest.meet(self.stack, self.state)
                return self._ended(Verdict.UNKNOWN, reason)
            if steps is None:
                if self.pure and self._take_pure():
                    continue
                steps = self._steps()
            if self._advance(steps):
                steps = None
                continue
            self.deepest.meet(self.stack, self.state)
            steps = self._back()
            if steps is None:
                return self._ended(Verdict.VIOLATION)
        self.met.settle(self.budget)
        return Searched(Verdict.HELD, self.met.count, tuple(frame[0] for frame in self.stack), self.state)

    def _steps(self) -> list[NextCall]:
        """Return the steps that the model allows here; the call that returned first comes last, and is tried first."""
        calls, queues, state = self.calls, self.queues, self.state
        heads = [(calls[i := queues[t][k]].returned, i, t) for t, k in enumerate(self.progress) if k < len(queues[t])]
        found: list[NextCall] = []
        for _, i, t in sorted(heads):
            call = calls[i]
            steps = self.model.apply(state, call.operation)
            if call.pending:
                found += [(t, after) for after in dict.fromkeys(after for _, after in steps) if after != state]
            else:
                found += [(t, after) for result, after in steps if result == call.result]
        return found[::-1]

    def _advance(self, steps: list[NextCall]) -> bool:
        """Make the next step that leads to a configuration not met before; tell whether there is one."""
        met, progress = self.met, self.progress
        while steps:
            t, after = steps.pop()
            reached = (*progress[:t], progress[t] + 1, *progress[t + 1 :])
            if (reached, after) not in met.known:
                met.known[reached, after] = None
                i = self.queues[t][progress[t]]
                self.stack.append((i, steps, progress, self.state, self.left))
                self.progress, self.state = reached, after
                self.left -= not self.calls[i].pending
                return True
        return False

    def _take_pure(self) -> bool:
        """Put a call in the order that changes nothing and has its result here; tell whether there is one."""
        calls, progress, state = self.calls, self.progress, self.state
        for t, done in enumerate(progress):
            if done < len(self.queues[t]) and self.pure[i := self.queues[t][done]]:
                for result, after in self.model.apply(state, calls[i].operation):
                    if result == calls[i].result and after == state:
                        self.stack.append((i, None, progress, state, self.left))
                        self.progress = (*progress[:t], done + 1, *progress[t + 1 :])
                        self.left -= 1
                        return True
        return False

    def _back(self) -> list[NextCall] | None:
        """Take calls out of the order, up to the newest choice; return its steps not tried yet, None at the end."""
        while self.stack:
            _, steps, self.progress, self.state, self.left = self.stack.pop()
            if steps:
                return steps
        return None

    def _ended(self, verdict: Verdict, reason: str = "") -> Searched:
        """Return what a search found that did not reach the end of an order."""
        self.met.settle(self.budget)
        order = self.deepest.order
        done = set(order)
        heads = [next((i for i in queue if i not in done), None) for queue in self.queues]
        stuck = tuple(i for i in heads if i is not None and not self.calls[i].pending)
        return Searched(verdict, self.met.count, tuple(order), self.deepest.state, stuck, reason)
