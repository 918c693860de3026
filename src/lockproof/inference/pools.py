"""Pools of values for annotations: builtins, containers, the abstract classes of `typing`, enumerations, records."""

from __future__ import annotations

import collections
import collections.abc as abc
import dataclasses
import datetime
import enum
import inspect
import numbers
import os
import pathlib
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Code, NamedCode, drawn
from lockproof.core.probes import NAMES as PROBES

type Candidates = Sequence[Any]


class Guess(tuple[Any, ...]):
    """A pool for a parameter of which nothing is known."""

    __slots__ = ()


UNKNOWN: Final = object()
"""What an annotation means that cannot be evaluated."""

INTEGERS: Final[Candidates] = (1, 2)


def _made(text: str, name: str, what: Any) -> Candidates:
    """Return two values: `text` with 1 and with 2 for `{}`."""
    return tuple(NamedCode(text.format(number), **{name: what}) for number in (1, 2))


_SIMPLE: Final[Mapping[Any, Candidates]] = {
    int: INTEGERS,
    str: ("x", "y"),
    bool: (True, False),
    float: (1.0, 2.0),
    complex: (1j, 2j),
    bytes: (b"x", b"y"),
    bytearray: (Code("bytearray(b'x')"), Code("bytearray(b'y')")),
    memoryview: (Code("memoryview(b'x')"), Code("memoryview(b'y')")),
    slice: (Code("slice(0, 1)"), Code("slice(1, 2)")),
    range: (Code("range(2)"), Code("range(1)")),
    None: (None,),
    type(None): (None,),
    **dict.fromkeys((object, Any, abc.Hashable, inspect.Parameter.empty, UNKNOWN), Guess(INTEGERS)),
    **dict.fromkeys((typing.SupportsInt, typing.SupportsIndex, typing.SupportsFloat, typing.SupportsAbs), INTEGERS),
    **dict.fromkeys((typing.SupportsRound, typing.SupportsComplex, numbers.Number, numbers.Complex), INTEGERS),
    **dict.fromkeys((numbers.Real, numbers.Rational, numbers.Integral), INTEGERS),
    typing.SupportsBytes: (b"x", b"y"),
    abc.Buffer: (b"x", b"y"),
    typing.LiteralString: ("x", "y"),
    abc.Sized: ([1, 2], [1]),
    abc.Container: ([1, 2], [1]),
    datetime.datetime: _made("datetime.datetime(2020, 1, {})", "datetime", datetime),
    datetime.date: _made("datetime.date(2020, 1, {})", "datetime", datetime),
    datetime.time: _made("datetime.time({})", "datetime", datetime),
    datetime.timedelta: _made("datetime.timedelta(seconds={})", "datetime", datetime),
    datetime.tzinfo: (NamedCode("datetime.UTC", datetime=datetime),),
    **dict.fromkeys((pathlib.Path, pathlib.PurePath, os.PathLike), _made("Path('{}')", "Path", pathlib.Path)),
    re.Pattern: _made("re.compile('{}')", "re", re),
    enum.Enum: (Code("Colour.RED"), Code("Colour.BLUE")),
    **dict.fromkeys((Exception, BaseException), (Code("ValueError(1)"), Code("KeyError(1)"))),
}

_BY_NAME: Final = {
    "decimal.Decimal": "Decimal({})", "fractions.Fraction": "Fraction({})", "uuid.UUID": "UUID(int={})",
}  # fmt: skip
"""Values of classes whose modules cost every process a twentieth of its start, and are seldom needed."""

_DEEPEST: Final = 3
"""How deep records may contain records."""


