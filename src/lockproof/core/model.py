"""Sequential models: which results and which next state each operation may have when one thread runs it.

The judge uses a model as a `SequentialModel`. A user writes an ordinary class with the operations of the subject.
Where more than one result is right, the class calls `choose`, and lockproof tries every choice. Where an operation
would wait, it calls `block`. An operation by which threads meet, like `Barrier.wait`, is a generator function: it
registers its thread, yields, and then waits for the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from types import GeneratorType
from typing import Any, Final, NoReturn, Protocol

from lockproof.core.errors import LockproofError


class SequentialModel[State: Hashable, Call](Protocol):
    """A state machine. Equal states must behave alike. `Call` is the type of an operation as the model reads it."""

    def initial(self) -> State:
        """Return the state before any operation."""
        ...

    def apply(self, state: State, call: Call) -> Iterable[tuple[Any, State]]:
        """Return each canonical result that the call may have in `state`, with the state after it.

        A nondeterministic model returns more than one pair. It returns none where the call would wait.
        """
        ...


class WouldBlock(BaseException):
    """Raised by `block`. Not an `Exception`: an `except Exception` in a model must not catch it."""


class TooManyChoices(Exception):
    """One operation of the model has more than `MOST_CHOICES` combinations of choices."""


MOST_CHOICES: Final = 2000
"""The most combinations of choices that `every_choice` tries for one operation."""


class _Choices(threading.local):
    def __init__(self) -> None:
        self.given: list[int] = []
        self.sizes: list[int] | None = None


_choices = _Choices()


def choose[T](options: Iterable[T]) -> T:
    """Return one of the options, in a model that allows more than one result. The judge tries all of them.

    Outside a judge, for example in a test of the model, `choose` returns the first option.

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


def block() -> NoReturn:
    """Declare in a model that the operation waits here until another operation changes the state. Never returns."""
    raise WouldBlock


def begun(result: Any) -> Any:
    """Run a dual operation of a model up to its `yield`, and return the generator, to be given to `finished`.

    Return the result of any other operation as it is.
    """
    ended, value = _advanced(result)
    return value if ended else result


def finished(rest: Any) -> Any:
    """Return the result of a dual operation of a model that `begun` has run up to its `yield`.

    Raises:
        LockproofError: the operation yields once more.

    """
    ended, value = _advanced(rest)
    if ended:
        return value
    raise LockproofError(
        f"the model's {rest.gi_code.co_qualname} yields twice",
        "an operation of a model has two steps at most: up to its yield, and from there on",
        "call block() where it cannot go on yet; lockproof tries it again when the state has changed",
    )


def _advanced(rest: Any) -> tuple[bool, Any]:
    """Run a generator to its next `yield`; return whether it ended before it, and its value. All else has ended."""
    if not isinstance(rest, GeneratorType):
        return True, rest
    try:
        next(rest)
    except StopIteration as stop:
        return True, stop.value
    return False, None


def every_choice[R](run: Callable[[], R], given: Sequence[int] = ()) -> Iterator[tuple[tuple[int, ...], R]]:
    """Call `run` once for every combination of the options of its `choose` calls; yield the choices and the result.

    A choice is the index of an option. `given` fixes the first choices. Each call of `run` must begin from the same
    state.

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
