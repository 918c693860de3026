"""Operators on critical sections: shorter, in two, with something moved out of it, without a `finally`.

A section is cut between two statements that both touch what other threads may see; if only one does, inside it: between
the test of an `if` and its block, between the halves of a pair, between reading and writing. A cut anywhere else makes
a mutant that does the same. Statements keep their order, so that one thread sees no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst

from lockproof.mutate.operator import Change, Context, Operator, assigned, bare, call, returned
from lockproof.mutate.sections import Form, Section, method_call


@dataclass(frozen=True)
class _Cut:
    """A section in two. `weight` says how much the second part relies on what the first one has found out."""

    before: tuple[cst.BaseStatement, ...]
    after: tuple[cst.BaseStatement, ...]
    weight: int


def _cuts(context: Context, section: Section) -> list[_Cut]:
    """Return the cuts of a section that may matter, in the order of the text."""
    statements, touches = section.statements, context.sharing.touches
    touching = [place for place, each in enumerate(statements) if touches(each)]
    if len(touching) == 1:
        (place,) = touching
        halves = _halves(context, statements[place])
        if halves is None:
            return []
        first, second = halves
        return [_Cut((*statements[:place], *first), (*second, *statements[place + 1 :]), _TESTED)]
    return [
        _Cut(statements[: place + 1], statements[place + 1 :], _weight(context, statements, place))
        for place in touching[:-1]
    ]


_TESTED: Final = 2
_READ: Final = 1


def _weight(context: Context, statements: Sequence[cst.BaseStatement], place: int) -> int:
    """Return how much what comes after a place relies on the statement before it: on its test, or on what it binds."""
    before, rest = statements[place], statements[place + 1 :]
    if isinstance(before, (cst.If, cst.While)):
        return _TESTED
    bound = _bound(context, before)
    uses = (each for each in rest if context.sharing.touches(each))
    names = (node for node in context.source.walk(*uses) if isinstance(node, cst.Name))
    return _READ if any(node.value in bound for node in names) else 0


def _only_notifies(context: Context, statements: Sequence[cst.BaseStatement]) -> bool:
    """Tell whether statements do nothing that matters but notify."""
    return all(
        method_call(each, "notify") or method_call(each, "notify_all") or not context.sharing.touches(each)
        for each in statements
    )


def _bound(context: Context, *nodes: cst.CSTNode) -> set[str]:
    found = set()
    for node in context.source.walk(*nodes):
        if isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For, cst.CompFor)):
            found |= _targets(node.target)
    return found


def _targets(target: cst.BaseExpression) -> set[str]:
    match target:
        case cst.Name(value=name):
            return {name}
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return {name for each in elements for name in _targets(each.value)}
    return set()


def _halves(
    context: Context, statement: cst.BaseStatement
) -> tuple[list[cst.BaseStatement], list[cst.BaseStatement]] | None:
    """Return two lists of statements that do one after the other what a statement does, None if there is no way."""
    touches = context.sharing.touches
    match statement:
        case cst.If(test=test, body=body) if touches(test) and touches(body):
            name = context.name("found", statement)
            return [assigned(name, _truth(test))], [statement.with_changes(test=cst.Name(name), leading_lines=())]
        case cst.SimpleStatementLine(body=[cst.Return(value=cst.BaseExpression() as value)]):
            parts = _parts(context, value)
            if parts is not None:
                name, first, rest = parts
                return [assigned(name, first)], [returned(rest)]
        case cst.SimpleStatementLine(body=[cst.AugAssign(target=target, operator=operator, value=value)]):
            sign = getattr(cst, type(operator).__name__.removesuffix("Assign"), None)
            if sign is not None and touches(target):
                name = context.name("found", statement)
                changed = cst.BinaryOperation(target.deep_clone(), sign(), _enclosed(value))
                return [assigned(name, changed)], [_set(target, cst.Name(name))]
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=value)]):
            if touches(target) and touches(value):
                name = context.name("found", statement)
                return [assigned(name, value)], [_set(target, cst.Name(name))]
    return None


def _set(target: cst.BaseExpression, value: cst.BaseExpression) -> cst.BaseStatement:
    assert isinstance(target, cst.BaseAssignTargetExpression)
    return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target.deep_clone())], value)])


def _parts(context: Context, value: cst.BaseExpression) -> tuple[str, cst.BaseExpression, cst.BaseExpression] | None:
    """Return a name, what it is to stand for, and the expression that uses it instead."""
    touches = context.sharing.touches
    name = context.name("found", value)
    match value:
        case cst.IfExp(test=test, body=body) if touches(test) and touches(body):
            return name, _truth(test), value.with_changes(test=cst.Name(name))
        case cst.Tuple(elements=[first, *rest]) if touches(first) and touches(*rest):
            if isinstance(first, cst.Element):
                changed = [first.with_changes(value=cst.Name(name)), *rest]
                return name, first.value, value.with_changes(elements=changed)
        case cst.BinaryOperation(left=left, right=right) if touches(left) and touches(right):
            return name, left, value.with_changes(left=cst.Name(name))
        case cst.BooleanOperation(left=left, right=right) if touches(left) and touches(right):
            return name, left, value.with_changes(left=cst.Name(name))
        case cst.Comparison(left=left, comparisons=[first, *_]) if touches(left) and touches(first.comparator):
            return name, left, value.with_changes(left=cst.Name(name))
    return None


def _truth(test: cst.BaseExpression) -> cst.BaseExpression:
    """Return an expression for what a test comes to now, also where the thing tested changes later."""
    match test:
        case cst.Comparison() | cst.UnaryOperation(operator=cst.Not()):
            return test
    return call("bool", test.with_changes(lpar=(), rpar=()))


def _enclosed(value: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(value, (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.BaseNumber)) or value.lpar:
        return value
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _heads(context: Context, statements: Sequence[cst.BaseStatement]) -> str:
    """Return the first lines of statements, for a sentence."""
    codes = (context.source.tree.code_for_node(each.with_changes(leading_lines=())) for each in statements)
    return "`, `".join(each.strip().splitlines()[0] for each in codes)


def _say(context: Context, section: Section, text: str) -> str:
    """Return a sentence that begins with the function, LOCK standing for the locks of the section."""
    locks = " and ".join(f"`{context.code(each)}`" for each in section.locks)
    return f"{context.where(section.first)} {text.replace('LOCK', locks)}"


def start_late(context: Context) -> Iterator[Change]:
    """Do the first thing that matters before the lock is taken.

    Left out if it waits or notifies, which raises RuntimeError without the lock.
    """
    for section in context.sections:
        cut = next(iter(_cuts(context, section)), None)
        if cut is not None and not context.sharing.signals(*cut.before):
            said = _say(context, section, f"does `{_heads(context, cut.before)}` before it takes LOCK")
            yield Change(section.first, section.replaced([*bare(cut.before), *section.again(bare(cut.after))]), said)


def end_early(context: Context) -> Iterator[Change]:
    """Do the last thing that matters after the lock is released; a `return` alone is for `release-before-return`."""
    yield from _released_before(context, "does `{}` after it has released LOCK", alone=False)


def release_before_return(context: Context) -> Iterator[Change]:
    """Compute what is returned after the lock is released.

    Left out where the whole section is one expression: that is what `remove-lock` does.
    """
    yield from _released_before(context, "releases LOCK before `{}`", alone=True)


def _released_before(context: Context, text: str, *, alone: bool) -> Iterator[Change]:
    """Release the lock at the last cut before which it can be: what comes after must neither wait nor notify."""
    for section in context.sections:
        for cut in reversed(_cuts(context, section)):
            if alone is (len(cut.after) == 1 and _returns(cut.after[0])) and not context.sharing.signals(*cut.after):
                said = _say(context, section, text.format(_heads(context, cut.after)))
                lines = [*section.again(bare(cut.before)), *bare(cut.after)]
                yield Change(section.first, section.replaced(lines), said)
                break


def split(context: Context) -> Iterator[Change]:
    """Release the lock in the middle and take it again: where the second half relies most on the first one.

    Left out if the second half does nothing but notify: a thread that comes in between finds what it would find after
    the notifying as well, since who is woken has to wait for the lock like all others.
    """
    for section in context.sections:
        cuts = [each for each in _cuts(context, section) if not _only_notifies(context, each.after)]
        if not cuts or not section.plain:
            continue
        most = max(each.weight for each in cuts)
        same = [each for each in cuts if each.weight == most]
        cut = same[-1] if most == _TESTED else same[0]  # the last test is the nearest to what it protects
        said = _say(context, section, f"releases LOCK before `{_heads(context, cut.after)}` and takes it again")
        lines = [*section.again(bare(cut.before)), *section.again(bare(cut.after))]
        yield Change(section.first, section.replaced(lines), said)


def move_out(context: Context) -> Iterator[Change]:
    """Move one statement from the middle of a section out of it: behind it, or else before it.

    Only where one thread would not notice: the statement uses nothing that those it passes bind or touch, nor they what
    it does. What comes first or last is for `start-late` and `end-early`.
    """
    for section in context.sections:
        statements = section.statements
        touching = [place for place, each in enumerate(statements) if context.sharing.touches(each)]
        for place in touching[1:-1]:
            moved = _moved(context, section, place)
            if moved is not None:
                where, lines = moved
                said = _say(context, section, f"does `{_heads(context, [statements[place]])}` {where} LOCK")
                yield Change(section.first, section.replaced(lines), said)
                break


def _moved(context: Context, section: Section, place: int) -> tuple[str, list[cst.BaseStatement]] | None:
    before, statement, after = section.statements[:place], section.statements[place], section.statements[place + 1 :]
    if not isinstance(statement, cst.SimpleStatementLine) or context.sharing.signals(statement):
        return None
    if _leaves(context, statement, *before):
        return None
    # A return of what is known by then can as well stand behind the section, and behind what is moved there.
    last = after[len(after) - (_returns(after[-1]) and not context.sharing.touches(after[-1])) :]
    inner = after[: len(after) - len(last)]
    if not _leaves(context, *inner) and _independent(context, statement, inner):
        return "after it has released", [*section.again(bare([*before, *inner])), *bare([statement]), *bare(last)]
    if _independent(context, statement, before):
        return "before it takes", [*bare([statement]), *section.again(bare([*before, *after]))]
    return None


def _independent(context: Context, statement: cst.BaseStatement, others: Sequence[cst.BaseStatement]) -> bool:
    bound, bound_there = _bound(context, statement), _bound(context, *others)
    names, names_there = _used(context, statement), _used(context, *others)
    if "()" in names or "()" in names_there:
        return False
    return not (bound & names_there or bound_there & names or _attributes(names) & _attributes(names_there))


def _attributes(names: set[str]) -> set[str]:
    return {each for each in names if each.startswith(".")}


def _used(context: Context, *nodes: cst.CSTNode) -> set[str]:
    """Return the names and attributes in nodes; "()" for a call that may touch anything."""
    found = set()
    for node in context.source.walk(*nodes):
        match node:
            case cst.Attribute(value=cst.Name(value="self" | "cls"), attr=cst.Name(value=name)):
                inside = isinstance(context.source.parent(node), cst.Call) and context.found.kind(node) is None
                found.add("()" if inside else f".{name}")
            case cst.Name(value=name):
                found.add(name)
    return found


def _leaves(context: Context, *nodes: cst.CSTNode) -> bool:
    """Tell whether nodes may leave the section: by a return, a break, or a raise."""
    kinds = (cst.Return, cst.Raise, cst.Break, cst.Continue, cst.Yield)
    return any(isinstance(each, kinds) for each in context.source.walk_here(*nodes))


def _returns(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[-1], cst.Return)


_QUIET: Final = frozenset(
    ("len", "__len__", "bool", "list", "tuple", "dict", "id", "isinstance", "append", "appendleft", "clear", "copy",
     "notify", "notify_all", "get_ident", "object", "values", "keys", "items")
)  # fmt: skip
"""Calls that raise nothing when they are given what they always get."""


def _may_raise(context: Context, nodes: Sequence[cst.CSTNode], depth: int = 3) -> bool:
    """Tell whether anything in nodes may raise, also in the functions of the module that they call."""
    for node in context.source.walk_here(*nodes):
        match node:
            case cst.Call(func=function):
                if not _is_quiet(context, function, depth):
                    return True
            case cst.AugAssign(value=value):
                if not isinstance(value, cst.BaseNumber):
                    return True
            case cst.Raise() | cst.Subscript() | cst.BinaryOperation() | cst.Assert() | cst.Yield() | cst.For():
                return True
            case cst.ComparisonTarget(operator=cst.In() | cst.NotIn()):
                return True
    return False


def _is_quiet(context: Context, function: cst.BaseExpression, depth: int) -> bool:
    match function:
        case cst.Name(value=name):
            values = [each.value for each in context.found.bindings.of_name(function, name)]
            names = {each.attr.value for each in values if isinstance(each, cst.Attribute)} or {name}
        case cst.Attribute(attr=cst.Name(value=name)):
            names = {name}
        case _:
            return False
    if names <= _QUIET:
        return True
    own = [each for each in context.source.nodes if isinstance(each, cst.FunctionDef) and each.name.value in names]
    return bool(own) and depth > 0 and not any(_may_raise(context, [each.body], depth - 1) for each in own)


def no_finally(context: Context) -> Iterator[Change]:
    """Release the lock only if nothing raises: no `finally`, and acquire and release instead of `with`.

    Left out where nothing in the section can raise, and where it is left from its middle, which would never release
    the lock and be noticed by the first call.
    """
    for section in context.sections:
        statements = section.statements
        if section.form is Form.PAIR or not section.plain or len(section.locks) != 1 or not statements:
            continue
        lock = section.locks[0]
        if not isinstance(lock, (cst.Name, cst.Attribute, cst.Subscript)) or not _may_raise(context, statements):
            continue
        *inner, last = statements
        result: list[cst.BaseStatement] = []
        if _returns(last):
            if not isinstance(last, cst.SimpleStatementLine) or len(last.body) > 1:
                continue
            value = last.body[0].value if isinstance(last.body[0], cst.Return) else None
            if value is not None:
                name = context.name("result", lock)
                inner, result = [*inner, assigned(name, value)], [returned(cst.Name(name))]
            else:
                result = [last]
        else:
            inner = [*inner, last]
        if any(
            isinstance(n, (cst.Return, cst.Break, cst.Continue, cst.Yield)) for n in context.source.walk_here(*inner)
        ):
            continue
        steps = [
            cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Attribute(lock.deep_clone(), cst.Name(method))))])
            for method in ("acquire", "release")
        ]
        said = _say(context, section, "releases LOCK only if nothing raises")
        yield Change(section.first, section.replaced([steps[0], *bare(inner), steps[1], *result]), said)


OPERATORS: Final = (
    Operator("start-late", "do the first step of a critical section before the lock is taken", start_late),
    Operator("end-early", "do the last step of a critical section after the lock is released", end_early),
    Operator("split", "release the lock in the middle of a critical section and take it again", split),
    Operator("move-out", "move a statement out of a critical section", move_out),
    Operator("no-finally", "release the lock only if nothing raises", no_finally),
    Operator("release-before-return", "compute what is returned after the lock is released", release_before_return),
)
