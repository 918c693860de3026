"""Bounds that a scenario of a few calls never reaches: `maxsize=128`, `capacity=1000`, `threshold=50`.

What a class does at its bound, like evicting an entry, would never run. So where the class itself makes the subjects,
and its constructor has a bound as a default, they are made with a small one. Its name alone does not show that a
parameter is a bound: calls on one thread must answer otherwise with the small number than with the default, and none
of them may wait or raise what it does not raise with the default at the start.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from lockproof.core.keys import one_after_the_other
from lockproof.core.operation import Operation
from lockproof.core.specification import Specification
from lockproof.core.values import anonymous, canonical, masked
from lockproof.inference.trials import Aside, in_a_copy

_NAMES: Final = re.compile(
    r"_?(max|n|cap|most|keep|(max|most)_?\w+|\w*(size|capacity|limit|bound|maxlen|length|depth|slots|entries|threshold|window))"
)
"""Names of parameters that may be bounds."""

SMALL: Final = 2
"""The bound of subjects: with one entry alone nothing shows which of two is evicted."""

REACHED: Final = 4
"""Bounds up to this one are reached as they are (see `situations`)."""

_LARGEST: Final = 10**7


@dataclass(frozen=True)
class Bounded:
    """Makes subjects of a class with small bounds."""

    cls: type
    bounds: tuple[tuple[str, int], ...]

    def __call__(self) -> Any:
        """Return a new subject."""
        return self.cls(**dict(self.bounds))

    def __str__(self) -> str:
        return f"{self.cls.__name__}({', '.join(f'{name}={value}' for name, value in self.bounds)})"


def with_small_bounds(specification: Specification, cls: type) -> Specification:
    """Return the specification with subjects whose bounds are small, if the class makes them and has some."""
    own = specification.model is None or specification.guessed
    pools = [pool for kind in specification.operations for pool in kind.holes.values()]
    given = {each for pool in pools for each in pool if type(each) is int}  # a quantity reaches the bound as it is
    names = [each for each in _bounds_of(cls) if each[1] not in given] if specification.subject is cls and own else []
    if not names:
        return specification
    found = in_a_copy([partial(_shows, specification, Bounded(cls, ((name, SMALL),))) for name, _ in names])
    bounds = tuple((name, SMALL) for (name, _), shows in zip(names, found, strict=True) if shows)
    if not bounds:
        return specification
    make = Bounded(cls, bounds)
    before = ", ".join(f"{name}={default}" for name, default in names if name in dict(bounds))
    note = f"its objects are made as {make}: few calls would not reach {before}; to have it, give a --factory"
    return replace(specification, subject=make, notes=[*specification.notes, note])


def _bounds_of(cls: type) -> Iterator[tuple[str, int]]:
    """Yield the parameters of the constructor that may be bounds, with their defaults."""
    with suppress(TypeError, ValueError, NameError):
        for parameter in inspect.signature(cls).parameters.values():
            if parameter.kind is parameter.POSITIONAL_ONLY or not _NAMES.fullmatch(parameter.name):
                continue
            default = parameter.default
            if type(default) is int and REACHED < default <= _LARGEST:
                yield parameter.name, default


def _shows(specification: Specification, small: Callable[[], Any]) -> bool:
    """Tell whether some calls of one kind answer otherwise on small subjects, and still return there."""
    look = [Operation(each) for each in specification.observe]
    both = specification.subject, small
    for kind in specification.operations:
        if kind.reads or kind.after or kind.blocking or kind.weight < 1:
            continue
        line = next(kind.fillings(1))
        for calls in ([line] * REACHED, one_after_the_other(kind)[:REACHED]):
            usual, other = (Aside(partial(_answers, specification, make, [*calls, *look])) for make in both)
            if usual.waits() or other.waits() or usual.error or other.error:
                return False
            if usual.result != other.result:
                return True
    return False


def _answers(specification: Specification, make: Callable[[], Any], lines: Sequence[Operation]) -> list[Any]:
    subject, other, found = make(), make(), []
    for each in lines:
        try:
            found.append(anonymous(masked(canonical(each.compiled(specification.globals)(subject, other, None)))))
        except Exception as error:
            found.append(type(error).__name__)
    return found
