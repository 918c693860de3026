"""Keys that a container accepts: texts, where a class takes no numbers as keys or elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from lockproof.core.operation import Code, OperationKind
from lockproof.core.probes import NAMES as PROBES
from lockproof.inference.trials import in_a_copy

_TEXTS: Final = ("w", "x", "y", "z")
"""What stands for the numbers from 0 on; a greater number becomes its digits."""

_REFUSES: Final = (TypeError, ValueError, AssertionError)


def fitted(
    kinds: Sequence[OperationKind], init: Sequence[OperationKind], make: Callable[[], Any]
) -> tuple[list[OperationKind], list[OperationKind]]:
    """Return the kinds, and those of the initial part, with keys that the class takes.

    The first kind of the initial part puts one thing in. If the class refuses it, and takes it with texts in place of
    numbers, all have texts.
    """
    if init and in_a_copy([partial(_wants_texts, init[0], make)])[0]:
        return list(map(_with_texts, kinds)), list(map(_with_texts, init))
    return list(kinds), list(init)


def _wants_texts(kind: OperationKind, make: Callable[[], Any]) -> bool:
    return isinstance(_error(kind, make), _REFUSES) and _error(_with_texts(kind), make) is None


def _error(kind: OperationKind, make: Callable[[], Any]) -> Exception | None:
    line = next(kind.fillings(1))
    try:
        line.compiled({**PROBES, **kind.constants()})(make(), None, None)
    except Exception as error:
        return error
    return None


def _with_texts(kind: OperationKind) -> OperationKind:
    """Return the kind with texts as keys (hole `k`), and as keys or elements of what fills a hole `x`."""
    holes = {
        name: tuple(map(_as_text, pool)) if name == "k" else tuple(map(_inside, pool)) if name == "x" else pool
        for name, pool in kind.holes.items()
    }
    return replace(kind, holes=holes)


def _as_text(value: Any) -> Any:
    if type(value) is not int:
        return value
    return _TEXTS[value] if 0 <= value < len(_TEXTS) else str(value)


def _inside(value: Any) -> Any:
    """Return an element, or a container, with texts in place of numbers; code stays as it is."""
    if isinstance(value, (Code, str)):
        return value
    if isinstance(value, dict):
        return {_as_text(key): each for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        pairs = bool(value) and all(isinstance(each, tuple) and len(each) == 2 for each in value)
        return type(value)((_as_text(each[0]), each[1]) if pairs else _as_text(each) for each in value)
    return _as_text(value)
