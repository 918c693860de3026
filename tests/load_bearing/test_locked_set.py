"""Does LockedSet keep its specification, and are the reasons in the reviewed file about mutants that there are?"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

import lockproof
from lockedset import LockedSet
from lockproof.campaign.explore import ControlledChild
from lockproof.campaign.protocol import Setup
from lockproof.mutate.mutants import mutants_of_class
from tests.load_bearing.locked_set import locked_set

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATIONS = Path(__file__).with_name("locked_set.py")
REVIEWED = Path(__file__).with_name("locked_set.toml")
SAID = tomllib.loads(REVIEWED.read_text(encoding="utf-8"))
KILLERS = [entry["scenario"] for entry in SAID["killed"]]
"""What kills mutants: a lock that somebody removes is one of these mutants."""


PLAIN = {"live-iterator:remove_if:04f250", "rlock-to-lock:Lockable.__new__:8b0385"}
"""Mutants that one thread alone shows."""


@pytest.mark.thread_unsafe(reason="starts processes")
def test_locked_set_keeps_its_specification() -> None:
    assert lockproof.check(locked_set, budget=4.0, seed=1).verdict is lockproof.Verdict.HELD


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize(("name", "found"), [("locked_set", False), ("torn_set", True)])
def test_what_has_killed_a_mutant_finds_nothing_in_the_class_and_something_in_one_without_a_lock(
    name: str, found: bool
) -> None:
    controlled = ControlledChild(Setup([*sys.path, str(ROOT)], f"{SPECIFICATIONS}:{name}", seed=1), memory=1024)
    try:
        controlled.start(conform=0.5)
        finding = None
        for text in KILLERS:
            looked = controlled.look(text, 10.0, 30, 2)
            assert looked.schedules and not looked.skipped, text
            if looked.found:
                finding = text
                break
    finally:
        controlled.child.close()
    assert (finding is not None) is found, finding


def test_every_mutant_is_killed_or_explained_or_plainly_wrong() -> None:
    named = [name for entry in (*SAID["equivalent"], *SAID["killed"]) for name in entry["mutants"]]
    assert len(named) == len(set(named))
    assert all(entry["reason"].strip() for entry in SAID["equivalent"])
    ids = {mutant.id for found in mutants_of_class(LockedSet) for mutant in found.mutants}
    assert ids - set(named) <= PLAIN
    assert set(named) <= ids
