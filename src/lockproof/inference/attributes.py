"""The public data attributes of a class: its users read them, so a check observes them when the threads have ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from lockproof.core.foreign import attribute, has_attribute, is_a
from lockproof.core.operation import SUBJECTS, Operation, renamed
from lockproof.core.specification import Specification
from lockproof.inference.generic import public

MOST: Final = 8
"""The most attributes that are observed: each is read after every run."""

_DATA: Final = (type(None), bool, int, float, complex, str, bytes, Enum)
_SEQUENCES: Final = (list, tuple, set, frozenset, deque)
_DEEPEST: Final = 4


def attributes(make: Callable[[], Any]) -> list[str]:
    """Return lines that read the public attributes of a fresh object whose values are data.

    Data are numbers, texts, None, members of enums, and containers of these. Attributes of the class count if their
    names are not those of constants. Attributes that differ from object to object, like an identifier or a time, are
    for the comparison on one thread to leave out.
    """
    lines: list[str] = []
    with suppress(Exception):
        fresh = make()
        cls = type(fresh)
        slots = [name for owner in reversed(cls.__mro__) for name in _slots(owner)]
        own = [*attribute(fresh, "__dict__", {}), *slots]
        shared = [name for name in public(cls) if not name.isupper() and _is_data(vars_of(cls, name))]
        for name in dict.fromkeys(each for each in (*own, *shared) if isinstance(each, str)):
            if not name.startswith("_") and name.isidentifier() and has_attribute(fresh, name):
                lines += [f"a.{name}"] if _is_data(attribute(fresh, name)) else []
    return lines[:MOST]


def without(specification: Specification, observer: Operation) -> Specification | None:
    """Return the specification without the attribute that this line reads, with a note; None if it reads none."""
    for line in specification.attributes:
        if any(observer.text == renamed(Operation(line), {"a": name}).text for name in SUBJECTS):
            left = [each for each in specification.attributes if each != line]
            note = f"{line}: left out, since two fresh subjects had different values"
            return replace(specification, attributes=left, notes=(*specification.notes, note))
    return None


def observed(specification: Specification) -> list[str]:
    """Return the note on the attributes that are observed; none if there are none, or if the note is there."""
    note = f"public attributes, read after each run: {', '.join(specification.attributes)}"
    silent = specification.model is not None or not specification.attributes or note in specification.notes
    return [] if silent else [note]


def vars_of(cls: type, name: str) -> Any:
    """Return what stands in a class under this name, without calling a descriptor."""
    return next(vars(each)[name] for each in cls.__mro__ if name in vars(each))


def _slots(cls: type) -> list[str]:
    slots = vars(cls).get("__slots__", ())
    return [slots] if isinstance(slots, str) else list(slots)


def _is_data(value: Any, depth: int = 0) -> bool:
    if is_a(value, _DATA):
        return True
    if depth > _DEEPEST:
        return False
    if is_a(value, dict):
        return all(_is_data(each, depth + 1) for pair in value.items() for each in pair)
    return is_a(value, _SEQUENCES) and all(_is_data(each, depth + 1) for each in value)
