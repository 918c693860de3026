"""Pools of arguments for parameters, made from the annotation; without one, from the name of the parameter.

Pools are small and their values collide: two threads that never use the same key show nothing.
"""

from __future__ import annotations

import builtins
import collections
import collections.abc as abc
import enum
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Code, drawn

type Candidates = Sequence[Any]

INTEGERS: Final[Candidates] = (1, 2)

_SIMPLE: Final[Mapping[Any, Candidates]] = {
    int: INTEGERS,
    str: ("x", "y"),
    bool: (True, False),
    float: (1.0, 2.0),
    complex: (1j, 2j),
    bytes: (b"x", b"y"),
    object: INTEGERS,
    None: (None,),
    type(None): (None,),
    Any: INTEGERS,
    abc.Hashable: INTEGERS,
    inspect.Parameter.empty: INTEGERS,
}
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


class Arguments:
    """Pools for the parameters of one class's methods. Callbacks read the subject by the operation `reader`."""

    def __init__(self, cls: type, reader: str = "") -> None:
        self._cls, self._reader = cls, reader

    def pool(self, function: Callable[..., Any], parameter: inspect.Parameter) -> Candidates:
        """Return the pool of a parameter.

        Raises:
            LockproofError: no values can be made for the annotation.

        """
        annotation = self._resolved(function, parameter.annotation)
        if annotation is inspect.Parameter.empty:
            return self._by_name(parameter.name)
        return self._of(annotation)

    def _by_name(self, name: str) -> Candidates:
        name = name.strip("_").lower()
        if name in _FUNCTIONS:
            return self._functions()
        if name in _MANY:
            return ([1, 2], [2, 3])
        if name in _OTHERS:
            return (Code("b"),)
        return INTEGERS

    def _functions(self) -> Candidates:
        back = (Code(f"lambda *_: {self._reader}"),) if self._reader else ()
        return (Code("gives_1"), Code("gives_2"), *back, Code("fails"))

    def _resolved(self, function: Callable[..., Any], annotation: Any) -> Any:
        """Return the annotation, evaluated if it is a string; `Any` if that fails."""
        if not isinstance(annotation, str):
            return annotation
        names = {
            **vars(builtins), **vars(typing), **vars(abc),
            **vars(sys.modules.get(self._cls.__module__, builtins)), **getattr(function, "__globals__", {}),
            self._cls.__name__: self._cls,
        }  # fmt: skip
        try:
            return eval(annotation, names)  # the class's own annotation
        except Exception:
            return Any

    def _of(self, annotation: Any) -> Candidates:
        try:
            if annotation in _SIMPLE:
                return _SIMPLE[annotation]
        except TypeError:
            pass
        if annotation is self._cls or annotation is typing.Self:
            return (Code("b"),)
        if isinstance(annotation, TypeVar):
            return self._of(annotation.__bound__) if annotation.__bound__ is not None else INTEGERS
        if isinstance(annotation, typing.TypeAliasType):
            return self._of(annotation.__value__)
        if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
            return tuple(annotation)[:2]
        origin, inner = get_origin(annotation) or annotation, get_args(annotation)
        if origin in (typing.Annotated, typing.Final, typing.ClassVar):
            return self._of(inner[0])
        if origin is Literal:
            return inner[:3]
        if origin in (Union, types.UnionType):
            return self._of_union(inner)
        return self._of_container(annotation, origin, inner)

    def _of_union(self, inner: Sequence[Any]) -> Candidates:
        pools = [self._of(each) for each in inner]
        values = list(pools[0][:2])
        for pool in pools[1:]:
            values += [each for each in pool[:1] if not any(type(each) is type(v) and each == v for v in values)]
        return tuple(values)

    def _of_container(self, annotation: Any, origin: Any, inner: Sequence[Any]) -> Candidates:
        if origin in (abc.Callable, types.FunctionType):
            return self._functions()
        if isinstance(origin, type) and self._cls is origin:
            return (Code("b"),)
        pool = self._of(inner[0]) if inner and inner[0] is not Ellipsis else INTEGERS
        first = [_text(each) for each in pool]
        both, one = ", ".join(first[:2]), first[-1]
        if origin in (dict, abc.Mapping, abc.MutableMapping, collections.OrderedDict, collections.Counter):
            value = _text(self._of(inner[1])[0]) if len(inner) > 1 else "1"
            return (Code(f"{{{', '.join(f'{key}: {value}' for key in first[:2])}}}"), Code(f"{{{one}: {value}}}"))
        if origin in (list, abc.Sequence, abc.MutableSequence, abc.Iterable, abc.Collection, abc.Reversible):
            return (Code(f"[{both}]"), Code(f"[{one}]"))
        if origin in (abc.Iterator, abc.Generator):
            return (Code(f"iter([{both}])"), Code(f"iter([{one}])"))
        if origin in (set, abc.Set, abc.MutableSet):
            return (Code(f"{{{both}}}"), Code(f"{{{one}}}"))
        if origin is frozenset:
            return (Code(f"frozenset([{both}])"), Code(f"frozenset([{one}])"))
        if origin is tuple:
            if inner and inner[-1] is not Ellipsis:
                return (Code("(" + "".join(f"{_text(self._of(each)[0])}, " for each in inner) + ")"),)
            return (Code(f"({both},)"), Code(f"({one},)"))
        if origin is type:
            return (int, str)
        return _drawn(annotation)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Code) else repr(value)


def _drawn(annotation: Any) -> Candidates:
    """Return values from Hypothesis for a type that has no pool here."""
    try:
        from hypothesis import strategies
    except ImportError:
        raise LockproofError(
            f"no value can be made for {annotation!r}", "", "pip install hypothesis, or write a Specification"
        ) from None

    try:
        values = drawn(strategies.from_type(annotation))
    except Exception as error:
        raise LockproofError(f"no value can be made for {annotation!r}", str(error)) from None
    if not values:
        raise LockproofError(f"no value can be made for {annotation!r}")
    return values[:2]
