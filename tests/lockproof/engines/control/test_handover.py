"""Does the model `gil` hand over exactly where the interpreter that runs does?

Both polarities: a second thread really gets the GIL at the first place of the model, and never at any other place.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from types import FunctionType
from typing import Any

import pytest

from lockproof.campaign.worker.exploring import masking_of
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.interpreter import VERSION
from lockproof.core.verdict import Masking
from lockproof.engines.control import handover, primitives
from tests.lockproof.engines.control.running import ROOT, SOURCES, Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

type Place = tuple[str, int]

LONGEST = 100.0


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.handover_programs")


@pytest.fixture(scope="module")
def real(answer: Answers) -> dict[str, list[Place]]:
    """Return the places where the interpreter hands over the GIL; a free-threaded build is started with a GIL."""
    first = {name: places[0] for name, places in answer["points"].items()}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    done = subprocess.run(
        [sys.executable, "-X", "gil=1", "-m", "tests.lockproof.engines.control.real_handover"],
        cwd=ROOT, input=json.dumps(first),
        env=environment | {"PYTHONPATH": os.pathsep.join((str(SOURCES), str(ROOT)))}, capture_output=True, text=True,
        encoding="utf-8", timeout=LONGEST, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name: [(each[0], each[1]) for each in places] for name, places in json.loads(done.stdout).items()}


def differences(model: dict[str, Any], real: dict[str, list[Place]]) -> list[str]:
    """Say where a model and the interpreter differ."""
    found = []
    for name, seen in real.items():
        expected = [(each[0], each[1]) for each in model[name]]
        found += [f"{name}: the GIL was handed over at {place}" for place in seen if place not in expected]
        if expected[0] not in seen:
            found.append(f"{name}: the GIL was not handed over at {expected[0]}, but at {seen}")
    return found


def test_the_gil_is_handed_over_where_the_model_says_and_nowhere_else(
    answer: Answers, real: dict[str, list[Place]]
) -> None:
    assert len(real) > 60 and differences(answer["points"], real) == []


WRONG = {
    "resumes": "generator_by_next",
    "more resumes": "delegation_to_c",
    "jumps": "while_loop",
    "more jumps": "builtin_that_raises",
    "calls": "builtin_keyword",
    "methods": "method_returns_star",
    "more methods": "bound_method_returns",
    "enter": "with_lock_enters",
}
WITHOUT_EFFECT = {  # entries that no construct of the version depends on
    "3.13": {"enter"},  # `with` calls `__enter__` by an instruction of its own
    "3.14": {"more methods"},  # the event of CALL comes after the bound method was taken apart
    "3.15": {"more methods"},
}


@pytest.mark.parametrize("entry", WRONG)
def test_a_table_that_is_wrong_in_one_entry_is_noticed(
    answer: Answers, real: dict[str, list[Place]], entry: str
) -> None:
    found = differences(answer["wrong"][entry], real)
    assert any(each.startswith(f"{WRONG[entry]}: ") for each in found) != (entry in WITHOUT_EFFECT.get(VERSION, ())), (
        found
    )


def plain(value: int) -> int:
    return value + 1


@pytest.mark.parametrize(
    ("function", "inside"),
    [
        (threading.Event.set, True),  # it calls, and code of the library has no switch points of its own
        (primitives.start, True),  # stands for one that waits
        (contextlib.ExitStack.__enter__, False),  # it returns itself
        (os.walk, False),  # the call makes a generator
        (plain, False),  # code of the program has switch points of its own
    ],
)
def test_a_call_of_the_library_may_hand_over_the_gil_if_it_calls_anything(function: FunctionType, inside: bool) -> None:
    assert handover.checks_inside(function.__code__) is inside


def test_a_version_that_is_not_known_has_no_places_and_gets_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    assert handover.known()
    monkeypatch.delitem(handover.TABLE, VERSION)
    assert not handover.known()
    with pytest.raises(LockproofError, match="hands over the GIL at places that are not known"):
        handover.here()
    nothing: Any = None
    label, rests_on, why = masking_of(nothing, nothing, nothing, 0, 1.0)
    assert (label, why) == (Masking.UNKNOWN, (Doubt.NOT_CONTROLLED,))
    assert rests_on == f"it is not known where a standard {VERSION} build hands over the GIL"
