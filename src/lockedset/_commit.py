"""The commit rule: each bulk change becomes visible in one step in C.

Code in C reads a subclass of `set` past its methods and past their lock. So a change of many elements is prepared
aside, then made by one call of one C function. That call must run no Python code, or the step opens: merging a set
compares elements of equal hash, and where they are equal but not identical and `__eq__` is written in Python, it
yields. Hence each function here hands over, for elements of types that may do so, a set in which whatever the target
already has is left out or is the target's own object, which is found by identity.

Every function runs while its target and operands are held. `target` is the LockedSet; operands are sets.
"""

from __future__ import annotations

from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet
    from typing import Any

# Types whose comparison is all in C. Not tuple or frozenset, which compare what they contain.
_SILENT = {bool, bytes, complex, float, int, range, str, type(None)}


def _is_one_step(elements: AbstractSet[Any]) -> bool:
    """Tell whether no Python code can run between the first and the last change when these are added or removed."""
    return len(elements) < 2 or {*map(type, elements)} <= _SILENT


def _merged(operands: tuple[set[Any], ...]) -> set[Any]:
    return operands[0] if len(operands) == 1 else set().union(*operands)


def _new_to(target: set[Any], elements: set[Any]) -> set[Any]:
    """Return those of `elements` that the target lacks."""
    return set.difference(set(elements), target)


def _own(target: set[Any], elements: set[Any]) -> set[Any]:
    """Return the target's own objects that are equal to one of `elements`.

    Takes time in proportion to the target. Rejected: to look each element up with a probe whose `__eq__` notes what
    it is compared with; it would hand a foreign object to the `__eq__` of elements.
    """
    return set.difference(target, set.difference(target, elements))


def grow(target: set[Any], *operands: set[Any]) -> None:
    """Add the elements of all operands."""
    elements = _merged(operands)
    set.update(target, elements if _is_one_step(elements) else _new_to(target, elements))


def shrink(target: set[Any], *operands: set[Any]) -> None:
    """Remove the elements of all operands."""
    elements = _merged(operands)
    set.__isub__(target, elements if _is_one_step(elements) else _own(target, elements))


def intersect(target: set[Any], *operands: set[Any]) -> None:
    """Keep what is in all operands. `set.__iand__` computes aside and swaps, so it is one step for any element."""
    set.__iand__(target, operands[0] if len(operands) == 1 else set.intersection(target, *operands))


def toggle(target: set[Any], operand: set[Any]) -> None:
    """Remove what is in both and add what is in the operand alone."""
    set.__ixor__(
        target, operand if _is_one_step(operand) else _new_to(target, operand) | _own(target, operand)
    )


def replace(target: set[Any], operand: set[Any]) -> None:
    """Make the contents equal to the operand; what is present already stays the same object."""
    set.__ixor__(target, set.__xor__(target, operand))


def add_new(target: set[Any], operand: set[Any]) -> set[Any]:
    """Add the elements of the operand and return those that are new."""
    new = _new_to(target, operand)
    set.update(target, new)
    return new


def remove_if(target: set[Any], predicate: Callable[[Any], object]) -> set[Any]:
    """Remove and return the elements for which the predicate is true."""
    chosen = {*filter(predicate, set.copy(target))}
    set.__isub__(target, chosen)
    return chosen


def take(target: set[Any], n: int) -> set[Any]:
    """Remove and return up to n elements."""
    if n == 1:  # `set.pop` remembers where it stopped, so that taking one by one does not search from the start
        return {set.pop(target)} if set.__len__(target) else set()
    chosen = {*islice(set.__iter__(target), n)}
    set.__isub__(target, chosen)
    return chosen


def drain(target: set[Any]) -> set[Any]:
    """Remove and return all elements."""
    content = set.copy(target)
    set.clear(target)
    return content
