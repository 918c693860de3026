"""Expressions that copy a collection: what they copy, and how to iterate over the original instead."""

from __future__ import annotations

import ast
from typing import Final

COPIES: Final = ("list", "tuple", "set", "frozenset", "dict")
"""Functions that make a collection of an iterable."""

BUILTIN: Final = ("set", "frozenset", "dict", "list")


def copied(expression: ast.expr) -> ast.expr | None:
    """Return what an expression copies: `x` of `list(x)`, `x.copy()`, `x[:]`, `[*x]`, `set.copy(x)`."""
    match expression:
        case ast.Call(func=ast.Name(id=name), args=[value], keywords=[]) if name in COPIES:
            return None if isinstance(value, ast.Starred) else value
        case ast.Call(func=ast.Attribute(value=ast.Name(id=kind), attr="copy"), args=[value], keywords=[]):
            return value if kind in BUILTIN else None
        case ast.Call(func=ast.Attribute(value=value, attr="copy"), args=[], keywords=[]):
            return value
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=None, step=None)):
            return value
        case ast.List(elts=[ast.Starred(value=value)]) | ast.Set(elts=[ast.Starred(value=value)]):
            return value
    return None


def live_source(expression: ast.expr) -> tuple[str, ast.expr | None]:
    """Return the innermost copied expression, after the function that iterates over it: ("set.__iter__", x) for
    `list(set.copy(x))`.
    """
    live, inner = "", None
    value = copied(expression)
    while value is not None:
        match expression:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=kind), attr="copy"), args=[_]):
                live = f"{kind}.__iter__"
            case _:
                live = "iter"
        inner, expression = value, value
        value = copied(expression)
    return live, inner
