"""The steps that belong together: a thread is given a thing, uses it, and gives it back.

A kind that is `after` another one needs that one before it in the same thread, or in the initial part if that keeps
something for all threads. Threads that end with what they were given still theirs are rare: most callers give it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from lockproof.core.handles import SLOT, gives_back_to_all, is_use, only_initial, with_own_slots
from lockproof.core.lock_pairs import gives_lock_back
from lockproof.core.operation import Operation, OperationKind
from lockproof.core.specification import Specification
from lockproof.generate.operation_pool import OperationPool

FOLLOWED: Final = 0.8
"""Share of calls that are given something, of which the thread makes use, and gives it back."""

MOST: Final = 4
"""Operations of a thread at most to which a further one is added."""


class StepsInOrder:
    """Completes the threads of scenarios. Without kinds that need others, they stay as they are."""

    def __init__(self, specification: Specification, pool: OperationPool) -> None:
        kinds = specification.operations
        self._pool = pool
        self._initial = {kind.text: kind for kind in specification.init or () if only_initial(kind.text)}
        self._givers = {kind.text: kind for kind in kinds if any(kind.text in each.after for each in kinds)}
        self._followers = {
            giver: [kind for kind in kinds if giver in kind.after and not kind.blocking] for giver in self._givers
        }

    def complete(self, threads: list[list[Operation]], random: Random, focus: str) -> list[list[Operation]]:
        """Return the threads with what their operations need and lead to; each keeps things under its own number."""
        if not self._givers and not self._initial:
            return threads
        completed = [self._of_thread(thread, random, focus) for thread in threads]
        if any(is_use(each.kind.text) for thread in completed for each in thread):
            # Whoever gives back what another thread gives back too uses what is not his own.
            completed = [[each for each in thread if not gives_back_to_all(each.text)] for thread in completed]
        return with_own_slots([thread for thread in completed if thread])

    def kept_before(self, threads: Sequence[Sequence[Operation]], random: Random, focus: str) -> list[Operation]:
        """Return the operations of the initial part that keep what the threads use."""
        used = {giver for thread in threads for each in thread for giver in each.kind.after if giver in self._initial}
        chosen = sorted(used)[:1] if len(used) < 2 else [random.choice(sorted(used))]
        return [self._drawn(self._initial[giver], random, focus) for giver in chosen]

    def _drawn(self, kind: OperationKind, random: Random, focus: str) -> Operation:
        return self._pool.draw(kind, random, focus) if self._pool.has(kind) else next(kind.fillings(1))

    def _of_thread(self, thread: Sequence[Operation], random: Random, focus: str) -> list[Operation]:
        found: list[Operation] = []
        given: list[str] = []
        for each in thread:
            needed = [giver for giver in each.kind.after if giver in self._givers]
            if needed and not set(needed) & set(given):
                giver = random.choice(needed)
                found.append(self._pool.draw(self._givers[giver], random, focus))
                given.append(giver)
            found.append(each)
            if each.kind.text in self._givers:
                given.append(each.kind.text)
            elif needed and _ends(each.kind):
                given = [giver for giver in given if giver not in needed]
        for giver in dict.fromkeys(given):
            followers = self._followers[giver]
            ends = [kind for kind in followers if _ends(kind)]
            uses = [kind for kind in followers if kind not in ends]
            if random.random() >= FOLLOWED:
                continue
            if uses and len(found) < MOST and found[-1].kind.text == giver:
                found.append(self._pool.draw(random.choice(uses), random, focus))
            if ends and len(found) < MOST:
                found.append(self._pool.draw(random.choice(ends), random, focus))
        return found


def _ends(kind: OperationKind) -> bool:
    """Tell whether an operation gives back what its thread was given."""
    gives = kind.text.startswith(("leave(", "a.__exit__(")) or f"back(a, {SLOT})" in kind.text
    return gives or gives_lock_back(kind)
