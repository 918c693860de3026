"""Operators on the order in which several locks are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst

from lockproof.mutate.operator import Change, Context, Operator
from lockproof.mutate.sections import Form, Section


def reverse_order(context: Context) -> Iterator[Change]:
    """Take two locks the other way round.

    Left out where no other place of the module takes the same two: then every call takes them in the new order, and
    nothing is wrong with that. So it is with the sorting itself; with a call of what sorts, it is not, if there are
    several.
    """
    pairs = [each for section in context.sections for each in _pairs(context, section)]
    often = Counter(each.key for each in pairs)
    for each in pairs:
        if often[each.key] > 1:
            one, other = (context.code(lock) for lock in each.locks)
            said = f"`{other}` is taken before `{one}` in {context.where(each.locks[0])}"
            yield Change(each.locks[0], dict(zip(each.locks, reversed(each.locks), strict=True)), said)
    calls = [each for each in context.of_kind(cst.Call) if context.found.does(each.func).orders]
    for call in calls:
        if len(calls) > 1:
            back = cst.parse_expression("x[::-1]")
            assert isinstance(back, cst.Subscript)
            said = f"the order of `{context.code(call)}` is reversed in {context.where(call)}"
            yield Change(call, {call: back.with_changes(value=call)}, said)


@dataclass(frozen=True)
class _Pair:
    """Two locks that a section takes one after the other. `key` is equal for the same two in the same class."""

    key: tuple[str, frozenset[str]]
    locks: tuple[cst.BaseExpression, cst.BaseExpression]


def _pairs(context: Context, section: Section) -> Iterator[_Pair]:
    if section.form is not Form.WITH or not section.plain:
        return
    locks = list(zip(section.locks, section.locks[1:], strict=False))
    inner = [each for each in context.sections if section.statements == (each.first,)]
    if inner and inner[0].form is Form.WITH and inner[0].plain and len(inner[0].locks) == len(section.locks) == 1:
        locks.append((section.locks[0], inner[0].locks[0]))
    owner = next((each for each in context.source.ancestors(section.first) if isinstance(each, cst.ClassDef)), None)
    for one, other in locks:
        if context.code(one) != context.code(other):
            names = frozenset((_key(context, one), _key(context, other)))
            yield _Pair((owner.name.value if owner is not None else "", names), (one, other))


def _key(context: Context, lock: cst.BaseExpression) -> str:
    """Return what stands for a lock in all methods: the attribute where there is one."""
    return f".{lock.attr.value}" if isinstance(lock, cst.Attribute) else context.code(lock)


def operand_order(context: Context) -> Iterator[Change]:
    """Take the locks in the order of the operands instead of the global one: `sorted(..., key=id)`, an `if` or a
    conditional expression that compares ids, and the functions of the module that sort so.
    """
    for node in context.of_kind(cst.Call):
        match node:
            case cst.Call(func=cst.Name(value="sorted"), args=[first, *_]) if _by_identity(context, node):
                said = f"`{context.code(node)}` is not sorted in {context.where(node)}"
                yield Change(node, {node: _sequence(first.value)}, said)
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="sort"))) if _by_identity(context, node):
                line = context.source.statement(node)
                said = f"`{context.code(owner)}` is not sorted in {context.where(node)}"
                yield Change(node, {line: cst.RemoveFromParent()}, said)
            case cst.Call(args=arguments) if arguments and context.found.does(node.func).orders:
                plain = all(each.keyword is None and each.star != "**" for each in arguments)
                if plain:
                    said = f"`{context.code(node)}` keeps the order of the operands in {context.where(node)}"
                    yield Change(node, {node: _in_turn(arguments)}, said)
    for test in context.of_kind(cst.IfExp):
        if _compares_ids(context, test.test):
            said = f"the order does not depend on `{context.code(test.test)}` in {context.where(test)}"
            yield Change(
                test,
                {test: test.body.with_changes(lpar=test.lpar or test.body.lpar, rpar=test.rpar or test.body.rpar)},
                said,
            )
    for choice in context.of_kind(cst.If):
        if _compares_ids(context, choice.test) and not isinstance(context.source.parent(choice), cst.If):
            said = f"the order does not depend on `{context.code(choice.test)}` in {context.where(choice)}"
            yield Change(choice, {choice.test: cst.Name("False")}, said)


def _in_turn(arguments: Sequence[cst.Arg]) -> cst.BaseExpression:
    elements = [cst.StarredElement(each.value) if each.star else cst.Element(each.value) for each in arguments]
    if len(elements) == 1:
        elements = [elements[0].with_changes(comma=cst.Comma())]
    return cst.Tuple(elements)


def _sequence(value: cst.BaseExpression) -> cst.BaseExpression:
    """Return what is sorted: a generator as a list, since that is what `sorted` makes of it."""
    if isinstance(value, cst.GeneratorExp):
        return cst.ListComp(value.elt, value.for_in)
    if isinstance(value, (cst.Tuple, cst.List)):
        return value
    return cst.Call(cst.Name("list"), [cst.Arg(value.with_changes(lpar=(), rpar=()))])


def _by_identity(context: Context, call: cst.Call) -> bool:
    """Tell whether something is sorted by `id`, or is sorted where locks are taken or handed out."""
    keys = [each.value for each in call.args if each.keyword is not None and each.keyword.value == "key"]
    if any("id" in {n.value for n in context.source.walk(key) if isinstance(n, cst.Name)} for key in keys):
        return True
    function = context.source.function(call)
    if function is None:
        return False
    does = context.found.does(function.name)
    return does.orders or (bool(keys) and _takes_what_is_sorted(context, function))


def _takes_what_is_sorted(context: Context, function: cst.FunctionDef) -> bool:
    """Tell whether a function takes locks in a loop, or several in a row, as it does with what it has sorted."""
    loops = (each for each in context.source.walk_here(function.body) if isinstance(each, cst.For))
    if any(context.found.takes_here(node) for loop in loops for node in context.source.walk_here(loop.body)):
        return True
    nodes = {section.first for section in context.sections if len(section.locks) > 1}
    return any(each in nodes for each in context.source.walk_here(function.body))


def _compares_ids(context: Context, test: cst.BaseExpression) -> bool:
    match test:
        case cst.Comparison(
            left=left,
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.LessThan() | cst.GreaterThan() | cst.LessThanEqual() | cst.GreaterThanEqual(),
                    comparator=right,
                )
            ],
        ):
            return all(context.code(each).startswith("id(") for each in (left, right))
    return False


OPERATORS: Final = (
    Operator("reverse-order", "take two locks in the other order", reverse_order),
    Operator("operand-order", "take the locks in the order of the operands instead of the global order", operand_order),
)
