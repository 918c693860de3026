"""Does a trace show the steps that matter: those that other threads can notice, and why a thread stopped?"""

from __future__ import annotations

from typing import Any

from lockproof.core.run_steps import CONTAINER
from lockproof.core.verdict import TracedStep
from lockproof.engines.control.trace import MANY, _Event, _once, _without_private

SHARED, MINE, ITS = [1], [2], [3]


def event(thread: int, note: str, about: list[Any] | None, switch: str = "", what: str = CONTAINER) -> _Event:
    return _Event(thread, f"thread {thread}", None, what, True, note, False, about, switch=switch)


def shown(*events: _Event) -> list[tuple[str, str]]:
    return [(each.note, each.switch) for each in _without_private([*events])]


def test_what_one_thread_has_alone_is_left_out_and_the_switch_after_it_stays() -> None:
    assert shown(
        event(1, "private", [MINE]),
        event(1, "shared", [SHARED]),
        event(1, "last", [MINE], "preempted"),
        event(2, "also shared", [ITS, SHARED]),
        event(2, "its own", [ITS], "it ends"),
        event(1, "unknown", None),
        event(1, "attribute", [MINE], what=".size"),
    ) == [("shared", "preempted"), ("also shared", "it ends"), ("unknown", ""), ("attribute", "")]


def test_at_least_one_step_stays_between_two_switches() -> None:
    assert shown(
        event(1, "shared", [SHARED], "preempted"),
        event(2, "its own", [ITS]),
        event(2, "its own again", [ITS], "it waits"),
        event(1, "shared again", [SHARED]),
        event(2, "shared too", [SHARED]),
    ) == [("shared", "preempted"), ("its own again", "it waits"), ("shared again", ""), ("shared too", "")]


def test_a_switch_keeps_its_reason_when_its_step_is_left_out() -> None:
    assert shown(event(1, "shared", [SHARED], "preempted"), event(1, "private", [MINE]), event(2, "too", [SHARED])) == [
        ("shared", "preempted"), ("too", "")
    ]  # fmt: skip


def step(thread: str, place: str, *notes: str, marked: bool = False, switch: str = "") -> TracedStep:
    return TracedStep(thread, place, "", notes, marked, switch)


def test_equal_steps_of_a_loop_become_one() -> None:
    look, twice = step("one", "f:1", "reads x"), step("one", "f:1", "reads x", "reads x")
    seen = step("one", "f:1", "reads x", marked=True)
    last = step("one", "f:1", "reads x", switch="preempted")
    assert _once([look, *[twice] * MANY, seen, last, look]) == [
        step("one", "f:1", "reads x", "again and again", marked=True, switch="preempted"),
        look,
    ]


def test_different_steps_and_long_lines_stay_as_they_are() -> None:
    steps = [
        *[step("one", "f:1", "reads x")] * (MANY - 1), step("two", "f:1", "reads x"), step("two", "f:2", "reads x"),
        *[step("two", "f:2", "reads y", switch="preempted")] * MANY,
    ]  # fmt: skip
    assert _once(steps) == steps
