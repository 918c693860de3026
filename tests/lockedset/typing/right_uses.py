"""Uses that a type checker must accept, each with the type that it must see. Checked by `test_types.py`, never run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, MutableSet
from collections.abc import Set as AbstractSet
from typing import Any, Self, assert_type

from lockedset import DeadlockError, LockedSet, locked

numbers: LockedSet[int] = LockedSet()
words = LockedSet(["a", "b"])
assert_type(words, LockedSet[str])
assert_type(LockedSet(x for x in (1, 2)), LockedSet[int])
assert_type(LockedSet[int](), LockedSet[int])
assert_type(LockedSet[int | str]([1, "a"]), LockedSet[int | str])

# It stands wherever a set is asked for.
as_set: set[int] = numbers
as_abstract: AbstractSet[int] = numbers
as_mutable: MutableSet[int] = numbers
plain = {1, 2}
frozen = frozenset({1, 2})

# One element
assert_type(numbers.add(1), None)
assert_type(numbers.discard(1), None)
numbers.discard("any object, as for set")
assert_type(numbers.remove(1), None)
assert_type(1 in numbers, bool)
assert_type(len(numbers), int)
assert_type(numbers.pop(), int)
assert_type(numbers.try_add(1), bool)
assert_type(numbers.try_remove(1), bool)
assert_type(numbers.try_remove("any object"), bool)

# A default for pop is of the elements' type or of another one.
assert_type(numbers.pop(0), int)
assert_type(numbers.pop(None), int | None)
assert_type(numbers.pop("none left"), int | str)

# Many elements
assert_type(numbers.update([1], {2}, frozen, (3 for _ in "ab"), numbers), None)
assert_type(numbers.update(), None)
assert_type(numbers.difference_update(["a"], [1]), None)
assert_type(numbers.intersection_update([1], ["any object"]), None)
assert_type(numbers.symmetric_difference_update([1]), None)
assert_type(numbers.clear(), None)
assert_type(numbers.add_new([1, 2]), set[int])
assert_type(numbers.remove_if(lambda each: each > 1), set[int])
assert_type(numbers.take(2), set[int])
assert_type(numbers.drain(), set[int])
assert_type(numbers.replace([1]), None)
assert_type(numbers.snapshot(), frozenset[int])

# Reading
assert_type(iter(numbers), Iterator[int])
assert_type([*numbers], list[int])
assert_type(sorted(numbers), list[int])
assert_type(numbers.copy(), LockedSet[int])
assert_type(copy.copy(numbers), LockedSet[int])
assert_type(copy.deepcopy(numbers), LockedSet[int])
assert_type(numbers.union([1]), LockedSet[int])
assert_type(numbers.union(["a"]), LockedSet[int | str])
assert_type(numbers.union(["a"], {"b"}), LockedSet[int | str])
assert_type(numbers.intersection(["a"], [1]), LockedSet[int])
assert_type(numbers.difference([1]), LockedSet[int])
assert_type(numbers.symmetric_difference(["a"]), LockedSet[int | str])
assert_type(numbers.issubset(["any object"]), bool)
assert_type(numbers.issuperset([1]), bool)
assert_type(numbers.isdisjoint([1]), bool)

# Operators, with the LockedSet on the left
assert_type(numbers | numbers, LockedSet[int])
assert_type(numbers | words, LockedSet[int | str])
assert_type(numbers | plain, LockedSet[int])
assert_type(numbers | frozen, LockedSet[int])
assert_type(numbers & plain, LockedSet[int])
assert_type(numbers & words, LockedSet[int])
assert_type(numbers - plain, LockedSet[int])
assert_type(numbers - words, LockedSet[int])
assert_type(numbers ^ words, LockedSet[int | str])
assert_type(numbers == plain, bool)
assert_type(numbers != "any object", bool)
assert_type(numbers < plain, bool)
assert_type(numbers <= frozen, bool)
assert_type(numbers > words, bool)
assert_type(numbers >= words, bool)

# Operators, with another set on the left, which decides
assert_type(plain | numbers, set[int])
assert_type(plain & numbers, set[int])
assert_type(plain - numbers, set[int])
assert_type(plain ^ numbers, set[int])
assert_type(frozen | numbers, frozenset[int])
assert_type(frozen & numbers, frozenset[int])
assert_type(frozen - numbers, frozenset[int])

# Operators in place
numbers |= plain
assert_type(numbers, LockedSet[int])
numbers &= frozen
assert_type(numbers, LockedSet[int])
numbers -= numbers
assert_type(numbers, LockedSet[int])
numbers ^= {3}
assert_type(numbers, LockedSet[int])
numbers &= words
numbers -= words

# Holds
with locked(numbers) as nothing:
    assert_type(nothing, None)
with locked(numbers, words):
    numbers.update(map(len, words.drain()))
with locked():
    pass

try:
    numbers.clear()
except DeadlockError as error:
    held: set[Any] = error.sets[0]
    assert_type(error.threads, tuple[str, ...])


# Subclasses


class Named[T](LockedSet[T]):
    """A generic subclass with an argument more."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def renamed(self, name: str) -> Self:
        made = self.copy()
        made.name = name
        return made

    def try_add(self, element: T, /) -> bool:
        with locked(self):
            return super().try_add(element)


class Numbers(LockedSet[int]):
    """A subclass that fixes the element's type."""


named = Named[str]("name")
assert_type(named, Named[str])
assert_type(named.copy(), Named[str])
assert_type(named.renamed("other"), Named[str])
assert_type(named.pop(), str)
assert_type(named.pop(None), str | None)
assert_type(named.snapshot(), frozenset[str])
assert_type(Numbers([1]).copy(), Numbers)
assert_type(Numbers([1]).drain(), set[int])
with locked(named, Numbers()):
    pass


def total(given: LockedSet[int]) -> int:
    return sum(given)


def first[T](given: LockedSet[T], default: T) -> T:
    return given.pop(default)


assert_type(total(Numbers([1])), int)
assert_type(first(words, ""), str)
