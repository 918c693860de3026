"""Does inference find values that calls accept, and operations beyond plain methods, and do trials leave nothing?"""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.errors import LockproofError
from lockproof.core.handles import keep, kept
from lockproof.core.operation import Operation
from lockproof.core.options import CheckOptions
from lockproof.core.probes import NAMES, StandIn, abandon, heard, listener
from lockproof.core.specification import Specification
from lockproof.core.values import Masked, canonical, is_token, masked, numbered
from lockproof.core.verdict import FindingKind, Verdict
from lockproof.inference import trials
from lockproof.inference.conformance import conform
from lockproof.inference.from_class import infer
from lockproof.inference.from_module import infer_module
from lockproof.inference.lines import kinds_doing
from lockproof.inference.target import load, load_specification
from tests.corpus import prepared
from tests.lockproof.inference import counting, tried

HERE = "tests.lockproof.inference.tried"

pytestmark = pytest.mark.two_builds


@cache
def inferred(cls: type) -> Specification:
    """Infer a class once for all tests that only read what was inferred: the values of some are tried for seconds."""
    return infer(cls)


def lines(specification: Specification) -> set[str]:
    return {operation.text for kind in specification.operations for operation in kind.fillings()}


def result_of(specification: Specification, name: str) -> Any:
    """Return the result of the first operation that calls a method, on a fresh subject."""
    kind = next(each for each in specification.operations if each.text.startswith(f"a.{name}("))
    line = next(kind.fillings(1))
    return line.compiled(specification.globals)(specification.subject(), specification.subject(), None)


NAMES_OF_METHODS = [name for name in vars(tried.Annotated_) if not name.startswith("_")]


@pytest.mark.parametrize("name", NAMES_OF_METHODS)
def test_each_annotation_has_values_that_the_method_accepts(name: str) -> None:
    specification = inferred(tried.Annotated_)
    assert not specification.notes
    assert result_of(specification, name) is not None


def test_values_of_annotations_read_as_code() -> None:
    found = lines(inferred(tried.Annotated_))
    assert {"a.job(Job(1, Owner('x')))", "a.kind(ValueError)", "a.enumeration(Colour.RED)"} <= found
    assert {"a.enumerations(Colour)", "a.refusal(Refusal(1))", "a.merged({'x', 'y'})", "a.mode('w')"} <= found
    assert {"a.where(Path('1'))", "a.nested([('x', Level.LOW)])"} <= found
    assert {"a.extra()", "a.extra('x')", "a.extra('x', *('x', 'y'))", "a.extra('x', x=1)"} <= found


@pytest.mark.one_build
def test_kinds_of_values_are_tried_until_a_call_succeeds() -> None:
    specification = inferred(tried.Picky)
    found = lines(specification)
    assert {"a.name('x')", "a.name('y')", "a.event(StandIn(1))"} <= found
    assert "a.name(1)" not in found
    assert result_of(specification, "pair") in ("X1", "X0")
    assert "a.missing(1)" in found and "a.never(1)" in found and "a.hangs(1)" in found
    assert "a.alike('x')" in found  # the parameter has the name of one that takes texts
    assert found == lines(infer(tried.Picky))


@pytest.mark.one_build
def test_an_unhashable_argument_is_tried_where_it_is_refused() -> None:
    found = lines(inferred(tried.Picky))
    assert "a.unhashable([])" in found and "a.never([])" not in found
    assert "a.include([])" in lines(inferred(tried.MendedGroup))


def test_another_subject_is_an_operand_of_what_takes_any_iterable() -> None:
    found = lines(inferred(tried.MendedGroup))
    assert {"a.absorb(b)", "b.absorb(a)", "a.absorb(a)", "a.absorb(slowly([1, 2]))"} <= found
    assert "a.include(b)" not in found
    assert "a.merged(b)" not in lines(inferred(tried.Annotated_))


