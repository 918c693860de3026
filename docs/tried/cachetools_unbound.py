"""cachetools: two threads that ask a class for a cached method for the first time get two objects.

`__get_unbound` has a comment that says "created once and shared", and looks before it makes one.
"""

from typing import Any

from cachetools import cachedmethod
from two_threads import meet, told


class Squares:
    """A class with a cached method."""

    @cachedmethod(lambda _: {})
    def of(self, number: int) -> int:
        return number * number


def get() -> Any:
    return Squares.of


given = meet(get, "__get_unbound", "self.__unbound = _Unbound(self)", get)
told(given[0] is not given[1], f"one object for both threads: {given[0] is given[1]}")
