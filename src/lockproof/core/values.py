"""Results as values that can be compared between the subject and its model, kept as keys, and shown.

A result is *canonical* when it is hashable and says only what a caller could rely on: the contents of a set without
its order, the type of an exception without its message, `a` for the subject `a` itself. Two results agree when their
canonical forms are equal, so `True` agrees with `1`, as it does for a caller.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, MutableSequence, Set
from typing import Any, Final


class Raised:
    """The canonical form of an exception: its type's name. One object for each name in each thread is enough."""

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
        """Return the form of an exception that was raised."""
        return cls(type(error).__name__)


class TextForm:
    """A canonical form that is a text: of what has no better one."""

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
"""Types whose values are their own canonical form. A subclass of one is not among them."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_DEEPEST: Final = 12


def canonical(value: Any, subjects: Mapping[str, object] | None = None, depth: int = 0) -> Any:
    """Return the canonical form of a result.

    `subjects` are the objects that the operation ran on, by name: one of them, returned, is shown by its name.
    A container that cannot be read, because it is live and another thread changes it, is told as such.
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
    """Normalize a list or another iterable to what is in it, in whatever order: for `list(a)` of a set."""
    form = canonical(value)
    if isinstance(form, Collected) and isinstance(form.items, tuple):
        return Collected(form.kind, tuple(sorted(form.items, key=repr)))
    return form


def show(form: Any) -> str:
    """Return a canonical form as the text that a report shows: Python's notation where there is one."""
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
