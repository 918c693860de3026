"""Do results compare as a caller can tell them apart: contents without order, exceptions by type, subjects by name?"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict, UserList, deque
from threading import Lock
from typing import Any

import pytest

from lockproof.core.interpreter import begin_start
from lockproof.core.values import ATOMIC, Numbering, Raised, anonymous, canonical, numbered, show, unordered


class Sub(set[Any]):
    """A set by another name."""


class Plain:
    """A class without equality or repr."""


SAME = [
    ({1, 2}, Sub([2, 1])),
    (frozenset({1}), {1}),
    ({1: [2]}, OrderedDict({1: [2]})),
    ([1, 2], UserList([1, 2])),
    (KeyError("x"), KeyError("y")),
    (iter([1]), iter([2])),
    (True, 1),
]
DIFFERENT: list[tuple[Any, Any]] = [
    (Plain(), Plain()),
    ([Plain()], [Plain()]),
    (Lock(), Lock()),
    ({1, 2}, {1}),
    ([1, 2], [2, 1]),
    ([1], (1,)),
    (deque([1]), [1]),
    ({1: 2}, {1: 3}),
    (KeyError(), ValueError()),
    (None, False),
    ("1", 1),
    ({"a"}, "a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_a_caller_cannot_tell_apart_is_equal(one: Any, other: Any) -> None:
    assert canonical(one) == canonical(other)
    assert hash(canonical(one)) == hash(canonical(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_a_caller_can_tell_apart_is_not(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("value", [*(pair[0] for pair in SAME), *(pair[1] for pair in DIFFERENT)])
def test_the_canonical_form_is_hashable_its_own_form_and_goes_through_pickle(value: Any) -> None:
    form = numbered((canonical(value),))[0]
    assert canonical(form) == form
    assert type(form) in ATOMIC
    assert pickle.loads(pickle.dumps(form)) == form


def test_a_subject_is_its_name() -> None:
    subject: set[int] = set()
    assert show(canonical(subject, {"a": subject})) == "a"
    assert show(canonical([subject], {"a": subject})) == "[a]"
    assert show(canonical(set(), {"a": subject})) == "set()"


def test_what_cannot_be_read_is_told() -> None:
    class Broken(set[Any]):
        def __iter__(self) -> Any:
            raise RuntimeError("changed")

    assert show(canonical(Broken())) == "<Broken that cannot be read: RuntimeError>"


def test_a_container_inside_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "..." in show(canonical(loop))


@pytest.mark.parametrize(
    ("value", "text"),
    [({2, 1}, "{1, 2}"), (set(), "set()"), ({1: "x"}, "{1: 'x'}"), ((1,), "(1,)"), ([1, (2, 3)], "[1, (2, 3)]"),
     (deque([1]), "deque([1])"), (Raised("KeyError"), "raises KeyError"), (Plain(), "<Plain>")],
)  # fmt: skip
def test_a_form_is_shown_as_python_writes_it(value: Any, text: str) -> None:
    assert show(canonical(value)) == text


@pytest.mark.parametrize("change", ["acquire", "set"])
def test_a_lock_or_an_event_is_the_same_whatever_its_state_is(change: str) -> None:
    thing: Any = Lock() if change == "acquire" else threading.Event()
    before, shown = canonical(thing), repr(thing)
    getattr(thing, change)()
    assert canonical(thing) == before and repr(thing) != shown  # which Python shows
    queued = UserList[int]()
    before = canonical(queued)
    queued.append(1)
    assert canonical(queued) != before


def test_order_can_be_left_out_of_account() -> None:
    assert unordered([2, 1]) == unordered([1, 2])
    assert unordered([2, 1]) != unordered([1, 1])
    assert unordered(5) == 5


def test_objects_are_numbered_in_the_order_in_which_results_show_them() -> None:
    one, other = Plain(), Plain()

    def form(*values: Any) -> Any:
        return numbered(tuple(map(canonical, values)))

    assert form(one, other, one) == form(other, one, other)
    assert form(one, other) != form(one, one)
    assert show(form([one, other, one])[0]) == "[<Plain 1>, <Plain 2>, <Plain 1>]"
    assert form({1: one, 2: other}, other) == form({2: one, 1: other}, one)
    assert form({1: one, 2: other}, other) != form({1: one, 2: other}, one)
    assert form({one}, one) == form({other}, one), "objects in a set have no place by which to number them"
    assert form(5, "x", [1]) == (5, "x", canonical([1]))


def test_numbers_go_on_and_can_be_given_anew() -> None:
    one, other = Plain(), Plain()
    numbering = Numbering()
    forms = [numbering.of(canonical(each)) for each in (one, other, one)]
    assert [each.which for each in forms] == [1, 2, 1] and numbering.met == [one, other]
    again = Numbering((2,))
    assert [again.of(each).which for each in forms] == [2, 1, 2] and again.met == [2, 1]


def test_an_anonymous_form_does_not_say_which_object_it_shows() -> None:
    assert anonymous(canonical([Plain()])) == anonymous(canonical([Plain()]))
    form = canonical([1, {2}])
    assert anonymous(form) is form


def _fail(*args: object) -> None:
    raise KeyError(*args)


class _Unprintable:
    def __repr__(self) -> str:
        raise AssertionError("code of the subject ran")


@pytest.mark.parametrize(
    ("args", "text"),
    [((1, "x"), "KeyError(1, 'x')"), ((), "KeyError()"), ((_Unprintable(), 2), "KeyError(..., 2)")],
)
def test_an_exception_has_its_message_and_its_line_and_runs_no_code_of_the_subject(
    args: tuple[object, ...], text: str
) -> None:
    try:
        _fail(*args)
    except KeyError as error:
        form = Raised.of(error)
    line = _fail.__code__.co_firstlineno + 1
    assert form.text == f"{text} at test_values.py:{line}"
    assert (form, repr(form)) == (Raised("KeyError"), "raises KeyError")  # compared and shown as before


def test_what_lockproof_raises_in_place_of_the_library_is_raised_where_that_was_called() -> None:
    thread = threading.Thread(target=int)
    begin_start(thread)
    try:
        begin_start(thread)
    except RuntimeError as error:
        form = Raised.of(error)
    assert " at test_values.py:" in form.text


def test_an_exception_of_an_operation_itself_has_no_line_and_a_long_message_is_cut() -> None:
    try:
        exec(compile("raise ValueError('x' * 500)", "<operation a.f()>", "exec"))
    except ValueError as error:
        form = Raised.of(error)
    assert form.text.startswith("ValueError('xxx") and form.text.endswith("...") and len(form.text) == 120
