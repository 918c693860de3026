"""cachetools: of two threads that call a cached method by its class for the first time, one is refused.

`__pop_receiver` sets the name of the first parameter to "" before it has found it. A thread that comes between takes ""
for the name, and says that there is no instance, though it was given one.
"""

from typing import Any

from cachetools import cachedmethod
from two_threads import meet, told


class Squares:
    """A class with a cached method."""

    def __init__(self) -> None:
        self.cache: dict[Any, int] = {}

    @cachedmethod(lambda self: self.cache)
    def of(self, number: int) -> int:
        return number * number


def call() -> Any:
    return Squares.of(self=Squares(), number=3)


given = meet(call, "__pop_receiver", "param = next(", call)
told(isinstance(given[1], TypeError), f"the second call gives {given[1]!r}, the first one {given[0]!r}")
