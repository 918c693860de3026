"""Specifications: what a check knows of a class, from its user or by inference, before it makes scenarios."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Operation, OperationKind, kind_of
from lockproof.core.own_time import PASSING, time_passes
from lockproof.core.run_subjects import RunMaker
from lockproof.core.scenario import Scenario

ITSELF: Final = "itself, run by one thread"
"""What reports call the model that is the class's own code."""


@dataclass(frozen=True)
class Specification:
    """A subject, its model, and the operations to try.

    Attributes:
        subject: makes a fresh subject; a class or a function without parameters.
        operations: the kinds of operations, made by `op`.
        model: makes a fresh model; None: the subject itself, run by one thread, is the model.
        observe: lines that one thread runs at the end, like `sorted(a)`. Their results belong to the outcome, so they
            should tell different states of the subject apart.
        attributes: lines that read public data attributes, like `a.count`. They observe too, where the subject itself
            is the model: no other model need have them.
        state: a function of the subject; its result is compared at the end instead of the results of `observe`.
        names: the global names that the lines use.
        subjects: how many subjects a scenario may use, from 1 (`a`) to 3 (`a`, `b`, `c`).
        init: the kinds of operations for the initial part; None: `operations`.
        lift: makes a subject with the contents of a model, for operations that the model lacks
            (see `OperationKind.lifted`).
        lower: `lower(subject, model)` gives the model the contents of the subject after such an operation.
        partition: a function from an operation to its key. Operations with different keys must never influence each
            other; None is the key of an operation on all keys. If all operations of a history have keys, those of each
            key are judged alone.
        guessed: whether the model was guessed from what the class looks like. Where the class differs from such a model
            on one thread, the class is right, and its own code is the model from then on.
        decides: whether a difference from the model on one thread makes the verdict VIOLATION.
        subject_name: the name of the subject in reports.
        model_name: the name of the model in reports.
        notes: sentences for the report that limit what a check can show.
        teardown: a line that ends a subject after its run, like `a.close()`: its threads, files or connections. None:
            where threads are left, `close`, `stop`, `shutdown` or `__exit__`, if the class has one; "": nothing.

    Raises:
        LockproofError: there are no operations.

    """

    subject: Callable[[], Any]
    operations: Sequence[OperationKind]
    model: Callable[[], Any] | None = None
    observe: Sequence[str] = ()
    state: Callable[[Any], Any] | None = None
    names: Mapping[str, Any] = field(default_factory=dict)
    subjects: int = 1
    init: Sequence[OperationKind] | None = None
    lift: Callable[[Any], Any] | None = None
    lower: Callable[[Any, Any], None] | None = None
    partition: Callable[[Operation], Hashable] | None = None
    guessed: bool = False
    decides: bool = True
    subject_name: str = ""
    model_name: str = ""
    notes: Sequence[str] = ()
    attributes: Sequence[str] = ()
    teardown: str | None = None

    def __post_init__(self) -> None:
        if not self.operations:
            raise LockproofError(
                f"{self.subject_name or self.subject} has no operations to try",
                "no public method is shared with the model",
                "name operations in a Specification, or another --model",
            )

    @property
    def model_label(self) -> str:
        """The name of the model in reports."""
        if self.model is None:
            return ITSELF
        return self.model_name or str(getattr(self.model, "__qualname__", "its own model"))

    @cached_property
    def globals(self) -> dict[str, Any]:
        """The global names of operations: `names`, and the names that stand for arguments without a literal."""
        names = {PASSING: time_passes, **self.names}
        for kind in (*self.operations, *(self.init or ())):
            names |= kind.constants()
        if isinstance(self.subject, RunMaker):
            names = {name: self.subject.owned(value) for name, value in names.items()}
        if self.state is not None:
            names["state"] = self.state
        return names

    @cached_property
    def final(self) -> tuple[Operation, ...]:
        """The operations that observe the subject `a` at the end."""
        if self.state is not None:
            return (Operation("state(a)"),)
        attributes = self.attributes if self.model is None else ()
        lines = dict.fromkeys((*self.observe, *attributes))
        return tuple(self.bound(Operation(line)) for line in lines)

    def bound(self, operation: Operation) -> Operation:
        """Return the operation with its kind in this specification; unchanged if no kind matches its line."""
        kind = kind_of(operation, (*self.operations, *(self.init or ())))
        return operation if kind is None else replace(operation, kind=kind)

    def bind(self, scenario: Scenario) -> Scenario:
        """Return the scenario with each operation bound to its kind."""

        def all_bound(operations: Sequence[Operation]) -> tuple[Operation, ...]:
            return tuple(map(self.bound, operations))

        return Scenario(all_bound(scenario.init), tuple(map(all_bound, scenario.threads)), all_bound(scenario.final))
