"""The operations of a class of no known kind: its public methods and properties, and the operators that it defines."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.operation import OperationKind, op
from lockproof.inference.arguments import INTEGERS, Arguments
from lockproof.inference.catalogue import defines, has

LOCK_METHODS: Final = frozenset(
    re.findall(
        r"\w+",
        "acquire release lock unlock locked rlock read_lock write_lock acquire_lock release_lock get_lock mutex "
        "acquire_read acquire_write release_read release_write lock_read lock_write synchronized transaction",
    )
)
"""Names of methods by which collections give away their lock. No operation of a scenario may end with it held."""

_ENDLESS: Final = frozenset(
    (
        "start",
        "run",
        "serve_forever",
        "run_forever",
        "fork",
        "shutdown",
        "close",
        "terminate",
        "kill",
        "stop",
    )
)
"""Methods that start threads, or end the object."""

_READS: Final = re.compile(
    r"(is|has|to|as|num|list|snapshot)_\w+|(get_)?(all|size|count|len|length|value|values|items|keys|total|sum|snapshot|"
    r"state|status|stats|max|min|mean|average|balance|contents|entries|copy|peek|top|front|empty|full|qsize|contains|"
    r"exists|current|names|history|keys|as_dict|as_list|to_list|to_dict)"
)
_ASKS: Final = re.compile(
    r"a\.(get|find|look|read|option|fetch|load|query|peek|last|best|pop|poll|take|dequeue|borrow)"
)

_NO_TIMES: Final = frozenset(("timeout", "block", "blocking", "wait", "delay", "deadline"))


def operations(
    cls: type, make: Callable[[], Any], *, without: frozenset[str] = frozenset(), known: frozenset[str] = frozenset()
) -> tuple[list[OperationKind], list[str]]:
    """Return the kinds of operations that the class has, and notes on the methods that were left out.

    Methods are those with public names that are not in `without`. `known` are the methods of a model that the user
    wrote: the model says when they wait, so none of them is left out for waiting.
    """
    plain = list(_operators(cls))
    simple = [
        name for name in public(cls) if name not in without and _without_arguments(cls, name) and _READS.fullmatch(name)
    ]
    reader = next((kind.text for kind in plain if kind.text == "len(a)"), f"a.{simple[0]}()" if simple else "")
    arguments = Arguments(cls, reader)
    kinds: list[OperationKind] = []
    notes: list[str] = []
    for name in public(cls):
        if name in without:
            continue
        member = inspect.getattr_static(cls, name)
        if _is_property(member):
            if not _gives_a_lock(make, name):
                kinds.append(op(f"a.{name}", reads=True, weight=2))
        elif reason := _unfit(cls, name, member, known):
            if reason != "-":
                notes.append(f"{name} is left out: {reason}")
        else:
            try:
                kinds += method(cls, name, arguments)
            except LockproofError as error:
                notes.append(f"{name} is left out: {error.fact}")
    return [*kinds, *plain], notes


def public(cls: type) -> list[str]:
    """Return the names of the class's public attributes, in the order of their definition, bases first."""
    names: dict[str, None] = {}
    for each in reversed(cls.__mro__[:-1]):
        names |= dict.fromkeys(name for name in vars(each) if not name.startswith("_"))
    return [
        name
        for name in names
        if getattr(cls, name, None) is not None or _is_property(inspect.getattr_static(cls, name))
    ]


def _is_property(member: Any) -> bool:
    return isinstance(member, property) or (
        hasattr(type(member), "__get__") and type(member).__name__ == "cached_property"
    )


def _gives_a_lock(make: Callable[[], Any], name: str) -> bool:
    try:
        value = getattr(make(), name)
    except Exception:
        return False
    return hasattr(value, "acquire") or hasattr(value, "__enter__")


def _unfit(cls: type, name: str, member: Any, known: frozenset[str]) -> str:
    """Return why an attribute is no operation: `-` if the user need not know, empty if it is an operation."""
    if isinstance(member, (staticmethod, classmethod, type)) or not hasattr(type(member), "__get__"):
        return "-"  # not bound to an object when it is called
    if not callable(getattr(cls, name)):
        return "-"
    function = inspect.unwrap(member)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "it is asynchronous"
    if function is not member and inspect.isgeneratorfunction(function):
        return "it is a context manager"
    if name in LOCK_METHODS and defines(cls, "__len__", "__iter__", "__contains__", "__getitem__"):
        return "it gives the lock away"
    if name in _ENDLESS and name not in known:
        return "it may start threads, or end the object"
    return ""


