"""How the corpus describes a pair of classes: its flaw, a scenario that shows it, and where it can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from lockproof.core.verdict import FindingKind

FLAWS: Final = (
    # found in public thread-safe sets
    "non-reentrant lock with callbacks",
    "operators or comparisons unlocked",
    "other operand unlocked",
    "live or unlocked iterator",
    "mutators inherited unlocked",
    "in-place operators inherited unlocked",
    "copy or pickle broken",
    "len, in or bool unlocked",
    "changed meaning",
    "wrong lock",
    "check-then-act",
    "two-lock deadlock",
    "__contains__ without a return",
    "internal state handed out",
    "shadow storage",
    "generator against the lock",
    "lock leaked on an exception",
    # found in other classes
    "lost update",
    "double-checked initialization",
    "lost wakeup",
    "publish before fill",
    "fields read without the lock",
    "slot reuse (ABA)",
    "eviction after the check",
    "callback while iterating under the lock",
    "lock released too early",
    "lock order by operand",
)


@dataclass(frozen=True)
class Pair:
    """A broken class and its mended twin, as `module:Class`.

    `shows` says where the flaw can be seen: on both builds; only on the free-threaded one, since the GIL of CPython
    3.13 covers it; or by one thread, comparing with the builtin type ("sequential": no concurrency bug).
    `how` says in a sentence what goes wrong, and `race` is a scenario in which it does, in lockproof's notation.
    `kind` is what a schedule of the race shows; HANG: one thread alone waits for ever, so there is nothing to schedule.
    `needs` names what a scenario must have beyond plain calls on one subject by two threads.
    `loose` are expressions that no class of this style can make one step, since the language makes several calls of
    them: `dict(a)` calls `keys`, and then `__getitem__` for each key.
    """

    name: str
    family: str
    flaw: str
    broken: str
    mended: str
    shows: Literal["both", "free-threaded", "sequential"]
    how: str
    race: str
    kind: FindingKind = FindingKind.NOT_LINEARIZABLE
    needs: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()


def pair(
    family: str,
    what: str,
    flaw: str,
    how: str,
    race: str,
    *,
    shows: Literal["both", "free-threaded", "sequential"] = "both",
    kind: FindingKind = FindingKind.NOT_LINEARIZABLE,
    needs: tuple[str, ...] = (),
    loose: tuple[str, ...] = (),
) -> Pair:
    module = f"tests.corpus.{family}"
    broken, mended = f"{module}:Broken{what}", f"{module}:Mended{what}"
    return Pair(what, family, flaw, broken, mended, shows, how, race, kind, needs, loose)
