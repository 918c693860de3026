"""Canonical forms of results, which can be compared, used as keys, and shown.

The canonical form of a result is hashable, and has only what a caller can rely on: the contents of a set without their
order, the type of an exception without its message, `a` for the subject `a` itself. Two results agree if their
canonical forms are equal, so `True` agrees with `1`, as it does for a caller.

An object without `__eq__` equals nothing but itself: a caller can rely on which object it is. Its form is an
`Identity`, and the objects of one run are numbered in the order in which the results first show them. So two runs agree
if the same results show the same object; docs/adr/0028 says where that is not asked.
"""

from __future__ import annotations

import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence, Set
from enum import Enum
from operator import is_
from types import AsyncGeneratorType, BuiltinFunctionType, CodeType, CoroutineType, FunctionType, ModuleType
from typing import Any, Final

from lockproof.core.foreign import arguments_of, trace_of_raised

_OWN: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
"""Where the code of lockproof is."""

LONGEST_MESSAGE: Final = 120
"""Characters of the message of an exception that are kept."""


class Raised:
    """The canonical form of an exception: the name of its type.

    `text` shows the exception with its message and the line that raised it. It is for reports, and is not compared.
    """

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str = "") -> None:
        self.name, self.text = name, text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised) and other.name == self.name

    def __hash__(self) -> int:
        return hash((Raised, self.name))

    def __repr__(self) -> str:
        return f"raises {self.name}"

    @classmethod
    def of(cls, error: BaseException) -> Raised:
        """Return the canonical form of an exception."""
        return cls(type(error).__name__, _described(error))


def raised_in(error: BaseException) -> tuple[CodeType | None, int]:
    """Return the code that raised an exception, and the line; none if it was no code in a file, but an operation.

    What lockproof raises in place of the standard library is raised where that was called.
    """
    at = after = trace_of_raised(error)
    while after is not None:
        if not after.tb_frame.f_code.co_filename.startswith(_OWN):
            at = after
        after = after.tb_next
    if at is None or at.tb_frame.f_code.co_filename.startswith("<"):
        return None, 0
    return at.tb_frame.f_code, at.tb_lineno


def _described(error: BaseException) -> str:
    """Return the exception as `KeyError(1) at bag.py:12`."""
    shown = (
        repr(each) if type(each) in (str, int, float, bool, bytes, type(None)) else "..."
        for each in arguments_of(error)
    )
    text = f"{type(error).__name__}({', '.join(shown)})"  # no other repr: it would be the subject's code
    if len(text) > LONGEST_MESSAGE:
        text = text[: LONGEST_MESSAGE - 3] + "..."
    code, line = raised_in(error)
    return text if code is None else f"{text} at {code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{line}"


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


class Token:
    """A value that stands for something and never comes twice by chance: a random key, an identifier, a session's name.

    What a caller can rely on is which tokens are equal, as with objects. So its form is an `Identity` too.
    """

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and other.value == self.value

    def __hash__(self) -> int:
        return hash((Token, self.value))


class Identity:
    """The canonical form of an object that equals nothing but itself, or of a token.

    `text` is its text without its address. `which` is the object or the `Token` at first, and its number after
    `Numbering`.
    """

    __slots__ = ("text", "which")

    def __init__(self, text: str, which: object) -> None:
        self.text, self.which = text, which

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity) or other.text != self.text:
            return False
        return self.which is other.which or (type(self.which) in _BY_VALUE and self.which == other.which)

    def __hash__(self) -> int:
        return hash((self.text, self.which if type(self.which) in _BY_VALUE else id(self.which)))

    def __repr__(self) -> str:
        if type(self.which) is not int:
            return self.text
        if self.text.startswith("<") and self.text.endswith(">"):
            return f"{self.text[:-1]} {self.which}>"
        return f"{self.text} (object {self.which})"


_BY_VALUE: Final = (int, Token)


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


ATOMIC: Final = frozenset({type(None), bool, int, str, bytes, float, Raised, TextForm, Identity, Collected})
"""Types whose values are their own canonical form. Values of their subclasses are not."""

WAITS: Final = TextForm("waits for ever")
"""In place of a result: the call began, and never returned."""

