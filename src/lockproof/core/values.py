"""Canonical forms of results, which can be compared, used as keys, and shown.

The canonical form of a result is hashable, and has only what a caller can rely on: the contents of a set without their
order, the type of an exception without its message, `a` for the subject `a` itself. Two results agree if their
canonical forms are equal, so `True` agrees with `1`, as it does for a caller.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, MutableSequence, Set
from typing import Any, Final


class Raised:
    """The canonical form of an exception: the name of its type."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised) and other.name == self.name

    def __hash__(self) -> int:
        return hash((Raised, self.name))

    def __repr__(self) -> str:
        return f"raises {self.name}"

    @classmethod
    def of(cls, error: BaseException) -> Raised:
        """Return the canonical form of an exception."""
        return cls(type(error).__name__)


class TextForm:
    """The canonical form of a value that has no better one: a text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextForm) and other.text == self.text

    def __hash__(self) -> int:
        return hash((TextForm, self.text))

    def __repr__(self) -> str:
        return self.text


class Collected:
    """The canonical form of a container: its kind (`set`, `dict`, `list`, `deque`, `tuple`) and its canonical items."""

    __slots__ = ("items", "kind")

    def __init__(self, kind: str, items: Any) -> None:
        self.kind, self.items = kind, items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Collected) and (other.kind, other.items) == (self.kind, self.items)

    def __hash__(self) -> int:
        return hash((self.kind, self.items))

    def __repr__(self) -> str:
        return show(self)


ATOMIC: Final = frozenset({type(None), bool, int, str, bytes, float, Raised, TextForm, Collected})
"""Types whose values are their own canonical form. Values of their subclasses are not."""

WAITS: Final = TextForm("waits for ever")
"""In place of a result: the call began, and never returned."""

NOT_BEGUN: Final = TextForm("never begins")
"""In place of a result: a call before it, in the same thread, never returned."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_DEEPEST: Final = 12


def canonical(value: Any, subjects: Mapping[str, object] | None = None, depth: int = 0) -> Any:
    """Return the canonical form of a result.

    A container that another thread changes meanwhile may be impossible to read. Its canonical form says so.

    Args:
        value: the result.
        subjects: the objects that the operation ran on, by name. A result that is one of them is shown by its name.
        depth: how many containers contain the value; from 13 on, the form is `...`.

    """
    if type(value) in ATOMIC:
        return value
    if depth > _DEEPEST:
        return TextForm("...")
    for name, subject in (subjects or {}).items():
        if value is subject:
            return TextForm(name)
    try:
        return _container(value, subjects, depth + 1)
    except Exception as error:
        return TextForm(f"<{type(value).__name__} that cannot be read: {type(error).__name__}>")


def _container(value: Any, subjects: Mapping[str, object] | None, depth: int) -> Any:
    def inside(items: Any) -> Any:
        return (canonical(item, subjects, depth) for item in items)

    if isinstance(value, (Set, set, frozenset)):
        return Collected("set", frozenset(inside(value)))
    if isinstance(value, Mapping):
        return Collected("dict", frozenset((canonical(k, subjects, depth), canonical(v, subjects, depth))
                                           for k, v in list(value.items())))  # fmt: skip
    if isinstance(value, deque):
        return Collected("deque", tuple(inside(value)))
    if isinstance(value, tuple):
        return Collected("tuple", tuple(inside(value)))
    if isinstance(value, (MutableSequence, list)):
        return Collected("list", tuple(inside(value)))
    if isinstance(value, BaseException):
        return Raised.of(value)
    for plain in (bool, int, str, bytes, float):
        if isinstance(value, plain):
            return plain(value)  # type: ignore[arg-type]
    if isinstance(value, Iterator) or repr(value) == object.__repr__(value):
        return TextForm(f"<{type(value).__name__}>")
    return TextForm(_ADDRESS.sub("", repr(value)))


def unordered(value: Any) -> Any:
    """Return the canonical form of a sequence with its items sorted, so that their order does not matter.

    For `normalize`, where a list has no order to rely on: `op("list(a)", normalize=unordered)` of a set.
    """
    form = canonical(value)
    if isinstance(form, Collected) and isinstance(form.items, tuple):
        return Collected(form.kind, tuple(sorted(form.items, key=repr)))
    return form


def show(form: Any) -> str:
    """Return the text of a canonical form in reports: Python's notation where it has one."""
    if not isinstance(form, Collected):
        return repr(form)
    if form.kind == "set":
        return "{" + ", ".join(sorted(map(show, form.items))) + "}" if form.items else "set()"
    if form.kind == "dict":
        return "{" + ", ".join(sorted(f"{show(key)}: {show(value)}" for key, value in form.items)) + "}"
    inner = ", ".join(map(show, form.items))
    if form.kind == "tuple":
        return f"({inner},)" if len(form.items) == 1 else f"({inner})"
    return f"[{inner}]" if form.kind == "list" else f"deque([{inner}])"
