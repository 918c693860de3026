"""blinker: two threads that make a `Symbol` of one name for the first time get two, which are not the same.

`__new__` looks whether the name is there, and adds it afterwards. A sender that is a symbol is
compared by identity.
"""

from typing import Any

from blinker._utilities import Symbol
from two_threads import meet, told


def made() -> Any:
    return Symbol("saved")


given = meet(made, "__new__", "obj = super().__new__(cls)", made)
told(given[0] is not given[1], f"one symbol for both threads: {given[0] is given[1]}")
