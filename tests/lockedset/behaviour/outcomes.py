"""What a call did, in a form in which a call on a LockedSet can be compared with the same call on a built-in set."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lockedset import LockedSet
from tests.lockedset.behaviour.arguments import AnySet

# Iterators and generators can be asked what a call has left of them.
_CONSUMABLE = (types.GeneratorType, type(iter([])))


class Outcome(NamedTuple):
    """All that can be seen of a call."""

    raised: str
    result: object
    contents: object
    left_over: object


def exact(elements: Any) -> object:
    """Return a value that is equal for equal sets that hold equal objects of the same types, whatever their order."""
    return sorted((type(each).__name__, repr(each)) for each in elements)


def loose(elements: Any) -> object:
    """Return a value that is equal for equal sets, whichever of several equal objects they hold."""
    return frozenset(elements)


def _described(result: object, describe: Callable[[Any], object]) -> object:
    if isinstance(result, (set, frozenset)):
        name = type(result).__name__
        return ("set" if name == "LockedSet" else name), describe(result)
    return type(result).__name__, result


def observe(
    call: Callable[..., Any], target: AnySet, *arguments: Any, describe: Callable[[Any], object] = exact
) -> Outcome:
    """Make the call and tell what it did. LockedSet counts as `set` in the types of results and in messages."""
    raised, result = "", None
    try:
        returned = call(target, *arguments)
    except Exception as error:
        raised = f"{type(error).__name__}: {error}".replace("LockedSet", "set")
    else:
        result = "itself" if returned is target else _described(returned, describe)
    return Outcome(raised, result, describe(target), [_rest(each) for each in arguments])


def _rest(argument: object) -> object:
    if not isinstance(argument, _CONSUMABLE):
        return None
    iterator: Iterator[Any] = argument
    try:
        return sorted(repr(each) for each in iterator)  # a set leaves its order open
    except Exception as error:
        return repr(error)


def pair(elements: list[Any]) -> tuple[AnySet, AnySet]:
    """Return a LockedSet and a built-in set with the same contents."""
    return LockedSet(elements), set(elements)
