"""The timed statements do what the name of their benchmark says. Nothing here looks at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.handwritten import RLockSet
from benchmarks.loops import STEPS_IN_THREAD, USES, in_tens, keys_for, statements_in, threads_loop, timed_loop
from benchmarks.operations import (
    BY_NAME,
    CHANGES,
    COUNTS,
    MIXTURES,
    OPERATIONS,
    SHARINGS,
    SIZE,
    SMOKE,
    Operation,
    Sharing,
    change_name,
    threads_name,
)
from benchmarks.subjects import BY_NAME as SUBJECTS
from benchmarks.subjects import HANDWRITTEN, OURS, OURS_IN_PYTHON, Subject
from lockedset import LockedSet, implementation

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]
HERE, ELSEWHERE = (OURS, OURS_IN_PYTHON) if implementation == "compiled" else (OURS_IN_PYTHON, OURS)
"""The implementation of LockedSet that this process has, and the other one."""

SETS = [SUBJECTS[name] for name in ("set", HANDWRITTEN, HERE)]
CASES = [
    pytest.param(subject, operation, id=f"{subject.name}: {operation.name}")
    for subject in SETS
    for operation in OPERATIONS
    if subject.name in operation.statements
]


@pytest.mark.parametrize(("subject", "operation"), CASES)
def test_each_statement_runs(subject: Subject, operation: Operation) -> None:
    assert timed_loop(subject, operation, seed=1).run(2) > 0


@pytest.mark.parametrize("subject", SETS, ids=lambda subject: subject.name)
@pytest.mark.parametrize("name", ["add, present", "discard, absent", "in, hit", "try_add, present"])
def test_what_is_named_present_or_absent_changes_nothing(subject: Subject, name: str) -> None:
    if subject.name not in BY_NAME[name].statements:
        pytest.skip("this subject has no such operation")
    loop = timed_loop(subject, BY_NAME[name], seed=1)
    before = set(loop.namespace["made"][0])
    loop.run(1)
    assert set(loop.namespace["made"][0]) == before
    assert len(before) == SIZE


@pytest.mark.parametrize("subject", SETS, ids=lambda subject: subject.name)
def test_the_two_operands_have_half_in_common(subject: Subject) -> None:
    s, o, e = timed_loop(subject, BY_NAME["union, |"], seed=1).namespace["made"]
    assert len(set(s) & set(o)) == SIZE // 2
    assert s == e
    assert type(s) is type(o) is type(e)


IN_PLACE = {
    "update": set.union,
    "-=": set.difference,
    "&=": set.intersection,
    "^=": set.symmetric_difference,
}


@pytest.mark.parametrize("subject", SETS, ids=lambda subject: subject.name)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("mixture", MIXTURES)
def test_a_change_of_many_changes_each_set_that_was_made_for_it(
    subject: Subject, change: str, count: int, mixture: str
) -> None:
    # An operator that assigned to another name, or to a global one, would change none of them or one again and again.
    loop = timed_loop(subject, BY_NAME[change_name(change, count, mixture)], seed=1)
    remade, pairs = loop.namespace["remade"], []

    def remembered() -> tuple[Any, Any]:
        pairs.append(remade())
        return pairs[-1]

    loop.namespace["remade"] = remembered
    loop.run(1)
    before, operand = set(loop.namespace["items"]), loop.namespace[f"{mixture}_{count}"]
    present = {"new": 0, "present": count, "mixed": count // 2}[mixture]
    assert len(operand) == count
    assert len(operand & before) == present
    assert len(pairs) == USES
    for s, _ in pairs:
        assert type(s) is subject.load()
        assert s == IN_PLACE[change](before, operand)


def test_a_batch_runs_through_all_keys() -> None:
    assert statements_in(BY_NAME["add, new"]) == SIZE
    assert statements_in(BY_NAME["drain"]) == USES


@pytest.mark.parametrize("sharing", SHARINGS, ids=lambda sharing: sharing.name)
@pytest.mark.parametrize("subject", SETS, ids=lambda subject: subject.name)
def test_threads_run_to_their_end(subject: Subject, sharing: Sharing) -> None:
    assert threads_loop(subject, sharing, threads=2, seed=1).run(1) > 0
    assert STEPS_IN_THREAD > 0


def test_an_error_in_a_thread_is_raised_and_nobody_waits_for_ever() -> None:
    # A list has no `add`: each thread fails at its first statement.
    broken = Subject("set", "builtins", "list", lambda kind, items: kind(items))
    with pytest.raises(AttributeError, match="add"):
        threads_loop(broken, SHARINGS[0], threads=2, seed=1).run(1)


def test_keys_depend_on_the_seed_alone() -> None:
    assert keys_for(7, 20) == keys_for(7, 20) != keys_for(8, 20)
    assert set(keys_for(7, 20, "thread 0")).isdisjoint(keys_for(7, 20, "thread 1"))
    assert [len(turn) for turn in in_tens(range(25))] == [10, 10]


def test_names_are_unique() -> None:
    names = [operation.name for operation in OPERATIONS]
    names += [threads_name(sharing, threads) for sharing in SHARINGS for threads in (1, 2)]
    assert len(set(names)) == len(names)
    assert set(SMOKE) <= set(names)


def test_the_handwritten_subclass_is_right_on_one_thread() -> None:
    # What LockedSet is compared with must not be fast by being wrong.
    plain, mine = {1, 2, 3}, RLockSet([1, 2, 3])
    assert mine.union([4]) == plain | {4}
    assert mine & {1} == {1}
    assert mine - {1} == {2, 3}
    assert mine ^ {1, 9} == {2, 3, 9}
    assert isinstance(mine | {5}, RLockSet)
    assert mine.snapshot() == frozenset(plain)
    assert sorted(mine) == sorted(plain)
    assert len(mine.take(2)) == 2
    assert len(mine.drain()) == 1
    assert mine.try_add(1)
    assert not mine.try_add(1)
    assert mine.try_remove(1)
    assert not mine.try_remove(1)
    mine.replace([1, 2, 3, 4])
    assert sorted(mine.remove_if(lambda number: number % 2)) == [1, 3]
    assert repr(RLockSet()) == "RLockSet()"


def test_the_subjects_load() -> None:
    assert SUBJECTS[HERE].load() is LockedSet
    assert SUBJECTS[HANDWRITTEN].load() is RLockSet


def test_the_other_implementation_is_not_taken_for_this_one() -> None:
    with pytest.raises(ImportError, match="a process of its own"):
        SUBJECTS[ELSEWHERE].load()


@pytest.mark.thread_unsafe(reason="starts a process")
def test_the_subject_in_python_is_that_in_a_process_of_its_own() -> None:
    program = (
        "from benchmarks.subjects import BY_NAME, OURS_IN_PYTHON; kind = BY_NAME[OURS_IN_PYTHON].load();"
        " import lockedset; print(lockedset.implementation, kind is lockedset.LockedSet)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["pure", "True"], done.stderr
