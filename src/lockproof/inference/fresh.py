"""Subjects with state outside of objects: in the globals of a module, or in attributes of a class.

A run must not see what an earlier run has left there. So the subjects of each run are made from a module that is
executed anew for them all; the source is compiled once. The other modules that it imports stay as they are.
"""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.operation import MODULE_NAMES, OfTheRun, OperationKind
from lockproof.core.own_time import real as time
from lockproof.core.pace import pace
from lockproof.core.run_subjects import RunMaker
from lockproof.inference.trials import in_a_copy

_SLOW: Final = 0.03
"""Seconds for executing a module from which it is not done: too few runs would be left."""

_TRIES: Final = 4

_LONGEST: Final = 200
"""Characters of a repr that are compared."""


class FreshModule(RunMaker):
    """Makes new copies of a module that has a source file.

    Raises:
        LockproofError: the module has no source.

    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        file = getattr(module, "__file__", None) or ""
        if not file.endswith(".py"):
            raise LockproofError(
                f"{module.__name__} has no Python source",
                "its globals can be made anew for each run only by executing its source",
                "name a class of it: module:Class",
            )
        self._code = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)

    def executed(self) -> ModuleType:
        """Return a new module, executed from its beginning."""
        made = types.ModuleType(self._module.__name__, self._module.__doc__)
        for name in ("__file__", "__package__", "__spec__", "__loader__", "__path__"):
            if hasattr(self._module, name):
                setattr(made, name, getattr(self._module, name))
        exec(self._code, vars(made))
        return made

    def begin(self) -> Callable[[], Any]:
        """Return what returns the module of one run."""
        made = self.executed()
        return lambda: made

    def owned(self, value: Any) -> Any:
        """Return what a name means: a class of the module, or a member of an enumeration there, is another each time.

        Other values, like an object that was made once, stay what they are.
        """
        if isinstance(value, type):
            module, path = value.__module__, value.__qualname__.split(".")
        elif isinstance(value, Enum):
            module, path = type(value).__module__, [*type(value).__qualname__.split("."), str(value.name)]
        else:
            return value
        if module != self._module.__name__:
            return value
        try:
            known = _at(self._module, path) is value
        except AttributeError:
            return value
        return OfTheRun(value, path) if known else value


class FreshClass(RunMaker):
    """Makes objects of a class that is defined anew for each run, by executing its module."""

    def __init__(self, cls: type) -> None:
        self._module, self._path = FreshModule(sys.modules[cls.__module__]), cls.__qualname__.split(".")

    def begin(self) -> Callable[[], Any]:
        """Return the class of one run."""
        module = self._module.executed()
        cls: Callable[[], Any] = _at(module, self._path)
        _lead_back(cls, module)
        return cls

    def owned(self, value: Any) -> Any:
        """Return what a name means (see `FreshModule.owned`)."""
        return self._module.owned(value)


class FreshObject(RunMaker):
    """Makes an object that a module keeps under a name, anew: by executing the module.

    A second object of a run is made by the class of the first. If that needs arguments, it is the object of another
    execution, and the two have different classes.

    Raises:
        LockproofError: the module has no source, or has the object from another module, which is not executed anew.

    """

    def __init__(self, module: ModuleType, name: str) -> None:
        self._module, self._path = FreshModule(module), name.split(".")
        self._alone = False
        if self() is self():
            raise LockproofError(
                f"{module.__name__} does not make {name} itself",
                "it imports it from another module, and each run needs a new one",
                "name the module that makes it, or its class",
            )

    def begin(self) -> Callable[[], Any]:
        """Return what makes the objects of one run: first that of a new module, then others of its class."""
        return partial(next, self._objects())

    def owned(self, value: Any) -> Any:
        """Return what a name means (see `FreshModule.owned`)."""
        return self._module.owned(value)

    def _objects(self) -> Iterator[Any]:
        module = self._module.executed()
        first = _at(module, self._path)
        own = type(first).__module__ == module.__name__
        if own:
            _lead_back(type(first), module)
        yield first
        while True:
            yield self._other(first, own=own)

    def _other(self, first: Any, *, own: bool) -> Any:
        """Return another object of the class of the first; `own`: the module of the run has defined that class."""
        if own and not self._alone:
            with suppress(Exception):
                other = type(first)()
                if isinstance(other, type(first)):
                    return other
            self._alone = True  # it was tried once
        return self()


def _lead_back(cls: object, module: ModuleType) -> None:
    """Have a class lead to the names of its module, unless its metaclass refuses."""
    with suppress(AttributeError, TypeError):
        setattr(cls, MODULE_NAMES, vars(module))


def _at(found: Any, path: Sequence[str]) -> Any:
    for part in path:
        found = getattr(found, part)
    return found


def can_be_fresh(cls: type) -> bool:
    """Tell whether the class is found by its name in a module that has a source."""
    module = sys.modules.get(cls.__module__)
    found: Any = module
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls and module is not None and (getattr(module, "__file__", None) or "").endswith(".py")


def shared_state(cls: type) -> Sequence[str]:
    """Return a description of the data in the class, its bases and their modules: it differs if a call changed them."""
    owners: list[Any] = [each for each in cls.__mro__ if _is_users(each)]
    owners += dict.fromkeys(sys.modules[each.__module__] for each in owners if each.__module__ in sys.modules)
    return [
        f"{owner.__name__}.{name} {_described(value)}"
        for owner in owners
        for name, value in sorted(vars(owner).items())
        if not name.startswith("__") and not callable(value) and not isinstance(value, (ModuleType, property))
    ]


def _is_users(cls: type) -> bool:
    return cls.__module__.partition(".")[0] not in sys.stdlib_module_names


def _described(value: Any) -> str:
    if hasattr(type(value), "__get__"):
        return ""
    text = ""
    with suppress(Exception):
        text = f"{len(value)} "
    with suppress(Exception):
        text += f"{sorted(map(id, vars(value).values()))} "
    with suppress(Exception):
        text += repr(value)[:_LONGEST]
    return text


def fresh_if_shared(cls: type, kinds: Sequence[OperationKind], names: Mapping[str, Any]) -> FreshClass | None:
    """Return what makes objects that share nothing, if operations change data of the class or of its module.

    None if they do not, or if the module cannot be executed anew, or not quickly.
    """
    if not can_be_fresh(cls):
        return None
    before = shared_state(cls)
    if not before:
        return None
    calls = [partial(_call, cls, kind, names) for kind in kinds]
    if not in_a_copy([*calls, lambda: shared_state(cls) != before])[-1]:
        return None
    try:
        make = FreshClass(cls)
        return make if _least_seconds(make) < pace.patience(_SLOW) else None
    except Exception:
        return None


def _least_seconds(make: FreshClass) -> float:
    """Return how long it takes where nothing disturbs it, if one of a few tries is undisturbed."""
    least = math.inf
    for _ in range(_TRIES):
        began = time.perf_counter()
        make()
        least = min(least, time.perf_counter() - began)
        if least < _SLOW:
            break
    return least


def _call(cls: type, kind: OperationKind, names: Mapping[str, Any]) -> None:
    line = next(kind.fillings(1))
    line.compiled({**names, **kind.constants()})(cls(), cls() if "b" in line.names else None, None)
