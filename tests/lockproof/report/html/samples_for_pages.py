"""Reports for pages besides the samples of the text: mutants, a deadlock of three threads, a history with times."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lockproof.core.environment import Environment
from lockproof.core.history_report import CallReport, PartReport
from lockproof.core.mutant import Mutant
from lockproof.core.mutation_report import Fate, Judged, MutationReport
from lockproof.core.verdict import BlockedThread, Masking, Report, Verdict
from tests.lockproof.report.samples import BAG, FREE_THREADED, history_report


def mutant(number: int, said: str = "`self._lock` is not taken in Bag.add") -> Mutant:
    diff = f"--- {BAG}\n+++ {BAG}\n@@ -1,2 +1,1 @@\n-        with self._lock:\n-            pass\n+        pass\n"
    return Mutant(
        f"remove-lock:Bag.add:{number:06x}", "remove-lock", "bags", BAG, "Bag.add", 10 + number, diff, "", said
    )


MUTANTS: Final = MutationReport(
    "shop.bags:Bag", 7, 2.0, FREE_THREADED, (),
    (
        Judged(mutant(1), Fate.KILLED, 0.4, "not linearizable", "a.add(1) || a.add(1)", Masking.MASKED),
        Judged(mutant(2), Fate.SURVIVED, 2.0),
        Judged(mutant(3), Fate.EQUIVALENT, 0.5, why="len() of a list is one step"),
        Judged(mutant(4), Fate.TIMED_OUT, 60.0),
        Judged(mutant(5), Fate.KILLED, 0.1, "deadlock", "a.add(1) || a.add(2)"),
    ),
    9.5,
)  # fmt: skip


def on(report: Report, python: str, *, free_threaded: bool = False) -> Report:
    """Return the report as another build would have made it."""
    environment = Environment(python, free_threaded, not free_threaded, 2, "Linux-6.1")
    return replace(report, environment=environment)


def fork(number: int, count: int = 3) -> BlockedThread:
    owner = f"philosopher {(number + 1) % count + 1}"
    return BlockedThread(f"philosopher {number + 1}", f"the lock made at {BAG}:5", f"{BAG}:9", owner, f"{BAG}:8", 1)


DINING: Final = (BlockedThread("main thread", "the end of philosopher 1", f"{BAG}:19", "", "", 0), *map(fork, range(3)))

ALONE: Final = (BlockedThread("thread 1", f"the lock made at {BAG}:5", f"{BAG}:9", "thread 1", f"{BAG}:8", 1),)

TIMED: Final = history_report(
    Verdict.VIOLATION,
    PartReport(
        (), Verdict.VIOLATION, 4, 9, 0.01, 3,
        (
            CallReport(1, 0, "add 3", "ok", began=1, ended=3),
            CallReport(2, 1, "add 4", "ok", began=2, ended=6),
            CallReport(5, 12, "remove 4", "", began=5, ended=None),
        ),
        (CallReport(7, 0, "read", "[]", ("[3]", "[3, 4]"), began=7, ended=8),),
    ),
)  # fmt: skip
