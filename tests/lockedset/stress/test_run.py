"""Does `python -m tests.lockedset.stress` give each check what it needs, and each row what its check saw?"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from types import SimpleNamespace

import pytest

from lockedset import LockedSet
from tests.lockedset.stress import __main__ as stress
from tests.lockedset.stress import race
from tests.lockedset.stress.properties import PROPERTIES
from tests.lockedset.stress.race import Budget
from tests.lockedset.stress.soak import soak
from tests.lockedset.stress.twins import TWINS

pytestmark = pytest.mark.thread_unsafe(reason="replaces functions of the modules under test")


def test_a_check_with_rounds_gives_signs_of_life_however_long_its_budget_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(race, "time", SimpleNamespace(monotonic=lambda: now[0]))
    signs: list[float] = []
    budget = Budget(60.0, seed=1, alive=lambda: signs.append(now[0]))
    assert signs == [], "what comes before the rounds has its own limit"
    for now[0] in (100.0, 100.5, 101.0, 101.9, 109.0):
        assert budget.goes_on()
    assert signs == [100.0, 101.0, 109.0]
    now[0] = 160.0
    assert not budget.goes_on()
    assert budget.rounds == 6


@pytest.mark.parametrize("with_gil", [True, False])
def test_threads_that_race_without_the_gil_have_the_processors_to_themselves(
    monkeypatch: pytest.MonkeyPatch, with_gil: bool
) -> None:
    here = threading.get_ident()
    prepared: set[str] = set()
    alone: set[tuple[str, str]] = set()
    beside: set[tuple[str, str]] = set()
    met = threading.Barrier(2)

    def examine(subject: str, name: str, seconds: float, seed: int) -> tuple[str | None, str]:
        assert prepared == {twin.name for twin in TWINS.values() if twin.edits}, "compiled before the first check"
        (alone if threading.get_ident() == here else beside).add((subject, name))
        if PROPERTIES[name].hangs and subject != "LockedSet":
            met.wait(30)  # both twins that hang, at the same time
        return (None if subject == "LockedSet" else "caught"), f"{subject} {name} {seconds:g} {seed}"

    monkeypatch.setattr(stress, "examine", examine)
    monkeypatch.setattr(stress, "_package_of", prepared.add)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: with_gil)
    result = stress._run(2.0, 7)
    assert [row["name"] for row in result["properties"]] == list(PROPERTIES)
    assert [row["name"] for row in result["twins"]] == list(TWINS)
    assert {row["verdict"] for row in result["properties"]} == {"held"}
    assert {row["verdict"] for row in result["twins"]} == {"caught"}
    seconds = {name: 4 if each.judged else 2 for name, each in PROPERTIES.items()}
    assert all(row["detail"] == f"LockedSet {row['name']} {seconds[row['name']]} 7" for row in result["properties"])
    sure = {(twin.name, twin.caught_by) for twin in TWINS.values() if twin.with_gil or PROPERTIES[twin.caught_by].hangs}
    every = {("LockedSet", name) for name in PROPERTIES} | {(twin.name, twin.caught_by) for twin in TWINS.values()}
    assert beside == (every if with_gil else sure)
    assert alone == every - beside


def test_a_twin_that_takes_luck_is_looked_at_for_long_where_it_must_be_caught() -> None:
    """That is: without the GIL. Checks end at the first thing seen, and a hang is told when the time is over."""
    for twin in TWINS.values():
        judged = PROPERTIES[twin.caught_by].judged
        assert stress._patience(twin, False) == (20 if judged else 5 if twin.with_gil else 60), twin.name
        assert stress._patience(twin, True) == (2 if judged else 5), twin.name


def test_a_twin_that_is_missed_and_a_property_that_is_violated_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "examine", lambda subject, *_: ("seen" if subject == "LockedSet" else None, "tried"))
    monkeypatch.setattr(stress, "_package_of", lambda _: None)
    result = stress._run(1.0, 1)
    assert {(row["verdict"], row["detail"]) for row in result["properties"]} == {("violated", "seen")}
    assert {(row["verdict"], row["detail"]) for row in result["twins"]} == {("missed", "tried")}


def _soak(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.lockedset.stress", "--soak", *options]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [stress.PACKAGE, stress.ROOT]))}
    return subprocess.Popen(
        command, cwd=stress.ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_soak_of_a_number_of_operations_ends_after_them() -> None:
    said, told = _soak("--operations", "500").communicate(timeout=60)
    count = re.search(r"held for \d+ s, ([\d,]+) operations", said)
    assert count is not None, said + told
    assert int(count[1].replace(",", "")) >= 500
    assert "500 operations, seed 1" in told


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_an_interrupted_soak_ends_its_threads_and_says_how_far_it_was() -> None:
    running = _soak("--operations", "1000000000")
    assert running.stderr is not None
    assert "soak" in running.stderr.readline()  # from here on it handles the signal
    running.send_signal(signal.SIGINT)
    said, told = running.communicate(timeout=60)
    assert (running.returncode, told) == (130, ""), told
    assert said.startswith("interrupted after ")


def test_a_soak_sees_a_set_that_loses_an_element() -> None:
    class Losing(LockedSet[int]):
        def update(self, *others: Iterable[int]) -> None:
            super().update(*[[*other][1:] for other in others])

    class Keeping(LockedSet[int]):
        def remove(self, element: int) -> None:
            if element % 100:
                super().remove(element)

    assert "not all of them are in" in (soak(Losing, Budget(5.0, seed=1)) or "")
    assert "it is still there" in (soak(Keeping, Budget(5.0, seed=1)) or "")