def test_loops_over_the_subject_call_it_and_are_abandoned() -> None:
    found = lines(inferred(tried.MendedGroup))
    assert {"[len(a) for x in a]", "abandon(a)"} <= found
    group = tried.MendedGroup()
    group.include(1)
    abandon(group)
    assert len(vars(group)["_lockproof_begun"]) == 1


@pytest.mark.one_build
def test_functions_that_are_stored_are_listeners_and_those_that_are_called_are_not() -> None:
    specification = inferred(tried.MendedBus)
    found = lines(specification)
    assert "a.once(listener(a, 1))" in found and "a.compute(gives_1)" in found
    assert "a.compute(listener(a, 1))" not in found
    assert specification.observe[0] == "heard(a)" and "a.once(x_listener)" in {k.text for k in specification.init or ()}
    assert "heard(a)" not in inferred(tried.Picky).observe


def test_listeners_record_calls_and_arguments_for_their_subject() -> None:
    one, other = tried.MendedBus(), tried.MendedBus()
    assert listener(one, 1) is listener(one, 1) is not listener(one, 2)
    one.once(listener(one, 1))
    one.once(listener(one, 2))
    one.emit(5)
    listener(one, 1)(5)
    assert [(number, count) for number, _, count in heard(one)] == [(1, 2), (2, 1)]
    assert heard(other) == []
    assert heard(3) == []  # nothing can keep a record of it


def test_class_and_static_methods_setters_and_next_are_operations() -> None:
    assert {"a.new()", "a.double(1)"} <= lines(infer(tried.MendedIds))
    specification = infer(tried.Assorted)
    assert {"a.level", "a.level = 1", "next(a)"} <= lines(specification)
    assert "list(a)" not in lines(specification)
    assert {"enter(a, a.open(), 1)", "leave(a, 1)"} <= lines(specification)


def test_state_of_the_class_is_new_for_each_subject() -> None:
    specification = infer(tried.MendedIds)
    assert any("executes the module anew" in note for note in specification.notes)
    assert [specification.subject().new() for _ in range(2)] == [1, 1]
    assert tried.MendedIds._last == 0
    assert not inferred(tried.MendedBus).notes


def test_what_was_returned_is_given_back() -> None:
    specification = infer(tried.MendedTickets)
    assert "a.cancel(kept(a))" in lines(specification)
    assert next(kind.text for kind in specification.init or ()) == "keep(a, a.reserve())"
    assert "keep(a, a.reserve())" not in lines(specification)
    subject = tried.MendedTickets()
    with pytest.raises(LookupError):
        kept(subject)
    assert keep(subject, 3) == kept(subject) == 3


def test_a_set_that_cannot_be_changed_is_read_as_a_set_and_is_its_own_model() -> None:
    specification = infer(tried.Members)
    assert specification.model is None
    assert {"a <= b", "a | {1, 2}", "a.put(1)", "sorted(a)"} <= lines(specification)


def test_times_are_left_out_of_results_and_not_the_operation() -> None:
    result = conform(infer(tried.Stamped), 1, 0.1)
    assert {kind.text for kind in result.specification.operations} == {"a.post(x_event)", "a.history()"}
    assert result.specification.observe == ["a.history()"]
    assert any("without times" in note for note in result.specification.notes)
    assert result.specification.final[0].kind.normalize is not None


