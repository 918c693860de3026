"""Operators on what lets code see a collection in the middle of a change: bulk changes in steps, live iterators,
arguments that run under the lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import libcst as cst

from lockproof.mutate.operator import Change, Context, Operator, line_of
from lockproof.mutate.sections import Section, call_of
from lockproof.mutate.snapshot import BUILTIN, COPIES, copied, live_source

_BASES: Final = ("set", "dict", "list", "deque", "defaultdict", "OrderedDict", "bytearray")
_ADD: Final = {"set": "add", "list": "append", "deque": "append", "bytearray": "append"}


def two_steps(context: Context) -> Iterator[Change]:
    """Make a bulk change of a built-in collection in several steps in C instead of one: what code in C sees that reads
    past the methods of a subclass, and past their lock.

    Only for `set.update(target, ...)` and the like on a parameter, and `super().update(...)` in a subclass of a
    built-in type. Where a collection is an attribute and every method holds the lock, nobody could see the difference.
    """
    for line in context.of_kind(cst.SimpleStatementLine):
        call = call_of(line)
        match call:
            case cst.Call(
                func=cst.Attribute(value=cst.Name(value=kind), attr=cst.Name(value=method)), args=[first, *rest]
            ):
                if kind not in _BASES or not _is_given(context, first.value):
                    continue
                target = context.code(first.value)
                steps = _steps(context, line, kind, method, rest, f"{kind}.", f"{target}, ", target)
            case cst.Call(
                func=cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value=method)), args=rest
            ):
                kind = _builtin_base(context, line)
                if not kind:
                    continue
                steps = _steps(context, line, kind, method, rest, "super().", "", "self")
            case _:
                continue
        if steps:
            first_step, *others = steps
            lines = [first_step.with_changes(leading_lines=line.leading_lines), *others]
            said = f"`{context.code(line)}` is done in several steps in {context.where(line)}"
            yield Change(line, {line: cst.FlattenSentinel(lines)}, said)


def _is_given(context: Context, value: cst.BaseExpression) -> bool:
    """Tell whether an expression is a parameter: what others know, unlike what the function has made itself."""
    function = context.source.function(value)
    if function is None or not isinstance(value, cst.Name):
        return False
    return any(each.name.value == value.value for each in (*function.params.posonly_params, *function.params.params))


def _builtin_base(context: Context, node: cst.CSTNode) -> str:
    """Return the built-in collection that the class around a node is a subclass of, directly or in this module."""
    owner = next((each for each in context.source.ancestors(node) if isinstance(each, cst.ClassDef)), None)
    classes = {each.name.value: each for each in context.source.nodes if isinstance(each, cst.ClassDef)}
    for _ in range(9):
        if owner is None:
            return ""
        names = [context.code(each.value).partition("[")[0].rpartition(".")[2] for each in owner.bases]
        for name in names:
            if name in _BASES:
                return name
        owner = next((classes[name] for name in names if name in classes), None)
    return ""


def _steps(
    context: Context,
    line: cst.CSTNode,
    kind: str,
    method: str,
    rest: Sequence[cst.Arg],
    of: str,
    target: str,
    whole: str,
) -> list[cst.BaseStatement]:
    """Return statements that do a bulk change in steps, none if it is no bulk change."""
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
    return [line_of(text) for text in texts]


def live_iterator(context: Context) -> Iterator[Change]:
    """Use the collection itself where a snapshot of it is iterated over, handed out, or kept behind the lock.

    Left out: a copy that is used up under the lock by code in C, or by a loop that calls nothing; what is returned, if
    the copy is of another type than the collection, since one thread would notice at once.
    """
    held = {statement for section in context.sections for statement in section.statements}
    for node in context.of_kind(cst.Call):
        match node:
            case cst.Call(func=cst.Name(value="iter"), args=[cst.Arg(value=inner)]):
                yield from _iterated(context, node, inner)
            case cst.Call(func=cst.Name(value="filter"), args=[_, cst.Arg(value=inner)]):
                live, of = live_source(inner)
                if of is not None and _is_shared(context, of):
                    made = cst.Call(cst.parse_expression(live), [cst.Arg(of)])
                    yield _change(context, inner, made if live != "iter" else of)
            case cst.Call(func=cst.Name(value="map"), args=[cst.Arg(value=function), cst.Arg(value=inner)]):
                copies = context.code(function) in (*COPIES, *(f"{each}.copy" for each in BUILTIN))
                if copies and _given_to_runner(context, node):
                    yield _change(context, node, inner)
    loops: list[cst.For | cst.CompFor] = [*context.of_kind(cst.For), *context.of_kind(cst.CompFor)]
    for loop in loops:
        of = copied(loop.iter)
        if of is None or not _is_shared(context, of):
            continue
        inside = any(each in held for each in context.source.ancestors(loop))
        if not inside or _calls_out(context, loop):
            yield _change(context, loop.iter, of)
    for section in context.sections:
        for statement in section.statements:
            yield from _kept(context, section, statement)


def _given_to_runner(context: Context, node: cst.CSTNode) -> bool:
    """Tell whether a node stands in a lambda that runs under a lock."""
    function = next((each for each in context.source.ancestors(node) if isinstance(each, cst.Lambda)), None)
    argument = context.source.parent(function) if function is not None else None
    outer = context.source.parent(argument) if argument is not None else None
    return isinstance(outer, cst.Call) and context.found.does(outer.func).runner is not None


def _iterated(context: Context, node: cst.Call, inner: cst.BaseExpression) -> Iterator[Change]:
    live, of = live_source(inner)
    if of is not None and _is_shared(context, of):
        made = cst.Call(cst.parse_expression(live), [cst.Arg(of)])
        yield _change(context, node, made)
    if isinstance(inner, cst.Call):
        runner = context.found.does(inner.func).runner
        if runner is not None and runner.position < len(inner.args):
            function = inner.args[runner.position].value
            live = context.found.does(function).live
            if live:
                yield _change(context, function, cst.parse_expression(live))


def _kept(context: Context, section: Section, statement: cst.BaseStatement) -> Iterator[Change]:
    """Change a copy that is returned from a section, or bound to a name that is used behind it."""
    for node in context.source.walk_here(statement):
        if isinstance(node, cst.Return) and node.value is not None:
            values = [e.value for e in node.value.elements] if isinstance(node.value, cst.Tuple) else [node.value]
            for value in values:
                view = _view(value)
                of = copied(view)
                if of is not None and isinstance(of, cst.Attribute) and _same_type(context, view, of):
                    yield _change(context, view, of)
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)]
        ):
            of = copied(value)
            if not isinstance(of, cst.Attribute) or not _used_behind(context, section, name):
                return
            later = section.statements[section.statements.index(statement) + 1 :]
            if not any(context.code(of) in context.code(each) for each in later):
                yield _change(context, value, of)


def _view(value: cst.BaseExpression) -> cst.BaseExpression:
    """Return what a view is made of: `dict(x)` of `dict(x).keys()`."""
    match value:
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="keys" | "values" | "items")), args=[]):
            return inner
    return value


def _used_behind(context: Context, section: Section, name: str) -> bool:
    function = context.source.function(section.first)
    if function is None:
        return False
    inside = sum(_uses(context, each, name) for each in section.nodes)
    return _uses(context, function.body, name) > inside


def _uses(context: Context, node: cst.CSTNode, name: str) -> int:
    return sum(isinstance(each, cst.Name) and each.value == name for each in context.source.walk(node))


def _same_type(context: Context, copy: cst.BaseExpression, of: cst.Attribute) -> bool:
    """Tell whether a copy is of the type of what it copies, as far as that is known."""
    if not isinstance(copy, cst.Call) or not isinstance(copy.func, cst.Name):
        return True
    kinds = set()
    for each in context.found.bindings.attributes.get(of.attr.value, ()):
        match each.value:
            case cst.List() | cst.ListComp():
                kinds.add("list")
            case cst.Dict() | cst.DictComp():
                kinds.add("dict")
            case cst.Set() | cst.SetComp():
                kinds.add("set")
            case cst.Call(func=cst.Name(value=made)) if not each.store:
                kinds.add(made)
    return not kinds or copy.func.value in kinds


def _is_shared(context: Context, value: cst.BaseExpression) -> bool:
    return context.sharing.touches(value) or _is_given(context, value)


def _calls_out(context: Context, loop: cst.CSTNode) -> bool:
    """Tell whether a loop calls anything that may change what it goes over."""
    body = loop.body if isinstance(loop, cst.For) else context.source.parent(loop)
    assert body is not None
    for node in context.source.walk(body):
        if isinstance(node, cst.Call) and copied(node) is None:
            return True
        if isinstance(node, (cst.Yield, cst.Del)):
            return True
    return False


def _change(context: Context, node: cst.BaseExpression, instead: cst.BaseExpression) -> Change:
    shown = context.source.tree.code_for_node(instead)
    said = f"{context.where(node)} uses `{shown}` itself instead of the snapshot `{context.code(node)}`"
    return Change(node, {node: instead}, said)


def materialize_inside(context: Context) -> Iterator[Change]:
    """Run an argument to its end while the lock is held: a generator may block there, or come back for the lock."""
    for section in context.sections:
        yield from _moved_inside(context, section)
    for node in context.of_kind(cst.Call):
        runner = context.found.does(node.func).runner
        if runner is None or runner.position >= len(node.args):
            continue
        given = node.args[runner.position + 1 :]
        if not runner.passes_on or any(each.keyword is not None or each.star == "**" for each in given):
            continue
        made = _inside(context, node.args[runner.position].value, given)
        if made is not None:
            function, arguments, what = made
            changed = [*node.args[: runner.position], function, *arguments]
            changed = [each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in changed]
            said = f"{context.where(node)} runs `{what}` while the lock is held"
            yield Change(
                node, {node: node.with_changes(args=changed, whitespace_before_args=cst.SimpleWhitespace(""))}, said
            )


def _inside(
    context: Context, function: cst.BaseExpression, given: Sequence[cst.Arg]
) -> tuple[cst.Arg, list[cst.Arg], str] | None:
    """Return a function that materializes its arguments, and the arguments as they are before."""
    names, inner, outer, what = list[str](), list[str](), list[cst.Arg](), ""
    for place, each in enumerate(given):
        name = "held" if place == 0 else f"given{place}" if place > 1 else "given"
        match each:
            case cst.Arg(
                star="*", value=cst.Call(func=cst.Name(value="map"), args=[cst.Arg(value=made), cst.Arg(value=of)])
            ):
                if not _materializes(context, made):
                    return None
                what = what or context.code(each.value)
                names.append(f"*{name}")
                inner.append(f"*map({context.code(made)}, {name})")
                outer.append(each.with_changes(value=of))
            case cst.Arg(star="", value=cst.Call(func=made, args=[cst.Arg(star="", keyword=None, value=of)])):
                if _materializes(context, made) and not context.sharing.touches(of):
                    what = what or context.code(each.value)
                    inner.append(f"{context.code(made)}({name})")
                    outer.append(each.with_changes(value=of))
                else:
                    inner.append(name)
                    outer.append(each)
                names.append(name)
            case _:
                names.append(f"{each.star}{name}")
                inner.append(f"{each.star}{name}")
                outer.append(each)
    if not what:
        return None
    called = context.code(function)
    called = f"({called})" if isinstance(function, cst.Lambda) else called
    text = f"lambda {', '.join(names)}: {called}({', '.join(inner)})"
    return cst.Arg(cst.parse_expression(text)), outer, what


def _materializes(context: Context, function: cst.BaseExpression) -> bool:
    return (
        context.code(function) in ("list", "tuple", "set", "frozenset", "dict") or context.found.does(function).copies
    )


def _moved_inside(context: Context, section: Section) -> Iterator[Change]:
    """Move `items = list(items)` from before a section to its start."""
    block = context.source.parent(section.first)
    if not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return
    before = list(block.body[: next(n for n, each in enumerate(block.body) if each is section.first)])
    for number, statement in reversed(list(enumerate(before))):
        match statement:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value=name))],
                        value=cst.Call(func=made, args=[argument]) as value,
                    )
                ]
            ) if _materializes(context, made) and not context.sharing.touches(argument.value):
                used = any(_uses(context, each, name) for each in section.statements)
                if used and not any(_uses(context, each, name) for each in before[number + 1 :]):
                    lines = section.again([statement.with_changes(leading_lines=()), *section.statements])
                    said = f"{context.where(statement)} runs `{context.code(value)}` while the lock is held"
                    yield Change(statement, section.replaced(lines) | {statement: cst.RemoveFromParent()}, said)
                    return


OPERATORS: Final = (
    Operator("two-steps", "make a bulk change in several steps in C instead of one", two_steps),
    Operator("live-iterator", "use the collection itself instead of a snapshot", live_iterator),
    Operator("materialize-inside", "run an argument to its end while the lock is held", materialize_inside),
)
