"""Operators on the locks themselves: no lock, another lock, a new lock, a lock that is not reentrant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from lockproof.mutation.lock_kinds import LockKind
from lockproof.mutation.operators.context import Change, Context
from lockproof.mutation.sections import Form, Section, method_call
from lockproof.mutation.source import Edit
from lockproof.mutation.tree import DEFINITIONS, NewStatement


def remove_lock(context: Context) -> Iterator[Change]:
    """Remove a lock: from a `with` statement, an acquire with its releases, a decorator, a call that runs a function
    under a lock, or an `enter_context`.
    """
    for section in context.sections:
        match section.form, section.nodes:
            case Form.WITH, [ast.With() as node]:
                yield from _without_items(context, section, node)
            case _:
                said = f"`{context.code(section.locks[0])}` is not acquired in {context.where(section.first)}"
                yield Change(section.first, [section.replaced(section.statements)], said)
    yield from _loose_acquires(context)
    for call in context.of_kind(ast.Call):
        runner = context.found.behaviour(call.func).runner
        plain = runner.without(context.source, call) if runner is not None else None
        if plain is not None:
            said = f"{context.code(call.func)}() is not asked to hold the lock in {context.where(call)}"
            yield Change(call, [context.source.replaced_inside(call, plain.text)], said)
        elif context.found.takes_here(call) and isinstance(call.func, ast.Attribute):
            line = context.source.statement(call)
            if call.func.attr == "enter_context" and context.source.is_simple(line):
                said = f"`{context.code(line)}` is removed from {context.where(call)}"
                yield Change(call, context.source.removed(line), said)
    for decorator in filter(context.source.is_decorator, context.source.nodes):
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if context.found.behaviour(function).decorates:
            said = f"`@{context.code(decorator)}` is removed from {context.where(decorator)}"
            yield Change(decorator, [context.source.decorator_removed(decorator)], said)


def _without_items(context: Context, section: Section, node: ast.With) -> Iterator[Change]:
    for lock in section.locks:
        (item,) = (each for each in node.items if each.context_expr is lock)
        said = f"`{context.code(lock)}` is not taken in {context.where(node)}"
        if len(node.items) == 1:
            if item.optional_vars is None:
                yield Change(node, [section.replaced(section.statements)], said)
        else:
            yield Change(item, [context.source.item_removed(node, item)], said)


def _loose_acquires(context: Context) -> Iterator[Change]:
    """Remove a statement `lock.acquire()` that begins no section, with every release in the same function."""
    begins = {each.first for each in context.sections}
    for line in context.source.simple_lines():
        lock = method_call(line, "acquire")
        function = context.source.function(line)
        if lock is None or line in begins or function is None or context.found.taken(lock) is None:
            continue
        gone = [line]
        for node in context.source.walk_here(function.body):
            released = method_call(node, "release")
            if isinstance(node, ast.Expr) and released is not None and context.code(released) == context.code(lock):
                gone.append(node)
        said = f"`{context.code(lock)}` is neither acquired nor released in {context.where(line)}"
        yield Change(line, context.source.removed(*gone), said)


def other_lock(context: Context) -> Iterator[Change]:
    """Take another lock: another one of the class, or a new global one for this function alone.

    Left out if the section waits for its condition or notifies it: with another lock that raises RuntimeError on one
    thread already, and says nothing about races.
    """
    for section, lock in _replaceable(context):
        other, before = _other(context, section, lock)
        said = f"{context.where(section.first)} takes `{other}` instead of `{context.code(lock)}`"
        yield Change(lock, _lock_replaced(context, section, lock, other), said, before)


def _replaceable(context: Context) -> Iterator[tuple[Section, ast.expr]]:
    """Yield the locks that a section names itself, where it neither waits nor notifies."""
    for section in context.sections:
        for lock, kind in zip(section.locks, section.kinds, strict=True):
            named = kind is not LockKind.HELPER and isinstance(lock, (ast.Name, ast.Attribute, ast.Subscript))
            if named and not context.sharing.signals(*section.statements):
                yield section, lock


def _other(context: Context, section: Section, lock: ast.expr) -> tuple[str, str]:
    """Return another lock of the same object and "", or a new global lock and the line that makes it."""
    function = context.source.function(section.first)
    owner = context.source.class_of(function) if function is not None else None
    if owner is not None and isinstance(lock, ast.Attribute):
        for node in context.source.walk(owner):
            if not isinstance(node, ast.Attribute) or context.code(node.value) != context.code(lock.value):
                continue
            if context.found.taken(node) and context.found.root(node) != context.found.root(lock):
                return context.source.code(node), ""
    name = "_lock_of_its_own"
    return name, f'{name} = __import__("_thread").RLock()'


def _lock_replaced(context: Context, section: Section, lock: ast.expr, other: str) -> list[Edit]:
    """Return the edits that replace a lock, in its acquire and in its release."""
    return [context.source.replaced(each, other) for each in _places(context, section, lock)]


def _places(context: Context, section: Section, lock: ast.expr) -> list[ast.expr]:
    """Return the expressions in which a section names its lock."""
    if section.form is Form.WITH:
        return [lock]
    code = context.source.code(lock)
    return [
        node.func.value
        for node in context.source.walk(*(section.nodes if section.form is Form.PAIR else _ends(section)))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("acquire", "release")
        and context.source.code(node.func.value) == code
    ]


def _ends(section: Section) -> list[ast.stmt]:
    acquire, attempt = section.nodes
    assert isinstance(attempt, ast.Try)
    return [acquire, *attempt.finalbody]


def fresh_lock(context: Context) -> Iterator[Change]:
    """Take a new lock in each call, so that no other call ever waits for it.

    Left out if the section waits or notifies, as in `other-lock`.
    """
    for section, lock in _replaceable(context):
        made = f"type({context.source.piece(lock)})()"
        said = f"{context.where(section.first)} takes a new lock in each call instead of `{context.code(lock)}`"
        if section.form is Form.WITH:
            yield Change(lock, [context.source.replaced(lock, made)], said)
            continue
        name = context.name("fresh", lock)
        begin = NewStatement(f"{name}.acquire(){context.source.after(section.first)}")
        taken = context.source.rewritten([section.first], [NewStatement(f"{name} = {made}"), begin])
        rest = [*_places(context, section, lock)][1:]  # the first one is in the acquire
        yield Change(lock, [taken, *(context.source.replaced(each, name) for each in rest)], said)


def rlock_to_lock(context: Context) -> Iterator[Change]:
    """Make a plain lock instead of a reentrant one.

    For the reentrant lock that `Condition()` makes for itself, only if a section on a condition of this class calls
    another method that takes a lock, or a parameter; otherwise the mutant would be equivalent.
    """
    for call in context.of_kind(ast.Call):
        kind = context.found.factory(call.func)
        bare = not call.args and not call.keywords
        if kind is LockKind.RLOCK and bare:
            said = f"a Lock is made instead of an RLock in {context.where(call)}"
            yield Change(call, [context.source.replaced(call, _PLAIN)], said)
        elif kind is LockKind.CONDITION and bare and _reenters(context, call):
            said = f"the condition made in {context.where(call)} has a Lock instead of an RLock"
            made = f"{context.source.piece(call.func)}({_PLAIN})"
            yield Change(call, [context.source.replaced_inside(call, made)], said)
    for argument in context.of_kind(ast.keyword):
        if argument.arg == "default_factory" and context.found.factory(argument.value) is LockKind.RLOCK:
            said = f"a Lock is made instead of an RLock in {context.where(argument)}"
            yield Change(argument, [context.source.replaced(argument.value, _PLAIN.removesuffix("()"))], said)


_PLAIN: Final = '__import__("_thread").allocate_lock()'
"""Works without an import of `threading` in the module."""


def _reenters(context: Context, made: ast.Call) -> bool:
    owner = next((each for each in context.source.ancestors(made) if isinstance(each, ast.ClassDef)), None)
    if owner is None:
        return True
    locking = {each.name for each in owner.body if isinstance(each, DEFINITIONS) and context.found.takes(each)}
    for section in context.sections:
        if LockKind.CONDITION not in section.kinds or owner not in context.source.ancestors(section.first):
            continue
        for node in context.source.walk(*section.statements):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                    if name in locking:
                        return True
                case ast.Call(func=ast.Name(id=name)) if context.found.bindings.scope(node.func, name) is not None:
                    return True
    return False
