"""Does each property hold on real threads, and does it catch its twin?

Without the GIL every twin must be caught, on each push. With the GIL a test can count on those twins alone that need no
unlucky switch (`Twin.with_gil`), and on controlled schedules for what lockproof judges; `./ci/validate` tells which of
the others real threads happened to catch.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.lockedset.implementations import COMPILED
from tests.lockedset.stress.__main__ import examine
from tests.lockedset.stress.properties import PROPERTIES
from tests.lockedset.stress.twin import Twin
from tests.lockedset.stress.twins import TWINS

GIL = sys._is_gil_enabled()
SEED = 1

SECONDS = 0.1 if GIL else 0.3
"""For each property; ten times as long for the one that lockproof judges. With the GIL a longer check would hardly see
more: two threads take turns, and seldom at the moment that matters."""

PATIENCE = (2, 20, 60)
"""How many times as long a twin is examined until it is caught. The first is enough on a quiet machine, and short: part
of what lockproof has goes into making a finding small, and a hang is told when the time is over."""

EVERY_NIGHT = [pytest.mark.nightly(reason="a push asks on the build without the GIL, of the compiled core")]
SLOW = ("unwatched-waits", "stale-locks", "operand-order")
"""Twins that hang until the time for it is over."""

LUCKLESS = [
    pytest.param(
        twin, marks=EVERY_NIGHT if (not COMPILED and (GIL or twin.name in SLOW)) or (GIL and twin.name in SLOW) else ()
    )
    for twin in TWINS.values()
    if twin.with_gil
]
"""The twins that need no unlucky switch, on any build."""
JUDGED = [twin for twin in TWINS.values() if PROPERTIES[twin.caught_by].judged]


def _meeting() -> list[object]:
    """Return the twins in which real threads have to meet; those in Python once for each property on a push."""
    seen: set[str] = set()
    found: list[object] = []
    for twin in TWINS.values():
        if not twin.with_gil:
            again = (twin.caught_by in seen or twin.name in SLOW) and not COMPILED
            marks = [pytest.mark.nightly(reason="a twin in Python; another one shows that the check notices")]
            found.append(pytest.param(twin, marks=marks if again else (), id=twin.name))
            seen.add(twin.caught_by)
    return found


pytestmark = pytest.mark.thread_unsafe(reason="starts processes that use all processors")

meets = pytest.mark.skipif(GIL, reason="with the GIL it takes luck: controlled schedules find what is judged")
controlled = pytest.mark.skipif(not GIL or COMPILED, reason="real threads find it; in C there is nothing to control")


def _skip_where_it_cannot_run(name: str) -> None:
    if PROPERTIES[name].posix and os.name != "posix":
        pytest.skip(reason=f"{name} needs POSIX")


def _is_caught(twin: Twin, engine: str) -> None:
    _skip_where_it_cannot_run(twin.caught_by)
    for patience in PATIENCE:
        seen, tried = examine(twin.name, twin.caught_by, SECONDS * patience, SEED, engine)
        if seen is not None:
            return
    pytest.fail(f"{twin.caught_by} did not notice: {twin.lacks} ({tried})")


def _property(name: str) -> object:
    marks = [] if GIL else [pytest.mark.all_processors]
    if name == "signals-leave-no-lock" and not COMPILED:
        leaks = "CPython 3.14 runs signal handlers between taking the lock of a `with` and its body (gh-148874)"
        marks.append(
            pytest.mark.xfail(sys.version_info[:2] == (3, 14), raises=AssertionError, strict=True, reason=leaks)
        )
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [*map(_property, PROPERTIES)])
def test_lockedset_has_the_property(name: str) -> None:
    _skip_where_it_cannot_run(name)
    seen, _ = examine("LockedSet", name, SECONDS, SEED)
    assert seen is None


@pytest.mark.two_builds
@pytest.mark.parametrize("twin", LUCKLESS, ids=[twin.name for twin in TWINS.values() if twin.with_gil])
def test_a_twin_that_needs_no_luck_is_caught(twin: Twin) -> None:
    _is_caught(twin, "threads")


@meets
@pytest.mark.all_processors
@pytest.mark.parametrize("twin", _meeting())
def test_a_twin_in_which_threads_meet_is_caught(twin: Twin) -> None:
    _is_caught(twin, "threads")


@controlled
@pytest.mark.parametrize(
    "twin",
    [JUDGED[0], *(pytest.param(twin, marks=pytest.mark.nightly(reason="as the first")) for twin in JUDGED[1:])],
    ids=lambda twin: twin.name,
)
def test_schedules_show_a_judged_twin(twin: Twin) -> None:
    _is_caught(twin, "schedules")


def test_every_property_has_a_twin_that_it_must_catch() -> None:
    assert {twin.caught_by for twin in TWINS.values()} == PROPERTIES.keys()
