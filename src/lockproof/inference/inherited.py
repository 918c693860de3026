"""What a class inherits from a class of the standard library, and which of that its users are taken to call.

A subclass of `logging.Handler` or `threading.Thread` has dozens of methods that its author did not write and may not
know: some leave a lock taken, some are for the library alone. Findings about them would hide those about the class. So
they are no operations, unless the base exists for what they do: a container or a queue holds the elements that the
class shares, and a condition, an event, a semaphore or a barrier the state.

What a class overrides is its own. If a public method of the base calls it, as `Handler.handle` calls `emit` with the
lock of the handler taken, it is a *hook*: its caller is an operation in its place.
"""

from __future__ import annotations

import dis
import queue
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from types import FunctionType
from typing import Final

from lockproof.core.foreign import has_attribute

_BASES: Final = (
    Set, Mapping, Sequence, queue.Queue, queue.SimpleQueue, threading.Condition,
    threading.Event, threading.Semaphore, threading.Barrier,
)  # fmt: skip
"""Classes whose methods the users of a subclass call: those from which they inherit, and those registered as these."""

_PROTOCOLS: Final = "collections.abc"
"""The module of the classes that say what a container is; those of iterators among them."""


def is_left_out(cls: type, name: str) -> bool:
    """Tell whether a member is no operation: the class has it from the standard library, and it calls no hook."""
    owner = next((each for each in cls.__mro__ if name in vars(each)), object)
    return owner in _bases(cls) and name not in hooks(cls).values()


@cache
def hooks(cls: type) -> Mapping[str, str]:
    """Return the methods of a class that public methods of its base call, each with the name of its caller."""
    functions = dict(_functions(cls))
    inherited = {name: function for name, (owner, function) in functions.items() if owner in _bases(cls)}
    callers = {name: next((each for each in inherited if _calls(inherited[each], name)), "") for name in functions}
    found = {}
    for name in [each for each in functions if each not in inherited and callers[each]]:
        caller, passed = callers[name], {name}
        while callers[caller] and caller not in passed:
            passed.add(caller)
            caller = callers[caller]
        if caller not in passed:
            found[name] = caller
    return found


def is_lock(cls: type) -> bool:
    """Tell whether a class is one of locks. What it has from a base for other ends makes it none."""
    return has_attribute(cls, "acquire") and has_attribute(cls, "release") and not is_left_out(cls, "acquire")


def _bases(cls: type) -> list[type]:
    """Return the bases of a class whose methods nobody is taken to call."""
    if _is_of_library(cls):
        return []
    return [
        each
        for each in cls.__mro__[1:-1]
        if _is_of_library(each) and not issubclass(each, _BASES) and each.__module__ != _PROTOCOLS
    ]


def _functions(cls: type) -> Iterator[tuple[str, tuple[type, FunctionType]]]:
    """Yield the public methods in Python that these bases have, as the class has them, each with its class."""
    for name in {name: None for base in _bases(cls) for name in vars(base) if not name.startswith("_")}:
        owner = next(each for each in cls.__mro__ if name in vars(each))
        if isinstance(function := vars(owner)[name], FunctionType):
            yield name, (owner, function)


def _calls(function: FunctionType, name: str) -> bool:
    """Tell whether a method has a call of this method of its own object."""
    if name not in function.__code__.co_names or not function.__code__.co_argcount:
        return False
    own, before = function.__code__.co_varnames[0], ""
    for each in dis.get_instructions(function):
        if each.argval == name and before == own:
            return True
        before = each.argval if each.opname.startswith("LOAD_FAST") else ""
    return False


def _is_of_library(cls: type) -> bool:
    """Tell whether a class is one of the standard library, or stands for one under control."""
    return cls.__module__.partition(".")[0] in sys.stdlib_module_names or cls.__module__.startswith(
        "lockproof.engines."
    )
