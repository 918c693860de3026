"""Do the threads of subjects end with their run, by the line that the user gives or a method by name?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

import pytest

from lockproof.core.errors import LockproofError
from lockproof.core.lives import Lives
from lockproof.core.operation import op
from lockproof.core.specification import Specification

pytestmark = pytest.mark.thread_unsafe(reason="counts the threads of the process")


class Worker:
    """Has a thread that ends when `finish` is called, or with the test."""

    made: list[Worker]
    ended: int
    hangs = False

    def __init__(self) -> None:
        self.over = threading.Event()
        self.made.append(self)

    def start(self) -> Worker:
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def _serve(self) -> None:
        self.over.wait(60)

    def finish(self) -> None:
        type(self).ended += 1
        if self.hangs:
            threading.Event().wait(60)
        self.over.set()


class Closing(Worker):
    """The same, with a name that says it."""

    def close(self) -> None:
        self.finish()


class With(Worker):
    """The same, as a context manager."""

    def __enter__(self) -> With:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()


@pytest.fixture
def lives(monkeypatch: pytest.MonkeyPatch) -> Lives:
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)  # put back at the end
    lives = Lives()
    lives.count_starts()
    return lives


@pytest.fixture(autouse=True)
def all_end() -> Iterator[None]:
    Worker.made = []
    for kind in (Worker, Closing, With):
        kind.ended = 0
    yield
    for each in Worker.made:
        each.over.set()
        if hasattr(each, "thread"):
            each.thread.join(60)


def specification(kind: type[Worker]) -> Specification:
    return Specification(kind, [op("a.start()")])


def after_runs(lives: Lives, kind: type[Worker], line: str | None, *, starts: bool = True, runs: int = 3) -> None:
    make = lives.serve(specification(kind), kind(), line).subject
    for _ in range(runs):
        lives.begin()
        subject = make()
        if starts:
            subject.start()
    lives.begin()


@pytest.mark.parametrize("kind", [Closing, With])
def test_a_method_that_ends_an_object_is_found_by_name(lives: Lives, kind: type[Worker]) -> None:
    after_runs(lives, kind, None)
    assert kind.ended == 3
    assert all(each.over.is_set() for each in Worker.made if hasattr(each, "thread"))
    assert lives.notes() == []


def test_it_is_called_only_where_threads_are_left(lives: Lives) -> None:
    after_runs(lives, Closing, None, starts=False)
    assert Closing.ended == 0


def test_a_line_that_the_user_gives_is_always_called(lives: Lives) -> None:
    after_runs(lives, Closing, "a.finish()", starts=False)
    assert Closing.ended == 1 + 3  # once to see that it fits
    assert lives.asked


def test_an_empty_line_ends_nothing(lives: Lives) -> None:
    after_runs(lives, Closing, "")
    assert Closing.ended == 0
    assert lives.notes() == [
        "threads of the subject outlive its runs (_serve): say how they end with --teardown LINE"
    ]  # fmt: skip


def test_threads_that_nothing_ends_are_named_once(lives: Lives) -> None:
    after_runs(lives, Worker, None)
    assert lives.notes() == [
        "threads of the subject outlive its runs (_serve): say how they end with --teardown LINE"
    ]  # fmt: skip


def test_a_teardown_that_hangs_is_given_up_and_named(lives: Lives) -> None:
    Closing.hangs = True
    try:
        after_runs(lives, Closing, None)
    finally:
        Closing.hangs = False
    assert Closing.ended == 1
    assert lives.notes()[0].startswith("the teardown a.close() did not come back within 0.5 s")


def test_what_a_teardown_raises_is_no_part_of_a_run(lives: Lives) -> None:
    numbers = count()

    class Refusing(Closing):
        def close(self) -> None:
            super().close()
            raise RuntimeError(next(numbers))

    Refusing.ended = 0
    after_runs(lives, Refusing, None)
    assert next(numbers) == 3


def test_a_misspelt_line_is_refused(lives: Lives) -> None:
    with pytest.raises(LockproofError, match=r"the teardown `a.clos\(\)` raises AttributeError"):
        after_runs(lives, Closing, "a.clos()")


def test_subjects_of_a_run_under_control_are_left_to_the_engine(lives: Lives) -> None:
    make = lives.serve(specification(Closing), Closing()).subject
    lives.begin()
    make().start()
    lives.leave()
    lives.begin()
    assert Closing.ended == 0


@pytest.mark.parametrize(("line", "ends"), [("a.finish()", 2), (None, 0)])
def test_under_control_the_user_s_line_is_the_last_step(lives: Lives, line: str | None, ends: int) -> None:
    subjects = [Closing(), Closing()]
    lives.serve(specification(Closing), Closing(), line)
    before = Closing.ended
    lives.finish(subjects)
    assert Closing.ended - before == ends


def test_in_a_process_that_serves_no_check_nothing_is_ended(lives: Lives) -> None:
    Worker().start()
    lives.begin()
    assert lives.notes() == []
