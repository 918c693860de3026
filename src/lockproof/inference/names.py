"""Do the names in a user's lines exist, and do the arguments of its calls fit?

A call of a method that does not exist raises the same exception in every run and on every model, so a misspelt name
agrees with any model. Names are looked up before anything runs, and without running any code of the class: no
descriptor and no `__getattr__` is called. If a class can make an attribute later, in one of its methods or dynamically,
the name passes, and the runs decide (see `answers`).
"""

from __future__ import annotations

import ast
import builtins
import difflib
import dis
import inspect
import symtable
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.operation import SUBJECTS, Operation
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification

_ABSENT: Final = object()

DYNAMIC: Final = frozenset(("setattr", "vars", "__dict__", "__setattr__"))
"""Names that a class uses if it makes attributes whose names are not in its source."""


def refuse_unknown_names(specification: Specification, subject: Any) -> None:
    """Refuse a specification whose lines have a name that does not exist.

    Raises:
        LockproofError: a name does not exist.

    """
    kinds = (*specification.operations, *(specification.init or ()))
    lines = [(Operation(kind.text), frozenset(kind.holes)) for kind in kinds]
    lines += [(each, frozenset()) for each in specification.final]
    stored = _stored(each for each, _ in lines)
    for line, holes in lines:
        _refuse(line, specification, subject, holes, stored)


def refuse_unknown_names_of(scenario: Scenario, specification: Specification, subject: Any) -> list[Operation]:
    """Refuse a scenario with a name that does not exist or arguments that do not fit; return the lines in doubt.

    A line is in doubt if an attribute that it uses may come to exist in a run.

    Raises:
        LockproofError: a name does not exist, or the arguments of a call do not fit.

    """
    stored = _stored(scenario.operations)
    unsure = []
    for line in scenario.operations:
        if _refuse(line, specification, subject, frozenset(), stored):
            unsure.append(line)
        _refuse_arguments(line, subject)
    return unsure


def _refuse(
    line: Operation, specification: Specification, subject: Any, holes: frozenset[str], stored: frozenset[str]
) -> bool:
    """Refuse a line with a name that does not exist; return whether it uses an attribute that may come to exist."""
    known = {*specification.globals, *holes, *SUBJECTS}
    for name in sorted(_global_names(line)):
        if name not in known and not hasattr(builtins, name):
            raise _unknown(
                f"there is no {name}, which `{line}` uses", name, {*known, *dir(builtins)},
                "the subject is called a, and further ones of its class b and c; other names are those of a "
                "Specification and of Python",
            )  # fmt: skip
    unsure = False
    for node in ast.walk(line.node):
        match node:
            case ast.Attribute(ast.Name(name), attribute) if name in SUBJECTS:
                if _has(subject, attribute) or attribute in stored:
                    continue
                if not _may_have(type(subject), attribute):
                    raise _unknown(
                        f"{type(subject).__qualname__} has no {attribute}, which `{line}` uses", attribute,
                        _attributes(subject), "look into the class for what it is called",
                    )  # fmt: skip
                unsure = True
    return unsure


def _unknown(fact: str, name: str, known: Iterable[str], otherwise: str) -> LockproofError:
    near = difflib.get_close_matches(name, sorted({each for each in known if not each.startswith("__")}), 3)
    return LockproofError(fact, "a misspelt name", f"did you mean {' or '.join(near)}?" if near else otherwise)


def _refuse_arguments(line: Operation, subject: Any) -> None:
    """Refuse calls of plain methods whose arguments do not fit: such a call never enters the method."""
    for node in ast.walk(line.node):
        match node:
            case ast.Call(ast.Attribute(ast.Name(name), attribute), args, keywords) if name in SUBJECTS:
                function = _static(subject, attribute)
                starred = any(isinstance(each, ast.Starred) for each in args) or any(k.arg is None for k in keywords)
                if not isinstance(function, FunctionType) or attribute in vars_of(subject) or starred:
                    continue
                signature = inspect.signature(function, follow_wrapped=False)
                try:
                    signature.bind(None, *args, **{each.arg or "": each.value for each in keywords})
                except TypeError as error:
                    raise LockproofError(
                        f"`{line}` does not fit {attribute}{signature}: {error}",
                        "an argument is missing, misspelt or too many",
                        "correct the call: the method is never entered with these arguments",
                    ) from None


