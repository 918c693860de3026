"""Views of `ast` nodes across fields and types: the arguments of a call, the names in a node, literals."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """An argument of a call: `star` is "*", "**" or "", `keyword` its name or ""."""

    star: str
    keyword: str
    value: ast.expr
    node: ast.expr | ast.keyword


def arguments(call: ast.Call) -> list[Argument]:
    """Return the arguments of a call, in the order of the text."""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    given.sort(key=lambda each: (each.lineno, each.col_offset))
    found = []
    for each in given:
        match each:
            case ast.Starred(value=value):
                found.append(Argument("*", "", value, each))
            case ast.keyword(arg=name, value=value):
                found.append(Argument("" if name else "**", name or "", value, each))
            case ast.expr():
                found.append(Argument("", "", each, each))
    return found


def identifiers(node: ast.AST) -> tuple[str, ...]:
    """Return the names in a node itself: of a variable, an attribute, a parameter, a definition, an import."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.keyword(arg=str(name)) | ast.ExceptHandler(name=str(name)):
            return (name,)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return tuple(names)
        case ast.alias(name=name, asname=other):
            return (*name.split("."), *([other] if other else []))
    return ()


def is_number(node: ast.AST | None) -> bool:
    """Tell whether a node is a number literal."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float, complex)


def is_text(node: ast.AST | None) -> bool:
    """Tell whether a node is a string literal, an f-string, or a bytes literal."""
    literal = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    return literal or isinstance(node, ast.JoinedStr)
