"""The initial part of scenarios: it fills the subjects with something to work on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import permutations
from random import Random
from typing import Any

from lockproof.core.handles import SLOT
from lockproof.core.operation import SUBJECTS, Operation, OperationKind, renamed
from lockproof.core.pace import pace
from lockproof.core.probes import comes_back
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.specification import Specification
from lockproof.core.values import canonical, numbered
from lockproof.generate import tuning
from lockproof.generate.operation_pool import with_focus


class InitialPart:
    """The operations that may stand in initial parts, and those among them that are known to change something.

    `in_turn` has for some kinds two operations, with one first argument and then with another.

    `filling` are the lines that change a fresh subject (see `productive`). `has_aim`: scenarios have an aim, so initial
    parts are longer and have the focus less often.
    """

    def __init__(self, specification: Specification, filling: frozenset[str], *, has_aim: bool) -> None:
        kinds = specification.init
        if kinds is None:
            every = _by_weight(specification.operations)
            kinds = [kind for kind in every if not (kind.reads or kind.after or SLOT in kind.holes)]
        self.operations = [
            each for kind in kinds for each in list(kind.fillings(tuning.FILLINGS))[: tuning.INITIAL_FILLINGS]
            if not kind.blocking or specification.model is None
        ]  # fmt: skip
        self._productive = [each for each in self.operations if each.text in filling]
        # What a listener changes is seen later, so it is in no filling.
        self.in_turn = _in_turn(self._productive if specification.init is None else self.operations)
        self._focused = tuning.INITIAL_FOCUSED_WITH_AIM if has_aim else tuning.INITIAL_FOCUSED
        self._lengths = tuning.INITIAL_WITH_AIM if has_aim else tuning.INITIAL

    def draw(self, subjects: Sequence[str], random: Random, focus: str) -> list[Operation]:
        """Return initial operations on each of the subjects."""
        found: list[Operation] = []
        for name in subjects if self.operations else ():
            if self.in_turn and random.random() < tuning.IN_TURN:
                found += [renamed(each, {"a": name}) for each in random.choice(self.in_turn)]
                continue
            fills = self._productive and random.random() < tuning.FILLING
            has_focus = random.random() < self._focused
            among = with_focus(self._productive if fills else self.operations, focus if has_focus else "")
            drawn = random.sample(among, min(random.choice(self._lengths), len(among)))
            found += [renamed(each, {"a": name}) for each in drawn if set(each.subjects) <= {"a"}]
        return found


def _in_turn(operations: Sequence[Operation]) -> list[list[Operation]]:
    """Return for each kind its first two operations that differ in the first argument, if it has two."""
    found: dict[str, list[Operation]] = {}
    for each in operations:
        if each.kind.holes and set(each.subjects) == {"a"}:
            found.setdefault(each.kind.text, []).append(each)
    others = [(each[0], [other for other in each if _first(other) != _first(each[0])]) for each in found.values()]
    return [[first, rest[0]] for first, rest in others if rest]


def _first(operation: Operation) -> str:
    """Return the first argument of the outermost call, or the key of an item."""
    match operation.node:
        case ast.Expr(value=ast.Call(args=[first, *_])):
            return ast.unparse(first)
        case ast.Assign(targets=[ast.Subscript(slice=key)]):
            return ast.unparse(key)
    return operation.text


def productive(specification: Specification, announce: Callable[[Sequence[str]], None]) -> frozenset[str]:
    """Return the lines that, run alone on a fresh subject, change what the specification observes of it.

    The lines run the subject's code, on this thread. `announce` is called with each line before the line runs.
    """
    kinds = specification.init if specification.init is not None else specification.operations
    observe = [each.compiled(specification.globals) for each in specification.final]
    found = set()
    for kind in kinds if observe else ():
        if kind.blocking or comes_back(kind.text):
            continue
        for operation in list(kind.fillings(tuning.FILLINGS))[: tuning.INITIAL_FILLINGS]:
            if not comes_back(operation.text):
                announce([operation.text])
                with suppress(Exception):
                    fresh, (used, other) = specification.subject(), _two(specification)
                    with suppress(Exception):
                        operation.compiled(specification.globals)(used, other, None)
                    states = [
                        numbered(tuple(canonical(look(each, None, None)) for look in observe)) for each in (fresh, used)
                    ]
                    if states[0] != states[1]:
                        found.add(operation.text)
    return frozenset(found)


def beginnings(
    specification: Specification, filling: frozenset[str], announce: Callable[[Sequence[str]], None]
) -> dict[str, tuple[str, ...]]:
    """Return for lines that change nothing on a fresh subject the lines after which they do, one or two.

    The lines run the subject's code, on this thread. `announce` is called with the lines before they run.
    """
    first = [
        each
        for each in InitialPart(specification, filling, has_aim=False).operations
        if set(each.subjects) <= {"a"} and not (each.kind.blocking or comes_back(each.text))
    ]
    asked = [
        each
        for kind in specification.operations
        if not (kind.reads or kind.blocking or kind.after or comes_back(kind.text))
        for each in list(kind.fillings(2))
        if each.text not in filling and set(each.subjects) <= {"a"}
    ]
    look = [each.compiled(specification.globals) for each in specification.final]
    found: dict[str, tuple[str, ...]] = {}
    programs = [(each,) for each in first] + list(permutations(first, 2))
    left = tuning.MOST_BEGINNINGS if look else 0
    limit = pace.limit(tuning.BEGINNINGS_TIME, "looking for what operations need to change something")
    for program in programs:
        for each in [each for each in asked if each.text not in found]:
            if (left := left - 1) < 0 or limit.over():
                return found
            lines = tuple(before.text for before in program)
            announce([*lines, each.text])
            with suppress(Exception):
                if _changes(specification, program, each, look):
                    found[each.text] = lines
    return found


def _changes(
    specification: Specification, program: Sequence[Operation], last: Operation, look: Sequence[Callable[..., Any]]
) -> bool:
    """Tell whether the last operation changes what is observed of a subject after a program."""

    def seen(operations: Sequence[Operation]) -> Any:
        subject, other = _two(specification)
        for each in operations:
            with suppress(Exception):
                each.compiled(specification.globals)(subject, other, None)
        return numbered(tuple(canonical(each(subject, other, None)) for each in look))

    return bool(seen(program) != seen([*program, last]))


def _two(specification: Specification) -> tuple[Any, Any]:
    made = subjects_of_a_run(specification.subject, SUBJECTS[:2])
    return made["a"], made["b"]


def _by_weight(kinds: Sequence[OperationKind]) -> list[OperationKind]:
    return sorted(kinds, key=lambda kind: -kind.weight)
