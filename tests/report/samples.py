"""Reports written by hand, one for each thing that a report can have to say."""

from __future__ import annotations

from typing import Any, Final

from lockproof.campaign.recorded import CallReport, HistoryReport, PartReport
from lockproof.environment import Environment
from lockproof.scenario import Scenario
from lockproof.verdict import (
    Consistency,
    Coverage,
    Explanation,
    Finding,
    FindingKind,
    Nonconformance,
    Outcome,
    Report,
    Verdict,
)

FREE_THREADED: Final = Environment("3.13.15", True, False, 2, "Linux-6.1").to_json()
STANDARD: Final = Environment("3.13.0", False, True, 8, "Linux-6.1").to_json()


def outcome(*threads: tuple[str, ...], final: tuple[str, ...] = (), count: int = 0, **more: Any) -> Outcome:
    return Outcome(threads, final, count, **{"verdict": Verdict.HELD, **more})


def report(verdict: Verdict, **more: Any) -> Report:
    given: dict[str, Any] = {
        "subject": "shop.bags:Bag",
        "model": "set",
        "consistency": Consistency.LINEARIZABLE,
        "verdict": verdict,
        "seed": 7,
        "environment": FREE_THREADED,
        "coverage": Coverage(812, 412_000, ("a.add(x)", "a.try_add(x)", "len(a)"), 10.0, 3321),
    }
    return Report(**{**given, **more})


LOST: Final = outcome(("True",), ("True",), final=("[1]",), count=812, verdict=Verdict.VIOLATION)
LOST_UPDATE: Final = report(
    Verdict.VIOLATION,
    findings=(
        Finding(
            FindingKind.NOT_LINEARIZABLE,
            Scenario.parse("a.add(2); a.discard(2) -> a.try_add(1) || a.try_add(1) -> sorted(a)"),
            LOST,
            Explanation(
                ("Both `a.try_add(1)` returned True. In every order in which one returns True, the other does not.",),
                (
                    outcome(("True",), ("False",), final=("[1]",)),
                    outcome(("False",), ("True",), final=("[1]",)),
                ),
            ),
            (
                outcome(("True",), ("False",), final=("[1]",), count=12_100),
                outcome(("False",), ("True",), final=("[1]",), count=7_087),
                LOST,
                outcome(("True",), ("True",), final=("[]",), count=1, verdict=Verdict.UNKNOWN),
            ),
            failures=812,
            tries=20_000,
            seconds=0.34,
            command="lockproof check shop.bags:Bag --scenario 'a.add(2); a.discard(2) -> a.try_add(1) || a.try_add(1)"
            " -> sorted(a)' --seed 7",
        ),
    ),
)  # fmt: skip

LONG_LINES: Final = report(
    Verdict.VIOLATION,
    consistency=Consistency.SEQUENTIAL,
    environment=STANDARD,
    threads=(2, 3),
    findings=(
        Finding(
            FindingKind.NOT_LINEARIZABLE,
            Scenario.parse(
                "-> a.update(x for x in [1, 2] if x not in a); len(a) || a.add(Meddling(a, 1)) || a == b -> sorted(a)"
            ),
            outcome(("None", "1"), ("None",), ("True",), final=("[1]",), verdict=Verdict.VIOLATION, order_only=True),
            Explanation(("`len(a)` of thread 1 began after `a.add(Meddling(a, 1))` had returned.",)),
            (
                outcome(
                    ("None", "1"),
                    ("None",),
                    ("True",),
                    final=("[1]",),
                    count=3,
                    verdict=Verdict.VIOLATION,
                    order_only=True,
                ),
                *(
                    outcome(("None", str(n)), ("None",), ("False",), final=("[1, 2]",), count=100 - n)
                    for n in range(14)
                ),
            ),
            failures=5,
            tries=400_000,
            seconds=75.0,
            command="lockproof check shop.bags:Bag --seed 7 --consistency sequential",
        ),
    ),
)

