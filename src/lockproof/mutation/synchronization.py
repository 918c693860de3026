"""Which expressions of a module are locks, by the calls that made them; and what the called functions do with locks.

An attribute is recognized by its name alone: if one class of the examined modules has a lock of this name,
`other._lock` is a lock, whatever `other` is. A name like that of a lock counts if nothing else is known about it.
Rejected: to run the program and inspect its objects, since many locks (a parameter, a local variable) cannot be reached
that way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lockproof.mutation.bindings import Binding, Bindings, Scope
from lockproof.mutation.lock_kinds import FACTORIES, HELD, LockKind, by_name, call_by_name
from lockproof.mutation.runners import Runner
from lockproof.mutation.source import Source
from lockproof.mutation.syntax import arguments, is_number, is_text
from lockproof.mutation.tree import Definition

_PLAIN: Final = (
    ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp,
    ast.Lambda, ast.Compare,
)  # fmt: skip
"""Expressions that never yield a lock."""

_MAKE_OTHERS: Final = ("ExitStack", "AsyncExitStack", "open", "int", "str", "len", "bool", "float", "Path", "count")

_NOT_OF_THREADS: Final = ("asyncio.", "multiprocessing.", "trio.", "anyio.")

_COMMON: Final = frozenset(("get", "pop", "setdefault", "copy", "update", "add", "append", "remove", "clear", "close"))
"""Methods of containers: if the program defines a method of such a name, that says nothing about other objects."""


@dataclass(frozen=True)
class Behaviour:
    """What a function or a class does with locks and collections.

    `kind`: a call returns this kind of lock, or an object that holds one. `runner`: it calls an argument while it holds
    a lock. `decorates`: as a decorator it makes the function run under a lock. `orders`: it returns its arguments in a
    global order. `copies`: it makes a collection of its argument. `live`: for a function that returns a copy, the
    function that iterates over the original instead.
    """

    kind: LockKind | None = None
    runner: Runner | None = None
    decorates: bool = False
    orders: bool = False
    copies: bool = False
    live: str = ""


@dataclass(frozen=True)
class Knowledge:
    """The facts about a module that other modules need: its attributes, global variables and functions."""

    module: str
    attributes: Mapping[str, LockKind] = field(default_factory=dict)
    values: Mapping[str, LockKind] = field(default_factory=dict)
    functions: Mapping[str, Behaviour] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """The facts that one round has found."""

    names: Mapping[tuple[Scope, str], LockKind] = field(default_factory=dict)
    name_elements: Mapping[tuple[Scope, str], LockKind] = field(default_factory=dict)
    attributes: Mapping[str, LockKind] = field(default_factory=dict)
    attribute_elements: Mapping[str, LockKind] = field(default_factory=dict)
    functions: Mapping[str, Behaviour] = field(default_factory=dict)


class Synchronization:
    """The locks of a module, by its own facts and the knowledge of other modules."""

    def __init__(self, source: Source, bindings: Bindings, known: Mapping[str, Knowledge], facts: Facts) -> None:
        self.source, self.bindings = source, bindings
        self._known, self._facts = known, facts

    @property
    def knowledge(self) -> Knowledge:
        """The facts about this module that other modules need."""
        facts = self._facts
        values = {name: kind for (scope, name), kind in facts.names.items() if scope is None}
        functions = {name: each for name, each in facts.functions.items() if each != Behaviour()}
        return Knowledge(self.source.module, facts.attributes, values, functions)

    def kind(self, expression: ast.expr) -> LockKind | None:
        """Return the kind of lock or other synchronization that an expression is, else None."""
        if self.factory(expression) is not None:
            return None
        match expression:
            case ast.Name(id=name):
                return self._name_kind(expression, name)
            case ast.Attribute(attr=name):
                known, own = self._foreign(expression)
                if known is not None:
                    return known.values.get(own)
                return self._facts.attributes.get(name) or self._by_name(self.bindings.attributes.get(name, ()), name)
            case ast.Call():
                return self._call_kind(expression)
            case ast.Subscript(value=container):
                return self.elements(container)
            case ast.NamedExpr(value=value):
                return self.kind(value)
            case ast.IfExp(body=one, orelse=other):
                return self.kind(one) or self.kind(other)
            case ast.BoolOp(values=values):
                return next((kind for each in values if (kind := self.kind(each))), None)
        return None

    def taken(self, expression: ast.expr) -> LockKind | None:
        """Return the kind of an expression if `with` takes it as a lock, else None."""
        kind = self.kind(expression)
        if kind is None and isinstance(expression, ast.Call):
            kind = self._helper_by_name(expression)
        return kind if kind in HELD else None

    def elements(self, container: ast.expr) -> LockKind | None:
        """Return the kind of the elements of a collection."""
        match container:
            case ast.Name(id=name):
                kind = self._facts.name_elements.get((self.bindings.scope(container, name), name))
                return kind or (by_name(name) if name.endswith("s") and not self._name_kind(container, name) else None)
            case ast.Attribute(attr=name):
                return self._facts.attribute_elements.get(name) or (by_name(name) if name.endswith("s") else None)
            case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
                found = (self.elements(e.value) if isinstance(e, ast.Starred) else self.kind(e) for e in values)
                return next((each for each in found if each), None)
            case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.GeneratorExp(elt=value):
                return self.kind(value)
            case ast.DictComp(value=value):
                return self.kind(value)
            case ast.Dict(values=values):
                return next((kind for each in values if (kind := self.kind(each))), None)
            case ast.BinOp(left=left):
                return self.elements(left)
            case ast.Call(func=ast.Name(id=name)) if given := arguments(container):
                return self.factory(given[0].value) if name == "defaultdict" else self.elements(given[0].value)
            case ast.Call(func=ast.Attribute(value=inner, attr="values" | "copy")):
                return self.elements(inner)
        return None

    def factory(self, expression: ast.expr) -> LockKind | None:
        """Return the kind that a call of an expression makes."""
        full = self.bindings.dotted(expression)
        if full in FACTORIES:
            return FACTORIES[full]
        _, bindings = self.bindings.of(expression) or ("", [])
        given = (self.bindings.dotted(each.value) for each in bindings if each.value is not None)
        return next((FACTORIES[each] for each in given if each in FACTORIES), None)

    def behaviour(self, function: ast.expr) -> Behaviour:
        """Return what a called function or a decorator does."""
        known, name = self._foreign(function)
        if known is not None:
            return known.functions.get(name, Behaviour())
        match function:
            case ast.Name(id=name) if self.bindings.scope(function, name) is None:
                return self._facts.functions.get(name, Behaviour())
            case ast.Attribute(value=owner, attr=name):
                own = isinstance(owner, ast.Name) and owner.id in ("self", "cls")
                if own or name not in _COMMON:
                    inherited = (each.functions[name] for each in self._known.values() if name in each.functions)
                    return self._facts.functions.get(name) or next(inherited, Behaviour())
        return Behaviour()

    def behaviour_of(self, name: str) -> Behaviour:
        """Return what a function of the module does, by its name."""
        return self._facts.functions.get(name, Behaviour())

    def takes_here(self, node: ast.AST) -> LockKind | None:
        """Return the kind of lock that a node itself takes: a `with` statement, an `acquire`, an `enter_context`."""
        match node:
            case ast.With(items=items):
                return next((kind for each in items if (kind := self.taken(each.context_expr))), None)
            case ast.Call(func=ast.Attribute(value=lock, attr="acquire" | "__enter__")):
                return self.taken(lock)
            case ast.Call(func=ast.Attribute(attr="enter_context")) if given := arguments(node):
                return self.taken(given[0].value)
        return None

    def takes(self, function: Definition) -> bool:
        """Tell whether a function takes a lock in its own body."""
        return any(self.takes_here(each) for each in self.source.walk_here(function.body))

    def root(self, expression: ast.expr) -> str:
        """Return the name of the lock that is actually taken: for a condition made with a lock, that of the lock."""
        for _ in range(4):
            if (found := self.bindings.of(expression)) is None:
                break
            name, bindings = found
            inner = next((under for each in bindings if (under := self._under(each.value)) is not None), None)
            if inner is None:
                return name
            expression = inner
        return self.source.code(expression)

    def _under(self, value: ast.expr | None) -> ast.expr | None:
        """Return the lock that a value names, or with which it makes a condition."""
        match value:
            case ast.Name() | ast.Attribute() if self.kind(value):
                return value
            case ast.Call() if self.factory(value.func) is LockKind.CONDITION:
                given = arguments(value)
                lock = given[0].value if len(given) == 1 else None
                return lock if isinstance(lock, (ast.Name, ast.Attribute)) else None
        return None

    def next_facts(self, definitions: Mapping[str, Behaviour]) -> Facts:
        """Return the facts of the next round, from the present ones and what the functions do."""
        names, attributes = self.bindings.names, self.bindings.attributes
        foreign = {name: kind for each in self._known.values() for name, kind in each.attributes.items()}
        return Facts(
            self._all(names, False), self._all(names, True), foreign | self._all(attributes, False),
            self._all(attributes, True), definitions,
        )  # fmt: skip

    def _all[K](self, bindings: Mapping[K, list[Binding]], of_elements: bool) -> dict[K, LockKind]:
        found: dict[K, LockKind] = {}
        for key, values in bindings.items():
            kinds = [kind for each in values if (kind := self._bound(each, of_elements))]
            if kinds:
                found[key] = next((kind for kind in kinds if kind is not LockKind.UNKNOWN), LockKind.UNKNOWN)
        return found

    def _bound(self, binding: Binding, of_elements: bool) -> LockKind | None:
        value, kind = binding.value, None
        if binding.store or binding.element:
            if of_elements is binding.store and value is not None:
                kind = self.kind(value) if binding.store else self.elements(value)
        elif value is not None:
            kind = self.elements(value) if of_elements and not isinstance(value, ast.Name) else None
            kind = kind if of_elements else self.kind(value)
        if kind is None and binding.annotation is not None:
            kind = self._annotated(binding.annotation, of_elements)
        return kind

    def _annotated(self, annotation: ast.expr, of_elements: bool) -> LockKind | None:
        """Return the kind that an annotation names, for the value or for the elements of a collection."""
        in_collection = False
        for node in self.source.walk(annotation):
            if isinstance(node, ast.Subscript):
                name = self.source.code(node.value).rpartition(".")[2]
                in_collection = in_collection or name not in ("ClassVar", "Final", "Optional", "Annotated", "Union")
            text = node.value if isinstance(node, ast.Constant) else None
            kind = None
            if isinstance(text, str):
                first, dot, rest = text.partition("|")[0].strip().partition(".")
                kind = FACTORIES.get(self.bindings.imports.get(first, f"{self.source.module}.{first}") + dot + rest)
            elif isinstance(node, (ast.Name, ast.Attribute)):
                kind = FACTORIES.get(self.bindings.dotted(node))
            if kind is not None:
                return kind if in_collection is of_elements else None
        return None

    def _name_kind(self, node: ast.Name, name: str) -> LockKind | None:
        known, own = self._foreign(node)
        if known is not None:
            return known.values.get(own)
        if name == "self":
            owner = next((self.source.class_of(each) for each in self.source.enclosing(node)), None)
            return FACTORIES.get(f"{self.source.module}.{owner.name}") if owner else None
        scope = self.bindings.scope(node, name)
        return self._facts.names.get((scope, name)) or self._by_name(self.bindings.names.get((scope, name), ()), name)

    def _by_name(self, bindings: Iterable[Binding], name: str) -> LockKind | None:
        """Return the kind that a name suggests, unless all its values are known to be no locks."""
        values = [each for each in bindings if not each.store]
        if values and all(self._is_other(each.value) for each in values):
            return None
        return by_name(name)

    def _is_other(self, value: ast.expr | None) -> bool:
        match value:
            case ast.Call(func=(ast.Name(id=made) | ast.Attribute(attr=made)) as function):
                return made in _MAKE_OTHERS or self.bindings.dotted(function).startswith(_NOT_OF_THREADS)
        return isinstance(value, _PLAIN) or is_number(value) or is_text(value)

    def _helper_by_name(self, call: ast.Call) -> LockKind | None:
        match call.func:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return call_by_name(name) if name not in self._facts.functions else None
        return None

    def _call_kind(self, call: ast.Call) -> LockKind | None:
        made = self.factory(call.func)
        if made is not None:
            return made
        returned = self.behaviour(call.func).kind
        if returned is not None:
            return returned
        match call.func:
            case ast.Attribute(value=container, attr="get" | "setdefault" | "pop" | "popleft"):
                return self.elements(container)
            case ast.Name(id="next" | "min" | "max") if call.args or call.keywords:
                return self.elements(arguments(call)[0].value)
            case ast.Name(id="field"):
                named = (each for each in call.keywords if each.arg == "default_factory")
                factory = next(named, None)
                if factory is None:
                    return None
                if isinstance(factory.value, ast.Lambda):
                    return self.kind(factory.value.body)
                return self.factory(factory.value)
            case ast.Call(func=ast.Name(id="type"), args=[first], keywords=[]):
                return self.kind(first)
        return None

    def _foreign(self, node: ast.expr) -> tuple[Knowledge | None, str]:
        """Return the knowledge of the other module that a name comes from, and the name in that module."""
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return None, ""
        module, _, name = self.bindings.dotted(node).rpartition(".")
        return (self._known.get(module), name) if module != self.source.module else (None, "")
