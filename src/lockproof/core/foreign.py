"""Looks at objects of the user's classes, also if one of their special methods raises: then the look does not fail."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

FAILS: Final = (Exception, KeyboardInterrupt, SystemExit)
"""What a special method may raise while somebody looks. No other exception means the user's code."""

_trace: Final[Callable[[BaseException], TracebackType | None]] = BaseException.__dict__["__traceback__"].__get__
_arguments: Final[Callable[[BaseException], tuple[Any, ...]]] = BaseException.__dict__["args"].__get__


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """Tell whether an object is an instance of a class. If its `__class__` raises, its real class decides."""
    try:
        return isinstance(value, kinds)
    except FAILS:
        return issubclass(type(value), kinds)


def attribute(value: Any, name: str, default: Any = None) -> Any:
    """Return an attribute; the default too if `__getattr__` or a property raises something else than AttributeError."""
    try:
        return getattr(value, name, default)
    except FAILS:
        return default


def has_attribute(value: Any, name: str) -> bool:
    """Tell whether an object has an attribute that can be read."""
    missing = object()
    return attribute(value, name, missing) is not missing


def message_of(error: BaseException) -> str:
    """Return the message of an exception, "" if it has none; if `__str__` fails, a sentence that says so."""
    try:
        return str(error)
    except FAILS as failure:
        return f"its message cannot be read, since __str__ raises {type(failure).__name__}"


def told(error: BaseException) -> str:
    """Return an exception as `KeyError: message`, or only its name if it has no message."""
    return f"{type(error).__name__}: {message_of(error)}".removesuffix(": ")


def trace_of_raised(error: BaseException) -> TracebackType | None:
    """Return where an exception was raised, also if its class reads attributes in a way of its own."""
    return _trace(error)


def arguments_of(error: BaseException) -> tuple[Any, ...]:
    """Return the arguments of an exception, also if its class reads attributes in a way of its own."""
    return _arguments(error)


def formatted(error: BaseException, trace: TracebackType | None) -> list[str]:
    """Return the traceback as the interpreter prints it, or its lines and the exception if that cannot be printed."""
    try:
        return traceback.format_exception(type(error), error, trace)
    except FAILS:
        return ["Traceback (most recent call last):\n", *traceback.format_tb(trace), f"{told(error)}\n"]
