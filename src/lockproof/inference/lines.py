"""Questions about the line of an operation, for the comparison on one thread."""

from __future__ import annotations

import ast

from lockproof.core.operation import Operation


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


def gives_container(operation: Operation) -> bool:
    """Tell whether the operation passes the subject a container that belongs to the caller."""
    return any(isinstance(node, (ast.List, ast.Set, ast.Dict, ast.ListComp)) for node in ast.walk(operation.node))