class Values:
    """Makes pools for annotations of one class.

    Args:
        cls: The class; where a value of it is wanted, the second subject is one.
        evaluated: Returns what a string in an annotation stands for.
        functions: The pool for functions.

    """

    def __init__(self, cls: Any, evaluated: Callable[[str], Any], functions: Candidates) -> None:
        self._cls, self._evaluated, self._functions = cls, evaluated, functions
        self._depth = 0

    def of(self, annotation: Any) -> Candidates:
        """Return the pool for an annotation.

        Raises:
            LockproofError: no value can be made for it.

        """
        if isinstance(annotation, (str, typing.ForwardRef)):
            annotation = self._evaluated(annotation if isinstance(annotation, str) else annotation.__forward_arg__)
        try:
            if annotation in _SIMPLE:
                return _SIMPLE[annotation]
        except TypeError:
            pass
        if isinstance(annotation, type):
            text = _BY_NAME.get(f"{annotation.__module__}.{annotation.__qualname__}")
            if text is not None:
                return _made(text, annotation.__name__, annotation)
        if annotation is self._cls or annotation is typing.Self:
            return (Code("b"),)
        if isinstance(annotation, TypeVar):
            return self._of_variable(annotation)
        if isinstance(annotation, (typing.ParamSpec, typing.TypeVarTuple)):
            return Guess(INTEGERS)
        if isinstance(annotation, typing.TypeAliasType):
            return self.of(annotation.__value__)
        if isinstance(annotation, typing.NewType):
            return self.of(annotation.__supertype__)
        origin, inner = get_origin(annotation) or annotation, get_args(annotation)
        if origin in (typing.Annotated, typing.Final, typing.ClassVar, typing.Required, typing.NotRequired):
            return self.of(inner[0]) if inner else Guess(INTEGERS)
        if isinstance(origin, typing.TypeAliasType):
            return self.of(origin.__value__)
        if origin is Literal:
            return inner[:3]
        if isinstance(origin, type) and origin in _SIMPLE:
            return _SIMPLE[origin]
        if origin in (Union, types.UnionType):
            return self._of_union(inner)
        if origin is type or origin is type(enum.Enum):
            return self._of_type(inner, origin)
        return self._of_container(annotation, origin, inner)

    def _of_variable(self, variable: TypeVar) -> Candidates:
        if variable.__bound__ is not None:
            return self.of(variable.__bound__)
        return self.of(variable.__constraints__[0]) if variable.__constraints__ else Guess(INTEGERS)

    def _of_union(self, inner: Sequence[Any]) -> Candidates:
        pools: list[Candidates] = []
        problem: LockproofError | None = None
        for each in inner:
            try:
                pools.append(self.of(each))
            except LockproofError as error:
                problem = error
        if not pools:
            assert problem is not None
            raise problem
        values = list(pools[0][:2])
        for pool in pools[1:]:
            values += [each for each in pool[:1] if not any(type(each) is type(v) and each == v for v in values)]
        return tuple(values)

    def _of_type(self, inner: Sequence[Any], origin: Any) -> Candidates:
        """Return classes, for `type[X]`: X itself and a subclass of it, if there is one."""
        wanted = inner[0] if inner else Any
        if isinstance(wanted, (str, typing.ForwardRef)):
            wanted = self._evaluated(wanted if isinstance(wanted, str) else wanted.__forward_arg__)
        if isinstance(wanted, TypeVar):
            wanted = wanted.__bound__ or Any
        if get_origin(wanted) in (Union, types.UnionType):
            wanted = get_args(wanted)[0]
        if wanted is enum.Enum or origin is type(enum.Enum):
            return (Code("Colour"), Code("Shade"))
        if wanted in (Exception, BaseException):
            return (Code("ValueError"), Code("KeyError"))
        if not isinstance(wanted, type) or wanted is object:
            return (Code("int"), Code("str"))
        found = [wanted, *wanted.__subclasses__()][:2] if wanted is not type else [int, str]
        return tuple(NamedCode(each.__name__, **{each.__name__: each}) for each in found)

    def _of_container(self, annotation: Any, origin: Any, inner: Sequence[Any]) -> Candidates:
        if origin in (abc.Callable, types.FunctionType, types.MethodType, types.BuiltinFunctionType):
            return self._functions
        if isinstance(origin, type) and self._is_one(origin):
            return (Code("b"),)
        if origin in _CONTAINERS or origin is tuple or origin in _MAPPINGS:
            return self._filled(origin, inner)
        return self._of_class(annotation, origin)

    def _is_one(self, wanted: type) -> bool:
        """Tell whether a subject is what the annotation wants: by inheritance, or by the members of a protocol.

        A class inherits annotations that name its base: `def merge(self, other: Base)`.
        """
        if not isinstance(self._cls, type) or wanted.__module__ in _GENERAL:
            return False
        if wanted in self._cls.__mro__:
            return True
        members = typing.get_protocol_members(wanted) if typing.is_protocol(wanted) else ()
        return bool(members) and all(hasattr(self._cls, each) for each in members)

    def _filled(self, origin: Any, inner: Sequence[Any]) -> Candidates:
        pool = self.of(inner[0]) if inner and inner[0] is not Ellipsis else INTEGERS
        first = [text_of(each) for each in pool]
        names = _names(pool)
        both, one = ", ".join(first[:2]), first[-1]
        if origin in _MAPPINGS:
            values = self.of(inner[1]) if len(inner) > 1 else INTEGERS
            value, names = text_of(values[0]), {**names, **_names(values)}
            return (_code(f"{{{', '.join(f'{key}: {value}' for key in first[:2])}}}", names),
                    _code(f"{{{one}: {value}}}", names))  # fmt: skip
        if origin is tuple and inner and inner[-1] is not Ellipsis:
            pools = [self.of(each) for each in inner]
            texts = "".join(f"{text_of(each[0])}, " for each in pools)
            return (_code(f"({texts})", {name: what for each in pools for name, what in _names(each).items()}),)
        form = "({},)" if origin is tuple else _CONTAINERS[origin]
        return (_code(form.format(both), names), _code(form.format(one), names))

    def _of_class(self, annotation: Any, origin: Any) -> Candidates:
        if not isinstance(origin, type):
            return _drawn(annotation)
        if issubclass(origin, enum.Enum):
            name = origin.__name__
            some = tuple(NamedCode(f"{name}.{each.name}", **{name: origin}) for each in tuple(origin)[:2])
            return some or (Code("Colour.RED"), Code("Colour.BLUE"))
        if getattr(origin, "_is_protocol", False):
            return self._functions if callable_protocol(origin) else (Code("StandIn(1)"), Code("StandIn(2)"))
        if typing.is_typeddict(origin):
            fields = {name: self.of(each) for name, each in typing.get_type_hints(origin).items()}
            texts = ", ".join(f"{name!r}: {text_of(pool[0])}" for name, pool in fields.items())
            return (_code(f"{{{texts}}}", {n: w for pool in fields.values() for n, w in _names(pool).items()}),)
        if origin.__name__ == "LogRecord" and origin.__module__ == "logging":  # its parameters have no annotations
            return _made("LogRecord('name', 20, 'file.py', 1, 'x{}', None, None)", "LogRecord", origin)
        if issubclass(origin, BaseException):
            return self._constructed(origin) or (NamedCode(origin.__name__, **{origin.__name__: origin}),)
        own = dataclasses.is_dataclass(origin) or hasattr(origin, "_fields") or origin.__module__ not in _HYPOTHESIS
        return (self._constructed(origin) if own else ()) or _drawn(annotation)

    def _constructed(self, cls: type) -> Candidates:
        """Return two values made by the class; nothing if its constructor needs what cannot be made."""
        if self._depth >= _DEEPEST:
            return ()
        if inspect.isabstract(cls):
            bodies = {name: lambda *_, **__: None for name in getattr(cls, "__abstractmethods__", ())}
            cls = type(cls.__name__, (cls,), bodies)
        self._depth += 1
        try:
            return self._calls_of(cls)
        except (LockproofError, TypeError, ValueError, NameError):
            return ()
        finally:
            self._depth -= 1

    def _calls_of(self, cls: type) -> Candidates:
        hints = _hints_of(cls)
        needed = []
        for parameter in inspect.signature(cls).parameters.values():
            if parameter.default is not parameter.empty or parameter.kind in (
                parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD,
            ):  # fmt: skip
                continue
            prefix = f"{parameter.name}=" if parameter.kind is parameter.KEYWORD_ONLY else ""
            needed.append((prefix, self.of(hints.get(parameter.name, parameter.annotation))))
        found = []
        for number in (0, 1):
            given = ", ".join(f"{prefix}{text_of(pool[min(number, len(pool) - 1)])}" for prefix, pool in needed)
            names = {name: what for _, pool in needed for name, what in _names(pool).items()}
            found.append(NamedCode(f"{cls.__name__}({given})", **{**names, cls.__name__: cls}))
        eval(found[0], {**PROBES, **found[0].names, "a": None, "b": None})  # refuses what the class refuses
        return tuple(found) if needed else (found[0],)