NOT_BEGUN: Final = TextForm("never begins")
"""In place of a result: a call before it, in the same thread, never returned."""

NOT_AWAITED: Final = TextForm("a coroutine that was not awaited")
"""In place of a result: the call made a coroutine or an asynchronous generator, and ran nothing of the method."""

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
    if type(value) is CoroutineType:
        value.close()  # or Python warns of it whenever it is collected
        return NOT_AWAITED
    if type(value) is AsyncGeneratorType:
        return NOT_AWAITED
    try:
        return _container(value, subjects, depth + 1)
    except Exception as error:
        return TextForm(f"<{type(value).__name__} that cannot be read: {type(error).__name__}>")


def _container(value: Any, subjects: Mapping[str, object] | None, depth: int) -> Any:
    def inside(items: Any) -> Any:
        return (canonical(item, subjects, depth) for item in items)

    if isinstance(value, (Set, set, frozenset)):
        return Collected("set", frozenset(map(anonymous, inside(value))))
    if isinstance(value, Mapping):
        return Collected("dict", frozenset(_pair(canonical(k, subjects, depth), canonical(v, subjects, depth))
                                           for k, v in list(value.items())))  # fmt: skip
    if isinstance(value, deque):
        return Collected("deque", tuple(inside(value)))
    if isinstance(value, tuple):
        return Collected("tuple", tuple(inside(value)))
    if isinstance(value, (MutableSequence, list)):
        return Collected("list", tuple(inside(value)))
    if isinstance(value, BaseException):
        return TextForm(f"<{type(value).__name__}>")  # returned, not raised
    for plain in (bool, int, str, bytes, float):
        if isinstance(value, plain):
            return plain(value)  # type: ignore[arg-type]
    # A lock or an event shows its state, which others may have changed by now.
    plain_repr = type(value).__repr__ is _OBJECTS_REPR or type(value).__module__ in _OF_THREADS
    if isinstance(value, Iterator) or plain_repr:
        text = f"<{type(value).__name__}>"
        return TextForm(text) if isinstance(value, Iterator) or not _is_identity(value) else Identity(text, value)
    shown = repr(value)
    text = f"<{type(value).__name__}>" if shown == object.__repr__(value) else _ADDRESS.sub("", shown)
    handed_out = text != shown or type(value).__module__.partition(".")[0] not in sys.stdlib_module_names
    return Identity(text, value) if handed_out and _is_identity(value) else TextForm(text)


def _is_identity(value: Any) -> bool:
    """Tell whether the object equals nothing but itself, and is no name for something lasting."""
    return type(value).__eq__ is _OBJECTS_EQ and not isinstance(value, _LASTING)


_OBJECTS_REPR: Final[Any] = object.__repr__
_OBJECTS_EQ: Final[Any] = object.__eq__
_OF_THREADS: Final = ("_thread", "threading", "lockproof.engines.control.primitives")
_LASTING: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, Enum)
"""Objects that callers know by their names."""


def _pair(key: Any, value: Any) -> tuple[Any, Any]:
    """Return an item of a mapping. Objects cannot be numbered by their place if the key has one itself."""
    unnamed = anonymous(key)
    return (key, value) if unnamed is key else (unnamed, anonymous(value))


def anonymous(form: Any) -> Any:
    """Return the form with a text in place of each `Identity`; the form itself if it has none."""
    return _changed(form, lambda each: TextForm(each.text))


def _changed(form: Any, change: Callable[[Identity], Any]) -> Any:
    """Return a form, or a tuple of forms, with each `Identity` changed; the same object if it has none."""
    kind = type(form)
    if kind is Identity:
        return change(form)
    if kind is tuple:
        items = tuple([_changed(each, change) for each in form])
        return form if all(map(is_, items, form)) else items
    if kind is not Collected:
        return form
    if form.kind == "dict":
        pairs = sorted(form.items, key=lambda pair: repr(pair[0]))
        values = [_changed(value, change) for _, value in pairs]
        if all(new is old for new, (_, old) in zip(values, pairs, strict=True)):
            return form
        return Collected("dict", frozenset((key, new) for new, (key, _) in zip(values, pairs, strict=True)))
    if form.kind == "set":
        return form  # its items have no place by which to number them
    items = _changed(form.items, change)
    return form if items is form.items else Collected(form.kind, items)


