"""Does LockedSet keep its specification, and are the reasons in the reviewed file about mutants that there are?"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import lockproof
from lockedset import LockedSet
from lockproof.mutate.mutants import mutants_of_class
from tests.load_bearing.locked_set import locked_set

REVIEWED = Path(__file__).with_name("locked_set.toml")


class Torn(LockedSet[int]):
    """Its length is read without the lock, in the middle of a step in `locked` too."""

    def __len__(self) -> int:
        return set.__len__(self)


@pytest.mark.thread_unsafe(reason="starts processes")
def test_locked_set_keeps_its_specification() -> None:
    assert lockproof.check(locked_set, budget=4.0, seed=1).verdict is lockproof.Verdict.HELD


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize("subject", [LockedSet, Torn])
def test_a_step_in_locked_is_one_step_to_every_method(subject: type[LockedSet[int]]) -> None:
    kinds = [kind for kind in locked_set.operations if kind.text in ("refilled(a)", "len(a)")]
    specification = replace(locked_set, subject=subject, operations=kinds, subject_name="")
    if subject is Torn:
        with pytest.raises(lockproof.Violation):
            lockproof.check(specification, budget=60.0, seed=1)
    else:
        assert lockproof.check(specification, budget=2.0, seed=1).verdict is lockproof.Verdict.HELD


def test_each_reason_is_about_a_mutant_that_there_is() -> None:
    entries = tomllib.loads(REVIEWED.read_text(encoding="utf-8"))["equivalent"]
    explained = [name for entry in entries for name in entry["mutants"]]
    assert len(explained) == len(set(explained)) > 0
    assert all(entry["reason"].strip() for entry in entries)
    assert set(explained) < {mutant.id for found in mutants_of_class(LockedSet) for mutant in found.mutants}
