"""Reports written by hand, at least one for each kind of finding and of verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from lockproof.core.environment import Environment
from lockproof.core.evidence import Doubt, Doubted, Evidence, LeftOut, Omission, Tally
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.race import CFrame, MemoryAccess, Race
from lockproof.core.repeat import RepeatTarget
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule, Switching
from lockproof.core.verdict import (
    BlockedThread,
    Consistency,
    Control,
    Coverage,
    Explanation,
    Finding,
    FindingKind,
    Masking,
    Nonconformance,
    Outcome,
    Report,
    TracedStep,
    Verdict,
)
from lockproof.histories.judged import CallReport, HistoryReport, PartReport


def checked(scenario: str | None, **options: Any) -> RepeatTarget:
    """Return what repeats a finding of a check."""
    return RepeatTarget("shop.bags:Bag", CheckOptions(seed=7, scenario=scenario, **options))


FREE_THREADED: Final = Environment("3.13.15", True, False, 2, "Linux-6.1")
STANDARD: Final = Environment("3.13.0", False, True, 8, "Linux-6.1")


def outcome(*threads: tuple[str, ...], final: tuple[str, ...] = (), count: int = 0, **more: Any) -> Outcome:
    return Outcome(threads, final, count, **{"verdict": Verdict.HELD, **more})


RUNS: Final = Tally(412_000, 412_000, 412_000)
WHOLE: Final = Evidence(RUNS)


def report(evidence: Evidence = WHOLE, **more: Any) -> Report:
    """Return a report whose evidence counts its findings."""
    given: dict[str, Any] = {
        "subject": "shop.bags:Bag",
        "model": "set",
        "consistency": Consistency.LINEARIZABLE,
        "seed": 7,
        "environment": FREE_THREADED,
        "coverage": Coverage(812, 412_000, ("a.add(x)", "a.try_add(x)", "len(a)"), 10.0, 3321),
        **more,
    }
    findings = len(given.get("findings", ()))
    differences = sum(each.decides for each in given.get("nonconformances", ()))
    return Report(**given, evidence=replace(evidence, findings=findings, differences=differences))


RACE: Final = Race(
    "data race",
    (
        MemoryAccess("write of size 8", (CFrame("bag_add", "/src/shop/bag.c", 30, "bag.so", "0x11"),)),
        MemoryAccess("read of size 8", (CFrame("bag_len", "/src/shop/bag.c", 40, "bag.so", "0x22"),
                                        CFrame("", "", 0, "bag.so", "0x33"))),
    ),
    "heap block of size 64",
)  # fmt: skip
RACES: Final = report(
    findings=(
        Finding(FindingKind.DATA_RACE, Scenario.parse("a.add(1) || len(a)"), seconds=1.5, failures=1, tries=1,
                race=RACE, repeat=checked("a.add(1) || len(a)", sanitizer="thread", python="t/python")),
        Finding(FindingKind.DATA_RACE, Scenario.parse("a.add(1) || len(a)"), seconds=2.5, failures=1, tries=1,
                race=replace(RACE, accesses=(RACE.accesses[0], MemoryAccess("write of size 4")), location="")),
    ),
)  # fmt: skip

LOST: Final = outcome(("True",), ("True",), final=("[1]",), count=812, verdict=Verdict.VIOLATION)
LOST_UPDATE: Final = report(
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
            repeat=checked("a.add(2); a.discard(2) -> a.try_add(1) || a.try_add(1) -> sorted(a)"),
        ),
    ),
)  # fmt: skip

LONG_LINES: Final = report(
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
            repeat=checked(None, consistency=Consistency.SEQUENTIAL),
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
    findings=(
        Finding(
            FindingKind.HANG,
            Scenario.parse("a.update(b) || b.update(a)"),
            detail="no operation returned for 3 s; operations returned: thread 1 after 0, thread 2 after 0",
            stacks=STACKS,
            failures=1,
            tries=1,
            seconds=1.2,
            repeat=checked("a.update(b) || b.update(a)"),
        ),
        Finding(
            FindingKind.HANG,
            Scenario.parse("a.add(Meddling(a, 1)); len(a)"),
            detail="one thread alone did not come back within 3 s",
            concurrent=False,
            repeat=checked(None),
        ),
    ),
    notes=("there is one processor: threads never ran at the same time",),
)

CRASH: Final = report(
    findings=(
        Finding(
            FindingKind.CRASH,
            Scenario.parse("a.pop() || a.clear()"),
            detail="killed by SIGSEGV",
            stacks="Fatal Python error: Segmentation fault\n\n\x1b[31mthread\x1b[0m 0x7f",
            failures=1,
            tries=1,
            seconds=9.96,
            repeat=checked("a.pop() || a.clear()"),
        ),
        Finding(FindingKind.MEMORY, Scenario.parse("a.add(1) || a.add(2)"), detail="the process used 2,000 MiB"),
    ),
)

HELD: Final = report(
    Evidence(RUNS, Tally(3_943, 3_943, 3_943), left_out=(LeftOut(Omission.WAITS_FOR_EVER, 2, "a.get() || a.get()"),)),
    coverage=Coverage(
        812, 412_000, ("a.add(x)", "a.try_add(x)", "len(a)"), 10.0, 3321, 3_943,
        ("under control: 16 scenarios",), ("add", "try_add", "__len__"), ("opened",), ("close", "nothing-changed"),
        ("opened: it is a context manager",),
    ),
)  # fmt: skip
UNCALLED: Final = report(
    Evidence(
        RUNS,
        doubts=(
            Doubted(Doubt.MEMBER_NEVER_CALLED, 1, "clear: no operation calls it", "excuse it: --skip clear"),
            Doubted(Doubt.MEMBER_NEVER_CALLED, 1, "pop: every call raised KeyError", "excuse it: --skip pop"),
            Doubted(Doubt.NOTHING_CHANGED, 2, "a.add(x), len(a)"),
        ),
    ),
    coverage=Coverage(2, 412_000, ("a.add(x)", "len(a)"), 10.0, 2, 0, (), ("add", "__len__"), ("clear", "pop")),
)

UNKNOWN: Final = report(
    Evidence(Tally(), doubts=(Doubted(Doubt.ALONE_DIFFERS, 40, "a.who() || a.who()"),)),
    coverage=Coverage(),
    threads=(2, 3, 4),
)

UNDECIDED: Final = report(
    Evidence(
        Tally(9_000, 8_998, 8_998),
        Tally(487, 0, 0),
        (
            Doubted(Doubt.OUTCOMES_UNDECIDED, 486),
            Doubted(Doubt.OUTCOMES_UNDECIDED, 2),
            Doubted(Doubt.GIVEN_UP),
            Doubted(Doubt.INTERRUPTED, 1, "3.1 of 10 s"),
        ),
        deaths=1,
    ),
    coverage=Coverage(1, 9_000, ("a.bump()",), 3.1, 3, 487, ("under control: 1 scenario",)),
)

DIFFERENT: Final = report(
    nonconformances=(
        Nonconformance("different result", ("a.add(1)", "1 in a"), "None", "True"),
        Nonconformance("state handed out", ("a.items()", "a.add(1)"), "[1]", "[]", "the list changes with the subject"),
    ),
)

BAG: Final = "/srv/shop/bags.py"
SOURCES: Final = ((BAG, "5e" * 32),)


def step(thread: int, line: int, source: str, *notes: str, **more: Any) -> TracedStep:
    return TracedStep(f"thread {thread}", f"{BAG}:{line}", source, notes, **more)


MASKED: Final = report(
    coverage=Coverage(0, 0, ("a.put(x)",), 0.4, 12, 21, ("under control: 1 scenario",)),
    findings=(
        Finding(
            FindingKind.NOT_LINEARIZABLE,
            Scenario.parse("a.put(1) || a.put(2)"),
            outcome(("1",), ("1",), count=1, verdict=Verdict.VIOLATION),
            Explanation(("Both `a.put(1)` and `a.put(2)` returned 1. In every order, one of them returns 2.",)),
            failures=1,
            tries=1,
            seconds=0.02,
            repeat=checked("a.put(1) || a.put(2)"),
            control=Control(
                Schedule(Switching.FREE, ((1, 3), (2, 2))),
                1,
                (
                    step(1, 12, "self._items.append(item)", "self._items.append(item)"),
                    step(1, 13, "self.size += 1", "reads self.size: 0", marked=True, switch="another thread goes on"),
                    step(2, 12, "self._items.append(item)", "self._items.append(item)"),
                    step(
                        2, 13, "self.size += 1", "reads self.size: 0", "writes self.size: 1", marked=True,
                        switch="it ends",
                    ),
                    step(1, 13, "self.size += 1", "writes self.size: 1"),
                    TracedStep("thread 1", "<operation a.put(1)>:1", "a.put(1)", ("a.put(1)",)),
                ),
                masking=Masking.MASKED,
                rests_on="all 64 schedules there are, switching only where a standard 3.13 build can: none has it",
                strategy="preemptions",
                schedules=21,
                replayed=10,
                replays=10,
                python="3.13.15t",
                sources=SOURCES,
            ),
        ),
    ),
)  # fmt: skip

DEADLOCK: Final = report(
    subject="shop.races:transfer",
    model="its own assertions",
    coverage=Coverage(0, 0, (), 0.1, 0, 4, ("2 orders of lock operations",)),
    findings=(
        Finding(
            FindingKind.DEADLOCK,
            Scenario((), ()),
            detail="no thread can go on",
            failures=1,
            tries=1,
            seconds=0.03,
            repeat=RepeatTarget("shop.races:transfer", ExploreOptions(schedule="sync:1x1,2x1")),
            control=Control(
                Schedule(Switching.SYNC, ((1, 1), (2, 1))),
                1,
                blocked=(
                    BlockedThread("main thread", "the end of forth", f"{BAG}:40", "", "", 0),
                    BlockedThread("forth", f"the lock made at {BAG}:7", f"{BAG}:31", "back", f"{BAG}:35", 1),
                    BlockedThread("back", f"the reentrant lock made at {BAG}:8", f"{BAG}:36", "forth", f"{BAG}:30", 2),
                    BlockedThread("waiter", "a notification", "", "", "", 0),
                ),
                masking=Masking.SHOWN,
                rests_on="a schedule that a standard build can take shows it, with 1 preemption",
                strategy="orders",
                schedules=4,
                replayed=10,
                replays=10,
                python="3.13.15t",
                sources=SOURCES,
            ),
        ),
    ),
)

NOT_AGAIN: Final = report(
    subject="shop.races:guess",
    model="its own assertions",
    coverage=Coverage(0, 0, (), 2.0, 0, 1771, ("900 SURW schedules", "870 PCT schedules")),
    findings=(
        Finding(
            FindingKind.EXCEPTION,
            Scenario((), ()),
            detail="AssertionError: 3 of 4, in main thread",
            stacks='Traceback (most recent call last):\n  File "/srv/shop/races.py", line 9, in guess\n',
            failures=1,
            tries=1,
            seconds=1.5,
            repeat=RepeatTarget("shop.races:guess", ExploreOptions(schedule="free:1x4,2x1,3x7")),
            control=Control(
                Schedule(Switching.FREE, ((1, 4), (2, 1), (3, 7))),
                2,
                (
                    step(1, 5, "seen.append(draw())", "seen.append(draw())", switch="another thread goes on"),
                    step(2, 5, "seen.append(draw())", "seen.append(draw())", switch="it ends"),
                    TracedStep("thread 3", f"{BAG}:6", "", ("takes the lock",)),
                ),
                masking=None,
                strategy="surw",
                schedules=1771,
                replays=10,
                python="3.13.15t",
                sources=SOURCES,
            ),
        ),
    ),
    notes=("the same choices led elsewhere: something beside the schedule decides",),
)  # fmt: skip

SAMPLES: Final = {
    "lost-update": LOST_UPDATE,
    "long-lines": LONG_LINES,
    "hang": HANG,
    "crash": CRASH,
    "races": RACES,
    "held": HELD,
    "uncalled": UNCALLED,
    "unknown": UNKNOWN,
    "undecided": UNDECIDED,
    "different": DIFFERENT,
    "masked": MASKED,
    "deadlock": DEADLOCK,
    "not-again": NOT_AGAIN,
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
