"""Operators on the locks themselves: none, another one, a new one, one that is not reentrant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from lockproof.mutate.kinds import Kind
from lockproof.mutate.operator import Change, Context, Operator, line_of
from lockproof.mutate.sections import Form, Section, block_of, method_call
from lockproof.mutate.source import Replacement


def remove_lock(context: Context) -> Iterator[Change]:
    """Take the lock away: from a `with` statement, with an acquire and its releases, a decorator, a function that runs
    another one under a lock, an `enter_context`.
    """
    for section in context.sections:
        match section.form, section.nodes:
            case Form.WITH, [cst.With() as node]:
                yield from _without_items(context, section, node)
            case _:
                said = f"`{context.code(section.locks[0])}` is not acquired in {context.where(section.first)}"
                yield Change(section.first, section.replaced(section.statements), said)
    yield from _loose_acquires(context)
    for call in context.of_kind(cst.Call):
        runner = context.found.does(call.func).runner
        plain = runner.without(call) if runner is not None else None
        if plain is not None:
            said = f"{context.code(call.func)}() is not asked to hold the lock in {context.where(call)}"
            yield Change(call, {call: plain.with_changes(lpar=call.lpar, rpar=call.rpar)}, said)
        elif context.found.takes_here(call) and isinstance(call.func, cst.Attribute):
            line = context.source.statement(call)
            if call.func.attr.value == "enter_context" and isinstance(line, cst.SimpleStatementLine):
                said = f"`{context.code(line)}` is removed from {context.where(call)}"
                yield Change(call, {line: cst.RemoveFromParent()}, said)
    for decorator in context.of_kind(cst.Decorator):
        function = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        if context.found.does(function).decorates:
            said = f"`@{context.code(decorator.decorator)}` is removed from {context.where(decorator)}"
            yield Change(decorator, {decorator: cst.RemoveFromParent()}, said)


def _without_items(context: Context, section: Section, node: cst.With) -> Iterator[Change]:
    for lock in section.locks:
        (item,) = (each for each in node.items if each.item is lock)
        said = f"`{context.code(lock)}` is not taken in {context.where(node)}"
        if len(node.items) == 1:
            if item.asname is None:
                yield Change(node, section.replaced(section.statements), said)
        else:
            items = [each for each in node.items if each is not item]
            items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            yield Change(item, {node: node.with_changes(items=items)}, said)


def _loose_acquires(context: Context) -> Iterator[Change]:
    """Take away a statement `lock.acquire()` that begins no section, with every release in the same function."""
    begins = {each.first for each in context.sections}
    for line in context.of_kind(cst.SimpleStatementLine):
        lock = method_call(line, "acquire")
        function = context.source.function(line)
        if lock is None or line in begins or function is None or context.found.taken(lock) is None:
            continue
        gone = dict[cst.CSTNode, Replacement]({line: cst.RemoveFromParent()})
        for node in context.source.walk_here(function.body):
            released = method_call(node, "release")
            if released is not None and context.code(released) == context.code(lock):
                alone = isinstance(context.source.parent(node), cst.IndentedBlock)
                gone[node] = cst.RemoveFromParent() if alone else line_of("pass")
        said = f"`{context.code(lock)}` is neither acquired nor released in {context.where(line)}"
        yield Change(line, gone, said)


def other_lock(context: Context) -> Iterator[Change]:
    """Take another lock: one that the class has beside this one, or one made for this function alone.

    Left out where the section waits for its condition or notifies it, since that raises RuntimeError at the first call
    by one thread, and says nothing about what threads do to each other.
    """
    for section in context.sections:
        for lock, kind in zip(section.locks, section.kinds, strict=True):
            if kind is Kind.HELPER or not isinstance(lock, (cst.Name, cst.Attribute, cst.Subscript)):
                continue
            if context.sharing.signals(*section.statements):
                continue
            other, before = _other(context, section, lock)
            shown = context.source.tree.code_for_node(other)
            said = f"{context.where(section.first)} takes `{shown}` instead of `{context.code(lock)}`"
            yield Change(lock, _instead(context, section, lock, other), said, before)


def _other(
    context: Context, section: Section, lock: cst.BaseExpression
) -> tuple[cst.BaseExpression, tuple[cst.BaseStatement, ...]]:
    """Return another lock of the same object, or a new one of the module with the statement that makes it."""
    function = context.source.function(section.first)
    owner = context.source.class_of(function) if function is not None else None
    if owner is not None and isinstance(lock, cst.Attribute):
        for node in context.source.walk(owner):
            if not isinstance(node, cst.Attribute) or context.code(node.value) != context.code(lock.value):
                continue
            if context.found.taken(node) and context.found.root(node) != context.found.root(lock):
                return node.deep_clone(), ()
    name = "_lock_of_its_own"
    return cst.Name(name), (line_of(f'{name} = __import__("_thread").RLock()'),)


def _instead(
    context: Context, section: Section, lock: cst.BaseExpression, other: cst.BaseExpression
) -> dict[cst.CSTNode, Replacement]:
    """Return what puts another lock in the place of one, in its acquire and in its release."""
    if section.form is Form.WITH:
        return {lock: other}
    code = context.source.code(lock)
    places = [
        node.func.value
        for node in context.source.walk(*(section.nodes if section.form is Form.PAIR else _ends(section)))
        if isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value in ("acquire", "release")
        and context.source.code(node.func.value) == code
    ]
    return {place: other.deep_clone() for place in places}


def _ends(section: Section) -> list[cst.CSTNode]:
    acquire, attempt = section.nodes
    assert isinstance(attempt, cst.Try) and attempt.finalbody is not None
    return [acquire, attempt.finalbody]


def fresh_lock(context: Context) -> Iterator[Change]:
    """Take a lock that is made in this call, so that no other call ever waits for it.

    Left out where the section waits or notifies, as in `other-lock`.
    """
    for section in context.sections:
        for lock, kind in zip(section.locks, section.kinds, strict=True):
            if kind is Kind.HELPER or not isinstance(lock, (cst.Name, cst.Attribute, cst.Subscript)):
                continue
            if context.sharing.signals(*section.statements):
                continue
            made = cst.Call(cst.Call(cst.Name("type"), [cst.Arg(lock.deep_clone())]))
            said = f"{context.where(section.first)} takes a new lock in each call instead of `{context.code(lock)}`"
            if section.form is Form.WITH:
                yield Change(lock, {lock: made}, said)
                continue
            name = context.name("fresh", lock)
            replacements = _instead(context, section, lock, cst.Name(name))
            acquire = section.first.with_changes(
                body=[cst.Expr(cst.Call(cst.Attribute(cst.Name(name), cst.Name("acquire"))))], leading_lines=()
            )
            making = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], made)])
            first = making.with_changes(leading_lines=getattr(section.first, "leading_lines", ()))
            outside = {node: each for node, each in replacements.items() if not _within(context, node, section.first)}
            yield Change(lock, {**outside, section.first: cst.FlattenSentinel([first, acquire])}, said)


def _within(context: Context, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
    return outer in context.source.ancestors(node)


def rlock_to_lock(context: Context) -> Iterator[Change]:
    """Make a plain lock where a reentrant one is made.

    The reentrant lock that `Condition()` makes for itself counts if a section on a condition of this class calls
    another method that takes a lock, or something that it was given; else the mutant does the same.
    """
    for call in context.of_kind(cst.Call):
        kind = context.found.factory(call.func)
        if kind is Kind.RLOCK and not call.args:
            said = f"a Lock is made instead of an RLock in {context.where(call)}"
            yield Change(call, {call: cst.parse_expression(_PLAIN)}, said)
        elif kind is Kind.CONDITION and not call.args and _reenters(context, call):
            said = f"the condition made in {context.where(call)} has a Lock instead of an RLock"
            yield Change(call, {call: call.with_changes(args=[cst.Arg(cst.parse_expression(_PLAIN))])}, said)
    for argument in context.of_kind(cst.Arg):
        keyword = argument.keyword.value if argument.keyword is not None else ""
        if keyword == "default_factory" and context.found.factory(argument.value) is Kind.RLOCK:
            said = f"a Lock is made instead of an RLock in {context.where(argument)}"
            yield Change(argument, {argument.value: cst.parse_expression(_PLAIN.removesuffix("()"))}, said)


_PLAIN: Final = '__import__("_thread").allocate_lock()'
"""Needs no import that the module may not have."""


def _reenters(context: Context, made: cst.Call) -> bool:
    owner = next((each for each in context.source.ancestors(made) if isinstance(each, cst.ClassDef)), None)
    if owner is None:
        return True
    locking = {
        each.name.value
        for each in block_of(owner.body)
        if isinstance(each, cst.FunctionDef) and context.found.takes(each)
    }
    for section in context.sections:
        if Kind.CONDITION not in section.kinds or owner not in context.source.ancestors(section.first):
            continue
        for node in context.source.walk(*section.statements):
            match node:
                case cst.Call(func=cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name))):
                    if name in locking:
                        return True
                case cst.Call(func=cst.Name(value=name)) if context.found.bindings.scope(node.func, name) is not None:
                    return True
    return False


OPERATORS: Final = (
    Operator("remove-lock", "take no lock", remove_lock),
    Operator("other-lock", "take another lock", other_lock),
    Operator("fresh-lock", "take a lock that is made anew in each call", fresh_lock),
    Operator("rlock-to-lock", "make a lock that is not reentrant", rlock_to_lock),
)
