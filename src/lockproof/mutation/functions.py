"""What the functions and classes of a module do with locks: return, hold or order them, or run a function under one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from lockproof.mutation.bindings import Bindings
from lockproof.mutation.copies import live_source
from lockproof.mutation.lock_kinds import HELD, LockKind
from lockproof.mutation.runners import CallText, Parameters, Runner
from lockproof.mutation.source import Source
from lockproof.mutation.synchronization import Behaviour, Facts, Knowledge, Synchronization
from lockproof.mutation.syntax import arguments, identifiers
from lockproof.mutation.tree import DEFINITIONS, Definition

_ROUNDS: Final = 8
_COPIES: Final = ("list", "tuple", "set", "frozenset", "dict", "sorted")


def recognized(source: Source, known: tuple[Knowledge, ...] = ()) -> Synchronization:
    """Return the locks of a module.

    The kind of a name follows from its values, the behaviour of a function from the locks in it, and values may be
    calls of functions. So recognition works in rounds: each computes all facts again from those of the round before,
    until nothing changes.
    """
    bindings = Bindings(source)
    others = {each.module: each for each in known}
    definitions = [each for each in source.nodes if isinstance(each, (*DEFINITIONS, ast.ClassDef))]
    facts = Facts()
    for _ in range(_ROUNDS):
        found = Synchronization(source, bindings, others, facts)
        after = found.next_facts({each.name: _behaviour_of(found, each) for each in definitions})
        if _comparable(after) == _comparable(facts):
            break
        facts = after
    return Synchronization(source, bindings, others, facts)


def _comparable(facts: Facts) -> tuple[object, ...]:
    """Return facts in a form that can be compared, without the calls in runners, which differ in each round."""
    functions = {
        name: (each.kind, each.runner and each.runner.parameters, each.decorates, each.orders, each.copies, each.live)
        for name, each in facts.functions.items()
    }
    return facts.names, facts.name_elements, facts.attributes, facts.attribute_elements, functions


def _behaviour_of(found: Synchronization, definition: Definition | ast.ClassDef) -> Behaviour:
    if isinstance(definition, ast.ClassDef):
        return Behaviour(_class_kind(found, definition))
    return Behaviour(
        _returned(found, definition), _runner(found, definition), _decorates(found, definition),
        _orders(found, definition), _copies(found, definition), _live(found, definition),
    )  # fmt: skip


def _class_kind(found: Synchronization, definition: ast.ClassDef) -> LockKind | None:
    """Return the kind of a class's objects: it derives from a lock, or its `__enter__` takes one (HELPER)."""
    for each in definition.bases:
        kind = found.factory(each) or found.behaviour(each).kind
        if kind is not None:
            return kind
    methods = {each.name: each for each in definition.body if isinstance(each, DEFINITIONS)}
    enter = methods.get("__enter__")
    if enter is None or ("__exit__" not in methods and not definition.bases):
        return None
    for node in found.source.walk_here(enter.body):
        if found.takes_here(node):
            return LockKind.HELPER
        match node:
            case ast.Call(func=ast.Name(id="next")) if any(_takes_by_call(found, each) for each in methods.values()):
                return LockKind.HELPER
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                if name in methods and found.takes(methods[name]):
                    return LockKind.HELPER
    return None


def _takes_by_call(found: Synchronization, function: Definition) -> bool:
    """Tell whether a function calls a generator of the module that holds locks at its `yield`."""
    calls = (each for each in found.source.walk_here(function.body) if isinstance(each, ast.Call))
    return any(found.behaviour(each.func).kind is LockKind.HELPER for each in calls)


def _returned(found: Synchronization, function: Definition) -> LockKind | None:
    """Return the kind of lock that a function returns; HELPER for a generator, stack or object that holds locks."""
    nodes = list(found.source.walk_here(function.body))
    if any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in nodes):
        return LockKind.HELPER if found.takes(function) or _delegates(found, nodes) else None
    entered = {
        found.source.code(each.func.value)
        for each in nodes
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and found.takes_here(each)
        and each.func.attr == "enter_context"
    }  # fmt: skip
    for value in found.bindings.returns(function):
        kind = found.kind(value)
        if kind in HELD:
            return kind
        if found.source.code(value).removesuffix(".pop_all()") in entered:
            return LockKind.HELPER
    return None


