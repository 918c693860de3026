"""Operators on critical sections: shorten one, split it, move a statement out of it, remove its `finally`.

A section is cut between two statements that both touch shared data. If only one does, the cut is inside it: between the
test of an `if` and its block, between the halves of a pair, between a read and a write. A cut anywhere else would make
an equivalent mutant. Statements keep their order, so that one thread sees no difference.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lockproof.mutation.operators.context import Change, Context, assigned, returned
from lockproof.mutation.sections import Form, Section, method_call
from lockproof.mutation.syntax import identifiers, is_number
from lockproof.mutation.tree import DEFINITIONS, NewStatement, Statement


@dataclass(frozen=True)
class _Cut:
    """A section in two parts. `weight` says how much the second part depends on results of the first."""

    before: tuple[Statement, ...]
    after: tuple[Statement, ...]
    weight: int


def _cuts(context: Context, section: Section) -> list[_Cut]:
    """Return the cuts of a section that other threads may notice, in the order of the text."""
    statements, touches = section.statements, context.sharing.touches
    touching = [place for place, each in enumerate(statements) if touches(each)]
    if len(touching) == 1:
        (place,) = touching
        halves = _halves(context, statements[place])
        if halves is None:
            return []
        first, second = halves
        return [_Cut((*statements[:place], first), (second, *statements[place + 1 :]), _TESTED)]
    return [
        _Cut(statements[: place + 1], statements[place + 1 :], _weight(context, statements, place))
        for place in touching[:-1]
    ]


_TESTED: Final = 2
_READ: Final = 1
"""Weights of a cut: the second part depends on a test of the first, or reads a name that the first binds."""


def _weight(context: Context, statements: Sequence[ast.stmt], place: int) -> int:
    """Return how much the rest depends on the statement at a place: on its test, on a name that it binds, or not."""
    before, rest = statements[place], statements[place + 1 :]
    if isinstance(before, (ast.If, ast.While)):
        return _TESTED
    bound = _bound(context, before)
    uses = (each for each in rest if context.sharing.touches(each))
    names = (name for node in context.source.walk(*uses) for name in identifiers(node))
    return _READ if any(name in bound for name in names) else 0


def _only_notifies(context: Context, statements: Sequence[Statement]) -> bool:
    """Tell whether statements touch no shared data except by notifying."""
    return all(
        method_call(each, "notify") or method_call(each, "notify_all") or not context.sharing.touches(each)
        for each in statements
    )


def _bound(context: Context, *nodes: ast.AST) -> set[str]:
    found = set()
    for node in context.source.walk(*nodes):
        match node:
            case ast.Assign(targets=targets):
                found |= {name for each in targets for name in _targets(each)}
            case ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr() | ast.For() | ast.AsyncFor() | ast.comprehension():
                found |= _targets(node.target)
    return found


def _targets(target: ast.expr) -> set[str]:
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Starred(value=value):
            return _targets(value)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return {name for each in elements for name in _targets(each)}
    return set()


def _halves(context: Context, statement: ast.stmt) -> tuple[NewStatement, NewStatement] | None:
    """Return two statements that together do what a statement does, None if it cannot be divided."""
    touches, source = context.sharing.touches, context.source
    match statement:
        case ast.If(test=test, body=body) if touches(test) and touches(*body):
            name = context.name("found", statement)
            text = source.statement_with(statement, test, name)
            second = NewStatement(text, (*body, *statement.orelse))
            return assigned(name, _truth(context, test), test), second
        case _ if not source.has_lines(statement):
            return None
        case ast.Return(value=ast.expr() as value):
            parts = _parts(context, value)
            if parts is not None:
                name, first, rest = parts
                return assigned(name, first, value), returned(rest, value)
        case ast.AugAssign(target=target, value=value) if touches(target):
            name = context.name("found", statement)
            changed = f"{source.piece(target)} {source.sign(statement)} {_enclosed(context, value)}"
            return assigned(name, changed, target, value), _set(context, target, name)
        case ast.Assign(targets=[target], value=value) if touches(target) and touches(value):
            name = context.name("found", statement)
            return assigned(name, source.piece(value), value), _set(context, target, name)
    return None


def _set(context: Context, target: ast.expr, name: str) -> NewStatement:
    return NewStatement(f"{context.source.piece(target)} = {name}", (target,))


def _parts(context: Context, value: ast.expr) -> tuple[str, str, str] | None:
    """Return a new name, its value (a part of the expression), and the expression with the name for that part."""
    touches, source = context.sharing.touches, context.source
    name = context.name("found", value)
    match value:
        case ast.IfExp(test=test, body=body) if touches(test) and touches(body):
            return name, _truth(context, test), source.piece_with(value, test, test, name)
        case ast.Tuple(elts=[first, *rest]) if touches(first) and touches(*rest) and not isinstance(first, ast.Starred):
            return name, source.piece(first), source.piece_with(value, first, first, name)
        case ast.BinOp(left=left, right=right) if touches(left) and touches(right):
            return name, source.piece(left), source.piece_with(value, left, left, name)
        case ast.BoolOp(values=[*before, last]) if touches(*before) and touches(last):
            text = source.piece_between(before[0], before[-1])
            return name, text, source.piece_with(value, before[0], before[-1], name)
        case ast.Compare(left=left, comparators=[first, *_]) if touches(left) and touches(first):
            return name, source.piece(left), source.piece_with(value, left, left, name)
    return None


def _truth(context: Context, test: ast.expr) -> str:
    """Return an expression for the present truth of a test, even if the tested object changes later."""
    match test:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return context.source.piece(test)
    return f"bool({context.source.bare_piece(test)})"


def _enclosed(context: Context, value: ast.expr) -> str:
    text = context.source.piece(value)
    plain = isinstance(value, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)) or is_number(value)
    return text if plain or (text.startswith("(") and text != context.source.bare_piece(value)) else f"({text})"


def _heads(context: Context, statements: Sequence[Statement]) -> str:
    """Return the first lines of statements, for use in a sentence."""
    return "`, `".join(context.source.new_statement(each).text.splitlines()[0].strip() for each in statements)


def _say(context: Context, section: Section, text: str) -> str:
    """Return a sentence that begins with the name of the function; LOCK in it stands for the locks of the section."""
    locks = " and ".join(f"`{context.code(each)}`" for each in section.locks)
    return f"{context.where(section.first)} {text.replace('LOCK', locks)}"


def start_late(context: Context) -> Iterator[Change]:
    """Run the part before the first cut before the lock is taken.

    Left out if that part waits or notifies, which raises RuntimeError without the lock.
    """
    for section in context.sections:
        cut = next(iter(_cuts(context, section)), None)
        if cut is not None and not context.sharing.signals(*cut.before):
            said = _say(context, section, f"does `{_heads(context, cut.before)}` before it takes LOCK")
            lines = [*context.without_gap(cut.before), *section.again(context.without_gap(cut.after))]
            yield Change(section.first, [section.replaced(lines)], said)


def end_early(context: Context) -> Iterator[Change]:
    """Run the last part after the lock is released; if it is only a `return`, `release-before-return` does this."""
    yield from _released_before(context, "does `{}` after it has released LOCK", alone=False)


def release_before_return(context: Context) -> Iterator[Change]:
    """Compute the returned value after the lock is released.

    Left out if the whole section is one expression: `remove-lock` makes the same mutant.
    """
    yield from _released_before(context, "releases LOCK before `{}`", alone=True)


def _released_before(context: Context, text: str, *, alone: bool) -> Iterator[Change]:
    """Release the lock at the last cut after which no statement waits or notifies."""
    for section in context.sections:
        for cut in reversed(_cuts(context, section)):
            if alone is (len(cut.after) == 1 and _returns(cut.after[0])) and not context.sharing.signals(*cut.after):
                said = _say(context, section, text.format(_heads(context, cut.after)))
                lines = [*section.again(context.without_gap(cut.before)), *context.without_gap(cut.after)]
                yield Change(section.first, [section.replaced(lines)], said)
                break


def split(context: Context) -> Iterator[Change]:
    """Release the lock in the middle and take it again, at the cut where the second part depends most on the first.

    Left out if the second part only notifies: a thread that runs in between sees the same state as one that runs after
    the notifying, since a woken thread must wait for the lock like all others.
    """
    for section in context.sections:
        cuts = [each for each in _cuts(context, section) if not _only_notifies(context, each.after)]
        if not cuts or not section.plain:
            continue
        most = max(each.weight for each in cuts)
        same = [each for each in cuts if each.weight == most]
        cut = same[-1] if most == _TESTED else same[0]  # the last test is the nearest to what it protects
        said = _say(context, section, f"releases LOCK before `{_heads(context, cut.after)}` and takes it again")
        lines = [*section.again(context.without_gap(cut.before)), *section.again(context.without_gap(cut.after))]
        yield Change(section.first, [section.replaced(lines)], said)


def move_out(context: Context) -> Iterator[Change]:
    """Move one statement from the middle of a section to the place after it, or else before it.

    Only if one thread would not notice: the statement and those that it passes must not use names or attributes that
    the other binds or touches. The first and last statements are left to `start-late` and `end-early`.
    """
    for section in context.sections:
        statements = section.statements
        touching = [place for place, each in enumerate(statements) if context.sharing.touches(each)]
        for place in touching[1:-1]:
            moved = _moved(context, section, place)
            if moved is not None:
                where, lines = moved
                said = _say(context, section, f"does `{_heads(context, [statements[place]])}` {where} LOCK")
                yield Change(section.first, [section.replaced(lines)], said)
                break


def _moved(context: Context, section: Section, place: int) -> tuple[str, list[NewStatement]] | None:
    before, statement, after = section.statements[:place], section.statements[place], section.statements[place + 1 :]
    if not context.source.is_simple(statement) or context.sharing.signals(statement):
        return None
    if _leaves(context, statement, *before):
        return None
    # A `return` that touches no shared data can follow the section, after the moved statement.
    last = after[len(after) - (_returns(after[-1]) and not context.sharing.touches(after[-1])) :]
    inner = after[: len(after) - len(last)]
    if not _leaves(context, *inner) and _independent(context, statement, inner):
        lines = [
            *section.again(context.without_gap([*before, *inner])),
            *context.without_gap([statement]),
            *context.without_gap(last),
        ]
        return "after it has released", lines
    if _independent(context, statement, before):
        return "before it takes", [
            *context.without_gap([statement]),
            *section.again(context.without_gap([*before, *after])),
        ]
    return None


def _independent(context: Context, statement: ast.stmt, others: Sequence[ast.stmt]) -> bool:
    bound, bound_there = _bound(context, statement), _bound(context, *others)
    names, names_there = _used(context, statement), _used(context, *others)
    if "()" in names or "()" in names_there:
        return False
    return not (bound & names_there or bound_there & names or _attributes(names) & _attributes(names_there))


def _attributes(names: set[str]) -> set[str]:
    return {each for each in names if each.startswith(".")}


def _used(context: Context, *nodes: ast.AST) -> set[str]:
    """Return the names and attributes in nodes; "()" for a call that may touch anything."""
    found = set()
    for node in context.source.walk(*nodes):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                parent = context.source.parent(node)
                inside = isinstance(parent, ast.Call) and parent.func is node and context.found.kind(node) is None
                found.add("()" if inside else f".{name}")
        found.update(identifiers(node))
    return found


def _leaves(context: Context, *nodes: ast.AST) -> bool:
    """Tell whether nodes may leave the section: by a return, a break, or a raise."""
    kinds = (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)
    return any(isinstance(each, kinds) for each in context.source.walk_here(*nodes))


def _returns(statement: Statement) -> bool:
    return isinstance(statement, ast.Return) or (isinstance(statement, NewStatement) and statement.returns)


_QUIET: Final = frozenset(
    ("len", "__len__", "bool", "list", "tuple", "dict", "id", "isinstance", "append", "appendleft", "clear", "copy",
     "notify", "notify_all", "get_ident", "object", "values", "keys", "items")
)  # fmt: skip
"""Calls that raise nothing if their arguments have the usual types."""


def _may_raise(context: Context, nodes: Sequence[ast.stmt | list[ast.stmt]], depth: int = 3) -> bool:
    """Tell whether anything in nodes may raise, also in the functions of the module that they call."""
    for node in context.source.walk_here(*nodes):
        match node:
            case ast.Call(func=function):
                if not _is_quiet(context, function, depth):
                    return True
            case ast.AugAssign(value=value):
                if not is_number(value):
                    return True
            case ast.Raise() | ast.Subscript() | ast.BinOp() | ast.Assert() | ast.Yield() | ast.YieldFrom():
                return True
            case ast.For() | ast.AsyncFor():
                return True
            case ast.Compare(ops=compared) if any(isinstance(each, (ast.In, ast.NotIn)) for each in compared):
                return True
    return False


def _is_quiet(context: Context, function: ast.expr, depth: int) -> bool:
    match function:
        case ast.Name(id=name):
            values = [each.value for each in context.found.bindings.of_name(function, name)]
            names = {each.attr for each in values if isinstance(each, ast.Attribute)} or {name}
        case ast.Attribute(attr=name):
            names = {name}
        case _:
            return False
    if names <= _QUIET:
        return True
    own = [each for each in context.source.nodes if isinstance(each, DEFINITIONS) and each.name in names]
    return bool(own) and depth > 0 and not any(_may_raise(context, [each.body], depth - 1) for each in own)


def no_finally(context: Context) -> Iterator[Change]:
    """Release the lock only if nothing raises: remove the `finally`, or use acquire and release instead of `with`.

    Left out if nothing in the section can raise; and if a `return` or `break` leaves it from its middle, since the
    mutant would then never release the lock, and the next call would hang.
    """
    for section in context.sections:
        statements = section.statements
        if section.form is Form.PAIR or not section.plain or len(section.locks) != 1 or not statements:
            continue
        lock = section.locks[0]
        if not isinstance(lock, (ast.Name, ast.Attribute, ast.Subscript)) or not _may_raise(context, statements):
            continue
        inner: list[Statement] = [*statements]
        result: list[Statement] = []
        last = statements[-1]
        if isinstance(last, ast.Return):
            result = [inner.pop()]
            if last.value is not None:
                name = context.name("result", lock)
                inner.append(assigned(name, context.source.piece(last.value), last.value))
                result = [returned(name)]
        kinds = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)
        if any(isinstance(each, kinds) for each in context.source.walk_here(*inner)):
            continue
        acquire, release = (
            NewStatement(f"{context.source.piece(lock)}.{method}()") for method in ("acquire", "release")
        )
        said = _say(context, section, "releases LOCK only if nothing raises")
        lines = [acquire, *context.without_gap(inner), release, *result]
        yield Change(section.first, [section.replaced(lines)], said)
