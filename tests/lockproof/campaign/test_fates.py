"""Is a mutant that could not be judged neither killed nor survived, whichever engine left it undecided?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lockproof.campaign.fate_file import FateFile
from lockproof.campaign.mutant_judge import fate as fate_of
from lockproof.core.codec import encode
from lockproof.core.evidence import Doubt, Doubted, Evidence, Tally
from lockproof.core.mutant import Mutant
from lockproof.core.mutation_report import Fate, Judged, MutationReport, named_equivalent
from lockproof.core.verdict import Report
from lockproof.report.mutants_text import mutation_as_text
from tests.lockproof.report.samples import DIFFERENT, LOST_UPDATE, STANDARD, report

MUTANT = Mutant("remove-lock:Bag.add:1", "remove-lock", "bag", "bag.py", "Bag.add", 1, "-a\n+b\n", "", "is removed")
RUNS = Tally(9, 9, 9)
HELD = report(Evidence(threads=RUNS))
UNDECIDED = report(Evidence(threads=Tally(9, 7, 7)))
LOST = report(Evidence(threads=RUNS, deaths=1))
IDLE = report(Evidence(threads=Tally()))
PASSED, LEFT_OPEN = Evidence(schedules=RUNS), Evidence(schedules=RUNS, doubts=(Doubted(Doubt.CHILD_LOST),))


@pytest.mark.parametrize(
    ("before", "shown", "fate", "codes"),
    [
        (PASSED, HELD, Fate.SURVIVED, ()),
        (Evidence(), HELD, Fate.SURVIVED, ()),
        (PASSED, UNDECIDED, Fate.UNDECIDED, (Doubt.OUTCOMES_UNDECIDED,)),
        (PASSED, LOST, Fate.UNDECIDED, (Doubt.CHILD_LOST,)),
        (PASSED, IDLE, Fate.UNDECIDED, (Doubt.NOTHING_RUN,)),
        (LEFT_OPEN, HELD, Fate.UNDECIDED, (Doubt.CHILD_LOST,)),
        (LEFT_OPEN, LOST_UPDATE, Fate.KILLED, ()),
        (PASSED, DIFFERENT, Fate.INVALID, ()),
    ],
)
def test_the_evidence_of_both_engines_decides(
    before: Evidence, shown: Report, fate: Fate, codes: tuple[Doubt, ...]
) -> None:
    judged, together = fate_of(MUTANT, shown, frozenset(), before)
    assert (judged.fate, judged.undecided) == (fate, codes)
    assert together.schedules == before.schedules and together.threads == shown.evidence.threads
    assert bool(judged.why) is (fate in (Fate.UNDECIDED, Fate.INVALID))


def test_what_differs_in_the_class_itself_too_kills_nothing_and_decides_nothing() -> None:
    usual = frozenset(each.lines[-1] for each in DIFFERENT.nonconformances)
    assert fate_of(MUTANT, DIFFERENT, usual, PASSED)[0].fate is Fate.SURVIVED
    assert fate_of(MUTANT, DIFFERENT, usual, LEFT_OPEN)[0].fate is Fate.UNDECIDED


def judged(fate: Fate, **more: Any) -> Judged:
    return Judged(replace(MUTANT, id=f"remove-lock:Bag.{fate.name}:1"), fate, 1.0, **more)


def test_an_undecided_mutant_is_reported_and_is_no_part_of_the_killed() -> None:
    open_one = judged(Fate.UNDECIDED, why="9 runs were not judged", undecided=(Doubt.OUTCOMES_UNDECIDED,))
    found = MutationReport("bag.py:Bag", 7, 4.0, STANDARD, (), (judged(Fate.KILLED), open_one), 12.0)
    assert (found.score, found.valid, found.count(Fate.SURVIVED)) == (0.5, 2, 0)
    text = mutation_as_text(found)
    assert "undecided after 1.0 s: remove-lock:Bag.UNDECIDED:1" in text and "9 runs were not judged" in text
    assert "next step: give the judge a simpler model" in text
    assert "1 mutant could not be judged: not known whether a check would notice" in text
    assert "A survivor is a lock" not in text  # nobody is asked to call it equivalent
    sure = MutationReport("bag.py:Bag", 7, 4.0, STANDARD, (), (judged(Fate.KILLED),), 12.0)
    assert sure.score == 1.0 and "could not be judged" not in mutation_as_text(sure)


def test_nobody_can_call_an_undecided_mutant_equivalent() -> None:
    assert named_equivalent(judged(Fate.UNDECIDED), "one step").fate is Fate.UNDECIDED
    assert named_equivalent(judged(Fate.SURVIVED), "one step").fate is Fate.EQUIVALENT


def test_what_schedules_left_open_is_known_to_a_run_that_is_gone_on_with(tmp_path: Path) -> None:
    head = {"digest": "d", "options": {}, "seed": 1}
    file = FateFile(tmp_path, "bag.py:Bag", "3.13")
    assert file.begin(head) == ({}, {})
    file.add_passed("one", LEFT_OPEN)
    file.add(judged(Fate.UNDECIDED, why="x", undecided=(Doubt.CHILD_LOST,)))
    known, passed = FateFile(tmp_path, "bag.py:Bag", "3.13").begin(head)
    assert passed == {"one": LEFT_OPEN}
    (again,) = known.values()
    assert (again.fate, again.undecided) == (Fate.UNDECIDED, (Doubt.CHILD_LOST,))
    assert json.loads(json.dumps(encode(again)))["undecided"] == ["child-lost"]
