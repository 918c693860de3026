"""Pairs of methods by which one thread takes a lock that has readers and writers, and gives it back.

To give back what was never taken is a mistake of the caller, and such classes seldom check it: a count of readers
becomes negative, and a writer waits for ever. A scenario with such a call shows nothing about threads. So a thread
takes before it gives back. A plain lock and a semaphore are no such pair: to release a semaphore that nobody has
acquired is how one thread lets another go on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from lockproof.core.operation import Operation, OperationKind
from lockproof.core.scenario import Scenario

_TAKES: Final = {
    "release": ("acquire",), "unlock": ("lock",), "end": ("begin", "start", "enter"), "leave": ("enter",),
    "exit": ("enter",), "stop": ("start",), "done": ("begin", "start", "enter"), "finish": ("start", "begin"),
}  # fmt: skip
"""The verbs of methods that give back, with those of methods that take."""

_SIDES: Final = frozenset(
    re.findall(r"\w+", "read reader reading readers write writer writing writers shared exclusive r w")
)

_CALL: Final = re.compile(r"a\.(\w+)\(\)")


def taking(name: str, names: Collection[str]) -> str:
    """Return which of these methods takes what the method gives back; "" if it is no half of such a pair."""
    words = name.split("_")
    if len(words) < 2 or not _SIDES.intersection(words):
        return ""
    for place, word in enumerate(words):
        for verb in _TAKES.get(word, ()):
            taker = "_".join([*words[:place], verb, *words[place + 1 :]])
            if taker in names:
                return taker
    return ""


def paired(kinds: Sequence[OperationKind]) -> list[OperationKind]:
    """Return the kinds, those that give a lock back as ones that come after what takes it."""
    names = {found[1] for each in kinds if (found := _CALL.fullmatch(each.text))}
    return [
        replace(each, after=(f"a.{taker}()",))
        if (found := _CALL.fullmatch(each.text)) and not each.after and (taker := taking(found[1], names))
        else each
        for each in kinds
    ]


def gives_lock_back(kind: OperationKind | None) -> bool:
    """Tell whether a kind is the second half of such a pair."""
    return kind is not None and bool(kind.after) and _CALL.fullmatch(kind.text) is not None


def lock_pairs(scenario: Scenario) -> Mapping[str, str]:
    """Return the calls of a scenario that give a lock back, each with the one that takes it."""
    calls = {found[1] for each in scenario.operations if (found := _CALL.fullmatch(each.text))}
    return {f"a.{name}()": f"a.{taker}()" for name in calls if (taker := taking(name, calls))}


def misuses_lock(scenario: Scenario, pairs: Mapping[str, str]) -> bool:
    """Tell whether a thread gives a lock back that neither it nor the initial part has taken."""
    return bool(pairs) and any(_gives_too_often([*scenario.init, *thread], pairs) for thread in (*scenario.threads, ()))


def _gives_too_often(operations: Sequence[Operation], pairs: Mapping[str, str]) -> bool:
    taken: Counter[str] = Counter()
    for each in operations:
        taker = pairs.get(each.text)
        taken[taker or each.text] += -1 if taker else 1
        if taker and taken[taker] < 0:
            return True
    return False
