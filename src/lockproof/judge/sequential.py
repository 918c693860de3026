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

type Progress = tuple[int, ...]


def search(calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget) -> Searched:
    """Look for an order of the calls that the model allows and that keeps to the order within each process."""
    queues: dict[Hashable, list[int]] = {}
    for i, call in enumerate(calls):
        queues.setdefault(call.process, []).append(i)
    threads = list(queues.values())
    pure = pure_calls(calls, model)
    left = sum(not call.pending for call in calls)
    progress: Progress = (0,) * len(threads)
    state: Any = model.initial()
    met, deepest = Met(budget.memory), Deepest(state)
    # The call, the thread, its alternatives that are left (None: it was taken without a choice), and what was before.
    stack: list[tuple[int, list[Step] | None, Progress, Any, int]] = []
    rounds = 0

    def heads() -> list[int]:
        """The threads that have a call left, the one first whose call returned first."""
        found = [t for t, done in enumerate(progress) if done < len(threads[t])]
        return sorted(found, key=lambda t: (calls[i := threads[t][progress[t]]].returned, i))

    def alternatives() -> list[Step]:
        """The steps that can be made here, the best last."""
        found: list[Step] = []
        for t in heads():
            call = calls[threads[t][progress[t]]]
            steps = model.apply(state, call.operation)
            if call.pending:
                found += [(t, after) for after in dict.fromkeys(after for _, after in steps) if after != state]
            else:
                found += [(t, after) for result, after in steps if result == call.result]
        return found[::-1]

    def forced() -> int | None:
        """A thread whose next call changes nothing and has its result here."""
        if pure is not None:
            for t, done in enumerate(progress):
                if done < len(threads[t]) and pure[i := threads[t][done]]:
                    for result, after in model.apply(state, calls[i].operation):
                        if result == calls[i].result and after == state:
                            return t
        return None

    options: list[Step] | None = None
    while left:
        rounds += 1
        if not rounds % EVERY and (reason := met.look(budget, state)):
            deepest.meet(stack, state)
            budget.spend(met.count)
            return _ended(Verdict.UNKNOWN, calls, threads, met, deepest, reason)
        if options is None:
            if (t := forced()) is not None:
                stack.append((threads[t][progress[t]], None, progress, state, left))
                progress = (*progress[:t], progress[t] + 1, *progress[t + 1 :])
                left -= 1
                continue
            options = alternatives()
        while options:
            t, after = options.pop()
            reached = (*progress[:t], progress[t] + 1, *progress[t + 1 :])
            if (reached, after) not in met.known:
                met.known[reached, after] = None
                i = threads[t][progress[t]]
                stack.append((i, options, progress, state, left))
                progress, state, options = reached, after, None
                left -= not calls[i].pending
                break
        else:
            deepest.meet(stack, state)
            while not options:
                if not stack:
                    budget.spend(met.count)
                    return _ended(Verdict.VIOLATION, calls, threads, met, deepest)
                _, options, progress, state, left = stack.pop()
    budget.spend(met.count)
    return Searched(Verdict.HELD, met.count, tuple(frame[0] for frame in stack), state)


type Step = tuple[int, Any]
"""A thread that makes its next call, and the state after it."""


def _ended(
    verdict: Verdict,
    calls: Sequence[Call],
    threads: Sequence[Sequence[int]],
    met: Met,
    deepest: Deepest,
    reason: str = "",
) -> Searched:
    done = set(deepest.order)
    nexts = [next((i for i in thread if i not in done), None) for thread in threads]
    stuck = tuple(i for i in nexts if i is not None and not calls[i].pending)
    return Searched(verdict, met.count, tuple(deepest.order), deepest.state, stuck, reason)
