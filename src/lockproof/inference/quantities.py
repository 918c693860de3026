"""Quantities for parameters such as `amount`: numbers that a fresh subject has, since a bound shows only near itself.

A pool of ten permits, or an account with a balance of 100, is exhausted by no call with 1 or 2 in a scenario of a few
calls. With the number that the subject itself has, the second call is refused, unless a race lets it through.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from typing import Any, Final

from lockproof.core.foreign import attribute

_NAMES: Final = frozenset(
    re.findall(
        r"\w+",
        "amount n num number count quantity qty size units tokens token_count permits cost weight delta by step points "
        "credits price nbytes slots seats howmany how_many places requests hits",
    )
)
"""Names of parameters that say how much."""

_SMALLEST: Final = 3
_LARGEST: Final = 10**9
"""Numbers below are among the usual arguments; numbers above are no bounds, but times or identities."""

MOST: Final = 2
"""How many numbers of a subject are given."""


def is_quantity(name: str) -> bool:
    """Tell whether the name of a parameter says that it is one."""
    return name.strip("_").lower() in _NAMES


def numbers_of(subject: Any) -> tuple[int | float, ...]:
    """Return whole numbers in the attributes of a subject, those that most attributes have first, then the largest."""
    found: Counter[int | float] = Counter()
    with suppress(Exception):
        for value in _attributes(subject):
            if type(value) in (int, float) and value == int(value) and _SMALLEST <= value <= _LARGEST:
                found[value] += 1
    return tuple(sorted(found, key=lambda value: (-found[value], -value))[:MOST])


def _attributes(subject: Any) -> list[Any]:
    slots = [name for cls in type(subject).__mro__ for name in vars(cls).get("__slots__", ())]
    return [*attribute(subject, "__dict__", {}).values(), *(attribute(subject, name) for name in slots)]