def _without_arguments(cls: type, name: str) -> bool:
    member = inspect.getattr_static(cls, name)
    if not inspect.isfunction(member) or inspect.iscoroutinefunction(member):
        return False
    return all(each.default is not each.empty for each in list(inspect.signature(member).parameters.values())[1:])


def method(cls: type, name: str, arguments: Arguments) -> Iterator[OperationKind]:
    """Yield the kinds of one method: with the required arguments only, and with each optional one in addition.

    Raises:
        LockproofError: no value can be made for a required parameter.

    """
    function = inspect.unwrap(inspect.getattr_static(cls, name))
    try:
        parameters = list(inspect.signature(function).parameters.values())[1:]
    except (TypeError, ValueError):
        parameters = []
    needed: dict[str, tuple[str, Any]] = {}
    optional: dict[str, tuple[str, Any]] = {}
    for parameter in parameters:
        hole = f"x_{parameter.name}"
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        text = f"{parameter.name}={hole}" if parameter.kind is parameter.KEYWORD_ONLY else hole
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL:
            needed[hole] = text, arguments.pool(function, parameter)
        elif parameter.name not in _NO_TIMES:
            try:
                pool = arguments.pool(function, parameter)
            except LockproofError:
                continue
            by_name = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            optional[hole] = f"{parameter.name}={hole}" if by_name else text, pool[:1]
    reads = bool(_READS.fullmatch(name)) and not any(
        "lambda" in str(each) for _, pool in needed.values() for each in pool
    )
    yield _call(name, needed, function, reads, weight=2 if reads else 4)
    for hole, given in optional.items():
        yield _call(name, {**needed, hole: given}, function, reads, weight=1)


def _call(name: str, holes: dict[str, tuple[str, Any]], function: Any, reads: bool, *, weight: float) -> OperationKind:
    text = f"a.{name}({', '.join(text for text, _ in holes.values())})"
    if _is_lazy(function):
        text = f"list({text})"
    return op(text, reads=reads, normalize=finished, weight=weight, **{hole: pool for hole, (_, pool) in holes.items()})


def _is_lazy(function: Any) -> bool:
    """Tell whether the function returns an iterator: then a call does not do its work yet."""
    returns = getattr(function, "__annotations__", {}).get("return", "")
    says = returns if isinstance(returns, str) else str(returns)
    return inspect.isgeneratorfunction(function) or bool(
        re.match(r"(collections\.abc\.|typing\.)?(Iterator|Generator|Iterable)\b", says)
    )


def finished(result: Any) -> Any:
    """Return the result; for an iterator, the list of its first 1,000 items."""
    if not isinstance(result, Iterator):
        return result
    return [item for _, item in zip(range(1000), result, strict=False)]


def _operators(cls: type) -> Iterator[OperationKind]:
    one = [
        op("len(a)", reads=True, weight=3),
        op("x in a", x=INTEGERS, reads=True, weight=3),
        op("a[k]", k=INTEGERS, reads=True, weight=3),
        op("a[k] = v", k=INTEGERS, v=INTEGERS, weight=4),
        op("del a[k]", k=INTEGERS, weight=4),
        op("list(a)", reads=True, weight=2),
        op("list(slowly(a))", reads=True, weight=2),
        op("a == b", reads=True, weight=0.5),
    ]
    yield from (kind for kind in one if has(cls, kind) and (kind.text != "x in a" or defines(cls, "__contains__")))
    if defines(cls, "__bool__"):
        yield op("bool(a)", reads=True)
    if defines(cls, "__call__"):
        yield from (
            replace(each, text=each.text.replace("a.__call__(", "a("))
            for each in method(cls, "__call__", Arguments(cls))
        )
    for sign, name in (("+=", "__iadd__"), ("-=", "__isub__"), ("|=", "__ior__"), ("&=", "__iand__")):
        if defines(cls, name):
            yield op(f"a {sign} x", x=INTEGERS if sign in ("+=", "-=") else [{1, 2}])


def observers(kinds: list[OperationKind]) -> list[str]:
    """Return lines that distinguish states: reads without arguments, and reads of one of two keys.

    The lines may change the subject: they run one after the other, on the model as on the subject.
    """
    lines = []
    for kind in kinds:
        few = list(kind.fillings(2))
        if kind.reads and "b" not in few[0].subjects and len(kind.holes) <= 1:
            lines += [each.text for each in few]
    asking = [kind for kind in kinds if _ASKS.match(kind.text) and len(kind.holes) <= 1]
    if len(lines) < 3:
        lines += [each.text for kind in asking for each in kind.fillings(2) for _ in range(1 if kind.holes else 2)]
    if not lines:
        lines = [kind.text for kind in kinds if not kind.holes and not kind.blocking]
    return lines[:6]
