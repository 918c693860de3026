"""Questions about the line of an operation, for the comparison on one thread, and what it says of lines left out."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import (
    ItemsView,
    KeysView,
    Mapping,
    MutableMapping,
    MutableSequence,
    MutableSet,
    Sequence,
    ValuesView,
)
from typing import Any

from lockproof.core.foreign import is_a
from lockproof.core.members import Omitted
from lockproof.core.operation import Operation, kind_of
from lockproof.core.specification import Specification


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


def may_be_live(operation: Operation, result: Any) -> bool:
    """Tell whether a result may be a part of the subject: a container, or a view that the line does not ask for."""
    if is_a(result, (KeysView, ValuesView, ItemsView)):
        return not operation.parts & {"keys", "values", "items"}
    return is_a(result, (list, set, dict, deque, bytearray, MutableSet, MutableMapping, MutableSequence))


def omissions(left_out: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a note for each line that was left out; `left_out` has the lines by the reason."""
    return [Omitted(text, why, f"{text}: left out, since {why}") for why, texts in left_out.items() for text in texts]


def kinds_doing(specification: Specification, lines: Sequence[str]) -> frozenset[str]:
    """Return the texts of the kinds of operations that do what one of these lines does.

    What a special argument does, as in `a.move(a, 1)` beside `a.move(x, n)`, says nothing of the other arguments.
    """
    found: set[str] = set()
    for line in lines:
        matching = [kind for kind in specification.operations if kind.matches(line)]
        own = kind_of(Operation(line), matching)
        if own is not None and any(len(each.holes) > len(own.holes) for each in matching):
            found.add(own.text)
            continue
        actions = Operation(line).actions
        found |= {kind.text for kind in specification.operations if actions & Operation(kind.text).actions}
    return frozenset(found)
