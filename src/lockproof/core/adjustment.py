"""What the comparison on one thread has changed of a specification, as data.

Another process makes the same changes without comparing: it judges as the first one does, and has the time for runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from lockproof.core.operation import OperationKind
from lockproof.core.specification import Specification
from lockproof.core.values import Masked, unread


@dataclass(frozen=True)
class Adjustment:
    """What is left of a specification, by texts, and what has become of it.

    Attributes:
        before: the specification before: its kinds, the lines that observe, and whether it had a model. A process under
            control may have loaded another one: there, `queue` has other classes.
        operations: the kinds that are left.
        init: the kinds that are left for the initial part; None: all operations.
        observe: the lines that observe.
        attributes: the lines that read public attributes.
        lifted: kinds that the model does by running the subject's own code.
        masked: kinds whose results are compared without times and identifiers.
        unread: kinds whose results are not compared at all.
        itself: whether the class itself is the model from now on.
        timed: whether the class has read a clock.
        threads: whether the class starts threads of its own, so that nothing is compared but where they are controlled.
        notes: the notes of the specification.
        filling: lines that change a fresh subject.
        beginnings: lines that change a subject after some others, each followed by those.
        situations: lines that run code of their own after some others, each followed by those.

    """

    before: tuple[str, ...]
    operations: tuple[str, ...]
    init: tuple[str, ...] | None = None
    observe: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    lifted: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    itself: bool = False
    timed: bool = False
    threads: bool = False
    notes: tuple[str, ...] = ()
    filling: tuple[str, ...] = ()
    beginnings: tuple[tuple[str, ...], ...] = ()
    situations: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(
        cls, before: Specification, after: Specification, *, timed: bool, threads: bool, filling: Sequence[str] = (),
        beginnings: Mapping[str, tuple[str, ...]] = MappingProxyType({}), situations: Sequence[tuple[str, ...]] = (),
    ) -> Self:  # fmt: skip
        """Return what has changed between two states of a specification."""
        kinds = {kind.text: kind for kind in (*after.operations, *(after.init or ()))}.values()
        return cls(
            _named(before),
            tuple(kind.text for kind in after.operations),
            None if after.init is None else tuple(kind.text for kind in after.init),
            tuple(after.observe),
            tuple(after.attributes),
            tuple(kind.text for kind in kinds if kind.lifted),
            tuple(kind.text for kind in kinds if isinstance(kind.normalize, Masked)),
            tuple(kind.text for kind in kinds if kind.normalize is unread),
            before.model is not None and after.model is None,
            timed,
            threads,
            tuple(map(str, after.notes)),
            tuple(filling),
            tuple((line, *first) for line, first in beginnings.items()),
            tuple(situations),
        )

    def fits(self, specification: Specification) -> bool:
        """Tell whether this is the specification that was adjusted."""
        return self.before == _named(specification)

    def controlled(self, specification: Specification) -> Self:
        """Return the adjustment for a process that controls the threads of the class too: there all is compared."""
        if not self.threads:
            return self
        lines = tuple(specification.observe), tuple(specification.attributes)
        return replace(self, unread=(), observe=lines[0], attributes=lines[1])

    def applied(self, specification: Specification) -> Specification:
        """Return the specification with these changes; as it is, if they were made to another one."""
        if not self.fits(specification):
            return specification

        def left(kinds: Sequence[OperationKind], texts: Sequence[str]) -> list[OperationKind]:
            return [self._changed(kind) for kind in kinds if kind.text in texts]

        init = None if specification.init is None else left(specification.init, self.init or ())
        changed = replace(
            specification, operations=left(specification.operations, self.operations), init=init,
            observe=list(self.observe),
            attributes=list(self.attributes), notes=list(self.notes),
        )  # fmt: skip
        return replace(changed, model=None, model_name="", guessed=False) if self.itself else changed

    def _changed(self, kind: OperationKind) -> OperationKind:
        normalize = kind.normalize
        if kind.text in self.masked and not isinstance(normalize, Masked):
            normalize = Masked(normalize)
        if kind.text in self.unread:
            normalize = unread
        return replace(kind, lifted=kind.text in self.lifted, normalize=normalize)


def _named(specification: Specification) -> tuple[str, ...]:
    model = "itself" if specification.model is None else "a model"
    return (model, *(kind.text for kind in specification.operations), "observed:", *specification.observe)
