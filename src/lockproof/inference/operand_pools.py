"""Pools for the operands of operators: `x in a`, `a[k] = v`, `a += x`.

They come from the annotations of the special methods. Where these say nothing, the methods of the class do: a class
whose `insert` takes texts is asked for texts, or its `in` would refuse each number, or never find one. An index is no
element, though: where `a[k]` refuses the kind of value that the methods take, numbers are tried.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Code
from lockproof.inference.arguments import Arguments
from lockproof.inference.drafts import Draft
from lockproof.inference.pools import INTEGERS, Candidates, Guess
from lockproof.inference.trials import in_a_copy

INDICES: Final[Candidates] = (0, 1)
"""Places in a sequence: the first is there as soon as anything is."""


class OperandPools:
    """The pools for one class, of which the drafts are settled; `make` makes a subject."""

    def __init__(self, cls: type, arguments: Arguments, drafts: Sequence[Draft], make: Callable[[], Any]) -> None:
        self._cls, self._arguments, self._make = cls, arguments, make
        self._holes = [
            (hole, pool)
            for draft in sorted(drafts, key=lambda each: each.reads)
            for hole, (_, pool) in draft.needed.items()
            if all(isinstance(each, (str, int, float, bytes, tuple)) and not isinstance(each, Code) for each in pool)
        ]

    def annotated(self, method: str, place: int = 0) -> Candidates:
        """Return the pool that the method's annotation asks for; empty if it has none or leaves it open."""
        pool, _ = self._of_parameter(method, place)
        return () if isinstance(pool, Guess) or tuple(pool) == (Code("b"),) else pool

    def of(self, methods: Sequence[str], place: int = 0) -> Candidates:
        """Return the pool for a key or a value: by annotation, or as other methods take what has the same name.

        A key of which nothing is known is as the first argument of the first method that takes one.
        """
        for method in methods:
            if pool := self.annotated(method, place):
                return pool
        names = {name for method in methods if (name := self._of_parameter(method, place)[1])}
        alike = next((pool for hole, pool in self._holes if hole.removeprefix("x_") in names), ())
        first = self._holes[0][1] if self._holes and place == 0 else ()
        found = alike or first or INTEGERS
        return INDICES if place == 0 and "__getitem__" in methods and self._refuses(found) else found

    def _refuses(self, keys: Candidates) -> bool:
        """Tell whether `a[k]` refuses such keys for what they are, and takes a number."""
        if type(keys[0]) is int:
            return False
        refused, taken = in_a_copy([partial(_error_at, self._make, each) for each in (keys[0], INDICES[0])])
        return refused == "TypeError" and taken in ("", "IndexError")

    def _of_parameter(self, method: str, place: int) -> tuple[Candidates, str]:
        """Return the pool of a parameter and its name; nothing if the method has no such parameter to be read."""
        function: Any = inspect.getattr_static(self._cls, method, None)
        try:
            parameters = list(inspect.signature(inspect.unwrap(function)).parameters.values())[1:]
            parameter = parameters[place]
            return self._arguments.pool(function, parameter), parameter.name
        except (TypeError, ValueError, NameError, IndexError, LockproofError):
            return (), ""


def _error_at(make: Callable[[], Any], key: Any) -> str:
    """Return the name of what `a[key]` of a fresh subject raises; "" if it returns."""
    try:
        make()[key]
    except Exception as error:
        return type(error).__name__
    return ""
