"""Count references and blocks of memory before and after many rounds of each call: none may be left over.

`python -m tests.lockedset.native.references ROUNDS [METHOD]` prints a line for each call and situation in which
something was, and ends with status 1 then.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from lockedset import LockedSet, implementation
from tests.lockedset.native.calls import Call, Element, Situation, attempt, pairs

WARM_UP = 20
"""Rounds that nothing is counted in: they fill free lists and caches."""

SHARE = 0.5
"""A leak leaves a block in each round. Free lists and caches of the interpreter grow too, but not with the rounds."""

TRIES = (1, 4, 16)
"""How many times as many rounds a call gets until nothing is left: a leak grows with them, a cache fills up."""

total: Callable[[], int] | None = getattr(sys, "gettotalrefcount", None)
"""All references of the process. Only a debug build of CPython counts them."""


def _watched(situation: Situation) -> list[object]:
    """The objects whose references are counted: those that a leak on any path would leave one more reference to."""
    operand = situation.operand()
    inside = list(operand) if isinstance(operand, (set, frozenset, list, tuple)) else []
    return [*situation.contents, *inside, situation.element, LockedSet, Element, type(operand)]


def _counts(objects: list[object]) -> list[int]:
    return [sys.getrefcount(each) for each in objects]


def _memory() -> dict[str, int]:
    gc.collect()
    references = {"references in all": total()} if total else {}
    # Without the GIL the allocator gives memory back later: the number of blocks does not repeat.
    blocks = {"blocks of memory": sys.getallocatedblocks()} if sys._is_gil_enabled() else {}
    return {**blocks, "objects": len(gc.get_objects()), **references}


def left_over(call: Call, situation: Situation, rounds: int) -> str:
    """Make the call in many rounds; return what they left, or nothing."""
    left = ""
    for more in TRIES:
        left = _left_once(call, situation, rounds * more)
        if not left:
            break
    return left


def _left_once(call: Call, situation: Situation, rounds: int) -> str:

    def repeat(times: int) -> None:
        for _ in range(times):
            attempt(call, situation, situation.make())

    objects = _watched(situation)
    repeat(WARM_UP)
    counts = _counts(objects)
    before = _memory()
    repeat(rounds)
    after = _memory()
    triples = zip(objects, counts, _counts(objects), strict=True)
    faults = [f"{now - old} of {each!r}" for each, old, now in triples if old != now]
    faults += [f"{after[what] - old} {what}" for what, old in before.items() if after[what] - old > rounds * SHARE]
    return "; ".join(faults)


def main() -> int:
    """Count for each call in each situation."""
    rounds = int(sys.argv[1])
    count = found = 0
    for call, situation in pairs():
        if sys.argv[2:] not in ([], [call.of]):
            continue
        count += 1
        left = left_over(call, situation, rounds)
        if left:
            found += 1
            print(f"{call.name}, {situation.name}: {rounds} rounds left {left}", flush=True)
    kind = "counted by the interpreter too" if total else "by getrefcount, blocks and objects"
    print(f"{count} calls, {rounds} rounds each, {implementation}, {kind}: {found} left something")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
