"""Scenarios: the operations of each thread, and those that one thread runs alone before and after.

As text, a scenario is `INIT -> THREAD || THREAD -> FINAL`, for example

    a.add(1) -> a.remove(1); len(a) || a.add(2) -> sorted(a)

Semicolons separate operations. INIT and FINAL may be left out with their arrows: `a.add(1) || a.add(1)`,
`a.add(1) -> a.pop() || a.pop()`, `a.add(1) || a.add(1) -> len(a)`.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from lockproof.core.errors import LockproofError
from lockproof.core.operation import SUBJECTS, Operation, split


@dataclass(frozen=True)
class Scenario:
    """The operations of the initial part, of each thread, and of the final part."""

    init: tuple[Operation, ...]
    threads: tuple[tuple[Operation, ...], ...]
    final: tuple[Operation, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations: those of the initial part, of each thread in turn, of the final part."""
        return (*self.init, *(operation for thread in self.threads for operation in thread), *self.final)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names of the subjects that the operations use, in order; `a` is always among them."""
        used = {name for operation in self.operations for name in operation.subjects}
        return tuple(name for name in SUBJECTS if name in used or name == "a")

    @property
    def size(self) -> tuple[int, ...]:
        """The numbers that shrinking makes small, the most important first.

        Parallel operations, threads, initial operations, final operations, length of the text, sum of its numbers.
        """
        lines = [each.text for each in self.operations]
        numbers = sum(map(int, re.findall(r"\d+", " ".join(lines))))
        parts = (sum(map(len, self.threads)), len(self.threads), len(self.init), len(self.final))
        return (*parts, sum(map(len, lines)), numbers)

    def with_threads(self, threads: Sequence[Sequence[Operation]]) -> Scenario:
        """Return the scenario with these threads instead of its own. Threads without operations are left out."""
        return replace(self, threads=tuple(tuple(thread) for thread in threads if thread))

    def __str__(self) -> str:
        parallel = " || ".join(map(_joined, self.threads))
        if not self.init and not self.final:
            return parallel
        return f"{_joined(self.init)} -> {parallel} -> {_joined(self.final)}".strip()

    @property
    def crosses(self) -> bool:
        """Whether two threads have operations on the same two subjects: they may take two locks in different orders."""
        pairs = [{each.subjects[:2] for each in thread if len(each.subjects) > 1} for thread in self.threads]
        return any(one & other for one, other in combinations(pairs, 2))

    def to_json(self) -> dict[str, Any]:
        """Return the parts as lists of lines, for a JSON report."""
        return {
            "init": [each.text for each in self.init],
            "threads": [[each.text for each in thread] for thread in self.threads],
            "final": [each.text for each in self.final],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Scenario:
        """Return the scenario that `to_json` wrote."""

        def lines(texts: list[str]) -> tuple[Operation, ...]:
            return tuple(map(Operation, texts))

        return cls(lines(data["init"]), tuple(map(lines, data["threads"])), lines(data["final"]))

    @classmethod
    def parse(cls, text: str) -> Scenario:
        """Return the scenario of a text as described at the head of this module.

        Raises:
            LockproofError: the text is not a scenario.

        """
        init, parallel, final = _parts(text)
        threads = tuple(tuple(split(each)) for each in _cut(parallel, "||"))
        if not all(threads):
            raise LockproofError(f"a thread without operations: {text!r}", "", "give each thread something to do")
        return cls(tuple(split(init)), threads, tuple(split(final)))

    @classmethod
    def parse_observed(cls, text: str, observers: Sequence[str]) -> Scenario:
        """Return the scenario of a text. Without a final part in the text, it ends with the observers.

        `observers` are lines that observe the subjects; those on subjects that the scenario does not use are left out.
        A text that ends with an arrow has an empty final part.

        Raises:
            LockproofError: the text is not a scenario.

        """
        scenario = cls.parse(text)
        if scenario.final or text.rstrip().endswith("->"):
            return scenario
        lines = map(Operation, observers)
        return replace(scenario, final=tuple(each for each in lines if set(each.subjects) <= set(scenario.subjects)))


def _parts(text: str) -> tuple[str, str, str]:
    """Return the initial, the parallel and the final part. Of two parts, the one with several threads is parallel."""
    parts = list(_cut(text, "->"))
    match parts:
        case [parallel]:
            return "", parallel, ""
        case [init, parallel, final]:
            return init, parallel, final
        case [first, second]:
            several = [len(list(_cut(each, "||"))) > 1 for each in parts]
            if several == [True, False]:
                return "", first, second
            if several == [False, True]:
                return first, second, ""
            found = "two parts with one thread each" if not any(several) else "two parts with several threads each"
        case _:
            found = f"{len(parts)} parts"
    raise LockproofError(
        f"a scenario has one part with threads, and perhaps one before and one after it, not {found}: {text!r}",
        "an arrow is missing or there is one too many",
        'write "INIT -> THREAD || THREAD -> FINAL"; INIT and FINAL may be empty',
    )


def _joined(operations: Sequence[Operation]) -> str:
    return "; ".join(each.text for each in operations)


def _cut(text: str, mark: str) -> Iterator[str]:
    """Yield the pieces between the marks that stand outside brackets and strings."""
    begin = depth = 0
    before = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            here = token.start[1]
            depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
            if depth == 0 and token.type == tokenize.OP:
                whole = token.string == mark
                doubled = mark == "||" and token.string == "|" and before == here - 1
                if whole or doubled:
                    yield text[begin : here if whole else here - 1]
                    begin = here + (2 if whole else 1)
                    before = None
                    continue
                before = here if token.string == "|" else None
            else:
                before = None
    except (tokenize.TokenError, IndentationError) as error:
        raise LockproofError(
            f"not a scenario: {text!r} ({error.args[0]})", "a bracket or a quote is not closed"
        ) from None
    yield text[begin:]