def test_masked_forms_leave_out_what_no_two_runs_repeat() -> None:
    assert masked(canonical([1, 2.5, "x"])) == masked(canonical([1, 3.5, "x"])) != masked(canonical([2, 2.5, "x"]))
    assert masked(canonical({1: time.time_ns()})) == masked(canonical({1: time.time_ns() + 1}))
    one, other = masked("0f8fad5b-d9cb-469f-a165-70867728950e"), masked("7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert one != other and numbered((one,)) == numbered((other,))


def test_tokens_are_compared_by_which_of_them_are_equal() -> None:
    def seen(*values: object) -> object:
        return numbered(tuple(masked(canonical(each)) for each in values))

    some: list[object] = [
        uuid.UUID(int=7),
        "0f8fad5b",
        "Zk3-Tq_Wm9RxYv5BhLpN2A",
        "sid:0f8fad5bd9cb469fa165",
        b"8 random",
        2**100,
    ]
    others: list[object] = [
        uuid.UUID(int=8),
        "7c9e6679",
        "aaaaaaaaaaaaaaaaaaaaaa",
        "sid:7c9e66797425440de944",
        b"other 8r",
        2**101,
    ]
    for one, other in zip(some, others, strict=True):
        assert seen(one, one) == seen(other, other) != seen(one, other) == seen(other, one)
        assert seen([one], {"k": one}) == seen([other], {"k": other}) != seen([one], {"k": other})
        assert seen({one}, {one: 1}) == seen({other}, {one: 1})  # what has no place has no number
    for plain in ("x", "seven", 7, None, True, "1.5", 2**47):
        assert not is_token(canonical(plain))
    assert Masked(sorted)([2, 1]) == canonical([1, 2])


def test_a_stand_in_has_every_attribute_and_equals_its_like() -> None:
    assert StandIn(1).anything.name(3) == StandIn(1) != StandIn(2)
    assert sorted([StandIn(2), StandIn(1)])[0] == StandIn(1) and len({StandIn(1), StandIn(1)}) == 1
    with pytest.raises(AttributeError):
        StandIn(1)._hidden
    assert NAMES["StandIn"] is StandIn


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of a process")
def test_trials_leave_nothing_behind_and_end_what_hangs() -> None:
    changed: list[int] = []
    calls = [
        lambda: changed.append(1) or 1,  # type: ignore[func-returns-value]
        lambda: os._exit(3),
        lambda: threading.Event().wait(),
        lambda: 1 // 0,
        lambda: 4,
    ]
    assert trials.in_a_copy(calls) == [1, None, None, None, 4]
    assert changed == []
    assert trials.in_a_copy([lambda: 0, lambda: 1, *calls], enough=2) == [0, 1, 1, None, None, None, None]
    assert changed == []


def test_without_a_copy_calls_that_hang_have_threads_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "PATIENCE", 0.2)
    monkeypatch.delattr(os, "fork", raising=False)
    release = threading.Event()
    assert trials.in_a_copy([lambda: 1, release.wait, lambda: 1 // 0]) == [1, None, None]
    assert trials.in_a_copy([lambda: 0, lambda: 1, lambda: 2], enough=1) == [0, 1, None]
    release.set()


def test_a_module_is_a_subject_whose_globals_are_new() -> None:
    specification = infer_module(counting)
    assert {"a.add('x')", "a.count('x')", "a.squared(1)"} <= lines(specification)
    assert not any("_hidden" in line or "later" in line for line in lines(specification))
    assert [specification.subject().add("x") for _ in range(2)] == [1, 1] and not counting._counts
    only = load_specification("tests.lockproof.inference.counting:squared")
    assert lines(only) == {"a.squared(1)", "a.squared(2)"}
    assert load("tests.lockproof.inference.counting") is counting


def test_errors_about_modules_say_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as refused:
        load_specification("collections.deque")
    assert "write collections:deque" in str(refused.value)
    with pytest.raises(LockproofError) as refused:
        load_specification(str(tmp_path / "none.py"))
    assert "there is no file" in str(refused.value) and "write" not in refused.value.step
    with pytest.raises(LockproofError, match="no Python source"):
        load_specification("math")
    (tmp_path / "only_a_class.py").write_text("class Box: ...\n")
    with pytest.raises(LockproofError) as refused:
        load_specification(str(tmp_path / "only_a_class.py"))
    assert refused.value.step == "name a class of it: only_a_class:Box"
    sys.modules.pop("only_a_class", None)
    with pytest.raises(LockproofError, match="leave the options out"):
        load_specification(counting, model="set")


RACES = [
    ("Bus", "a.once(listener(a, 1)) -> a.emit(1) || a.emit(1) -> heard(a)", FindingKind.NOT_LINEARIZABLE),
    ("Group", "a.include(1); b.include(2) -> a.absorb(b) || b.absorb(a) -> len(a)", FindingKind.DEADLOCK),
    ("Ids", "a.new() || a.new()", FindingKind.NOT_LINEARIZABLE),
    ("Tickets", "keep(a, a.reserve()) -> a.cancel(kept(a)) || a.cancel(kept(a)) ->", FindingKind.NOT_LINEARIZABLE),
]
LONG = pytest.mark.nightly(reason="two checks; the others are found in the same way")


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("name", "race", "kind"),
    [pytest.param(*each, marks=LONG if each[0] in ("Bus", "Group") else (), id=each[0]) for each in RACES],
)
def test_what_is_tried_shows_the_fault_and_no_fault_in_the_mended_class(
    name: str, race: str, kind: FindingKind
) -> None:
    options = CheckOptions(engine="schedules", scenario=race, budget=5.0, seed=1)
    broken = check_target(f"{HERE}:Broken{name}", options)
    assert [each.kind for each in broken.findings] == [kind], broken.to_json()
    mended = check_target(f"{HERE}:Mended{name}", replace(options, budget=1.0))
    assert (mended.verdict, mended.findings) == (Verdict.HELD, ()), mended.to_json()


def test_a_subject_is_what_an_annotation_names_that_the_class_inherits_or_a_protocol_that_it_keeps() -> None:
    by_text = {kind.text: kind for kind in inferred(tried.Derived).operations}
    assert {"b.merge(a)", "b.above(a)", "b.send(a, x_amount)", "a.send(a, x_amount)"} <= by_text.keys()
    assert by_text["a.merge(x_other)"].holes["x_other"] == ("b",)
    assert by_text["a.maybe(x_rest)"].holes["x_rest"] == ("b", None)


def test_a_function_that_a_method_returns_is_called_and_one_that_was_given_is_not() -> None:
    found = {kind.text for kind in infer(tried.Decorates).operations}
    assert {
        "a.named(x_name)(listener(a, 1))",
        "a.counted(x_function)()",
        "a.adder()(1, 2)",
        "a.given(x_function)",
    } <= found


def test_what_a_special_argument_does_says_nothing_of_the_others() -> None:
    specification = inferred(tried.Derived)
    assert kinds_doing(specification, ["a.send(a, 1)"]) == {"a.send(a, x_amount)"}
    assert {"a.send(x_receiver, x_amount)", "a.send(a, x_amount)"} <= kinds_doing(specification, ["a.send(b, 1)"])
    kept = {
        kind.text
        for kind in conform(specification, 1, 0.0, skip=frozenset({"a.send(a, x_amount)"})).specification.operations
    }
    assert "a.send(x_receiver, x_amount)" in kept and "a.send(a, x_amount)" not in kept


def test_parameters_of_one_name_get_what_one_annotation_says_and_what_is_refused_at_first_is_registered_for() -> None:
    pools = {kind.text: kind.holes for kind in inferred(tried.Alarms).operations}
    assert pools["a.ring(x_alarm)"]["x_alarm"] == pools["a.register(x_alarm)"]["x_alarm"]
    assert str(pools["a.ring(x_alarm)"]["x_alarm"][0]) == "Colour.RED"
    assert str(pools["a.on(x_alarm, x_listener)"]["x_listener"][0]) == "listener(a, 1)"
    assert not inferred(tried.Alarms).bound(Operation("a.ring(Colour.RED)")).kind.reads


def test_a_decorator_that_registers_a_listener_stands_in_the_initial_part() -> None:
    first = infer(prepared.MendedSwitchboard).init
    assert first is not None and "a.on(x_line)(listener(a, 1))" in {kind.text for kind in first}


@pytest.mark.parametrize(("cls", "key"), [(tried.Words, "x"), (tried.Numbers, 1)])
def test_a_mapping_is_tried_with_keys_that_it_takes(cls: type, key: object) -> None:
    specification = infer(cls)
    (kind,) = [kind for kind in specification.operations if kind.text == "a[k] = v"]
    assert kind.holes["k"][0] == key
    assert specification.init is not None and specification.init[0].holes["k"][0] == key
