"""Does inference recognize the kind of a class, and does it say what to do if it cannot?"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Operation, op
from lockproof.core.specification import Specification
from lockproof.inference.from_class import infer
from tests.corpus import bounds
from tests.corpus import texts as texts_of
from tests.lockproof.inference import subjects


def texts(specification: Specification) -> set[str]:
    return {operation.text for kind in specification.operations for operation in kind.fillings()}


def test_the_bases_of_a_class_give_its_kind() -> None:
    assert infer(subjects.LoudSet).model_name == "set"
    assert infer(subjects.ReentrantlyLockedSet).model_name == "set"
    assert infer(subjects.EvenDict).model_name == "mapping"
    assert infer(subjects.WrongDeque).model_name == "deque"
    assert infer(subjects.StackQueue).model_name == "Queue"


def test_the_names_of_methods_give_a_guess() -> None:
    specification = infer(subjects.SpokenSet)
    assert specification.guessed and specification.model_name == "set"
    assert {"a.add(1)", "a.remove(1)", "1 in a", "len(a)"} <= texts(specification)


def test_for_other_classes_the_class_itself_is_the_model() -> None:
    specification = infer(subjects.Counter)
    assert specification.model is None
    assert texts(specification) == {"a.increment()", "a.increment(by=1)", "a.value"}
    assert specification.observe == ["a.value"]


@pytest.mark.two_builds
def test_the_class_itself_can_be_asked_for_as_the_model() -> None:
    assert infer(subjects.LoudSet, model="itself").model is None


def test_arguments_come_from_annotations_and_defaults_are_left_out_and_given_once() -> None:
    found = texts(infer(subjects.Everything))
    assert {"a.mode('r', True)", "a.mode('w', False)", "a.maybe(None, ['x', 'y'])", "a.merge(b)"} <= found
    assert {"a.colour(Colour.RED)", "a.colour(Colour.BLUE)"} <= found
    assert {"a.compute(1, gives_1)", "a.compute(1, lambda *_: a.size())"} <= found
    assert {"a.untyped(1)", "a.untyped(1, other=b)"} <= found
    assert "list(a.each())" in found


def test_a_class_method_gets_its_arguments_whatever_decorates_it() -> None:
    found = texts(infer(subjects.Named))
    assert {"a.plain('x')", "a.wrapped('x')", "a.bare(1)", "a.bare(1, more=1)", "a.static('x')"} <= found
    assert not {"a.plain()", "a.wrapped()", "a.bare()", "a.static()"} & found


def test_a_quantity_may_be_what_the_subject_has() -> None:
    assert {"a.take(1)", "a.take(25)"} <= texts(infer(bounds.MendedStoreroom))
    assert {"a.acquire()", "a.acquire(permits=8)"} == {
        each for each in texts(infer(bounds.MendedAllowance)) if "acq" in each
    }
    assert "a.pay(100.0)" in texts(infer(bounds.MendedPurse))


def test_a_number_that_the_subject_has_is_no_key() -> None:
    assert not any("128" in each for each in texts(infer(subjects.Sized)))


def test_operands_are_as_the_annotation_says_or_as_other_methods_take_them() -> None:
    assert "'x' in a" in texts(infer(texts_of.MendedWords))
    assert {"a['x']", "del a['x']"} <= texts(infer(texts_of.MendedCodes))
    assert {"'x' in a", "a -= 'x'"} <= texts(infer(texts_of.MendedTags))


def test_what_is_no_operation_is_left_out() -> None:
    specification = infer(subjects.Everything)
    assert not any(name in text for text in texts(specification) for name in ("later", "lock", "limit"))
    assert "later is left out: it is asynchronous" in specification.notes


def test_methods_that_the_model_has_not_are_lifted() -> None:
    lifted = {kind.text for kind in infer(subjects.LoudSet).operations if kind.lifted}
    assert lifted == {"a.try_add(x_item)", "a.drain()"}


def test_operators_that_the_class_has_not_are_not_tried() -> None:
    found = texts(infer(subjects.ReentrantlyLockedSet))
    assert {"a |= b", "a == b", "a.add(1)", "a.isdisjoint(b)"} <= found
    assert not {"a.update(b)", "a.union(b)", "a.copy()", "pickle.loads(pickle.dumps(a))"} & found


def test_lifting_loads_a_subject_and_lowering_reads_it() -> None:
    for cls, contents in (
        (subjects.LoudSet, {1, 3}),
        (subjects.EvenDict, {1: 2}),
        (subjects.WrongDeque, deque([3, 1])),
    ):
        specification = infer(cls)
        assert specification.lift is not None and specification.lower is not None and specification.model is not None
        subject = specification.lift(contents)
        assert type(subject) is cls and subject == type(contents)(contents)
        read = specification.model()
        specification.lower(subject, read)
        assert read == contents


def test_a_queue_that_waits_is_recognized() -> None:
    specification = infer(subjects.Buffer)
    blocking = {kind.text: kind.blocking for kind in specification.operations}
    assert blocking == {"a.put(x)": True, "a.take()": True, "a.size()": False}
    assert "first" in specification.model_name and specification.observe[0] == "[a.take() for _ in range(a.size())]"


def test_a_pool_that_does_not_wait_is_its_own_model() -> None:
    specification = infer(subjects.Pool)
    assert specification.model is None and {"a.acquire()", "a.release(1)"} <= texts(specification)


def test_what_only_another_thread_releases_is_tried_and_control_says_that_it_waits() -> None:
    specification = infer(subjects.Gate)
    assert specification.model is None and texts(specification) == {"a.acquire()", "a.release()"}


class Model:
    """Has one of the counter's operations."""

    def increment(self) -> int:
        return 1


