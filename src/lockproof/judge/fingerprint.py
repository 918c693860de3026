"""Are two states of ordinary objects the same? Fingerprints are equal only if all objects within reach are alike.

Two orders of a few operations mostly lead to the same state. A judge that knows it goes on from there once instead of
twice; without that, longer scenarios could not be judged at all (Lowe 2017). A wrong yes would hide violations or
invent them. So an object gets no fingerprint, and differs from all others, if one of its fields may be out of sight:
objects with fields in C, functions with a closure, states of too many objects. Sets get none either, but for those of
a class that says `has_no_order`: its code does not depend on which element comes first. Rejected: `pickle`, since a
class may leave fields out of its pickle.
"""

from __future__ import annotations

import _thread
import dis
import struct
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from enum import Enum
from functools import lru_cache, partial
from types import BuiltinMethodType, CodeType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any, Final

MOST: Final = 400
"""The most objects of a state that are looked at."""

_ATOMS: Final = frozenset((type(None), bool, int, str, bytes, type(NotImplemented), type(...)))

_POINTER: Final = struct.calcsize("P")
_identity: Final = id  # CPython's own, also where the engine has replaced the builtin


class _Unknown(Exception):
    pass


def fingerprint(*objects: Any, met: Sequence[object] = ()) -> Hashable | None:
    """Return a value that is equal for objects in the same state; None if not all of the state can be seen.

    `met` are objects that results have shown: equal states also have the same of these objects in the same places.
    """
    walk = _Walk()
    try:
        state = walk.of(objects)
        return (state, walk.places(met)) if met else state
    except (_Unknown, RuntimeError):  # RuntimeError: a thread of the subject changes a container during the walk
        return None


class _Walk:
    """A walk over all objects within reach. An object that is met again is named by when it was met first."""

    def __init__(self) -> None:
        self._met: dict[int, int] = {}
        self._kept: list[Any] = []

    def of(self, each: Any) -> Hashable:
        cls = type(each)
        if cls in _ATOMS:
            return cls, each
        met = self._met
        known = met.setdefault(_identity(each), count := len(met))
        if known != count:
            return known
        if count >= MOST:
            raise _Unknown
        self._kept.append(each)  # or another object might get its address
        look = _LOOKS.get(cls)
        return (cls, look(self, each)) if look is not None else (cls, self._object(each, cls))

    def places(self, objects: Iterable[object]) -> Hashable:
        """Return where the walk has met each object; None for one that it has not met: no operation shows it again."""
        return tuple([self._met.get(_identity(each)) for each in objects])

    def all(self, several: Iterable[Any]) -> Hashable:
        return tuple([(type(each), each) if type(each) in _ATOMS else self.of(each) for each in several])

    def pairs(self, items: Iterable[tuple[Any, Any]]) -> Hashable:
        return tuple([(self.of(key), self.of(value)) for key, value in items])

    def _object(self, each: Any, cls: type) -> Hashable:
        if isinstance(each, (type, Enum)):
            return _lasting(each if isinstance(each, type) else cls, each)
        if isinstance(each, BaseException) and cls.__basicsize__ == BaseException.__basicsize__:
            return self.all((each.args, each.__dict__))
        contents, slots, attributes = _plan(cls)
        held = [(name, getattr(each, name)) for name in slots if hasattr(each, name)]
        return contents(self, each), self.pairs(each.__dict__.items()) if attributes else (), self.pairs(held)


type Reader = Callable[[_Walk, Any], Hashable]


def _lasting(named: Any, each: Any) -> int:
    """Return the identity of an object that outlives the run, since it has a name in a module."""
    if "<locals>" in named.__qualname__:
        raise _Unknown
    return _identity(each)


def _function(_: _Walk, each: FunctionType) -> Hashable:
    if each.__closure__ is not None:
        raise _Unknown
    return _lasting(each, each)


def _module(each: ModuleType) -> int:
    """Return the identity of an imported module. One that was made for a run leaves its address to the next one."""
    if sys.modules.get(each.__name__) is not each:
        raise _Unknown
    return _identity(each)


