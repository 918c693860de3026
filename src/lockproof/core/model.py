"""Sequential models: what operations may answer, and to which state they lead, when one thread runs them.

The judge knows a model as `SequentialModel`. A user writes one as an ordinary class with the operations of the
subject; where it may do one thing or another, it asks `choose`, and every choice is tried. Where an operation would
wait, it calls `block`. Where one has to be there before it waits, it is a generator function that yields in between.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from types import GeneratorType
from typing import Any, Final, Protocol

from lockproof.core.errors import LockproofError


class SequentialModel[State: Hashable, Call](Protocol):
    """A state machine; equal states behave alike. `Call` is whatever the model understands as an operation."""

    def initial(self) -> State:
        """Return the state before any operation."""
        ...

    def apply(self, state: State, call: Call) -> Iterable[tuple[Any, State]]:
        """Return the results that the call may have here, canonical, each with the state after it.

        More than one where the model is nondeterministic, none where the call would wait.
        """
        ...


class WouldBlock(BaseException):
    """The model says that this operation would wait. No `Exception`, so that no model takes it for one of its own."""


class TooManyChoices(Exception):
    """One operation of the model has more ways to go than anybody can try: `MOST_CHOICES`."""


MOST_CHOICES: Final = 2000


class _Choices(threading.local):
    def __init__(self) -> None:
        self.given: list[int] = []
        self.sizes: list[int] | None = None


_choices = _Choices()


def choose[T](options: Iterable[T]) -> T:
    """Return one of the options; a judge tries all. For models that allow more than one result.

        class Bag(set):
            def pop(self):
                if not self:
                    raise KeyError
                element = lockproof.choose(self)
                self.remove(element)
                return element

    Raises:
        ValueError: there is no option.

    """
    several: Sequence[T] = list(options)
    if not several:
        raise ValueError("choose() needs at least one option")
    if _choices.sizes is None:
        return several[0]
    step = len(_choices.sizes)
    _choices.sizes.append(len(several))
    if step == len(_choices.given):
        _choices.given.append(0)
    return several[_choices.given[step]]


def block() -> None:
    """Say in a model that the operation would wait here until another one changes the state."""
    raise WouldBlock


def begun(result: Any) -> Any:
    """Run a model's dual operation to where it begins to wait, and return its rest; else the result as it is."""
    ended, value = _advanced(result)
    return value if ended else result


def finished(rest: Any) -> Any:
    """Return the result of a model's dual operation that has begun.

    Raises:
        LockproofError: it yields once more.

    """
    ended, value = _advanced(rest)
    if ended:
        return value
    raise LockproofError(
        f"the model's {rest.gi_code.co_qualname} yields twice",
        "an operation of a model has two steps at most: up to its yield, and from there on",
        "call block() where it cannot go on yet: it is tried again when the state has changed",
    )


def _advanced(rest: Any) -> tuple[bool, Any]:
    """Run a generator to its next yield; tell whether it has ended instead, and with which value. Others have ended."""
    if not isinstance(rest, GeneratorType):
        return True, rest
    try:
        next(rest)
    except StopIteration as stop:
        return True, stop.value
    return False, None


def every_choice[R](run: Callable[[], R], given: Sequence[int] = ()) -> Iterator[tuple[tuple[int, ...], R]]:
    """Run `run` for every combination of what its `choose` calls can return; yield the choices and the result.

    `given` fixes the first choices. `run` is called afresh each time, so it must begin from the same state.

    Raises:
        TooManyChoices: there are more than `MOST_CHOICES` combinations.

    """
    path = list(given)
    for _ in range(MOST_CHOICES):
        outer = _choices.given, _choices.sizes
        _choices.given, _choices.sizes = path, []
        try:
            result = run()
            sizes = _choices.sizes
        finally:
            _choices.given, _choices.sizes = outer
        yield tuple(path[: len(sizes)]), result
        del path[len(sizes) :]
        while len(path) > len(given) and path[-1] + 1 == sizes[len(path) - 1]:
            path.pop()
        if len(path) <= len(given):
            return
        path[-1] += 1
    raise TooManyChoices