def _global_names(line: Operation) -> set[str]:
    """Return the global names that a line uses."""
    body = "\n".join(f" {each}" for each in line.statements("_result"))
    table = symtable.symtable(f"def operation({', '.join(SUBJECTS)}):\n{body}\n", "<operation>", "exec")

    def within(scope: symtable.SymbolTable) -> Iterator[str]:
        if scope.get_type() != "module":
            yield from (each.get_name() for each in scope.get_symbols() if each.is_global() and each.is_referenced())
        for inner in scope.get_children():
            yield from within(inner)

    return set(within(table))


def _stored(lines: Iterable[Operation]) -> frozenset[str]:
    """Return the attributes of subjects that lines assign."""
    return frozenset(
        node.attr
        for line in lines
        for node in ast.walk(line.node)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    )


def vars_of(subject: Any) -> dict[str, Any]:
    """Return the attributes in the dictionary of an object; none if it has no dictionary."""
    found = _static(subject, "__dict__")
    return subject.__dict__ if isinstance(found, dict) or inspect.isgetsetdescriptor(found) else {}


def _has(subject: Any, attribute: str) -> bool:
    return _static(subject, attribute) is not _ABSENT


def _static(owner: Any, attribute: str) -> Any:
    return inspect.getattr_static(owner, attribute, _ABSENT)


def _attributes(subject: Any) -> list[str]:
    return [*dir(type(subject)), *vars_of(subject)]


def _may_have(cls: type, attribute: str) -> bool:
    """Tell whether objects of a class can get an attribute that a fresh one does not have."""
    if _has(cls, "__getattr__") or isinstance(_static(cls, "__getattribute__"), FunctionType):
        return True
    classes = [each for each in cls.__mro__ if each is not object]
    if any(_NamesOf(each).uses & (DYNAMIC | {attribute}) for each in classes):
        return True
    modules = {sys.modules.get(each.__module__) for each in classes}
    return any(attribute in _NamesOf(each).stores for each in modules if each is not None)


class _NamesOf:
    """The names that the functions of a class or of a module use."""

    def __init__(self, owner: type | ModuleType) -> None:
        self._owner = owner

    @cached_property
    def uses(self) -> set[str]:
        """Names of attributes that are assigned, names that are loaded, and strings."""
        found = set(self.stores)
        for code in self._codes():
            found |= {*code.co_names, *(each for each in code.co_consts if isinstance(each, str))} & DYNAMIC
            found |= {each for each in code.co_consts if isinstance(each, str) and each.isidentifier()}
        return found

    @cached_property
    def stores(self) -> set[str]:
        """Names of attributes that are assigned."""
        return {
            str(each.argval)
            for code in self._codes()
            for each in dis.get_instructions(code)
            if each.opname == "STORE_ATTR"
        }

    def _codes(self) -> Iterator[CodeType]:
        functions = [function for each in vars(self._owner).values() for function in _functions(each)]
        waiting = [function.__code__ for function in functions]
        while waiting:
            code = waiting.pop()
            yield code
            waiting += [each for each in code.co_consts if isinstance(each, CodeType)]


def _functions(member: Any) -> Iterator[FunctionType]:
    """Yield the plain functions behind a member of a class or of a module; of a class in a module, its methods."""
    parts: list[Any] = [member]
    for name in ("__func__", "fget", "fset", "fdel", "func", "__wrapped__"):
        parts.append(_static(member, name))
    if isinstance(member, type):
        parts += vars(member).values()
    yield from (each for each in parts if isinstance(each, FunctionType))
