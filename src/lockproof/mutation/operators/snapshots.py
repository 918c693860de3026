"""Operators that let code see a collection in the middle of a change: bulk changes in steps, live iterators, arguments
that run under the lock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from lockproof.mutation.copies import BUILTIN, COPIES, copied, live_source
from lockproof.mutation.layout import MARGIN
from lockproof.mutation.operators.context import Change, Context
from lockproof.mutation.sections import Section, call_of
from lockproof.mutation.syntax import Argument, arguments, identifiers
from lockproof.mutation.tree import NewStatement

_BASES: Final = ("set", "dict", "list", "deque", "defaultdict", "OrderedDict", "bytearray")
_ADD: Final = {"set": "add", "list": "append", "deque": "append", "bytearray": "append"}


def two_steps(context: Context) -> Iterator[Change]:
    """Make a bulk change of a built-in collection in several steps in C instead of one. Code in C, which reads past the
    methods of a subclass and past their lock, can see the difference.

    Only for `set.update(target, ...)` and the like on a parameter, and `super().update(...)` in a subclass of a
    built-in type. If the collection is an attribute and every method holds the lock, no thread could see the
    difference.
    """
    for line in context.source.simple_lines():
        call = call_of(line)
        given = arguments(call) if call is not None else []
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=kind), attr=method)) if given:
                if kind not in _BASES or not _is_given(context, given[0].value):
                    continue
                target = context.code(given[0].value)
                steps = _steps(context, line, kind, method, given[1:], f"{kind}.", f"{target}, ", target)
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=method)):
                kind = _builtin_base(context, line)
                if not kind:
                    continue
                steps = _steps(context, line, kind, method, given, "super().", "", "self")
            case _:
                continue
        if steps:
            said = f"`{context.code(line)}` is done in several steps in {context.where(line)}"
            yield Change(line, [context.source.rewritten([line], steps)], said)


def _is_given(context: Context, value: ast.expr) -> bool:
    """Tell whether an expression is a parameter: callers know its value, unlike that of a local variable."""
    function = context.source.function(value)
    if function is None or not isinstance(value, ast.Name):
        return False
    return any(each.arg == value.id for each in (*function.args.posonlyargs, *function.args.args))


def _builtin_base(context: Context, node: ast.AST) -> str:
    """Return the built-in collection from which the class around a node derives, also by classes of this module."""
    owner = next((each for each in context.source.ancestors(node) if isinstance(each, ast.ClassDef)), None)
    classes = {each.name: each for each in context.source.nodes if isinstance(each, ast.ClassDef)}
    for _ in range(9):
        if owner is None:
            return ""
        names = [context.code(each).partition("[")[0].rpartition(".")[2] for each in owner.bases]
        for name in names:
            if name in _BASES:
                return name
        owner = next((classes[name] for name in names if name in classes), None)
    return ""


def _steps(
    context: Context, line: ast.AST, kind: str, method: str, rest: Sequence[Argument], of: str, target: str, whole: str
) -> list[NewStatement]:
    """Return statements that make a bulk change in steps, an empty list if a call is no bulk change."""
    each, operands = context.name("each", line), [context.code(arg.value) for arg in rest]
    if any(arg.star or arg.keyword for arg in rest):
        return []
    texts: list[str] = []
    match method, operands:
        case "clear", []:
            pop = "popitem" if kind in ("dict", "defaultdict", "OrderedDict") else "pop"
            texts = [f"while {of}__len__({target.removesuffix(', ')}):\n    {of}{pop}({target.removesuffix(', ')})"]
        case (("update" | "difference_update" | "intersection_update"), [_, _, *_]):
            texts = [f"{of}{method}({target}{operand})" for operand in operands]
        case (("update" | "__ior__"), [operand]) if kind == "set":
            texts = [f"for {each} in {operand}:\n    {of}add({target}{each})"]
        case (("update" | "__ior__"), [operand]) if kind in ("dict", "defaultdict", "OrderedDict"):
            texts = [f"for {each} in dict({operand}).items():\n    {of}__setitem__({target}*{each})"]
        case (("extend" | "__iadd__"), [operand]) if kind in _ADD:
            texts = [f"for {each} in {operand}:\n    {of}{_ADD[kind]}({target}{each})"]
        case (("difference_update" | "__isub__"), [operand]) if kind == "set":
            texts = [f"for {each} in {operand}:\n    {of}discard({target}{each})"]
        case (("intersection_update" | "__iand__"), [operand]) if kind == "set":
            texts = [f"for {each} in set.difference({whole}, {operand}):\n    {of}discard({target}{each})"]
        case (("symmetric_difference_update" | "__ixor__"), [operand]) if kind == "set":
            both, added = context.name("both", line), context.name("added", line)
            texts = [
                f"{both} = {operand}", f"{added} = set.difference({both}, {whole})",
                f"{of}difference_update({target}{both})", f"{of}update({target}{added})",
            ]  # fmt: skip
    newline = f"{context.source.layout.newline}{MARGIN}{context.source.layout.default_indent}"
    return [NewStatement(text.replace("\n    ", newline)) for text in texts]


def live_iterator(context: Context) -> Iterator[Change]:
    """Use the collection itself instead of a snapshot that is iterated over, returned, or used after the lock is
    released.

    Left out: a copy that is consumed under the lock by code in C, or by a loop without calls; and a returned copy of
    another type than the collection, since one thread would notice the difference.
    """
    held = {statement for section in context.sections for statement in section.statements}
    for node in context.of_kind(ast.Call):
        match node:
            case ast.Call(func=ast.Name(id="iter"), args=[inner], keywords=[]):
                yield from _iterated(context, node, inner)
            case ast.Call(func=ast.Name(id="filter"), args=[_, inner], keywords=[]):
                live, of = live_source(inner)
                if of is not None and _is_shared(context, of):
                    shown = context.source.piece(of)
                    yield _change(context, inner, f"{live}({shown})" if live != "iter" else shown)
            case ast.Call(func=ast.Name(id="map"), args=[function, inner], keywords=[]):
                copies = context.code(function) in (*COPIES, *(f"{each}.copy" for each in BUILTIN))
                if copies and _runs_under_lock(context, node):
                    yield _change(context, node, context.source.piece(inner))
    loops: list[ast.For | ast.AsyncFor | ast.comprehension] = [
        *context.of_kind(ast.For), *context.of_kind(ast.AsyncFor), *context.of_kind(ast.comprehension),
    ]  # fmt: skip
    for loop in loops:
        of = copied(loop.iter)
        if of is None or not _is_shared(context, of):
            continue
        inside = any(each in held for each in context.source.ancestors(loop))
        if not inside or _calls_out(context, loop):
            yield _change(context, loop.iter, context.source.piece(of))
    for section in context.sections:
        for statement in section.statements:
            yield from _kept(context, section, statement)


def _runs_under_lock(context: Context, node: ast.AST) -> bool:
    """Tell whether a node is inside a lambda that runs under a lock."""
    function = next((each for each in context.source.ancestors(node) if isinstance(each, ast.Lambda)), None)
    outer = context.source.parent(function) if function is not None else None
    return isinstance(outer, ast.Call) and context.found.behaviour(outer.func).runner is not None


def _iterated(context: Context, node: ast.Call, inner: ast.expr) -> Iterator[Change]:
    live, of = live_source(inner)
    if of is not None and _is_shared(context, of):
        yield _change(context, node, f"{live}({context.source.piece(of)})")
    if isinstance(inner, ast.Call):
        runner, given = context.found.behaviour(inner.func).runner, arguments(inner)
        if runner is not None and runner.position < len(given):
            function = given[runner.position].value
            live = context.found.behaviour(function).live
            if live:
                yield _change(context, function, live)


def _kept(context: Context, section: Section, statement: ast.stmt) -> Iterator[Change]:
    """Change a copy that a section returns, or binds to a name that is used after the section."""
    for node in context.source.walk_here(statement):
        if isinstance(node, ast.Return) and node.value is not None:
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for value in values:
                view = _view(value)
                of = copied(view)
                if isinstance(of, ast.Attribute) and _same_type(context, view, of):
                    yield _change(context, view, context.source.piece(of))
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            of = copied(value)
            if not isinstance(of, ast.Attribute) or not _used_behind(context, section, name):
                return
            later = section.statements[section.statements.index(statement) + 1 :]
            if not any(context.code(of) in context.code(each) for each in later):
                yield _change(context, value, context.source.piece(of))


def _view(value: ast.expr) -> ast.expr:
    """Return the mapping of a view: `dict(x)` for `dict(x).keys()`."""
    match value:
        case ast.Call(func=ast.Attribute(value=inner, attr="keys" | "values" | "items"), args=[], keywords=[]):
            return inner
    return value


def _used_behind(context: Context, section: Section, name: str) -> bool:
    function = context.source.function(section.first)
    if function is None:
        return False
    inside = sum(_uses(context, name, each) for each in section.nodes)
    return _uses(context, name, *function.body) > inside


def _uses(context: Context, name: str, *nodes: ast.AST) -> int:
    return sum(identifiers(each).count(name) for each in context.source.walk(*nodes))


def _same_type(context: Context, copy: ast.expr, of: ast.Attribute) -> bool:
    """Tell whether a copy has the type of the original, as far as that is known."""
    if not isinstance(copy, ast.Call) or not isinstance(copy.func, ast.Name):
        return True
    kinds = set()
    for each in context.found.bindings.attributes.get(of.attr, ()):
        match each.value:
            case ast.List() | ast.ListComp():
                kinds.add("list")
            case ast.Dict() | ast.DictComp():
                kinds.add("dict")
            case ast.Set() | ast.SetComp():
                kinds.add("set")
            case ast.Call(func=ast.Name(id=made)) if not each.store:
                kinds.add(made)
    return not kinds or copy.func.id in kinds


def _is_shared(context: Context, value: ast.expr) -> bool:
    return context.sharing.touches(value) or _is_given(context, value)


def _calls_out(context: Context, loop: ast.AST) -> bool:
    """Tell whether a loop makes any call that may change the collection that it iterates over."""
    body = loop.body if isinstance(loop, (ast.For, ast.AsyncFor)) else [context.source.parent(loop)]
    for node in context.source.walk(*filter(None, body)):
        if isinstance(node, ast.Call) and copied(node) is None:
            return True
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Delete)):
            return True
    return False


def _change(context: Context, node: ast.expr, instead: str) -> Change:
    said = f"{context.where(node)} uses `{context.line(instead)}` itself instead of the snapshot `{context.code(node)}`"
    return Change(node, [context.source.replaced(node, instead)], said)


def materialize_inside(context: Context) -> Iterator[Change]:
    """Consume an iterable argument while the lock is held: a generator may block there, or need the same lock."""
    for section in context.sections:
        yield from _moved_inside(context, section)
    for node in context.of_kind(ast.Call):
        runner, every = context.found.behaviour(node.func).runner, arguments(node)
        if runner is None or runner.position >= len(every):
            continue
        given = every[runner.position + 1 :]
        if not runner.passes_on or any(each.keyword or each.star == "**" for each in given):
            continue
        made = _inside(context, every[runner.position].value, given)
        if made is not None:
            function, others, what = made
            changed = [*map(context.source.argument, every[: runner.position]), function, *others]
            text = f"{context.source.piece(node.func)}({', '.join(changed)})"
            said = f"{context.where(node)} runs `{what}` while the lock is held"
            yield Change(node, [context.source.replaced_inside(node, text)], said)


def _inside(context: Context, function: ast.expr, given: Sequence[Argument]) -> tuple[str, list[str], str] | None:
    """Return a function that materializes its arguments, the arguments as given, and the code that is moved."""
    names, inner, outer, what = list[str](), list[str](), list[str](), ""
    for place, each in enumerate(given):
        name = "held" if place == 0 else f"given{place}" if place > 1 else "given"
        match each:
            case Argument(star="*", value=ast.Call(func=ast.Name(id="map"), args=[made, of], keywords=[])):
                if not _materializes(context, made):
                    return None
                what = what or context.code(each.value)
                names.append(f"*{name}")
                inner.append(f"*map({context.code(made)}, {name})")
                outer.append(f"*{context.source.piece(of)}")
            case Argument(star="", value=ast.Call(func=made, args=[of], keywords=[])) if not isinstance(
                of, ast.Starred
            ):
                if _materializes(context, made) and not context.sharing.touches(of):
                    what = what or context.code(each.value)
                    inner.append(f"{context.code(made)}({name})")
                    outer.append(context.source.piece(of))
                else:
                    inner.append(name)
                    outer.append(context.source.argument(each))
                names.append(name)
            case _:
                names.append(f"{each.star}{name}")
                inner.append(f"{each.star}{name}")
                outer.append(context.source.argument(each))
    if not what:
        return None
    called = context.code(function)
    called = f"({called})" if isinstance(function, ast.Lambda) else called
    return f"lambda {', '.join(names)}: {called}({', '.join(inner)})", outer, what


def _materializes(context: Context, function: ast.expr) -> bool:
    return (
        context.code(function) in ("list", "tuple", "set", "frozenset", "dict")
        or context.found.behaviour(function).copies
    )


def _moved_inside(context: Context, section: Section) -> Iterator[Change]:
    """Move `items = list(items)` from before a section to its start."""
    block = context.source.block(section.first)
    before = block[: next(n for n, each in enumerate(block) if each is section.first)]
    for number, statement in reversed(list(enumerate(before))):
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=made, args=[argument], keywords=[]) as value
            ) if _materializes(context, made) and not context.sharing.touches(argument):
                used = any(_uses(context, name, each) for each in section.statements)
                if used and not any(_uses(context, name, each) for each in before[number + 1 :]):
                    moved = replace(context.source.new_statement(statement), above=())
                    lines = section.again([moved, *section.statements])
                    said = f"{context.where(statement)} runs `{context.code(value)}` while the lock is held"
                    edits = [*context.source.removed(statement), section.replaced(lines)]
                    yield Change(statement, edits, said)
                    return
