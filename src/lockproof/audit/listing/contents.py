"""What a module has to check: its public classes, its functions if they share state, and its shared objects.

A class is left out where a check could show nothing: it has no state or no methods of its own, or no objects are made
of it. The reasons are few and fixed, so that a report can count them.
"""

from __future__ import annotations

import abc
import ast
import contextlib
import dis
import enum
import inspect
import sys
import typing
from collections.abc import Iterator, MutableMapping, MutableSequence, MutableSet
from dataclasses import is_dataclass
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.survey import Contents, Export
from lockproof.inference.fresh import FreshObject
from lockproof.inference.from_module import functions_of
from lockproof.inference.generic import public

_STORES: Final = ("STORE_GLOBAL", "DELETE_GLOBAL")
_NOT_OBJECTS: Final = (type, ModuleType, FunctionType, MethodType, enum.Enum)
STATELESS: Final = "functions that share no state"


def contents_of(module: ModuleType, name: str, package: str) -> Contents:
    """Return what a module has.

    Args:
        module: the module.
        name: the module, as a target names it.
        package: what was asked for, as Python imports it. What is defined elsewhere is not listed.

    """
    exports = []
    for each, value in _public_names(module):
        if isinstance(value, type):
            if _is_own(value, module, package, each):
                exports.append(Export(each, _home(value), _no_target(value), needs=_needs_arguments(value)))
        elif not isinstance(value, _NOT_OBJECTS) and _is_own(type(value), module, package, ""):
            kind = _home(type(value))
            exports.append(Export(each, f"{kind}#{id(value)}", _no_object(value, module, each), kind))
    functions = [each for each in functions_of(module) if not _is_object(getattr(module, each))]
    return Contents(name, tuple(exports), len(functions), _stateless(module) if functions else "")


def _public_names(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the names that a user may import, with their values."""
    said = getattr(module, "__all__", None)
    names = [each for each in said if isinstance(each, str)] if isinstance(said, list | tuple) else list(vars(module))
    for name in dict.fromkeys(names):
        if not name.startswith("_") and name in vars(module):
            yield name, vars(module)[name]


def _home(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _is_own(cls: type, module: ModuleType, package: str, name: str) -> bool:
    """Tell whether a class belongs to what was asked for.

    It is defined there; or in a private module beside it, as an accelerator in C is, and listed in `__all__`.
    """
    home = getattr(cls, "__module__", "") or ""
    if home == module.__name__ or f"{home}.".startswith(f"{package}."):
        return True
    private = any(part.startswith("_") for part in home.split("."))
    beside = home.partition(".")[0] == package.partition(".")[0]
    listed = name in (getattr(module, "__all__", None) or ())
    return private and (beside or (listed and home.partition(".")[0] not in sys.stdlib_module_names))


def _is_object(value: object) -> bool:
    """Tell whether a callable is an object of a class, and no function that somebody has wrapped."""
    if isinstance(value, FunctionType) or hasattr(value, "__wrapped__"):
        return False
    return any(isinstance(vars(each).get("__call__"), FunctionType) for each in type(value).__mro__)


def _no_target(cls: type) -> str:
    """Return why a class is no target; "" if it is one."""
    if issubclass(cls, BaseException):
        return "exceptions"
    if issubclass(cls, enum.Enum):
        return "enumerations"
    if issubclass(cls, type):
        return "metaclasses"
    if getattr(cls, "_is_protocol", False):
        return "protocols"
    if typing.is_typeddict(cls) or (issubclass(cls, tuple) and hasattr(cls, "_fields")):
        return "typed dicts and named tuples"
    if inspect.isabstract(cls) or abc.ABC in cls.__bases__:
        return "abstract classes"
    names = public(cls)
    if is_dataclass(cls) and not _methods(cls, names):
        return "dataclasses without methods"
    members = [inspect.getattr_static(cls, name, None) for name in names]
    if members and all(inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in members):
        return "asynchronous classes"
    if not names and not _operators(cls):
        return "classes without public methods"
    return ""


def _needs_arguments(cls: type) -> bool:
    """Tell whether a call without arguments is refused. A class that does not say what it takes may need none."""
    try:
        inspect.signature(cls).bind()
    except TypeError:
        return True
    except ValueError:
        return False
    return False


def _methods(cls: type, names: list[str]) -> bool:
    """Tell whether a dataclass has code of its own besides what the decorator has made."""
    return any(callable(value) or isinstance(value, property) for value in (getattr(cls, name, None) for name in names))


def _operators(cls: type) -> bool:
    """Tell whether the class defines an operator that reads or changes what an object has."""
    wanted = (
        "__call__",
        "__getitem__",
        "__setitem__",
        "__delitem__",
        "__contains__",
        "__iter__",
        "__len__",
        "__next__",
    )
    return any(name in vars(base) for base in cls.__mro__[:-1] for name in wanted)


def _no_object(value: Any, module: ModuleType, name: str) -> str:
    """Return why a shared object is no target; "" if it is one."""
    file = getattr(module, "__file__", None) or ""
    if not file.endswith(".py"):
        return "objects of modules without Python source"
    if name not in _made_in(Path(file)):
        return "objects that a module only passes on"
    if why := _no_target(type(value)):
        return f"objects of {why}"
    return "" if _is_made_anew(module, name) else "objects of which there is only one"


def _is_made_anew(module: ModuleType, name: str) -> bool:
    """Tell whether executing the module makes another object, as a check needs it; a symbol stays the same."""
    with contextlib.suppress(Exception):  # the module cannot be executed again: the check says so
        try:
            FreshObject(module, name)
        except LockproofError:
            return False
    return True


def _made_in(file: Path) -> set[str]:
    """Return the names that the code of a module assigns, outside of functions and classes."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(file.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found


def _stateless(module: ModuleType) -> str:
    """Return why the functions of a module are no target; "" if they may share state."""
    if not (getattr(module, "__file__", None) or "").endswith(".py"):
        return "functions without Python source"
    names: set[str] = set()
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__ or isinstance(value, type):
            continue
        if hasattr(value, "cache_info"):
            return ""
        function = inspect.unwrap(value) if callable(value) and hasattr(value, "__wrapped__") else value
        if not isinstance(function, FunctionType):
            continue
        defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        if any(isinstance(each, list | dict | set) for each in defaults) or _closes_over_state(function):
            return ""
        for code in _codes(function.__code__):
            if any(step.opname in _STORES for step in dis.get_instructions(code)):
                return ""
            names |= set(code.co_names)
    return "" if any(_is_state(name, vars(module)[name]) for name in names & vars(module).keys()) else STATELESS


def _closes_over_state(function: FunctionType) -> bool:
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if _is_state("", value):
            return True
    return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _is_state(name: str, value: Any) -> bool:
    """Tell whether a global is something that functions can change. A filled container in capitals is a constant."""
    if isinstance(value, MutableMapping | MutableSequence | MutableSet | bytearray):
        return not (name.isupper() and len(value))
    if isinstance(value, _NOT_OBJECTS) or callable(value):
        return False
    return hasattr(type(value), "__next__") or type(value).__module__.partition(".")[0] not in {
        *sys.stdlib_module_names, "builtins"
    }  # fmt: skip
