"""Types that are written in C: what can be called of them where nothing in them can be read.

A function of C may have no signature. A call without arguments says how many it wants: CPython words that in a few
ways, in `getargs.c` and `typeobject.c`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lockproof.core.foreign import is_a, message_of
from lockproof.core.operation import OperationKind, op
from lockproof.inference.catalogue import defines

MOST_ARGUMENTS: Final = 3
"""Arguments at most that are guessed: of more, too few combinations would be tried."""

_WANTED: Final = re.compile(
    r"(?:exactly|at least|expected(?: at least)?|takes) (?P<count>one|two|three|\d+) (?:positional )?arguments?\b"
    r"|missing required argument '\w+' \(pos (?P<first>\d+)\)|missing (?P<lacking>\d+) required positional argument"
)
_NUMBERS: Final = {"one": 1, "two": 2, "three": 3}


def is_in_c(cls: type) -> bool:
    """Tell whether a class is written in C, with all its bases: a `class` statement leaves the number of its line."""
    return all("__firstlineno__" not in vars(each) for each in cls.__mro__)


def wanted_arguments(error: BaseException | None) -> int:
    """Return how many arguments a call wants that was made without any, by what it raised; 0 if it does not say."""
    if error is None or not is_a(error, TypeError) or (match := _WANTED.search(message_of(error))) is None:
        return 0
    said = match["count"] or match["first"] or match["lacking"]
    count = _NUMBERS.get(said) or int(said)
    return count if count <= MOST_ARGUMENTS else 0


def of_protocols(cls: type) -> Iterator[OperationKind]:
    """Yield operations by which Python itself uses an object: to copy and to pickle it, to show it, to make room.

    They read the whole state of the object, and may do so without the lock that its methods take. Their results are
    not compared: they show inner objects, which are others each time.
    """
    for line, names in (
        ("repr(a)", ("__repr__",)),
        ("a.__reduce__()", ("__reduce__",)),
        ("copy.copy(a)", ("__copy__", "__reduce__")),
        ("a.__length_hint__()", ("__length_hint__",)),
        ("a.__sizeof__()", ("__sizeof__",)),
    ):
        if defines(cls, *names):
            yield op(line, normalize=nothing, weight=1)


def nothing(_: object) -> None:
    """Return nothing, whatever the result is."""
