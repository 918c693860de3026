"""Is one line of Python the same call wherever it is written, filled in, matched and run?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Code, Operation, op, split


def result_of(text: str, *subjects: Any, **names: Any) -> Any:
    return Operation(text).compiled(names)(*subjects, *[None] * (3 - len(subjects)))


def test_an_expression_gives_its_value() -> None:
    assert result_of("1 in a", {1}) is True
    assert result_of("len(a)", [5, 6]) == 2


def test_a_statement_gives_none() -> None:
    target = {1: 2}
    assert result_of("a[1] = 5", target) is None
    assert result_of("del a[1]", target) is None
    assert target == {}


def test_an_in_place_operator_gives_what_it_would_bind_and_leaves_the_name_alone() -> None:
    target = {1}
    assert result_of("a |= b", target, {2}) is target
    frozen = frozenset({1})
    assert result_of("a |= b", frozen, {2}) == {1, 2}
    assert frozen == {1}


def test_names_are_global_to_the_line() -> None:
    assert result_of("a.index(x_2)", ["p", "q"], x_2="q") == 1


@pytest.mark.parametrize("text", ["", "a.add(", "a.add(1); a.add(2)", "import os", "for x in a: pass", "return 1"])
def test_what_is_not_one_line_of_python_is_refused(text: str) -> None:
    with pytest.raises(LockproofError, match="not an operation"):
        Operation(text)


def test_holes_are_filled_from_the_pools_the_first_values_first() -> None:
    kind = op("a.put(k, v)", k=[1, 2], v=["x", None])
    assert [each.text for each in kind.fillings()] == [
        "a.put(1, 'x')",
        "a.put(1, None)",
        "a.put(2, 'x')",
        "a.put(2, None)",
    ]
    assert [each.text for each in kind.fillings(1)] == ["a.put(1, 'x')"]
    assert all(each.kind is kind for each in kind.fillings())


def test_code_is_written_into_the_line_and_other_values_get_a_name() -> None:
    thing = object()
    kind = op("a.add(x)", x=[Code("iter([1, 2])"), thing])
    assert [each.text for each in kind.fillings()] == ["a.add(iter([1, 2]))", "a.add(x_1)"]
    assert kind.constants() == {"x_1": thing}


def test_a_strategy_gives_the_same_few_examples_each_time() -> None:
    one, other = (op("a.add(x)", x=st.integers()).holes["x"] for _ in range(2))
    assert one == other
    assert 1 < len(one) <= 4
    assert len(set(one)) == len(one)


@pytest.mark.parametrize(
    ("text", "pools", "message"),
    [
        ("a.add(x)", {"y": [1]}, "no hole 'y'"),
        ("a.add(x)", {"x": []}, "is empty"),
        ("a.add(x)", {"x": 5}, "a pool is a sequence"),
        ("a.add(x)", {"x": "ab"}, "a pool is a sequence"),
    ],
)
def test_a_wrong_kind_is_refused_with_a_reason(text: str, pools: dict[str, Any], message: str) -> None:
    with pytest.raises(LockproofError, match=message):
        op(text, **pools)


def test_a_line_matches_the_kind_that_it_fills() -> None:
    kind = op("a.update(x for x in y if x not in a)", y=[[1]])
    assert kind.matches("a.update((x for x in [7, 8] if x not in a))")
    assert not kind.matches("a.update((x for x in [7, 8] if x in a))")
    assert not kind.matches("b.update((x for x in [7, 8] if x not in a))")
    assert not kind.matches("a.update(")


def test_operations_are_parted_by_semicolons_outside_of_strings() -> None:
    assert [each.text for each in split("a.add('x;y'); len(a)")] == ["a.add('x;y')", "len(a)"]
    assert split("") == []
    with pytest.raises(LockproofError):
        split("a.add(")


def test_subjects_are_named_in_order() -> None:
    assert Operation("c.union(a)").subjects == ("a", "c")
