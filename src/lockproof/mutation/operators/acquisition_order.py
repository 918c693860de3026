"""Operators on the order in which several locks are taken."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockproof.mutation.operators.context import Change, Context
from lockproof.mutation.sections import Form, Section
from lockproof.mutation.syntax import Argument, arguments, identifiers
from lockproof.mutation.tree import Definition


def reverse_order(context: Context) -> Iterator[Change]:
    """Take two locks in the opposite order.

    Left out if no other place of the module takes the same two locks: every call then takes them in the new order,
    which is correct. For the same reason a function that sorts is not changed, but one of several calls of it is.
    """
    pairs = [each for section in context.sections for each in _pairs(context, section)]
    often = Counter(each.key for each in pairs)
    for each in pairs:
        if often[each.key] > 1:
            one, other = (context.code(lock) for lock in each.locks)
            said = f"`{other}` is taken before `{one}` in {context.where(each.locks[0])}"
            first, second = each.locks
            swapped = [context.source.replaced(first, context.source.code(second))]
            yield Change(first, [*swapped, context.source.replaced(second, context.source.code(first))], said)
    calls = [each for each in context.of_kind(ast.Call) if context.found.behaviour(each.func).orders]
    for call in calls:
        if len(calls) > 1:
            said = f"the order of `{context.code(call)}` is reversed in {context.where(call)}"
            yield Change(call, [context.source.replaced(call, f"{context.source.code(call)}[::-1]")], said)


@dataclass(frozen=True)
class _Pair:
    """Two locks that a section takes one after the other. `key` is equal for the same two locks of the same class."""

    key: tuple[str, frozenset[str]]
    locks: tuple[ast.expr, ast.expr]


def _pairs(context: Context, section: Section) -> Iterator[_Pair]:
    if section.form is not Form.WITH or not section.plain:
        return
    locks = list(zip(section.locks, section.locks[1:], strict=False))
    inner = [each for each in context.sections if section.statements == (each.first,)]
    if inner and inner[0].form is Form.WITH and inner[0].plain and len(inner[0].locks) == len(section.locks) == 1:
        locks.append((section.locks[0], inner[0].locks[0]))
    owner = next((each for each in context.source.ancestors(section.first) if isinstance(each, ast.ClassDef)), None)
    for one, other in locks:
        if context.code(one) != context.code(other):
            names = frozenset((_key(context, one), _key(context, other)))
            yield _Pair((owner.name if owner is not None else "", names), (one, other))


def _key(context: Context, lock: ast.expr) -> str:
    """Return a key that is the same for a lock in all methods: the name of its attribute, if it is one."""
    return f".{lock.attr}" if isinstance(lock, ast.Attribute) else context.code(lock)


def operand_order(context: Context) -> Iterator[Change]:
    """Take the locks in the order of the operands instead of the global order, which comes from `sorted(..., key=id)`,
    an `if` or a conditional expression that compares ids, or a function of the module that sorts like that.
    """
    for node in context.of_kind(ast.Call):
        given = arguments(node)
        match node:
            case ast.Call(func=ast.Name(id="sorted")) if given and _by_identity(context, node):
                said = f"`{context.code(node)}` is not sorted in {context.where(node)}"
                yield Change(node, [context.source.replaced(node, _sequence(context, given[0].value))], said)
            case ast.Call(func=ast.Attribute(value=owner, attr="sort")) if _by_identity(context, node):
                line = context.source.statement(node)
                said = f"`{context.code(owner)}` is not sorted in {context.where(node)}"
                yield Change(node, context.source.removed(line), said)
            case _ if given and context.found.behaviour(node.func).orders:
                if all(not each.keyword and each.star != "**" for each in given):
                    said = f"`{context.code(node)}` keeps the order of the operands in {context.where(node)}"
                    yield Change(node, [context.source.replaced(node, _in_turn(context, given))], said)
    for test in context.of_kind(ast.IfExp):
        if _compares_ids(context, test.test):
            said = f"the order does not depend on `{context.code(test.test)}` in {context.where(test)}"
            yield Change(test, [context.source.choice_replaced(test, test.body)], said)
    for choice in context.of_kind(ast.If):
        if _compares_ids(context, choice.test) and not context.source.is_elif(choice):
            said = f"the order does not depend on `{context.code(choice.test)}` in {context.where(choice)}"
            yield Change(choice, [context.source.replaced(choice.test, "False")], said)


def _in_turn(context: Context, given: Sequence[Argument]) -> str:
    elements = [context.source.argument(each) for each in given]
    return f"({', '.join(elements)}{',' * (len(elements) == 1)})"


def _sequence(context: Context, value: ast.expr) -> str:
    """Return the argument of `sorted` as a sequence: `sorted` makes a list of a generator too."""
    text = context.source.bare_piece(value)
    if isinstance(value, ast.GeneratorExp):
        return f"[{text.removeprefix('(').removesuffix(')') if context.source.has_parentheses(value) else text}]"
    return text if isinstance(value, (ast.Tuple, ast.List)) else f"list({text})"


def _by_identity(context: Context, call: ast.Call) -> bool:
    """Tell whether a call sorts by `id`, or sorts in a function that takes or returns several locks."""
    keys = [each.value for each in call.keywords if each.arg == "key"]
    if any("id" in identifiers(node) for node in context.source.walk(*keys)):
        return True
    function = context.source.function(call)
    if function is None:
        return False
    return context.found.behaviour_of(function.name).orders or (bool(keys) and _takes_what_is_sorted(context, function))


def _takes_what_is_sorted(context: Context, function: Definition) -> bool:
    """Tell whether a function takes locks in a loop, or several in one section, as it would do with sorted objects."""
    loops = (each for each in context.source.walk_here(function.body) if isinstance(each, (ast.For, ast.AsyncFor)))
    if any(context.found.takes_here(node) for loop in loops for node in context.source.walk_here(loop.body)):
        return True
    nodes = {section.first for section in context.sections if len(section.locks) > 1}
    return any(each in nodes for each in context.source.walk_here(function.body))


def _compares_ids(context: Context, test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=left, ops=[ast.Lt() | ast.Gt() | ast.LtE() | ast.GtE()], comparators=[right]):
            return all(context.code(each).startswith("id(") for each in (left, right))
    return False
