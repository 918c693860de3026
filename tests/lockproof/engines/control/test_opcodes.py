"""Does lockproof know each instruction of the interpreter that runs, and is a new one a switch point?"""

from __future__ import annotations

import _opcode_metadata
import dis
from collections import Counter
from itertools import chain
from typing import Any

import pytest

from lockproof.core.schedule import Switching
from lockproof.engines.control import instructions, opcodes
from lockproof.engines.control.instructions import Stores, table
from lockproof.engines.control.opcodes import listing

SETS = {
    name: getattr(opcodes, name)
    for name in ("ATTRIBUTES", "CALLS", "CELLS", "CONTAINERS", "GLOBALS", "LOCAL", "LOOPS")
}  # fmt: skip


def of_this_build() -> set[str]:
    """Return the names of instructions that code can have: none that the compiler or the interpreter replaces."""
    specialized = set(_opcode_metadata._specialized_opmap)
    return {
        name
        for name, number in dis.opmap.items()
        if number < 256 and name not in specialized and not name.startswith("INSTRUMENTED_")
    }


def test_each_instruction_of_this_build_has_its_place() -> None:
    assert of_this_build() > {"LOAD_ATTR", "RESUME"}
    assert of_this_build() - set().union(*SETS.values()) == set()


def test_no_instruction_has_two_places() -> None:
    counts = Counter(chain.from_iterable(SETS.values()))
    assert [name for name, count in counts.items() if count > 1] == []


def test_the_lowest_bit_of_an_attribute_says_that_it_is_called() -> None:
    found = {each.argval: each.arg for each in listing(asks_super.__code__) if each.opname in opcodes.METHODS}
    assert found["read"] is not None and not found["read"] & 1 and found["called"] is not None and found["called"] & 1


class Base:
    """Has attributes."""

    read = 1

    def called(self) -> None:
        pass


class Asks(Base):
    """Asks its base for them."""

    def ask(self) -> Any:
        super().called()
        return super().read


asks_super: Any = Asks.ask


def test_an_instruction_that_is_not_known_is_a_switch_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def function(one: object, other: object) -> bool:
        return one is other

    (offset,) = [each.offset for each in listing(function.__code__) if each.opname == "IS_OP"]
    assert table(function.__code__, Switching.FREE, Stores())[offset] is None
    monkeypatch.setattr(instructions, "LOCAL", opcodes.LOCAL - {"IS_OP"})
    assert table(function.__code__, Switching.FREE, Stores())[offset] is not None


def points(source: str, *, stored: str = "") -> list[str]:
    """Return the source of each instruction of a function at which a thread can be switched without the GIL."""
    space: dict[str, Any] = {}
    exec(f"def function(self, items, key):\n {source}", space)
    stores = Stores()
    stores.attributes.add(stored)
    code = space["function"].__code__
    names = table(code, Switching.FREE, stores)
    return [
        each.opname for each in listing(code) if names[each.offset] is not None and each.opname not in opcodes.LOOPS
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("items[0]", ["BINARY_SUBSCR"]),
        ("items[-1]", ["BINARY_SUBSCR"]),
        ("items[None]", ["BINARY_SUBSCR"]),
        ("items[key]", ["BINARY_SUBSCR"]),
        ("items[0] = key", ["STORE_SUBSCR"]),
        ("items[0] += 1", ["BINARY_SUBSCR", "STORE_SUBSCR"]),
        ("items[key:]", ["BINARY_SLICE"]),
        ("items + key", ["BINARY_OP"]),
        ("key + 1; key - 1000; key == None; key == -1; key < 2", []),
        ("items * 2", ["BINARY_OP"]),
        ("yield from items", ["GET_ITER"]),
        ("for k in range(3): key", []),
        ("[k for k in range(3)]", []),
        ("{k: k for k in range(3)}", []),
        ("{k for k in items}", ["GET_ITER", "FOR_ITER"]),
        ("for k in items: key", ["GET_ITER", "FOR_ITER"]),
        ("key in items", ["CONTAINS_OP"]),
        ("a, b = items", ["UNPACK_SEQUENCE"]),
        ("self.a; self.b", ["LOAD_ATTR"]),
        ("self.a(); self.b", []),
        ("self.b = 1", []),
        ("from os import a, b", ["IMPORT_FROM"]),
        ("with key: key", ["TO_BOOL"]),  # of what `__exit__` has answered to an exception
        ("assert key is not items, 'text'", []),
        ("f'{key:3}'", []),
    ],
)
def test_the_same_source_has_the_same_switch_points_on_each_build(source: str, expected: list[str]) -> None:
    assert points(source, stored="" if "self.a()" in source else "a") == expected


def test_a_call_that_unpacks_a_container_reads_it_and_one_that_passes_its_arguments_on_does_not() -> None:
    items, names = [1], dict[str, int]()

    def unpacks(*rest: int, **more: int) -> list[object]:
        reads = [print(*items), print(*items, **names), print(*items, sep="")]
        return [*reads, print(*rest), print(*rest, **more), print(0, *items), print(*(1, 2))]

    found = [each for each in listing(unpacks.__code__) if each.opname == "CALL_FUNCTION_EX"]
    named = table(unpacks.__code__, Switching.FREE, Stores())
    assert [named[each.offset] is not None for each in found] == [True] * 3 + [False] * 4
