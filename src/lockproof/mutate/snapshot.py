"""Expressions that copy a collection: what they copy, and what would iterate over the thing itself instead."""

from __future__ import annotations

from typing import Final

import libcst as cst

COPIES: Final = ("list", "tuple", "set", "frozenset", "dict")
"""Functions that make a collection of what they iterate over."""

BUILTIN: Final = ("set", "frozenset", "dict", "list")


def copied(expression: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return what an expression copies: `x` of `list(x)`, `x.copy()`, `x[:]`, `[*x]`, `set.copy(x)`."""
    match expression:
        case cst.Call(func=cst.Name(value=name), args=[cst.Arg(value=value, star="", keyword=None)]) if name in COPIES:
            return value
        case cst.Call(
            func=cst.Attribute(value=cst.Name(value=kind), attr=cst.Name(value="copy")), args=[cst.Arg(value=value)]
        ):
            return value if kind in BUILTIN else None
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="copy")), args=[]):
            return value
        case cst.Subscript(
            value=value, slice=[cst.SubscriptElement(slice=cst.Slice(lower=None, upper=None, step=None))]
        ):
            return value
        case cst.List(elements=[cst.StarredElement(value=value)]) | cst.Set(elements=[cst.StarredElement(value=value)]):
            return value
    return None


def live_source(expression: cst.BaseExpression) -> tuple[str, cst.BaseExpression | None]:
    """Return what iterates over the innermost thing copied, and that: ("set.__iter__", x) of `list(set.copy(x))`."""
    live, inner = "", None
    value = copied(expression)
    while value is not None:
        match expression:
            case cst.Call(func=cst.Attribute(value=cst.Name(value=kind), attr=cst.Name(value="copy")), args=[_]):
                live = f"{kind}.__iter__"
            case _:
                live = "iter"
        inner, expression = value, value
        value = copied(expression)
    return live, inner
