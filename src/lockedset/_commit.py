"""The commit rule: each bulk change becomes visible in one step in C.

Code in C reads a subclass of `set` past its methods and past their lock. So each function here prepares a change of
many elements aside, and then makes it by one call of one C function. That call must not run Python code, or other
threads can run within the step. Merging a set compares elements of equal hash; if they are equal but not identical, and
`__eq__` is written in Python, other threads run. Hence additions leave out elements that the target has, and removals
name the target's own objects, which `set` finds by identity. Two cases remain in which other threads can run within the
step, and the documentation of LockedSet names them: elements of equal hash that are *not* equal and compare in Python;
and removing, by values of built-in types, elements of other types that equal them (`s -= {2, 3}` where s holds a
Fraction(2)). In the second case, finding the target's own objects would take time in proportion to the target, which is
too much for removing two numbers.

The caller holds the locks of the target and of each operand that has one. `target` is the LockedSet; operands are sets.
Other threads may change an operand without a lock meanwhile, so it is read once, by one call in C.
"""

from __future__ import annotations

from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Types whose comparison is all in C. Not tuple or frozenset, which compare what they contain.
_SILENT = {bool, bytes, complex, float, int, range, str, type(None)}


def _merged(operands: tuple[set[Any], ...]) -> set[Any]:
    """Return all elements of the operands in a new set."""
    return set().union(*operands)


def _new_to(target: set[Any], elements: set[Any]) -> set[Any]:
    """Return the elements that the target lacks."""
    return set.difference(elements, target)


def _in_target(target: set[Any], elements: set[Any]) -> set[Any]:
    """Return the objects by which to remove `elements` from the target: if necessary, the target's own objects.

    Rejected: looking each element up with a probe whose `__eq__` records what it is compared with. It would pass a
    foreign object to the `__eq__` of elements, and many raise on one.
    """
    if len(elements) < 2 or {*map(type, elements)} <= _SILENT:
        return elements
    return set.difference(target, set.difference(target, elements))


def grow(target: set[Any], *operands: set[Any]) -> None:
    """Add the elements of all operands."""
    set.update(target, _new_to(target, _merged(operands)))


def shrink(target: set[Any], *operands: set[Any]) -> None:
    """Remove the elements of all operands."""
    set.__isub__(target, _in_target(target, _merged(operands)))


def intersect(target: set[Any], *operands: set[Any]) -> None:
    """Keep elements that are in all operands. `set.__iand__` computes aside and swaps: one step for any element."""
    set.__iand__(target, operands[0] if len(operands) == 1 else set.intersection(target, *operands))


def toggle(target: set[Any], operand: set[Any]) -> None:
    """Remove the elements that are in both, and add those that are in the operand alone."""
    elements = set(operand)
    new = _new_to(target, elements)
    set.__ixor__(target, new | _in_target(target, elements - new))


def replace(target: set[Any], operand: set[Any]) -> None:
    """Make the contents equal to the operand; an element that is present already stays the same object."""
    if set.__len__(target):
        set.__ixor__(target, set.__xor__(target, operand))
    else:
        set.update(target, operand)


def add_new(target: set[Any], operand: set[Any]) -> set[Any]:
    """Add the elements of the operand, and return those that the target lacked."""
    new = _new_to(target, set(operand))
    set.update(target, new)
    return new


def remove_if(target: set[Any], predicate: Callable[[Any], object]) -> set[Any]:
    """Remove and return the elements for which the predicate is true."""
    chosen = {*filter(predicate, set.copy(target))}
    set.__isub__(target, chosen)
    return chosen


def take(target: set[Any], n: int) -> set[Any]:
    """Remove and return up to n elements."""
    chosen = {*islice(set.__iter__(target), min(n, set.__len__(target)))}
    set.__isub__(target, chosen)
    return chosen


def drain(target: set[Any]) -> set[Any]:
    """Remove and return all elements."""
    content = set.copy(target)
    set.clear(target)
    return content
