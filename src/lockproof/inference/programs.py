"""Programs of one thread: operations of a specification that run one after the other on fresh subjects or models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.lives import lives
from lockproof.core.model import WouldBlock, begun, finished
from lockproof.core.operation import SUBJECTS, Operation, OperationKind
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.specification import Specification
from lockproof.core.values import Raised, TextForm, anonymous, canonical
from lockproof.inference.effort import FILLINGS
from lockproof.inference.lines import on_subject

type Announce = Callable[[Sequence[str]], None]
type Calls = tuple[Operation, ...]

WAITS: Final = TextForm("waits")
"""What an operation returns that waits in the model."""


class Programs:
    """Runs programs. `specification` may be replaced between two of them; `announce` gets the lines before they run."""

    def __init__(self, specification: Specification, announce: Announce) -> None:
        self.specification, self.announce = specification, announce
        self._functions: dict[str, Callable[..., Any]] = {}
        self._filled: dict[str, list[Operation]] = {}
        self._kinds: tuple[Specification, dict[str, OperationKind]] | tuple[None, dict[str, OperationKind]] = None, {}
        self._observed: tuple[Specification, dict[tuple[str, ...], Calls]] = specification, {}
        self._globals = specification.globals

    def fillings(self, kind: OperationKind) -> list[Operation]:
        """Return the first operations of a kind."""
        found = self._filled.get(kind.text)
        if found is None:
            found = self._filled[kind.text] = list(kind.fillings(2 * FILLINGS))
        return found

    def bound(self, program: Sequence[Operation]) -> Calls:
        """Return the program with the adjusted specification's kinds, without what was left out."""
        if self._kinds[0] is not self.specification:
            kinds = (*(self.specification.init or ()), *self.specification.operations)
            self._kinds = self.specification, {kind.text: kind for kind in kinds}
        known = self._kinds[1]
        return tuple(replace(each, kind=known[each.kind.text]) for each in program if each.kind.text in known)

    def observers(self, program: Calls) -> Calls:
        """Return the lines that observe the subjects of a program."""
        names = tuple(name for name in SUBJECTS if name == "a" or any(name in each.subjects for each in program))
        if self._observed[0] is not self.specification:
            self._observed = self.specification, {}
        known = self._observed[1].get(names)
        if known is None:
            lines = [each for name in names for final in self.specification.final for each in on_subject(final, name)]
            known = self._observed[1][names] = tuple(map(self.specification.bound, lines))
        return known

    def objects(self, make: Callable[[], Any]) -> dict[str, Any]:
        """Return fresh subjects, by name, and begin a run."""
        lives.begin()
        return subjects_of_a_run(make, SUBJECTS[: max(self.specification.subjects, 1)])

    def result(self, operation: Operation, objects: dict[str, Any]) -> Any:
        """Return the canonical form of what an operation returns or raises."""
        try:
            return anonymous(canonical(self._raw(operation, objects), objects))
        except WouldBlock:
            return WAITS
        except (KeyboardInterrupt, LockproofError):
            raise
        except BaseException as error:  # SystemExit and its like are results too
            return Raised.of(error)

    def function(self, operation: Operation) -> Callable[..., Any]:
        """Return the function that does an operation."""
        function = self._functions.get(operation.text)
        if function is None:
            function = self._functions[operation.text] = operation.compiled(self._globals)
        return function

    def _raw(self, operation: Operation, objects: dict[str, Any]) -> Any:
        result = self.function(operation)(*(objects.get(name) for name in SUBJECTS))
        if operation.kind.dual:
            result = finished(begun(result))
        return result if operation.kind.normalize is None else operation.kind.normalize(result)
