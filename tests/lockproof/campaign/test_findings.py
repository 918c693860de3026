"""Are the gravest findings told first, and is a case followed that ends the process while another is made small?"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from lockproof.campaign.clock import Clock
from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.findings import UNSHRUNK, Findings, gravity, told_beside
from lockproof.campaign.protocol.child import Died
from lockproof.campaign.protocol.messages import RunResult
from lockproof.campaign.thread_failures import ThreadFailures
from lockproof.core.options import CheckOptions
from lockproof.core.race import UNSEEN
from lockproof.core.repeat import RepeatTest
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import Control, Finding, FindingKind, Outcome, TracedStep, Verdict

pytestmark = pytest.mark.one_build

TWO = Scenario.parse("a.put(1) || a.put(1)")
KINDS = FindingKind


def violation(*results: str) -> Finding:
    outcome = Outcome(tuple((each,) for each in results), (), 1, Verdict.VIOLATION)
    return Finding(KINDS.NOT_LINEARIZABLE, TWO, outcome)


def alone(line: str, kind: FindingKind = KINDS.HANG) -> Finding:
    one = replace(TWO, threads=Scenario.parse(f"{line} || a.put(1)").threads[:1])
    return Finding(kind, one, concurrent=False)


def test_the_gravest_finding_is_told_first() -> None:
    ranked = [
        Finding(KINDS.CRASH, TWO), Finding(KINDS.HANG, TWO), violation("1", "raises KeyError"), violation("1", "1"),
        alone("a.put(Meddling(a, 1))"),
    ]  # fmt: skip
    found = [*ranked[3:], *ranked[:3]]
    assert sorted(found, key=gravity) == ranked
    assert gravity(alone("a.put(1)"))[0] == gravity(Finding(KINDS.DEADLOCK, TWO))[0]
    assert gravity(alone("a.put(Meddling(a, 1))", KINDS.CRASH))[0] == 0
    first, second = (replace(violation("1", "1"), seconds=each) for each in (1.0, 2.0))
    assert sorted([second, first], key=gravity) == [first, second]


def findings() -> Findings:
    return Findings(lambda _: RepeatTest(("pytest",)), EvidenceBuilder())


def test_only_a_finding_of_threads_ends_the_search_and_an_unshrunk_one_says_so() -> None:
    found = findings()
    died = Died(KINDS.HANG, "it did not come back", "", ("a.put(1)",))
    found.add_death(died, TWO, 1.0, concurrent=False)
    assert found and not found.of_threads
    found.add_death(died, TWO, 1.0, unshrunk=True)
    assert found.of_threads
    assert [each.detail for each in found.found] == ["it did not come back", f"it did not come back. {UNSHRUNK}"]


def test_findings_that_were_made_the_same_small_case_are_one() -> None:
    found = findings()
    crash = Finding(KINDS.CRASH, TWO)
    others = [violation("1", "2"), Finding(KINDS.DEADLOCK, TWO, violation("1", "1").outcome), crash, crash]
    for each in (violation("1", "1"), replace(violation("1", "1"), seconds=2.0), *others):
        found.add(each)
    found.drop_repeated()
    assert [replace(each, repeat=None) for each in found.found] == [violation("1", "1"), *others]


class Following(ThreadFailures):
    """Notes the deaths that it should follow."""

    followed: list[Any] = []  # noqa: RUF012

    def after_death(self, died: Died, scenario: Scenario) -> None:
        self.followed.append((died.kind, str(scenario)))


def test_a_crash_of_a_smaller_case_is_a_finding_too() -> None:
    def run(scenario: Scenario, *_: object, **__: object) -> RunResult:
        if not scenario.final:
            raise Died(KINDS.CRASH, "SIGSEGV", "", ())
        bad = violation("1", "1").outcome
        return RunResult(scenario, 10, 0.1, 5, outcomes=(), worst=bad)

    runs: Any = SimpleNamespace(run=run)
    deaths: Any = SimpleNamespace(restart=lambda: None)
    clock = Clock(1.0, lambda _: None, lambda: (0, 0, 0))
    found = findings()
    scenario = replace(TWO, final=Scenario.parse("a.put(1) || a.put(1) -> a.get()").final)
    waits: Any = None  # no call of these waits
    failures = Following(runs, deaths, clock, found, CheckOptions(), waits)
    failures.after_violation(scenario, run(scenario))
    assert [each.kind for each in found.found] == [KINDS.NOT_LINEARIZABLE]
    assert Following.followed == [(KINDS.CRASH, "a.put(1) || a.put(1)")]


def test_no_note_says_of_the_lines_of_a_finding_that_their_race_changed_nothing() -> None:
    steps = tuple(TracedStep(f"thread {k}", f"bag.py:{line}", "", ()) for k, line in ((1, 7), (2, 9)))
    finding = replace(violation("1", "1"), control=Control(Schedule.parse("free:1x1"), 0, steps))
    told = f"{UNSEEN}/src/bag.py:7 reads .size beside /src/bag.py:9 writes .size"
    others = [told.replace(":9", ":10"), told.replace("/src/bag.py:7", "/src/other_bag.py:7"), "something else"]
    assert told_beside([told, *others], [finding]) == others
    assert told_beside([told, *others], []) == [told, *others]
