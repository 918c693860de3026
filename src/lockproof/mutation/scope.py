"""Which parts of which modules a class uses: follows the names in its text, and in the definitions of these names."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import ClassMethodDescriptorType, FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any, Final

from lockproof.mutation.bindings import Bindings
from lockproof.mutation.source import Source
from lockproof.mutation.syntax import identifiers
from lockproof.mutation.tree import DEFINITIONS

_MODULES: Final = 60
"""The number of modules of a package that are read at most."""


class _Reach:
    """The statements of a module, by the names that they bind and mention."""

    def __init__(self, source: Source) -> None:
        self._source: Final = source
        self.bindings: Final = Bindings(source)
        self._binding: Final[defaultdict[str, list[ast.AST]]] = defaultdict(list)
        self._mentions: Final[dict[ast.AST, set[str]]] = {}
        self._writes: Final[dict[ast.AST, set[str]]] = {}
        for statement in source.tree.body:
            for name in self._bound(statement):
                self._binding[name].append(statement)
            nodes = list(source.walk(statement))
            self._mentions[statement] = set(self._mentioned(statement))
            self._writes[statement] = {name for each in nodes if isinstance(each, ast.Global) for name in each.names}

    def of(self, names: Iterable[str]) -> set[ast.AST]:
        """Return the statements that names reach: those that bind them, or that bind a name mentioned in a reached one.

        Also functions that write a variable which is reached, and functions and plain statements that mention a class
        which is reached: they may change it. Other classes that mention such a class are left out: they derive from it,
        or use it like any client.
        """
        found: set[ast.AST] = set()
        waiting = [each for name in names for each in self._binding.get(name.partition(".")[0], ())]
        while waiting:
            while waiting:
                statement = waiting.pop()
                if statement not in found:
                    found.add(statement)
                    waiting += [each for name in self._mentions[statement] for each in self._binding.get(name, ())]
            waiting = [each for each in self._source.tree.body if each not in found and self._acts_on(each, found)]
        return found

    def reexported(self, names: Iterable[str]) -> set[str]:
        """Return the full names of the objects that a module has imported under these names."""
        return {self.bindings.imports[each] for each in names if each in self.bindings.imports}

    def _acts_on(self, statement: ast.AST, found: set[ast.AST]) -> bool:
        if isinstance(statement, (ast.ClassDef, ast.If)):
            return False
        classes = {each.name for each in found if isinstance(each, ast.ClassDef)}
        read = {name for each in found for name in self._mentions[each]}
        return bool(classes & self._mentions[statement] or read & self._writes[statement])

    def imported(self, statements: Iterable[ast.AST]) -> set[str]:
        """Return the full names, `package.module.name`, of the objects of other modules that statements use."""
        full = set()
        for statement in statements:
            for node in self._source.walk(statement):
                if isinstance(node, (ast.Name, ast.Attribute)):
                    full.add(self.bindings.dotted(node))
                elif isinstance(node, ast.ImportFrom):
                    full |= {self.bindings.imports.get(each.name, "") for each in node.names}
        return full - {""}

    def _mentioned(self, statement: ast.AST) -> Iterator[str]:
        """Yield the names that are looked up when a statement runs, without those in annotations."""
        waiting = [statement]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, (ast.Attribute, ast.keyword)):
                yield from identifiers(node)
            unread = [
                getattr(node, "annotation", None),
                getattr(node, "returns", None),
                *getattr(node, "type_params", ()),
            ]
            waiting.extend(each for each in self._source.children(node) if all(each is not other for other in unread))

    def _bound(self, statement: ast.AST) -> set[str]:
        if isinstance(statement, (*DEFINITIONS, ast.ClassDef)):
            return {statement.name}
        found = set()
        for node in self._source.walk_here(statement):
            match node:
                case ast.Assign(targets=targets):
                    found |= {name for each in self._source.walk(*targets) for name in identifiers(each)}
                case ast.AnnAssign(target=target) | ast.For(target=target):
                    found |= {name for each in self._source.walk(target) for name in identifiers(each)}
        for node in self._source.children(statement):
            if isinstance(statement, (ast.If, ast.Try, ast.With)):
                inner = (each for each in self._source.walk(node) if isinstance(each, (*DEFINITIONS, ast.ClassDef)))
                found |= {each.name for each in inner}
        return found


def reached(source: Source, names: Iterable[str]) -> frozenset[ast.AST]:
    """Return the statements of a module that the named classes and functions use, with their own definitions."""
    return frozenset(_Reach(source).of(names))


def overridden(owner: Mutated, sources: Sequence[Source]) -> frozenset[tuple[str, str]]:
    """Return the methods of a class's bases, by file and qualified name, that no instance of the class seems to run.

    A class earlier in the method resolution order defines a method of the same name. No source mentions the base's
    method (`super().add`, `Base.add`, `add` in the body of a class, the string "add"), and none makes an instance of
    another class that would run it. Names alone do not show all that runs, so a caller must also check which functions
    have run.
    """
    if not isinstance(owner, type):
        return frozenset()
    homes = {source.module: source for source in sources}
    spaces = [vars(sys.modules[home]) for home in homes if home in sys.modules]
    known = [each for space in spaces for each in space.values() if isinstance(each, type)]
    bases = [each for each in owner.__mro__[1:] if each.__module__ in homes]
    names = {each.__name__: each for each in (*known, owner, *bases)}
    mentioned, instantiated = set[str](), set[str]()
    for source in sources:
        for node in source.nodes:
            match node:
                case ast.Call(func=ast.Name(id="super")) if not isinstance(source.parent(node), ast.Attribute):
                    return frozenset()
                case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
                    mentioned.add(name)
                case ast.Attribute(value=value, attr=name) if source.code(value) in {"cls", *names}:
                    mentioned.add(name)
                case ast.Name(id=name) if _loaded(node, source.parent(node)):
                    mentioned.add(name)
                case ast.Constant(value=str(text)):
                    mentioned.add(text)
                case ast.alias(name=name):
                    mentioned.add(name)
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in names:
                    instantiated.add(name)
    found = set[tuple[str, str]]()
    for base in bases:
        users = [each for each in (owner, *(names[each] for each in instantiated)) if issubclass(each, base)]
        for name, value in vars(base).items():
            if name in mentioned or not isinstance(value, FunctionType):
                continue
            firsts = {next(each for each in user.__mro__ if name in vars(each)) for user in users}
            if base not in firsts and all(_of_its_own(each, name) for each in firsts):
                found.add((homes[base.__module__].file, f"{base.__qualname__}.{name}"))
    return frozenset(found)


def _loaded(name: ast.Name, parent: ast.AST | None) -> bool:
    """Tell whether a name is read rather than bound."""
    match parent:
        case ast.Assign(targets=targets):
            return all(name is not each for each in targets)
        case ast.AnnAssign(target=bound):
            return name is not bound
    return True


def _of_its_own(cls: type, name: str) -> bool:
    """Tell whether a class defines a method in its own body, rather than having a wrapper of another method."""
    value = vars(cls)[name]
    return isinstance(value, FunctionType) and value.__code__.co_qualname == f"{cls.__qualname__}.{name}"


@dataclass(frozen=True)
class UsedModule:
    """A module that a class uses: its text, and the names in it that the class uses."""

    module: str
    file: str
    text: str
    names: tuple[str, ...]


_SWITCH: Final = re.compile(r"""["']((?:[A-Z_]+_)?PURE(?:_[A-Z]+)?|[A-Z_]+_NO_EXTENSIONS)["']""")
"""The names of variables by which packages leave their compiled parts out: PURE_PYTHON, MULTIDICT_NO_EXTENSIONS."""

type Mutated = type | FunctionType
"""The code that is mutated: the class of a subject, or the subject itself if it is a function."""


def mutated(subject: Any) -> Mutated:
    """Return the class or function whose mutants are those of a subject."""
    return subject if isinstance(subject, FunctionType) else type(subject)


def compiled_methods(owner: Mutated) -> tuple[str, ...]:
    """Return the names of the methods that a class itself has in compiled code.

    No mutant changes these, even if the package has the source of another implementation of the class. Compiled
    methods of a base do not count: a class in Python may guard such a base with locks.
    """
    if not isinstance(owner, type):
        return ()
    compiled = (MethodDescriptorType, WrapperDescriptorType, ClassMethodDescriptorType)
    # A class in Python may have a method of another class under a name of its own: `add = set.add`.
    own = (name for name, value in vars(owner).items() if isinstance(value, compiled) and value.__objclass__ is owner)
    return tuple(sorted(own, key=lambda name: (name.startswith("__"), name)))


def choice_of_python(parts: Iterable[UsedModule]) -> str:
    """Return how to choose a package's implementation in Python: by an environment variable, if a module names one."""
    named = (found[1] for part in parts if (found := _SWITCH.search(part.text)))
    variable = next(named, None)
    return f"choose the implementation in Python: {variable}=1" if variable else "name an implementation in Python"


def used_modules(owner: Mutated) -> tuple[UsedModule, ...]:
    """Return the modules of its package that a class or function uses, each after those that it uses itself.

    The search begins with the class and its bases, and follows the names in their texts to the modules they are
    imported from. Modules without a source are left out; the campaign reports if none is left.
    """
    names = _homes_of_class(owner) if isinstance(owner, type) else _home_of_function(owner)
    package = next(iter(names)).partition(".")[0]
    read: dict[str, tuple[UsedModule, _Reach] | None] = {}
    done: dict[str, set[str]] = {}
    uses: dict[str, set[str]] = {}
    while len(read) < _MODULES:
        module = next((each for each, wanted in names.items() if wanted != done.get(each)), None)
        if module is None:
            break
        done[module] = set(names[module])
        if module not in read:
            read[module] = _read(module)
        found = read[module]
        if found is None:
            continue
        _, reach = found
        for full in reach.imported(reach.of(names[module])) | reach.reexported(names[module]):
            home, name = _split(full, package)
            if home and home != module:
                names.setdefault(home, set()).add(name)
                uses.setdefault(module, set()).add(home)
    parts = {name: replace(each[0], names=tuple(sorted(names[name]))) for name, each in read.items() if each}
    return tuple(parts[each] for each in _in_order(uses, parts))


def _in_order(uses: dict[str, set[str]], modules: Iterable[str]) -> list[str]:
    """Return modules in an order in which each comes after those that it uses; within a cycle, in any order."""
    found: list[str] = []
    known = list(modules)

    def visit(module: str, above: tuple[str, ...]) -> None:
        for each in sorted(uses.get(module, ())):
            if each not in above and each in known:
                visit(each, (*above, each))
        if module not in found:
            found.append(module)

    for each in known:
        visit(each, (each,))
    return found


def _homes_of_class(cls: type) -> dict[str, set[str]]:
    """Return the names of the class and its bases in the same package, by module."""
    package = cls.__module__.partition(".")[0]
    names: dict[str, set[str]] = {}
    for each in cls.__mro__:
        if each.__module__.partition(".")[0] == package:
            for home in (each.__module__, *_homes_of_methods(each)):
                names.setdefault(home, set()).add(each.__qualname__)
    return names


def _home_of_function(function: FunctionType) -> dict[str, set[str]]:
    """Return the module and qualified name of a function's definition; a decorator may have renamed the function."""
    return {str(function.__globals__.get("__name__", "")): {function.__code__.co_qualname}}


def _homes_of_methods(cls: type) -> set[str]:
    """Return the modules that define the functions of a class; its `__module__` may name another one, for pickling."""
    functions = (inspect.unwrap(each) for each in vars(cls).values() if inspect.isfunction(each))
    package = cls.__module__.partition(".")[0]
    homes = {str(each.__globals__.get("__name__", "")) for each in functions}
    return {each for each in homes if each.partition(".")[0] == package}


def _split(full: str, package: str) -> tuple[str, str]:
    """Return the module of the package that a full name belongs to, and the name in it; ("", "") for none."""
    parts = full.split(".")
    if parts[0] != package:
        return "", ""
    for count in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:count])
        if module in sys.modules or _found(module):
            return module, parts[count]
    return "", ""


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _read(module: str) -> tuple[UsedModule, _Reach] | None:
    loaded = sys.modules.get(module)
    file = str(getattr(loaded, "__file__", None))
    if not file.endswith(".py"):
        return None
    try:
        with tokenize.open(file) as lines:
            text = lines.read()
        return UsedModule(module, file, text, ()), _Reach(Source(module, file, text))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None