class Numbering:
    """Numbers the objects of one run in the order in which its results first show them. `met` are these objects.

    Of results whose objects have numbers already, `met` are these numbers; `before` are those that were met before.
    """

    __slots__ = ("_numbers", "met")

    def __init__(self, before: Sequence[int] = ()) -> None:
        self.met: list[Any] = list(before)
        self._numbers: dict[int | Token, int] = {each: k for k, each in enumerate(before, 1)}

    def of(self, form: Any) -> Any:
        """Return the form, or a tuple of forms, with a number in place of each object, or of each number."""
        return _changed(form, self._number)

    def _number(self, each: Identity) -> Identity:
        key = each.which if isinstance(each.which, _BY_VALUE) else ~id(each.which)
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        if number > len(self.met):
            self.met.append(each.which)  # or another object might get its address
        return Identity(each.text, number)


def numbered(forms: Any) -> Any:
    """Return a tuple of forms with its objects numbered in the order in which it shows them."""
    return Numbering().of(forms)


def unordered(value: Any) -> Any:
    """Return the canonical form of a sequence with its items sorted, so that their order does not matter.

    For `normalize`, where a list has no order to rely on: `op("list(a)", normalize=unordered)` of a set.
    """
    form = anonymous(canonical(value))
    if isinstance(form, Collected) and isinstance(form.items, tuple):
        return Collected(form.kind, tuple(sorted(form.items, key=repr)))
    return form


_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{8,}|\d{4,}|\d+\.\d+")
_LARGE: Final = 10**6
_RANDOM: Final = 2**96
"""Numbers below may be times or addresses, which do come twice by chance. A UUID as a number is larger."""

_TOKEN: Final = re.compile(r"[0-9a-fA-F-]{8,}|[\w:+/=-]{16,}|UUID\('[0-9a-f-]{36}'\)")
"""Texts that are identifiers as a whole, by their lengths and kinds of characters: these are the same in all texts that
one place of a program makes, so that a token is one in every run."""

_FEWEST_BYTES: Final = 8


def masked(form: Any) -> Any:
    """Return a canonical form without what differs from one fresh subject to the next: times, identifiers, random keys.

    `<varies>` takes the place of each float, large number and identifier. A token, which never comes twice by chance,
    becomes an `Identity`: which results show the same one is compared.
    """
    if isinstance(form, Collected):
        if isinstance(form.items, frozenset):  # no place of an item says which one it is
            return Collected(form.kind, frozenset(map(_masked_item, form.items)))
        return Collected(form.kind, tuple(map(masked, form.items)))
    if is_token(form):
        return Identity("<token>", Token(form.text if isinstance(form, TextForm) else form))
    if type(form) is float or (type(form) is int and abs(form) >= _LARGE):
        return TextForm("<varies>")
    if isinstance(form, TextForm):
        text = _IDENTIFIER.sub("<varies>", form.text)
        return form if text == form.text else TextForm(text)
    return _IDENTIFIER.sub("<varies>", form) if type(form) is str else form


def _masked_item(form: Any) -> Any:
    if type(form) is tuple:  # an item of a dict
        return _pair(*map(masked, form))
    return anonymous(masked(form))


def is_token(form: Any) -> bool:
    """Tell whether a canonical form looks like a value that never comes twice by chance."""
    if type(form) is int:
        return abs(form) >= _RANDOM
    if type(form) is bytes:
        return len(form) >= _FEWEST_BYTES
    text = form.text if isinstance(form, TextForm) else form
    return type(text) is str and _TOKEN.fullmatch(text) is not None


def unread(_: Any) -> None:
    """Return nothing in place of a result that does not repeat."""


class Masked:
    """Turns a result into a canonical form without what `masked` leaves out; `inner` normalizes it before."""

    def __init__(self, inner: Callable[[Any], Any] | None) -> None:
        self._inner = inner

    def __call__(self, result: Any) -> Any:
        return masked(canonical(result if self._inner is None else self._inner(result)))


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
