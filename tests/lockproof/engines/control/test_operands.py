"""Does lockproof find the objects of an operation, and say "unknown" where that would take running code?"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from lockproof.engines.control.operands import only_reads, operands


@dataclass
class Box:
    """Has two containers, one behind a property."""

    items: list[int] = field(default_factory=list)
    _hidden: set[int] = field(default_factory=set)

    @property
    def hidden(self) -> set[int]:
        """What it takes a call to get."""
        raise AssertionError("code of the subject was run")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("box.items.append(1)", ["items"]),
        ("box.items.extend(other)", ["items", "other"]),
        ("box.items.sort(key=other)", ["items", "other"]),
        ("len(box.items)", ["items"]),
        ("box.items[0]", ["items"]),
        ("box.items.append(other)", ["items"]),
        ("box.items.append(made())", ["items"]),
        ("made() in box.items", ["items"]),
        ("box.items < other", ["items", "other"]),
        ("box.items + other", ["items", "other"]),
        ("{*other, 1}", ["other"]),
        ("[each for each in other]", ["other"]),
        ("other", ["other"]),
        ("set.update(other, box.items)", ["other", "items"]),
        ("box.items.extend(map(str, other))", ["items", "other"]),
        ("box.items.extend(sorted(other))", ["items"]),
        ("box.items.extend(each for each in other)", ["items"]),
        ("sum(fixed, 1)", []),
        ("fixed[0]", []),
    ],
)
def test_the_objects_of_an_operation_are_found(text: str, names: list[str]) -> None:
    box, other, fixed = Box(), set[int](), (1, 2)
    known: dict[str, Any] = {"items": box.items, "other": other}
    found = operands(text, sys._getframe())
    assert found is not None and fixed
    assert [id(each) for each in found] == [id(known[name]) for name in names]


@pytest.mark.parametrize(
    "text",
    ["box.hidden.add(1)", "box.items[0].add(1)", "made().add(1)", "other.update(made())", "nobody.add(1)", "x = 1",
     "other.update(iter(made()))"],
)  # fmt: skip
def test_an_object_that_takes_running_code_is_unknown(text: str) -> None:
    box, other = Box(), set[int]()
    assert operands(text, sys._getframe()) is None
    assert not box.items and not other


def test_a_name_that_the_program_defines_is_not_taken_for_the_builtin() -> None:
    other = set[int]()
    sorted = list
    assert operands("other.update(sorted(other))", sys._getframe()) is None
    assert sorted(other) == []


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("len(box.items)", True),
        ("sorted(other)", True),
        ("sorted(flow)", False),
        ("sorted(made())", False),
        ("other.union(box.items)", True),
        ("box.items.copy()", True),
        ("box.items.append(1)", False),
        ("box.items.index(1)", True),
        ("box.get(1)", False),
        ("made(other)", False),
        ("box.hidden.copy()", False),
        ("x = 1", False),
    ],
)
def test_calls_that_change_nothing_are_known(text: str, reads: bool) -> None:
    box, other, flow = Box(), set[int](), iter([1])
    assert only_reads(text, sys._getframe()) is reads
    assert not box.items and not other and [*flow] == [1]
