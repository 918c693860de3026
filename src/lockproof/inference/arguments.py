"""Pools of arguments for parameters, made from the annotation; without one, from the default or the name.

Pools are small and their values collide: two threads that never use the same key show nothing. Where nothing says what
a parameter takes, its pool is a `Guess`: trials on one thread show which kind of values a call accepts (see `drafts`).
"""

from __future__ import annotations

import builtins
import collections.abc as abc
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Code
from lockproof.inference.pools import INTEGERS, UNKNOWN, Candidates, Guess, Values
from lockproof.inference.quantities import is_quantity

_FUNCTIONS: Final[frozenset[str]] = frozenset(
    re.findall(
        r"\w+",
        "callback callable cb compute default_factory f factory fn func function handler hook listener loader observer "
        "predicate subscriber supplier task callable_ producer creator action",
    )
)
_MANY: Final[frozenset[str]] = frozenset(
    ("items", "iterable", "values", "elements", "others", "members", "sequence", "seq", "entries", "keys")
)
_OTHERS: Final[frozenset[str]] = frozenset(("other", "target", "destination", "dest", "another"))

_ABSTRACT: Final = (
    abc.Iterable, abc.Collection, abc.Reversible, abc.Set, abc.MutableSet, abc.Sequence, abc.Mapping,
    abc.MutableMapping,
)  # fmt: skip

LISTENERS: Final[Candidates] = (Code("listener(a, 1)"), Code("listener(a, 2)"))
"""Functions that a method stores and another operation calls: they record who called them."""


class Arguments:
    """Pools for the parameters of one class's methods.

    Args:
        cls: the class, or a module with functions.
        reader: the operation by which callbacks read the subject.
        numbers: whole numbers that a fresh subject has (see `quantities`).

    """

    def __init__(self, cls: Any, reader: str = "", numbers: Sequence[int | float] = ()) -> None:
        self._cls, self._numbers = cls, tuple(numbers)
        back = (Code(f"lambda *_: {reader}"),) if reader else ()
        self.factories: Candidates = (Code("gives_1"), Code("gives_2"), *back, Code("fails"))
        self.listeners: Candidates = (*LISTENERS, *back, Code("fails"))
        self._values = Values(cls, self._evaluated, self.factories)

    def pool(self, function: Callable[..., Any], parameter: inspect.Parameter) -> Candidates:
        """Return the pool of a parameter.

        Raises:
            LockproofError: no values can be made for the annotation.

        """
        found = self._pool(function, parameter)
        if not is_quantity(parameter.name) or not _is_of_numbers(found):
            return found
        more = [type(found[0])(each) for each in self._numbers]
        values = (*found, *(each for each in more if each not in found))
        return Guess(values) if isinstance(found, Guess) else values

    def one_of(self, parameter: inspect.Parameter, pool: Candidates) -> Candidates:
        """Return the one value that a parameter with a default is given: a quantity the number of the subject."""
        return pool[-1:] if is_quantity(parameter.name) and _is_of_numbers(pool) and self._numbers else pool[:1]

    def _pool(self, function: Callable[..., Any], parameter: inspect.Parameter) -> Candidates:
        annotation = parameter.annotation
        if isinstance(annotation, str):
            annotation = self._evaluated(annotation, function)
        if annotation is inspect.Parameter.empty and parameter.default not in (inspect.Parameter.empty, None):
            return self._by_default(parameter)
        if annotation in (inspect.Parameter.empty, Any, object, UNKNOWN):
            return self._by_name(parameter.name)
        found = self._values.of(annotation)
        return self._by_name(parameter.name) if isinstance(found, Guess) else found

    def takes_any(self, function: Callable[..., Any], parameter: inspect.Parameter) -> bool:
        """Tell whether a parameter takes any iterable, by its annotation or for want of one."""
        annotation = parameter.annotation
        if isinstance(annotation, str):
            annotation = self._evaluated(annotation, function)
        origin = typing.get_origin(annotation) or annotation
        if origin in (inspect.Parameter.empty, Any, UNKNOWN):
            return True
        if origin in (typing.Union, types.UnionType):
            return any((typing.get_origin(each) or each) in _ABSTRACT for each in typing.get_args(annotation))
        return origin in _ABSTRACT

    def _by_name(self, name: str) -> Candidates:
        name = name.strip("_").lower()
        if name in _FUNCTIONS:
            return self.factories
        if name in _MANY:
            return Guess(([1, 2], [2, 3]))
        if name in _OTHERS and isinstance(self._cls, type):
            return (Code("b"),)
        return Guess(INTEGERS)

    def _by_default(self, parameter: inspect.Parameter) -> Candidates:
        """Return values like the default: a call without the argument covers the default itself."""
        by_name = self._by_name(parameter.name)
        default = parameter.default
        if tuple(by_name) != INTEGERS or isinstance(default, int):
            return (not default,) if isinstance(default, bool) else by_name
        with suppress(LockproofError):
            return self._values.of(type(default))
        return by_name

    def _evaluated(self, annotation: str, function: Any = None) -> Any:
        """Return the annotation that a string stands for; `UNKNOWN` if it cannot be evaluated."""
        names = {
            **vars(builtins), **vars(typing), **vars(abc),
            **vars(sys.modules.get(self._module, builtins)), **getattr(function, "__globals__", {}),
            getattr(self._cls, "__name__", ""): self._cls,
        }  # fmt: skip
        try:
            return eval(annotation, names)  # the class's own annotation
        except Exception:
            return UNKNOWN

    @property
    def _module(self) -> str:
        return self._cls.__name__ if isinstance(self._cls, types.ModuleType) else self._cls.__module__


def _is_of_numbers(pool: Candidates) -> bool:
    return all(type(each) in (int, float) for each in pool)


def guesses(factories: Candidates) -> Sequence[Candidates]:
    """Return pools of all kinds of values, the simple ones first, for a parameter of which nothing is known."""
    return (
        INTEGERS, ("x", "y"), factories, ([1, 2], [2, 3]), ({1: 1, 2: 2}, {1: 2}), ((1, 2), (2, 1)), ({1, 2}, {2}),
        (b"x", b"y"), (1.5, 2.5), (None,), (True, False), (Code("b"),), (Code("int"), Code("str")),
        (Code("ValueError(1)"), Code("KeyError(1)")), (Code("Colour.RED"), Code("Colour.BLUE")),
        (Code("Colour"), Code("Shade")), (Code("StandIn(1)"), Code("StandIn(2)")),
    )  # fmt: skip
