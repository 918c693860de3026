"""The inner state of an object as text: whether it has one, and whether a call has changed it."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from lockproof.core.foreign import attribute, has_attribute, is_a
from lockproof.inference.inherited import is_lock


def has_state(subject: Any) -> bool:
    """Tell whether an object has state of its own besides locks. What is written in C counts as state."""
    if any("__firstlineno__" not in vars(each) for each in type(subject).__mro__[:-1]):
        return True
    return any(not has_attribute(each, "acquire") for each in _fields(subject).values())


def _fields(subject: Any) -> dict[str, Any]:
    """Return the values of an object's attributes, by name, those in slots too."""
    bases = type(subject).__mro__[:-1]
    slots = [
        name for each in bases for name, what in vars(each).items() if isinstance(what, types.MemberDescriptorType)
    ]
    return {**attribute(subject, "__dict__", {}), **{name: attribute(subject, name) for name in slots}}


def state_of(subject: Any) -> str:
    """Return the inner state of an object as text, to be compared with that of the same object later."""
    return _described(subject, 0, set())


_DEEPEST: Final = 4
_LONGEST: Final = 64
_MOST: Final = 300
"""How deep the inner state of an object is read, how much of each container and text, and how many objects in all."""


def _described(value: Any, depth: int, met: set[int]) -> str:
    if is_a(value, (type(None), bool, int, float, str, bytes)):
        return repr(value)[:_LONGEST]
    if depth > _DEEPEST or id(value) in met or len(met) > _MOST:
        return "..."
    if is_lock(type(value)):
        return "a lock"
    met.add(id(value))
    try:
        if isinstance(value, Mapping):
            inner = [each for pair in list(value.items())[:_LONGEST] for each in pair]
        elif isinstance(value, (list, tuple, deque)):
            inner = list(value)[:_LONGEST]
        elif isinstance(value, (set, frozenset)):
            return f"{sorted(map(repr, value))[:_LONGEST]}"
        elif fields := _fields(value):
            inner = [each for pair in fields.items() for each in pair]
        else:
            return f"{id(value)} {value!r}"[:_LONGEST]
        return f"{id(value)} {len(inner)} {[_described(each, depth + 1, met) for each in inner]}"
    except Exception:  # what cannot be read
        return f"{id(value)}"
