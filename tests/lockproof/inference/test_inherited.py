"""Which members that a class inherits from the standard library does a check call, and which count for the verdict?"""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.members import members_of
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Report, Verdict
from lockproof.inference.from_class import infer
from lockproof.inference.inherited import hooks, is_left_out
from lockproof.inference.surface import members
from tests.lockproof.inference import inheriting

pytestmark = pytest.mark.one_build


def called(cls: type, **options: Any) -> set[str]:
    return {name for each in infer(cls, **options).operations for name in members_of(each.text)}


def test_the_methods_of_a_handler_or_a_thread_are_no_operations_and_the_own_ones_are() -> None:
    assert called(inheriting.Remembering) == {"drain", "handle"}
    assert called(inheriting.Walker) == {"step"}
    assert called(inheriting.Lines) == {"write_line"}


@pytest.mark.parametrize(("cls", "method"), inheriting.CONTAINERS)
def test_what_a_container_a_queue_or_an_event_is_for_stays_an_operation(cls: type, method: str) -> None:
    assert method in called(cls) and not is_left_out(cls, method)


def test_a_class_of_the_library_itself_has_all_its_methods() -> None:
    assert not is_left_out(logging.Handler, "acquire") and "addFilter" in called(logging.Handler)


def test_a_method_that_the_base_calls_is_called_through_the_base() -> None:
    assert hooks(inheriting.Remembering) == hooks(inheriting.RememberingInOrder) == {"emit": "handle"}
    assert hooks(inheriting.Flushing) == {"flush": "handle"}
    assert hooks(inheriting.Walker) == hooks(inheriting.Tally) == hooks(threading.Thread) == {}
    handle = next(each for each in infer(inheriting.Remembering).operations if each.text.startswith("a.handle("))
    assert not handle.reads  # though the class has `acquire` and `release`, which make no lock of it


def test_a_model_says_which_of_them_to_call() -> None:
    assert called(inheriting.Walker, model=inheriting.StepsAsModel) == {"step", "is_alive"}


def test_only_what_is_called_or_overridden_is_a_member() -> None:
    specification = infer(inheriting.Remembering)
    found = {each.name: each for each in members(specification, inheriting.Remembering)}
    assert found.keys() == {"emit", "drain", "handle"}
    assert found["emit"].excused and found["emit"].why == "handle() of the base class calls it"
    assert not found["drain"].why and not found["handle"].why


def checked(cls: type) -> Report:
    options = CheckOptions(engine="schedules", seed=1, schedules=300)
    return check_target(f"{inheriting.__name__}:{cls.__name__}", options)


@pytest.mark.two_builds
@pytest.mark.thread_unsafe(reason="starts processes")
def test_a_fault_of_a_handler_is_found_and_its_twin_holds() -> None:
    broken, right = checked(inheriting.Remembering), checked(inheriting.RememberingInOrder)
    assert broken.verdict is Verdict.VIOLATION
    assert any("a.drain()" in str(each.scenario) for each in broken.findings)
    assert right.verdict is Verdict.HELD, right.unknown