def test_with_a_given_model_the_operations_that_both_have_are_tried() -> None:
    specification = infer(subjects.Counter, model=Model)
    assert "a.value" not in texts(specification) and "a.increment()" in texts(specification)
    assert specification.model_name == "Model" and any("lacks value" in note for note in specification.notes)


@pytest.mark.parametrize("model", [set, "set"], ids=["type", "name"])
def test_a_builtin_as_given_model_stands_for_its_kind(model: Any) -> None:
    assert infer(subjects.SpokenSet, model=model).model_name == "set"


def test_a_factory_makes_what_needs_arguments() -> None:
    assert "a.double()" in texts(infer(subjects.Needy, factory=lambda: subjects.Needy(3)))


def test_an_error_says_what_to_do_if_nothing_can_be_inferred() -> None:
    with pytest.raises(LockproofError, match="--factory module:function"):
        infer(subjects.Needy)
    with pytest.raises(LockproofError, match="no operations to try"):
        infer(subjects.Empty)
    with pytest.raises(LockproofError, match="no public method in common"):
        infer(subjects.Counter, model=subjects.Pool)
    with pytest.raises(LockproofError, match="no kind 'bag'"):
        infer(subjects.Counter, model="bag")
    with pytest.raises(LockproofError, match="asynchronous"):
        infer(asyncio.Queue)
    with pytest.raises(LockproofError, match="no Counter can be made: ZeroDivisionError"):
        infer(subjects.Counter, factory=lambda: 1 // 0)


class Meeting:
    """Barrier(2) for one thread: `wait` begins to wait at its yield. `parties` is no operation of two steps."""

    parties = 2

    def wait(self) -> Iterator[None]:
        yield

    def reset(self) -> None:
        pass


def test_what_a_model_does_in_two_steps_is_an_operation_by_which_threads_meet() -> None:
    specification = infer(threading.Barrier, factory=lambda: threading.Barrier(2), model=Meeting)
    dual = {kind.text: (kind.dual, kind.blocking) for kind in specification.operations}
    assert dual["a.wait()"] == (True, True)
    assert dual["a.reset()"] == (False, False)


def test_a_line_about_another_subject_is_of_the_kind_that_it_is_of_for_the_first() -> None:
    specification = Specification(set, [op("a.add(x)", x=[1]), op("a.update(b)")])
    texts = {line: specification.bound(Operation(line)).kind.text for line in ("b.add(2)", "b.update(a)", "b.pop()")}
    assert texts == {"b.add(2)": "a.add(x)", "b.update(a)": "...", "b.pop()": "..."}
