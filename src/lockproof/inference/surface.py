"""The public surface of a class: the members that a stranger can call, and the reasons why none calls some of them.

These members count: methods, properties, class methods and static methods with public names, and the special methods
by which Python uses a container, a context manager or a function object. These do not: constructors, which run for each
subject anyway (`__init__`, class methods called `from_...`, `fromkeys`); plain data; comparisons, `repr`, copies and
pickles, which every object has and few classes mean to share; reflected operators, which the plain ones stand for.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.foreign import attribute, has_attribute
from lockproof.core.members import Member, Omitted, members_of, refuse_unknown
from lockproof.core.operation import OperationKind
from lockproof.core.specification import Specification
from lockproof.inference.from_module import functions_of
from lockproof.inference.inherited import hooks, is_left_out

SPECIAL: Final = (
    "__len__", "__bool__", "__contains__", "__iter__", "__next__", "__reversed__", "__getitem__", "__setitem__",
    "__delitem__", "__call__", "__enter__",
    "__or__", "__and__", "__sub__", "__xor__", "__add__", "__ior__", "__iand__", "__isub__", "__ixor__", "__iadd__",
)  # fmt: skip
"""The special methods that count; `__enter__` stands for `with` and so for `__exit__` too."""

_CONSTRUCTORS: Final = re.compile(r"from(_\w+|keys)")
_DATA: Final = (types.MemberDescriptorType, types.GetSetDescriptorType, type)


def surface(cls: type) -> tuple[str, ...]:
    """Return the names of the members of a class that count, in the order of their definition, bases first.

    Of several names of one function the first counts.
    """
    return tuple(_surface(cls))


def _surface(cls: type) -> dict[str, tuple[str, ...]]:
    """Return the members that count, each with its other names."""
    names: dict[str, None] = {}
    for each in reversed(cls.__mro__[:-1]):
        names |= dict.fromkeys(name for name in vars(each) if name in SPECIAL or not name.startswith("_"))
    found: dict[str, tuple[str, ...]] = {}
    first: dict[int, str] = {}
    for name in names:
        member = inspect.getattr_static(cls, name)
        if not _counts(name, member) or _gives_itself(cls, name):
            continue
        known = first.setdefault(id(member), name)
        found[known] = (*found.get(known, ()), *([name] if known != name else []))
    return found


def _counts(name: str, member: Any) -> bool:
    if isinstance(member, (classmethod, staticmethod, types.ClassMethodDescriptorType)) and _CONSTRUCTORS.fullmatch(
        name
    ):
        return False
    return hasattr(type(member), "__get__") and not isinstance(member, _DATA)


def _gives_itself(cls: type, name: str) -> bool:
    """Tell whether a member is the `__iter__` of an iterator: by agreement it returns the iterator."""
    return name == "__iter__" and has_attribute(cls, "__next__")


def _is_foreign(cls: type, name: str) -> bool:
    """Tell whether a class has a member from a base class of somebody else: of the library, or of an installed package.

    The class's author may not even know that member.
    """
    owner = next(each for each in cls.__mro__ if name in vars(each))
    top = owner.__module__.partition(".")[0]
    if top == cls.__module__.partition(".")[0] or name in hooks(cls).values():
        return False
    file = attribute(sys.modules.get(owner.__module__), "__file__") or ""
    return top in sys.stdlib_module_names or "site-packages" in file


def members(specification: Specification, owner: type | ModuleType, only: str = "") -> tuple[Member, ...]:
    """Return the members of a class, or the functions of a module, each with the reason if no operation calls it.

    `only`: the one function of the module that counts.
    """
    called = _called(specification)
    reasons = _reasons(specification.notes)
    if isinstance(owner, ModuleType):
        names: dict[str, tuple[str, ...]] = dict.fromkeys([only] if only else functions_of(owner), ())
    else:
        names = _surface(owner)
    found = []
    for name, aliases in names.items():
        if called & {name, *aliases}:
            why, excused = "", isinstance(owner, type) and _is_foreign(owner, name)
        elif (note := reasons.get(name)) is not None:
            why, excused = note.why, note.excused or (isinstance(owner, type) and _is_foreign(owner, name))
        elif isinstance(owner, type) and is_left_out(owner, name):
            continue
        elif isinstance(owner, type) and _is_foreign(owner, name):
            why, excused = "a base class that is not of the same package has it", True
        elif name == "__enter__":
            why, excused = "no operation uses a `with` statement", True
        elif name == "__reversed__" and isinstance(inspect.getattr_static(owner, name), types.MethodDescriptorType):
            why, excused = "an iterator of a builtin promises nothing beside changes", True
        else:
            why, excused = "no operation calls it", False
        advice = _advice(owner, name) if isinstance(owner, type) else _call(getattr(owner, name), name, bound=True)
        found.append(Member(name, why, advice, excused, aliases))
    return tuple(found)


_LINES: Final = {
    "__len__": "len(a)", "__bool__": "bool(a)", "__contains__": "x in a", "__iter__": "list(a)",
    "__next__": "next(a)", "__reversed__": "list(reversed(a))", "__getitem__": "a[k]", "__setitem__": "a[k] = v",
    "__delitem__": "del a[k]", "__call__": "a()", "__or__": "a | x", "__and__": "a & x", "__sub__": "a - x",
    "__xor__": "a ^ x", "__add__": "a + x", "__ior__": "a |= x", "__iand__": "a &= x", "__isub__": "a -= x",
    "__ixor__": "a ^= x", "__iadd__": "a += x",
}  # fmt: skip
"""The line that calls a special method, its holes in one letter."""


def _advice(cls: type, name: str) -> str:
    """Return a call of `op` that makes an operation of the member, with a pool to fill for each argument."""
    if name in _LINES:
        holes = [each for each in "xkv" if each in re.findall(r"\b[xkv]\b", _LINES[name])]
        return _op(_LINES[name], holes)
    member = inspect.getattr_static(cls, name)
    if not callable(attribute(cls, name)) or isinstance(member, property):
        return _op(f"a.{name}", [])
    return _call(getattr(cls, name), name, bound=isinstance(member, (classmethod, staticmethod)))


def _call(function: Any, name: str, *, bound: bool) -> str:
    """Return the advice to call a function. `bound`: its first parameter is not the subject."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError, NameError):
        return _op(f"a.{name}(...)", [])
    asynchronous = inspect.iscoroutinefunction(function)
    needed = [each for each in (parameters if bound else parameters[1:]) if each.default is each.empty]
    by_place = [each.name for each in needed if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    by_name = [each.name for each in needed if each.kind is each.KEYWORD_ONLY]
    arguments = [*by_place, *(f"{each}={each}" for each in by_name)]
    line = f"a.{name}({', '.join(arguments)})"
    if inspect.isasyncgenfunction(function):
        return f'op("looped(a)", ...), where looped is a function of yours that loops over {line}'
    advice = _op(f"asyncio.run({line})" if asynchronous else line, [*by_place, *by_name])
    return f'{advice}, with names={{"asyncio": asyncio}}' if asynchronous else advice


def _op(line: str, holes: Iterable[str]) -> str:
    return f"op({', '.join([f'"{line}"', *(f'{each}=[...]' for each in holes)])})"


def notes(specification: Specification, found: Iterable[Member]) -> tuple[str, ...]:
    """Return the notes of a specification without those that only say why no operation calls one of these members."""
    uncalled = {each.name for each in found if each.why}
    return tuple(
        str(each) for each in specification.notes if not (isinstance(each, Omitted) and _about(each) & uncalled)
    )


def without(specification: Specification, owner: type | ModuleType, skip: Iterable[str]) -> Specification:
    """Return the specification without what calls one of the members to skip.

    Raises:
        LockproofError: the class has no such member, or nothing is left.

    """
    names = frozenset(skip)
    if not names:
        return specification
    known = functions_of(owner) if isinstance(owner, ModuleType) else surface(owner)
    refuse_unknown(sorted(names), {*known, *_called(specification)}, owner.__name__)

    def kept(kinds: Iterable[OperationKind]) -> list[OperationKind]:
        return [each for each in kinds if not members_of(each.text) & names]

    operations = kept(specification.operations)
    if not operations:
        raise LockproofError(
            f"nothing is left of {owner.__name__}", f"each operation calls {', '.join(sorted(names))}", "skip less"
        )
    return replace(
        specification,
        operations=operations,
        init=None if specification.init is None else kept(specification.init) or None,
        observe=[line for line in specification.observe if not members_of(line) & names],
    )


def _called(specification: Specification) -> frozenset[str]:
    kinds = (*specification.operations, *(specification.init or ()))
    lines = {*(each.text for each in kinds), *(each.text for each in specification.final)}
    return frozenset[str]().union(*map(members_of, lines))


def _reasons(notes: Iterable[str]) -> Mapping[str, Omitted]:
    """Return the notes that say why members are left out, by name; the first note of each counts."""
    found: dict[str, Omitted] = {}
    for note in notes:
        if isinstance(note, Omitted):
            for name in _about(note):
                found.setdefault(name, note)
    return found


def _about(note: Omitted) -> frozenset[str]:
    """Return the members that a note is about."""
    return frozenset((note.what,)) if note.what.isidentifier() else members_of(note.what)