_HIDING: Final = frozenset(("FOR_ITER", "BEFORE_WITH", "LOAD_SPECIAL", "SEND"))
"""Instructions that keep a value on the stack while a generator waits."""


def _generator(walk: _Walk, each: Any) -> Hashable:
    frame = each.gi_frame
    if frame is None or not _has_only_names(each.gi_code):
        raise _Unknown
    return _identity(each.gi_code), frame.f_lasti, walk.pairs(frame.f_locals.items())


@lru_cache(256)
def _has_only_names(code: CodeType) -> bool:
    """Tell whether a generator keeps all its values in variables: no loop, `with` or half a sum around a yield."""
    steps = [each.opname for each in dis.get_instructions(code)]
    waits = [steps[index : index + 3] for index, step in enumerate(steps) if step == "YIELD_VALUE"]
    return not _HIDING.intersection(steps) and all(each == ["YIELD_VALUE", "RESUME", "POP_TOP"] for each in waits)


def _set(walk: _Walk, each: set[Any]) -> Hashable:
    # `pop` and new elements depend on where `pop` last was and where elements had been. Nobody can read that.
    if not getattr(each, "has_no_order", False):
        raise _Unknown
    return walk.all(set.__iter__(each))


_CONTENTS: Final[dict[type, Reader]] = {
    OrderedDict: lambda walk, each: walk.pairs(OrderedDict.items(each)),
    defaultdict: lambda walk, each: (walk.of(each.default_factory), walk.pairs(dict.items(each))),
    dict: lambda walk, each: walk.pairs(dict.items(each)),
    deque: lambda walk, each: (each.maxlen, walk.all(deque.__iter__(each))),
    list: lambda walk, each: walk.all(list.__iter__(each)),
    tuple: lambda walk, each: walk.all(tuple.__iter__(each)),
    set: _set,
    frozenset: lambda walk, each: walk.all(frozenset.__iter__(each)),
    int: lambda _, each: int(each),
    str: lambda _, each: str.__str__(each),
    object: lambda _, each: (),  # noqa: ARG005 - all that it has are attributes
}
"""The contents of a container beside its attributes, by the nearest base class."""

_LOOKS: Final[dict[type, Reader]] = {
    **{cls: look for cls, look in _CONTENTS.items() if cls is not object},
    float: lambda _, each: repr(each),
    complex: lambda _, each: repr(each),
    FunctionType: _function,
    ModuleType: lambda _, each: _module(each),
    BuiltinMethodType: lambda walk, each: (each.__name__, walk.of(each.__self__)),
    MethodType: lambda walk, each: walk.all((each.__func__, each.__self__)),
    partial: lambda walk, each: walk.all((each.func, each.args, each.keywords)),
    GeneratorType: _generator,
    _thread.LockType: lambda _, each: each.locked(),
    _thread.RLock: lambda _, each: repr(each).partition(" at ")[0],
}


@lru_cache(256)
def _plan(cls: type) -> tuple[Reader, tuple[str, ...], bool]:
    """Return how to read objects of a class: the contents, the slots, and whether there are other attributes.

    Raises:
        _Unknown: its objects have more than that.

    """
    base, contents = next((base, contents) for base, contents in _CONTENTS.items() if issubclass(cls, base))
    slots = tuple(name for owner in cls.__mro__ for name in _slots(owner))
    if cls.__basicsize__ != base.__basicsize__ + _POINTER * len(slots) or "<locals>" in cls.__qualname__:
        raise _Unknown
    return contents, slots, bool(cls.__dictoffset__)


def _slots(cls: type) -> Iterable[str]:
    given = vars(cls).get("__slots__", ())
    for name in [given] if isinstance(given, str) else list(given):
        if name not in ("__dict__", "__weakref__"):
            hidden = name.startswith("__") and not name.endswith("__")
            yield f"_{cls.__name__.lstrip('_')}{name}" if hidden else name
