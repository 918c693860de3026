"""Does LockedSet keep its specification, and are the reasons in the reviewed file about mutants that there are?"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

import lockproof
from lockedset import LockedSet
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.core.scenario import Scenario
from lockproof.mutation.mutants import mutants_of_class
from tests.load_bearing.locked_set import locked_set
from tests.lockedset.implementations import in_python

pytestmark = [pytest.mark.timeout(600), pytest.mark.one_build]

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATIONS = Path(__file__).with_name("locked_set.py")
REVIEWED = Path(__file__).with_name("locked_set.toml")
SAID = tomllib.loads(REVIEWED.read_text(encoding="utf-8"))
KILLERS = [entry["scenario"] for entry in SAID["killed"]]
"""What kills mutants: a lock that somebody removes is one of these mutants."""


PLAIN = {"live-iterator:remove_if:04f250", "rlock-to-lock:Lockable.__new__:8b0385"}
"""Mutants that one thread alone shows."""


LENGTHS = [text for text in KILLERS if "len(a) ||" in text]
"""What must notice that `len` takes no lock."""

SOME = [*LENGTHS, *KILLERS[::20]]
"""What each push explores. The nightly run explores all of them."""

nightly = pytest.mark.nightly(reason="half a minute of exploring scenarios that are alike")


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize("budget", [1.0, pytest.param(10.0, marks=nightly)])
def test_locked_set_keeps_its_specification(budget: float) -> None:
    assert lockproof.check(locked_set, budget=budget, seed=1).verdict is lockproof.Verdict.HELD


def explored(name: str, scenarios: list[str]) -> dict[str, bool]:
    """Explore thirty schedules of each scenario, and tell whether something was found."""
    controlled = ControlledChild(Setup([*sys.path, str(ROOT)], Named(f"{SPECIFICATIONS}:{name}"), seed=1), memory=1024)
    found = {}
    try:
        controlled.start(conform=0.5)
        for text in scenarios:
            looked = controlled.look(Scenario.parse(text), 30.0, 30, 2)
            assert looked.schedules and not looked.skipped and not looked.counts.undecided, text
            found[text] = looked.found is not None
    finally:
        controlled.child.close()
    return found


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize("scenarios", [pytest.param(SOME, id="some"), pytest.param(KILLERS, id="all", marks=nightly)])
def test_what_has_killed_a_mutant_finds_nothing_in_the_class(scenarios: list[str]) -> None:
    found = explored("locked_set", scenarios)
    assert len(found) >= 10 and not any(found.values()), found


@pytest.mark.thread_unsafe(reason="starts processes")
def test_what_has_killed_a_mutant_finds_something_in_a_class_without_a_lock() -> None:
    found = explored("torn_set", LENGTHS)
    assert len(found) >= 3 and all(found.values()), found


@pytest.mark.one_build
@in_python
def test_every_mutant_is_killed_or_explained_or_plainly_wrong() -> None:
    named = [name for entry in (*SAID["equivalent"], *SAID["killed"]) for name in entry["mutants"]]
    assert len(named) == len(set(named))
    assert all(entry["reason"].strip() for entry in SAID["equivalent"])
    ids = {mutant.id for found in mutants_of_class(LockedSet) for mutant in found.mutants}
    assert ids - set(named) <= PLAIN
    assert set(named) <= ids
