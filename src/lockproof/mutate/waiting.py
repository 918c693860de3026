"""Operators on waiting and waking: one thread instead of all, none, `if` instead of `while`, no time limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from lockproof.mutate.kinds import Kind
from lockproof.mutate.operator import Change, Context, Operator
from lockproof.mutate.sections import call_of

_NOTIFIES: Final = ("notify", "notify_all", "notifyAll")
_SIGNALLED: Final = frozenset((Kind.CONDITION, Kind.UNKNOWN))
_LIMITED: Final = {"wait": 0, "acquire": 1, "wait_for": 1}
"""Calls that may have a time limit, and where among their arguments it stands."""


def _method(context: Context, node: cst.CSTNode, names: tuple[str, ...]) -> tuple[cst.Call, str, Kind] | None:
    """Return a call of one of these methods on something that synchronizes, with its name and the kind of that."""
    match node:
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name))) if name in names:
            kind = context.found.kind(owner)
            return (node, name, kind) if kind is not None else None
    return None


def notify_one(context: Context) -> Iterator[Change]:
    """Wake one waiting thread instead of all, or of several."""
    for node in context.of_kind(cst.Call):
        found = _method(context, node, _NOTIFIES)
        if found is None or found[2] not in _SIGNALLED:
            continue
        call, name, _ = found
        number = context.code(*call.args) if call.args else ""
        if (name == "notify") is (number in ("", "1", "n=1")):
            continue
        assert isinstance(call.func, cst.Attribute)
        one = call.with_changes(func=call.func.with_changes(attr=cst.Name("notify")), args=[])
        yield Change(call, {call: one}, f"`{context.code(call)}` wakes only one thread in {context.where(call)}")


def no_notify(context: Context) -> Iterator[Change]:
    """Wake nobody: a notify is removed, or the `set` of an Event."""
    for line in context.of_kind(cst.SimpleStatementLine):
        found = _method(context, call_of(line) or line, (*_NOTIFIES, "set"))
        if found is None:
            continue
        call, name, kind = found
        if kind is Kind.EVENT if name == "set" else kind in _SIGNALLED:
            said = f"`{context.code(call)}` is removed from {context.where(line)}"
            yield Change(line, {line: cst.RemoveFromParent()}, said)


def if_for_while(context: Context) -> Iterator[Change]:
    """Look at the condition once: whoever wakes up believes it, though another thread may have been faster.

    Left out where the loop has an `else`, or is left or begun again from its inside, which `if` cannot do.
    """
    for loop in context.of_kind(cst.While):
        waits = (_method(context, node, ("wait",)) for node in context.source.walk_here(loop.body))
        if loop.orelse is not None or not any(each and each[2] in _SIGNALLED for each in waits):
            continue
        if any(isinstance(node, (cst.Break, cst.Continue)) for node in context.source.walk_here(loop.body)):
            continue
        if context.code(loop.test) in ("True", "1"):
            continue
        once = cst.If(
            loop.test, loop.body, leading_lines=loop.leading_lines, whitespace_before_test=cst.SimpleWhitespace(" ")
        )
        said = f"`while {context.code(loop.test)}` is an `if` in {context.where(loop)}"
        yield Change(loop, {loop: once}, said)
    for node in context.of_kind(cst.Call):
        found = _method(context, node, ("wait_for",))
        if found is None or not node.args or node.args[0].keyword is not None:
            continue
        assert isinstance(node.func, cst.Attribute)
        predicate, *limit = node.args
        held = predicate.value
        if isinstance(held, cst.Lambda):
            held = held.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        wait = cst.Call(node.func.with_changes(attr=cst.Name("wait")), limit)
        once_for_all = cst.BooleanOperation(
            cst.Call(held), cst.Or(), wait, lpar=[cst.LeftParen()], rpar=[cst.RightParen()]
        )
        said = f"`{context.code(node)}` waits once and does not look again in {context.where(node)}"
        yield Change(node, {node: once_for_all}, said)


def _limited(context: Context, node: cst.CSTNode) -> tuple[cst.Call, list[cst.Arg]] | None:
    """Return a call that waits for no longer than its arguments say, and the arguments without the limit."""
    found = _method(context, node, tuple(_LIMITED))
    if found is None:
        return None
    call, name, _ = found
    kept, limits = list[cst.Arg](), list[cst.Arg]()
    for place, each in enumerate(call.args):
        keyword = each.keyword.value if each.keyword is not None else ""
        positional = not keyword and place == _LIMITED[name]
        blocking = name == "acquire" and (keyword == "blocking" or (not keyword and place == 0))
        (limits if positional or keyword == "timeout" or blocking else kept).append(each)
    limited = any(context.code(each.value) not in ("None", "True", "-1") for each in limits)
    return (call, kept) if limited else None


def no_timeout(context: Context) -> Iterator[Change]:
    """Wait without a limit where there is one; an `acquire` that would not wait at all waits too."""
    for node in context.of_kind(cst.Call):
        found = _limited(context, node)
        if found is None:
            continue
        call, kept = found
        arguments = [*kept[:-1], *(each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in kept[-1:])]
        said = f"`{context.code(call)}` waits without a limit in {context.where(call)}"
        yield Change(call, {call: call.with_changes(args=arguments)}, said)


def timeout_ignored(context: Context) -> Iterator[Change]:
    """Go on as though the time had not run out: the result of a wait or an acquire with a limit counts as true.

    Left out where nobody looks at the result.
    """
    for node in context.of_kind(cst.Call):
        found = _limited(context, node)
        if found is None or isinstance(context.source.parent(node), cst.Expr):
            continue
        call, _ = found
        taken = cst.BooleanOperation(call, cst.Or(), cst.Name("True"), lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        said = f"{context.where(call)} goes on as though `{context.code(call)}` had not run out of time"
        yield Change(call, {call: taken}, said)


OPERATORS: Final = (
    Operator("notify-one", "wake one thread instead of all", notify_one),
    Operator("no-notify", "wake no thread", no_notify),
    Operator("if-for-while", "look once at the condition that is waited for", if_for_while),
    Operator("no-timeout", "wait without the time limit", no_timeout),
    Operator("timeout-ignored", "go on when the time has run out as though it had not", timeout_ignored),
)
