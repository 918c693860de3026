"""Operators on waiting and waking: wake one thread or none, check a condition once, wait without a time limit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from lockproof.mutation.lock_kinds import LockKind
from lockproof.mutation.operators.context import Change, Context
from lockproof.mutation.sections import call_of
from lockproof.mutation.syntax import Argument, arguments

_NOTIFIES: Final = ("notify", "notify_all", "notifyAll")
_SIGNALLED: Final = frozenset((LockKind.CONDITION, LockKind.UNKNOWN))
_LIMITED: Final = {"wait": 0, "acquire": 1, "wait_for": 1}
"""Calls that may have a time limit, and its position among their arguments."""


def _method(context: Context, node: ast.AST, names: tuple[str, ...]) -> tuple[ast.Call, ast.Attribute, LockKind] | None:
    """Return a call of one of these methods on a synchronization object, with the method and the kind of the object."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr=name) as method) if name in names:
            kind = context.found.kind(owner)
            return (node, method, kind) if kind is not None else None
    return None


def notify_one(context: Context) -> Iterator[Change]:
    """Wake one waiting thread instead of all, or of several."""
    for node in context.of_kind(ast.Call):
        found = _method(context, node, _NOTIFIES)
        if found is None or found[2] not in _SIGNALLED:
            continue
        call, method, _ = found
        number = "; ".join(context.line(context.source.argument(each)) for each in arguments(call))
        if (method.attr == "notify") is (number in ("", "1", "n=1")):
            continue
        one = f"{context.source.piece(method.value)}.notify()"
        said = f"`{context.code(call)}` wakes only one thread in {context.where(call)}"
        yield Change(call, [context.source.replaced_inside(call, one)], said)


def no_notify(context: Context) -> Iterator[Change]:
    """Wake no thread: remove a notify, or the `set` of an Event."""
    for line in context.source.simple_lines():
        found = _method(context, call_of(line) or line, (*_NOTIFIES, "set"))
        if found is None:
            continue
        call, method, kind = found
        if kind is LockKind.EVENT if method.attr == "set" else kind in _SIGNALLED:
            said = f"`{context.code(call)}` is removed from {context.where(line)}"
            yield Change(line, context.source.removed(line), said)


def if_for_while(context: Context) -> Iterator[Change]:
    """Check the condition of a wait once: a woken thread relies on it, though another thread may have been faster.

    Left out if the loop has an `else`, `break` or `continue`, which `if` cannot have.
    """
    for loop in context.of_kind(ast.While):
        waits = (_method(context, node, ("wait",)) for node in context.source.walk_here(loop.body))
        if loop.orelse or not any(each and each[2] in _SIGNALLED for each in waits):
            continue
        if any(isinstance(node, (ast.Break, ast.Continue)) for node in context.source.walk_here(loop.body)):
            continue
        if context.code(loop.test) in ("True", "1"):
            continue
        once = context.source.head_replaced(loop, loop.test, f"if {context.source.code(loop.test)}")
        said = f"`while {context.code(loop.test)}` is an `if` in {context.where(loop)}"
        yield Change(loop, [once], said)
    for node in context.of_kind(ast.Call):
        found = _method(context, node, ("wait_for",))
        given = arguments(node)
        if found is None or not given or given[0].keyword or given[0].star == "**":
            continue
        call, method, _ = found
        predicate, *limit = given
        held = predicate.value
        test = f"({context.source.bare(held)})" if isinstance(held, ast.Lambda) else context.source.piece(held)
        wait = f"{context.source.piece(method.value)}.wait({_joined(context, limit)})"
        said = f"`{context.code(node)}` waits once and does not look again in {context.where(node)}"
        yield Change(node, [context.source.replaced(call, f"({test}() or {wait})")], said)


def _joined(context: Context, given: list[Argument]) -> str:
    return ", ".join(context.source.argument(each) for each in given)


def _limited(context: Context, node: ast.AST) -> tuple[ast.Call, list[Argument]] | None:
    """Return a call with a time limit, and its arguments without the limit."""
    found = _method(context, node, tuple(_LIMITED))
    if found is None:
        return None
    call, method, _ = found
    name = method.attr
    kept, limits = list[Argument](), list[Argument]()
    for place, each in enumerate(arguments(call)):
        positional = not each.keyword and place == _LIMITED[name]
        blocking = name == "acquire" and (each.keyword == "blocking" or (not each.keyword and place == 0))
        (limits if positional or each.keyword == "timeout" or blocking else kept).append(each)
    limited = any(context.code(each.value) not in ("None", "True", "-1") for each in limits)
    return (call, kept) if limited else None


def no_timeout(context: Context) -> Iterator[Change]:
    """Wait without the time limit; an `acquire` that would not wait at all waits too."""
    for node in context.of_kind(ast.Call):
        found = _limited(context, node)
        if found is None:
            continue
        call, kept = found
        unlimited = f"{context.source.piece(call.func)}({_joined(context, kept)})"
        said = f"`{context.code(call)}` waits without a limit in {context.where(call)}"
        yield Change(call, [context.source.replaced_inside(call, unlimited)], said)


def timeout_ignored(context: Context) -> Iterator[Change]:
    """Go on as if the time had not run out: the result of a wait or an acquire with a limit counts as true.

    Left out if the result is not used.
    """
    for node in context.of_kind(ast.Call):
        found = _limited(context, node)
        if found is None or isinstance(context.source.parent(node), ast.Expr):
            continue
        call, _ = found
        taken = f"({context.source.piece(call)} or True)"
        said = f"{context.where(call)} goes on as though `{context.code(call)}` had not run out of time"
        yield Change(call, [context.source.replaced(call, taken)], said)