def _hints_of(cls: type) -> Mapping[str, Any]:
    for owner in (vars(cls).get("__init__"), cls):
        try:
            return typing.get_type_hints(owner, include_extras=True)
        except Exception:
            continue
    return {}


_CONTAINERS: Final[Mapping[Any, str]] = {
    **dict.fromkeys((list, abc.Sequence, abc.MutableSequence, abc.Iterable, abc.Collection, abc.Reversible), "[{}]"),
    **dict.fromkeys((abc.Sized, abc.Container), "[{}]"),
    **dict.fromkeys((abc.Iterator, abc.Generator), "iter([{}])"),
    **dict.fromkeys((set, abc.Set, abc.MutableSet), "{{{}}}"),
    frozenset: "frozenset([{}])",
    collections.deque: "deque([{}])",
}
_MAPPINGS: Final = (
    dict, abc.Mapping, abc.MutableMapping, collections.OrderedDict, collections.Counter, collections.defaultdict,
)  # fmt: skip
_GENERAL: Final = frozenset(("builtins", "collections", "collections.abc", "typing", "abc"))
"""Modules whose classes want any container or number, and not another subject above all."""

_HYPOTHESIS: Final = frozenset(("builtins", "collections", "collections.abc", "typing", "ipaddress", "random", "io"))
"""Modules whose classes Hypothesis makes better than a call of the class without thought."""


def callable_protocol(protocol: Any) -> bool:
    """Tell whether a protocol is about functions."""
    return "__call__" in vars(protocol)


def text_of(value: Any) -> str:
    """Return how an operation writes a value."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    return str(value) if isinstance(value, Code) else repr(value)


def _names(pool: Candidates) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in pool:
        if isinstance(each, NamedCode):
            found |= each.names
        elif isinstance(each, enum.Enum):
            found[type(each).__name__] = type(each)
    return found


def _code(text: str, names: Mapping[str, Any]) -> Code:
    if "deque(" in text:
        names = {**names, "deque": collections.deque}
    return NamedCode(text, **names) if names else Code(text)


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