STACKS: Final = """\
thread 1:
  File "/srv/shop/bags.py", line 31, in update
    with self._lock, other._lock:
thread 2:
  File "/srv/shop/bags.py", line 31, in update
\twith self._lock, other._lock:
"""
HANG: Final = report(
    Verdict.VIOLATION,
    findings=(
        Finding(
            FindingKind.HANG,
            Scenario.parse("a.update(b) || b.update(a)"),
            detail="no operation returned for 3 s; operations returned: thread 1 after 0, thread 2 after 0",
            stacks=STACKS,
            failures=1,
            tries=1,
            seconds=1.2,
            command="lockproof check shop.bags:Bag --scenario 'a.update(b) || b.update(a)' --seed 7",
        ),
        Finding(
            FindingKind.HANG,
            Scenario.parse("a.add(Meddling(a, 1)); len(a)"),
            detail="one thread alone did not come back within 3 s",
            concurrent=False,
            command="lockproof check shop.bags:Bag --seed 7",
        ),
    ),
    notes=("there is one processor: threads never ran at the same time",),
)

CRASH: Final = report(
    Verdict.VIOLATION,
    findings=(
        Finding(
            FindingKind.CRASH,
            Scenario.parse("a.pop() || a.clear()"),
            detail="killed by SIGSEGV",
            stacks="Fatal Python error: Segmentation fault\n\n\x1b[31mthread\x1b[0m 0x7f",
            failures=1,
            tries=1,
            seconds=9.96,
            command="lockproof check shop.bags:Bag --scenario 'a.pop() || a.clear()' --seed 7",
        ),
        Finding(FindingKind.MEMORY, Scenario.parse("a.add(1) || a.add(2)"), detail="the process used 2,000 MiB"),
    ),
)

HELD: Final = report(Verdict.HELD, unknown=("its operations can wait for ever, whatever their order (2 times)",))

UNKNOWN: Final = report(
    Verdict.UNKNOWN,
    coverage=Coverage(),
    threads=(2, 3, 4),
    unknown=("run by one thread, the subject already differs from the model (40 times)", "no scenario could be run"),
)

DIFFERENT: Final = report(
    Verdict.VIOLATION,
    nonconformances=(
        Nonconformance("different result", ("a.add(1)", "1 in a"), "None", "True"),
        Nonconformance("state handed out", ("a.items()", "a.add(1)"), "[1]", "[]", "the list changes with the subject"),
    ),
)

SAMPLES: Final = {
    "lost-update": LOST_UPDATE,
    "long-lines": LONG_LINES,
    "hang": HANG,
    "crash": CRASH,
    "held": HELD,
    "unknown": UNKNOWN,
    "different": DIFFERENT,
}


def history_report(verdict: Verdict, *parts: PartReport, **more: Any) -> HistoryReport:
    given: dict[str, Any] = {
        "source": "run.jsonl",
        "model": "set",
        "consistency": Consistency.LINEARIZABLE,
        "verdict": verdict,
        "calls": 1200,
        "pending": 1,
        "failed": 3,
        "processes": 8,
        "partitions": 17,
        "parts": parts,
        "configurations": 4711,
        "seconds": 0.12,
        "total_seconds": 0.31,
        "environment": FREE_THREADED,
    }
    return HistoryReport(**{**given, **more})


HISTORIES: Final = {
    "history-violation": history_report(
        Verdict.VIOLATION,
        PartReport(
            ("3",),
            Verdict.VIOLATION,
            40,
            99,
            0.01,
            20,
            (CallReport(115, 1, "add 3", "ok"), CallReport(117, 12, "remove 3", "")),
            (CallReport(1118, 2, "contains 3", "True", ("False",)), CallReport(1119, 3, "take 3", "ok")),
        ),
        PartReport((), Verdict.UNKNOWN, 9, 5, 0.2, reason="the budget of 60 s ran out"),
        how="Each element was judged alone.",
    ),
    "history-held": history_report(Verdict.HELD, partitions=1, notes=("2 lines were left out",)),
    "history-unknown": history_report(Verdict.UNKNOWN, reasons=("the budget of 60 s ran out",), processes=1),
}
