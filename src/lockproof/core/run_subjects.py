"""The subjects of one run belong together: they share what a class, or its module, keeps for all objects.

Two accounts take their locks in the order of a number that the module counts; two wallets have one lock in their class.
So whatever gives each run state of its own (see `lockproof.inference.fresh`) makes the subjects of a run at one time,
and the names in the lines of the run mean what they mean there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from lockproof.core.operation import SUBJECTS


class RunMaker(ABC):
    """Makes subjects that share nothing with those of other runs. A call makes a subject that is alone in its run."""

    @abstractmethod
    def begin(self) -> Callable[[], Any]:
        """Return what makes the subjects of one run."""

    @abstractmethod
    def owned(self, value: Any) -> Any:
        """Return what a global name of the lines means: the value, or an `OfTheRun` if each run has its own."""

    def __call__(self) -> Any:
        """Return the only subject of a run."""
        return self.begin()()


class Wrapped(RunMaker):
    """Makes the subjects that another one makes, as `wrap` has them made."""

    def __init__(self, inner: RunMaker, wrap: Callable[[Callable[[], Any]], Callable[[], Any]]) -> None:
        self._inner, self._wrap = inner, wrap

    def begin(self) -> Callable[[], Any]:
        """Return what makes the subjects of one run."""
        return self._wrap(self._inner.begin())

    def owned(self, value: Any) -> Any:
        """Return what a global name of the lines means."""
        return self._inner.owned(value)


def subjects_of_a_run(make: Callable[[], Any], names: Sequence[str] = SUBJECTS) -> dict[str, Any]:
    """Return new subjects for one run, by name."""
    one = make.begin() if isinstance(make, RunMaker) else make
    return {name: one() for name in names}
