"""Do the lines about what a subject hands out keep it apart for each thread, and for as long as it is somebody's?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lockproof.core.handles import (
    back,
    call_of,
    enter,
    gives_back_to_all,
    held,
    is_use,
    keep,
    kept,
    leave,
    only_initial,
    with_own_slots,
    with_slot,
)
from lockproof.core.operation import Operation


class Room:
    """Notes who comes and goes."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    @contextmanager
    def visit(self) -> Iterator[list[str]]:
        self.steps.append("in")
        try:
            yield self.steps
        finally:
            self.steps.append("out")


def test_what_is_kept_under_a_number_is_found_under_that_number_alone() -> None:
    room = Room()
    assert keep(room, "x") == "x" and keep(room, "y", 1) == "y"
    assert (kept(room), kept(room, 1)) == ("x", "y")
    with pytest.raises(LookupError):
        kept(room, 2)
    assert back(room, 1) == "y"
    with pytest.raises(LookupError):
        back(room, 1)
    assert kept(room) == "x"


def test_a_block_is_left_and_not_given_back() -> None:
    room = Room()
    keep(room, "x", 1)
    enter(room, room.visit(), 1)
    assert back(room, 1) == "x" and room.steps == ["in"]
    with pytest.raises(LookupError):
        back(room, 1)
    keep(room, "y", 1)
    leave(room, 1)
    assert room.steps == ["in", "out"] and back(room, 1) == "y"


def test_what_a_class_with_slots_hands_out_is_not_kept() -> None:
    class Slotted:
        __slots__ = ()

    subject = Slotted()
    assert keep(subject, 1) == 1
    with pytest.raises(LookupError):
        kept(subject)


def test_a_block_is_entered_and_left_once() -> None:
    room = Room()
    assert enter(room, room.visit(), 1) is room.steps is kept(room, 1)
    with pytest.raises(LookupError):
        leave(room, 2)
    assert room.steps == ["in"]
    leave(room, 1)
    with pytest.raises(LookupError):
        leave(room, 1)
    keep(room, 5, 1)
    with pytest.raises(LookupError, match="no block"):
        leave(room, 1)
    assert room.steps == ["in", "out"]


def test_a_whole_block_is_over_when_the_line_is() -> None:
    room = Room()
    assert [list(steps) for steps in held(room.visit())] == [["in"]]
    assert room.steps == ["in", "out"]


def test_each_thread_has_a_number_of_its_own() -> None:
    lines = ["keep(a, a.get(), 1)", "a.put(back(a, 1))", "kept(a)", "keep(a, a.get())", "a.add(1)"]
    for t, thread in enumerate(with_own_slots([[Operation(line) for line in lines]] * 2), 1):
        assert [each.text for each in thread] == [f"keep(a, a.get(), {t})", f"a.put(back(a, {t}))", *lines[2:]]
    same = Operation("leave(a, 2)")
    assert with_slot(same, 2) is same and with_slot(same, 1).text == "leave(a, 1)"


def test_lines_say_what_they_are_about() -> None:
    assert only_initial("keep(a, a.get())") and not only_initial("keep(a, a.get(), 1)")
    for line in ("keep(a, a.get(x))", "keep(a, a.get(x), slot)", "enter(a, a.get(x), 1)", "a.get(x)"):
        assert call_of(line) == "a.get(x)"
    assert is_use("kept(a, 1).query()") and not is_use("a.put(kept(a, 1))") and not is_use("kept(a).query()")
    assert gives_back_to_all("a.put(kept(a))") and not gives_back_to_all("kept(a).query()")


def test_no_block_begins_where_nothing_can_keep_it() -> None:
    class Slotted:
        __slots__ = ("entered",)

        def __enter__(self) -> None:
            self.entered = True

        def __exit__(self, *_: object) -> None: ...

    subject = Slotted()
    with pytest.raises(LookupError, match="no room"):
        enter(subject, subject, 1)
    assert not hasattr(subject, "entered")
