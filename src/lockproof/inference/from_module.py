"""From a module to a specification: its functions are the operations, and its globals are the state.

The subject `a` is the module itself, executed anew for each run. The model is the same module, run by one thread.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from lockproof.core.errors import LockproofError
from lockproof.core.operation import OperationKind
from lockproof.core.specification import Specification
from lockproof.inference import generic
from lockproof.inference.catalogue import NAMES
from lockproof.inference.fresh import FreshModule


def infer_module(module: ModuleType, only: str = "") -> Specification:
    """Return the specification of the functions of a module; `only`: of the function with this name.

    Raises:
        LockproofError: the module has no source, or no function to try.

    """
    make = FreshModule(module)
    names = [only] if only else functions_of(module)
    kinds, notes = generic.functions(module, names, make)
    if not kinds:
        raise LockproofError(
            f"{module.__name__} has no function to try",
            "it has no public function of its own" + (f"; {'; '.join(notes)}" if notes else ""),
            f"name a class of it: {module.__name__}:{_a_class(module)}",
        )
    return Specification(
        subject=make, operations=kinds, observe=_observers(kinds), names=NAMES, init=_changing(kinds),
        subject_name=module.__name__, notes=[*notes, "each run executes the module anew"],
    )  # fmt: skip


def functions_of(module: ModuleType) -> list[str]:
    """Return the names of the public functions that the module defines, in order; also of those that it decorates."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and not inspect.isclass(value)
        and getattr(value, "__module__", None) == module.__name__
    ]


def _observers(kinds: list[OperationKind]) -> list[str]:
    """Return lines that read the globals; where no name says that it reads, calls of all that take one argument."""
    asking = [each.text for kind in kinds if len(kind.holes) == 1 and kind.weight >= 1 for each in kind.fillings(2)]
    return generic.observers(kinds) if any(kind.reads for kind in kinds) else asking[:6] or generic.observers(kinds)


def _changing(kinds: list[OperationKind]) -> list[OperationKind] | None:
    return [kind for kind in kinds if not kind.reads and kind.weight >= 1] or None


def _a_class(module: ModuleType) -> str:
    own: list[Any] = [each for each in vars(module).values() if inspect.isclass(each)]
    return next((each.__name__ for each in own if each.__module__ == module.__name__), "Class")
