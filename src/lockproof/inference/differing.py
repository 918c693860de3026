"""What a difference between subject and model is about, and how a report tells the two results apart."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.operation import Operation
from lockproof.core.values import Collected, TextForm, show

DETAILS: Final = {
    "different result": "{} does not answer what {} answers",
    "different exception": "{} raises where {} does not, or the reverse, or something else",
    "different state": "{} leaves other contents than {} has then",
}
"""What each kind of difference means; the blanks are the operation and the model."""


@dataclass(frozen=True)
class Difference:
    """The first difference of a program: the index of the operation, and its result on both sides."""

    index: int
    subject: Any
    model: Any


def on_subject(operation: Operation, name: str) -> tuple[Operation, ...]:
    """Return the operation on the subject `name` in place of `a`; nothing, if it is about others too."""
    if name == "a":
        return (operation,)
    if set(operation.subjects) - {"a"}:
        return ()
    tree = ast.parse(operation.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "a":
            node.id = name
    return (Operation(ast.unparse(tree), operation.kind),)


def is_copy(operation: Operation) -> bool:
    """Tell whether the operation copies the subject by a protocol that a class may refuse."""
    return any(isinstance(node, ast.Name) and node.id in ("copy", "pickle") for node in ast.walk(operation.node))


def told_apart(subject: Any, model: Any) -> tuple[str, str]:
    """Return the texts of two different results; if those are equal, with the kinds of the results."""
    shown = show(subject), show(model)
    if shown[0] != shown[1]:
        return shown
    return f"{shown[0]} (a {_kind_of(subject)})", f"{shown[1]} (a {_kind_of(model)})"


def _kind_of(form: Any) -> str:
    return form.kind if isinstance(form, Collected) else "text" if isinstance(form, TextForm) else type(form).__name__


def gives_container(operation: Operation) -> bool:
    """Tell whether the operation passes the subject a container that belongs to the caller."""
    return any(isinstance(node, (ast.List, ast.Set, ast.Dict, ast.ListComp)) for node in ast.walk(operation.node))