def _delegates(found: Synchronization, nodes: list[ast.AST]) -> bool:
    """Tell whether a generator yields from another generator that holds locks."""
    return any(
        isinstance(each, ast.YieldFrom)
        and isinstance(each.value, ast.Call)
        and found.behaviour(each.value.func).kind is LockKind.HELPER
        for each in nodes
    )


def _held_calls(found: Synchronization, function: Definition) -> Iterator[ast.Call]:
    """Yield the calls that a function makes in `with` statements on locks, or between `acquire` and `release`."""
    for node in found.source.walk_here(function.body):
        match node:
            case ast.With(body=held) if found.takes_here(node):
                pass
            case ast.Try(body=held, finalbody=[_, *_] as final) if ".release()" in found.source.code(final):
                pass
            case _:
                continue
        yield from (each for each in found.source.walk_here(held) if isinstance(each, ast.Call))


def _runner(found: Synchronization, function: Definition) -> Runner | None:
    """Return how a function calls one of its parameters under a lock, itself or through another such function."""
    parameters = Parameters.of(function, found.source.class_of(function) is not None)
    own = parameters.names[parameters.method :]
    name = function.name
    calls = [each for each in found.source.walk_here(function.body) if isinstance(each, ast.Call)]
    again = False
    for call in _held_calls(found, function):
        if isinstance(call.func, ast.Name):
            if call.func.id in own:
                return Runner(parameters, CallText(found.source, call))
            again = again or call.func.id == name
    if again:
        # The function takes one lock after the other by calling itself, and then calls its parameter.
        direct = (each for each in calls if isinstance(each.func, ast.Name) and each.func.id in own)
        if (last := next(direct, None)) is not None:
            return Runner(parameters, CallText(found.source, last))
    for call in calls:
        inner = found.behaviour(call.func).runner
        if inner is not None and not (isinstance(call.func, ast.Name) and call.func.id == name):
            made = inner.without(found.source, call)
            if made is not None and isinstance(made.call.func, ast.Name) and made.call.func.id in own:
                return Runner(parameters, made)
    return None


def _decorates(found: Synchronization, function: Definition) -> bool:
    """Tell whether a function contains another that calls, under a lock, a parameter of a function around it."""
    inner = (each for each in found.source.walk(*function.body) if isinstance(each, DEFINITIONS))
    for each in inner:
        around = [node for node in found.source.enclosing(each) if isinstance(node, DEFINITIONS)]
        given = {name for outer in around for name in Parameters.of(outer, False).names}
        if any(isinstance(call.func, ast.Name) and call.func.id in given for call in _held_calls(found, each)):
            return True
    return False


def _orders(found: Synchronization, function: Definition) -> bool:
    """Tell whether a function returns objects sorted by `id`."""
    if found.takes(function):
        return False
    code = found.source.code(function.body)
    return (
        "sorted(" in code
        and "id" in _words(found.source, function)
        and any(True for _ in found.bindings.returns(function))
    )


def _words(source: Source, function: Definition) -> set[str]:
    return {name for each in source.walk_here(function.body) for name in identifiers(each)}


def _copies(found: Synchronization, function: Definition) -> bool:
    """Tell whether a function of one parameter returns a collection made of it."""
    names = Parameters.of(function, found.source.class_of(function) is not None).names
    if len(names) != 1:
        return False
    for value in found.bindings.returns(function):
        for node in found.source.walk(value):
            match node:
                case ast.Call(func=ast.Name(id=made)) if made in _COPIES:
                    plain = [each.value for each in arguments(node)]
                    only = plain[0] if len(plain) == 1 else None
                    own = isinstance(only, ast.Name) and only.id == names[0]
                    if own and "None" not in found.source.code(value):
                        return True
    return False


def _live(found: Synchronization, function: Definition) -> str:
    """Return the function that iterates over the original, if a function returns a copy of its first parameter."""
    names = Parameters.of(function, False).names
    values = list(found.bindings.returns(function))
    if len(values) != 1 or not names or found.takes(function):
        return ""
    live, of = live_source(values[0])
    return live if isinstance(of, ast.Name) and of.id == names[0] else ""
