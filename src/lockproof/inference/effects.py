"""Which operations change nothing? Each is called on a few subjects, and their state is compared before and after.

Two operations that change nothing show nothing beside each other, and what reads can observe. Names tell little:
`first` and `isdisjoint` read, `get` of a cache may write. Where a part of the state cannot be seen, like that of an
iterator or of an object in C, an operation counts as one that changes something.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from functools import partial
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from lockproof.core.foreign import attribute, has_attribute, is_a
from lockproof.core.handles import SLOT, only_initial
from lockproof.core.operation import Operation, OperationKind, renamed
from lockproof.core.probes import NAMES as PROBES
from lockproof.core.probes import comes_back
from lockproof.inference.fresh import shared_state
from lockproof.inference.inherited import is_lock
from lockproof.inference.trials import Aside, in_a_copy

FILLINGS: Final = 2
"""Operations of each kind that are tried on each subject."""

MOST_FILLING: Final = 3
"""Calls that give a subject contents."""

READING: Final = 1.5
"""The weight of operations that were found to change nothing: less than of those whose names say that they read."""

MOST_OBJECTS: Final = 400
"""Objects of a state at most."""


class _Unseen(Exception):
    """A part of the state cannot be seen."""


def with_effects(
    kinds: Sequence[OperationKind], make: Callable[[], Any], doubtful: Collection[str] = ()
) -> list[OperationKind]:
    """Return the kinds, those that change nothing as reading ones; those in `doubtful` only if a call succeeds."""
    open_ = [
        kind
        for kind in kinds
        if not (kind.reads or kind.after or SLOT in kind.holes or only_initial(kind.text) or comes_back(kind.text))
        and kind.weight >= 1
    ]
    names = {**PROBES, **{name: what for kind in kinds for name, what in kind.constants().items()}}
    changes = in_a_copy([partial(_changes, kind, [()], make, names) for kind in open_])
    changing = [kind for kind, each in zip(open_, changes, strict=True) if each]
    growing = [kind for kind in changing if not _other(kind)]
    contexts: list[Filling] = [tuple(kind.fillings(1)) for kind in growing[:MOST_FILLING]]
    contexts += [tuple(kind.fillings(2)) for kind in growing[:1]]
    if len(growing) > 1:  # an event has to be there before it has a listener, and a listener before it can be told
        lines = tuple(line for kind in growing[:MOST_FILLING] for line in kind.fillings(1))
        contexts += [lines, lines[::-1]]
    contexts = contexts or [()]
    unsure = [kind for kind in open_ if kind not in changing]
    again = in_a_copy([partial(_changes, kind, contexts, make, names) for kind in unsure])
    found = {kind.text: each for kind, each in zip(unsure, again, strict=True) if not each}
    return [
        replace(kind, reads=True, weight=min(kind.weight, READING)) if found.get(kind.text) is False else kind
        for kind in kinds
        if kind.text not in doubtful or found.get(kind.text, True) is not None
    ]


type Filling = tuple[Operation, ...]


def _other(kind: OperationKind) -> bool:
    return any(each.subjects != ("a",) for each in kind.fillings(1))


def _changes(
    kind: OperationKind, contexts: Sequence[Filling], make: Callable[[], Any], names: Mapping[str, Any]
) -> bool | None:
    """Tell whether a call changes the state of a subject, or of its class, after one of these programs.

    True also if the state cannot be seen, or if the call waits; None if no call succeeds.
    """
    aside = Aside(partial(_seen_to_change, kind, contexts, make, names))
    return True if aside.waits() or aside.error is not None else aside.result


def _seen_to_change(
    kind: OperationKind, contexts: Sequence[Filling], make: Callable[[], Any], names: Mapping[str, Any]
) -> bool | None:
    succeeded, cls = False, type(make())
    shared = shared_state(cls)
    for context in contexts:
        for filled in ("ab", "a", "b") if context and _other(kind) else ("ab",):
            for operation in islice(kind.fillings(FILLINGS), FILLINGS):
                subjects = make(), make()
                for line in [renamed(each, {"a": name}) for name in filled for each in context]:
                    with suppress(Exception):
                        line.compiled(names)(*subjects, None)
                before = _state(subjects)
                try:
                    _called(operation, names, subjects)
                    succeeded = True
                except Exception:
                    pass
                if _state(subjects) != before:
                    return True
    if not any(contexts) and shared_state(cls) != shared:  # other calls may change data of the class too
        return True
    return False if succeeded else None


def _called(operation: Operation, names: Mapping[str, Any], subjects: Sequence[Any]) -> None:
    result = operation.compiled(names)(*subjects, None)
    if operation.kind.normalize is not None:
        operation.kind.normalize(result)


_ATOMS: Final = (type(None), bool, int, float, complex, str, bytes)
_NAMED: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, Enum)


def _state(subjects: Iterable[Any]) -> Any:
    met: dict[int, int] = {}
    kept: list[Any] = []

    def of(each: Any) -> Any:
        cls = type(each)
        if cls in _ATOMS:
            return cls.__name__, each
        if is_a(each, _NAMED):
            return id(each)
        if (known := met.setdefault(id(each), len(met))) != len(met) - 1 or len(kept) > MOST_OBJECTS:
            if len(kept) > MOST_OBJECTS:
                raise _Unseen
            return known
        kept.append(each)
        if is_lock(cls):
            return "lock"
        if is_a(each, MethodType):
            return id(each.__func__), of(each.__self__)
        return cls.__name__, _contents(each, of), _attributes(each, of)

    return of(tuple(subjects))


def _contents(each: Any, of: Callable[[Any], Any]) -> Any:
    """Return the state of what a container contains; in its order, since that may matter."""
    if is_a(each, dict):
        items = OrderedDict.items(each) if is_a(each, OrderedDict) else dict.items(each)
        return [(of(key), of(value)) for key, value in items]
    ordered: Any = next((kind for kind in (list, tuple, deque) if is_a(each, kind)), None)
    if ordered is not None:
        return [of(item) for item in ordered.__iter__(each)]
    unordered: Any = next((kind for kind in (set, frozenset) if is_a(each, kind)), None)
    if unordered is not None:
        return sorted(map(repr, map(of, unordered.__iter__(each))))
    if is_a(each, _ATOMS):
        return repr(each)
    return ()


_OPEN: Final = (object, dict, OrderedDict, defaultdict, list, tuple, deque, set, frozenset, *_ATOMS)
"""Types whose whole state is their contents, and what subclasses in Python add."""


def _attributes(each: Any, of: Callable[[Any], Any]) -> Any:
    cls = type(each)
    if cls in _OPEN and cls not in (object, OrderedDict):
        return ()
    if any(base not in _OPEN and not _is_pythons(base) for base in cls.__mro__):
        raise _Unseen
    slots = [name for base in cls.__mro__ for name, what in vars(base).items() if inspect.ismemberdescriptor(what)]
    held = [(name, attribute(each, name)) for name in slots if has_attribute(each, name)]
    return [(name, of(value)) for name, value in [*attribute(each, "__dict__", {}).items(), *held]]


def _is_pythons(cls: type) -> bool:
    """Tell whether a class is written in Python: all others may have state out of sight."""
    return "__module__" in vars(cls) and bool(cls.__flags__ & 1 << 9) and "__firstlineno__" in vars(cls)
