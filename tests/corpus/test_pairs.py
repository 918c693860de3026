"""Is the register of the corpus in order, and do broken and mended classes differ only where they should?

Whether threads break the broken ones is for the checker to show: that is what the corpus is for.
"""

from __future__ import annotations

import importlib
import inspect
import uuid
from collections.abc import Iterable
from itertools import permutations
from typing import Any, Final

import pytest

from lockproof.core.operation import Operation, split
from lockproof.core.own_time import PASSING, time_passes
from lockproof.core.scenario import Scenario
from lockproof.core.values import Raised, canonical, numbered
from lockproof.inference.catalogue import NAMES
from tests.corpus import FLAWS, PAIRS, Pair

CONCURRENT: Final = [pair for pair in PAIRS if pair.shows != "sequential"]
SEQUENTIAL: Final = [pair for pair in PAIRS if pair.shows == "sequential"]
ALONE: Final = {
    "Reentry": "a.add(1); len(a); a.update([1, 2]); a |= {3}; 3 in a; sorted(a)",
    "FactoryCache": "a.compute_if_absent(1, gives_1); a.compute_if_absent(1, gives_2); a.invalidate(1); a.size()",
    "EventBus": "a.subscribe(gives_1); a.publish(1); len(a)",
    "Mailbox": "a.put(1); a.put(2); len(a); a.get(); a.get(); len(a)",
    "WaitingQueue": "a.put(1); a.put(2); len(a); a.get(); a.get(); len(a)",
    "Buffer": "a.put(1); len(a); a.get(); a.put(2); a.get(); len(a)",
    "Tokens": "a.take(); a.put_back(); a.take()",
    "CountDown": "a.count_down(); a.count_down(); a.wait(); a.count_down(); a.wait()",
    "Signal": "a.give(); a.await_it(); a.await_it()",
    "ReadWrite": "a.acquire_write(); a.release_write(); a.acquire_read(); a.acquire_read(); a.release_read()",
    "Meeting": "",
    "Slot": "a.give(1); a.grab(); a.give(2); a.grab()",
    "Promise": "a.keep(1); a.value(); a.keep(2); a.value()",
    "Gate": "a.admit_one(); a.enter(); a.admit_one(); a.admit_one(); a.enter()",
    "Line": "a.acquire(); a.release(); a.acquire(); a.release()",
    "Hire": "a.take(); a.put(1); a.take()",
    "Lending": "a.borrow(); a.give_back(1); a.borrow()",
    "Shelf": "a.store(1, 1); a.size(); a.clear_out(); a.size(); a.store(2, 2); a.size()",
    "Tasks": "a.done(); a.done(); a.join(); a.done(); a.join()",
    "Sharing": "a.lock_exclusive(); a.unlock_exclusive(); a.lock_shared(); a.lock_shared(); a.unlock_shared()",
    "Desk": "a.writer_enter(); a.writer_exit(); a.reader_enter(); a.reader_enter(); a.reader_exit()",
    "Readers": "a.begin_write(); a.end_write(); a.begin_read(); a.begin_read(); a.end_read()",
}
"""What one thread can run of the pairs whose race waits on one thread already."""


def loaded(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def results(target: Any, operations: Iterable[Operation]) -> list[Any]:
    """Run operations on fresh subjects by this thread."""
    subjects = {name: target() for name in "abc"}

    def result(operation: Operation) -> Any:
        try:
            return canonical(operation.compiled({**NAMES, PASSING: time_passes})(*subjects.values()), subjects)
        except Exception as error:
            return Raised.of(error)

    forms: tuple[Any, ...] = numbered(tuple(result(operation) for operation in operations))
    return list(forms)


def programs(pair: Pair) -> list[list[Operation]]:
    """Return the threads of the pair's race one after the other, in every order."""
    if pair.name in ALONE:
        return [split(ALONE[pair.name])]
    race = Scenario.parse(pair.race)
    return [[*race.init, *(each for thread in order for each in thread), *race.final]
            for order in permutations(race.threads)]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_both_classes_can_be_made_and_have_the_same_public_names(pair: Pair) -> None:
    broken, mended = loaded(pair.broken), loaded(pair.mended)
    assert broken.__name__ == f"Broken{pair.name}" and mended.__name__ == f"Mended{pair.name}"
    assert inspect.getdoc(broken) and inspect.getdoc(mended)
    broken(), mended()

    def public(cls: type) -> list[str]:
        return [name for name in dir(cls) if not name.startswith("_")]

    assert public(broken) == public(mended)


@pytest.mark.parametrize("pair", CONCURRENT, ids=lambda pair: pair.name)
def test_one_thread_sees_no_difference_where_the_flaw_is_one_of_concurrency(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=1))
    for program in programs(pair):
        assert results(loaded(pair.broken), program) == results(loaded(pair.mended), program)


@pytest.mark.parametrize("pair", SEQUENTIAL, ids=lambda pair: pair.name)
def test_one_thread_sees_the_flaw_where_it_is_none_of_concurrency(pair: Pair) -> None:
    program = split(pair.race)
    assert results(loaded(pair.mended), program) == results(set, program)
    assert results(loaded(pair.broken), program) != results(set, program)


@pytest.mark.parametrize("pair", CONCURRENT, ids=lambda pair: pair.name)
def test_what_a_scenario_needs_is_what_the_race_has(pair: Pair) -> None:
    race = Scenario.parse(pair.race)
    assert ("two subjects" in pair.needs) == ("b" in race.subjects)
    assert ("three threads" in pair.needs) == (len(race.threads) > 2)
    assert len(race.threads) >= 2


def test_every_flaw_is_shown() -> None:
    assert {pair.flaw for pair in PAIRS} == set(FLAWS)


def test_there_are_enough_pairs_and_each_is_there_once() -> None:
    assert len(CONCURRENT) >= 40 and len(PAIRS) >= 44
    assert len({pair.name for pair in PAIRS}) == len(PAIRS)
    assert len({target for pair in PAIRS for target in (pair.broken, pair.mended)}) == 2 * len(PAIRS)


def test_every_class_of_the_corpus_is_in_the_register() -> None:
    known = {target for pair in PAIRS for target in (pair.broken, pair.mended)}
    for module in {pair.broken.partition(":")[0] for pair in PAIRS}:
        classes = inspect.getmembers(importlib.import_module(module), inspect.isclass)
        own = {f"{module}:{name}" for name, each in classes if each.__module__ == module and not name.startswith("_")}
        assert own <= known
