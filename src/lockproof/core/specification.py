"""Specifications: what is said about a class, by its user or by inference, before any scenario is made."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Operation, OperationKind, kind_of
from lockproof.core.scenario import Scenario


@dataclass(frozen=True)
class Specification:
    """A subject, its model, and the operations that are tried.

    `subject` and `model` make a fresh object without arguments; without a model, the subject run by one thread is the
    model. `operations` are kinds made by `op`. `observe` are lines run at the end by one thread, whose results belong
    to the outcome: they tell states apart, for example `sorted(a)`. `state` makes of a subject what is compared at the
    end, instead. `names` are the global names of the lines. `subjects` is how many (a, b, c) a scenario may use.
    `lift` loads a subject with a model's contents, and `lower` reads them: for operations that the model has not, so
    that it asks the subject's own code (see `OperationKind.lifted`).
    `guessed`: the model was guessed from the names of methods, so where the class differs, the class is right.
    `partition` gives an operation's key where operations with different keys never influence each other, and None for
    one that is about all keys; where all have one, those of each key are judged alone.
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
    subject_name: str = ""
    model_name: str = ""
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.operations:
            raise LockproofError(
                f"{self.subject_name or self.subject} has no operations to try",
                "no public method is shared with the model",
                "name operations in a Specification, or another --model",
            )

    @property
    def model_label(self) -> str:
        """What the model is called in reports."""
        if self.model is None:
            return "itself, run by one thread"
        return self.model_name or str(getattr(self.model, "__qualname__", "its own model"))

    @cached_property
    def globals(self) -> dict[str, Any]:
        """The global names of operations: those given, and the values of pools that have no literal."""
        names = dict(self.names)
        for kind in (*self.operations, *(self.init or ())):
            names |= kind.constants()
        if self.state is not None:
            names["state"] = self.state
        return names

    @cached_property
    def final(self) -> tuple[Operation, ...]:
        """The lines that observe the subjects at the end, written for `a`."""
        return (Operation("state(a)"),) if self.state is not None else tuple(map(Operation, self.observe))

    def bound(self, operation: Operation) -> Operation:
        """Return the operation with the kind of this specification that its line matches, if one does."""
        kind = kind_of(operation, (*self.operations, *(self.init or ())))
        return operation if kind is None else replace(operation, kind=kind)

    def bind(self, scenario: Scenario) -> Scenario:
        """Return the scenario with each operation bound to its kind."""

        def all_bound(operations: Sequence[Operation]) -> tuple[Operation, ...]:
            return tuple(map(self.bound, operations))

        return Scenario(all_bound(scenario.init), tuple(map(all_bound, scenario.threads)), all_bound(scenario.final))
