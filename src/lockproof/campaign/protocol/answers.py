"""Which calls of a scenario returned a value at least once, and what the other calls raised each time.

A call that raises in every run shows nothing of the class, and the verdict must take that into account: two calls of a
method that does not exist agree with every model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.operation import UNKNOWN_KIND, Operation
from lockproof.core.scenario import Scenario
from lockproof.core.values import Raised

MISTAKES: Final = ("AttributeError", "NameError", "UnboundLocalError")
"""What a misspelt name raises. The caller of a scenario may expect other exceptions in every run."""


@dataclass(frozen=True)
class Answer:
    """What one line did in all runs until now.

    `line` is the kind of the operation, or the operation itself where its kind is not known. `final`: the line is in
    the final part. `raised` is what it raised last; empty if it returned at least once.
    """

    line: str
    final: bool
    raised: str = ""


class Answers:
    """Collects the answers of one scenario, run by run. Once each line has returned, a further run costs nothing."""

    def __init__(self, scenario: Scenario) -> None:
        self._lines = [[_name(each) for each in thread] for thread in scenario.threads]
        self._final = [_name(each) for each in scenario.final]
        self._raised: dict[tuple[int, int], str] = {}
        self._open = {(t, k) for t, thread in enumerate(scenario.threads) for k in range(len(thread))}
        self._open |= {(-1, k) for k in range(len(scenario.final))}
        self._runs = 0

    def note(self, results: Sequence[Sequence[Any]], final: Sequence[Any]) -> bool:
        """Add the results of a run; return whether any call of a thread returned a value."""
        self._runs += 1
        for t, k in tuple(self._open):
            result = final[k] if t < 0 else results[t][k]
            if type(result) is Raised:
                self._raised[t, k] = result.name
            else:
                self._open.discard((t, k))
        return any(type(result) is not Raised for thread in results for result in thread)

    def all(self) -> tuple[Answer, ...]:
        """Return one answer for each line; none if there was no run."""
        if not self._runs:
            return ()
        places = {(t, k): name for t, thread in enumerate(self._lines) for k, name in enumerate(thread)}
        places |= {(-1, k): name for k, name in enumerate(self._final)}
        found: dict[tuple[str, bool], str] = {}
        for (t, k), name in places.items():
            raised = self._raised.get((t, k), "") if (t, k) in self._open else ""
            found[name, t < 0] = raised and found.get((name, t < 0), raised)
        return tuple(Answer(name, final, raised) for (name, final), raised in found.items())


def joined(known: dict[tuple[str, bool], str], answers: Iterable[Answer]) -> dict[tuple[str, bool], str]:
    """Add answers to what is known: what each line raised, by line and part; empty if it returned at least once."""
    found = dict(known)
    for each in answers:
        place = each.line, each.final
        found[place] = found.get(place, each.raised) and each.raised
    return found


def never_worked(answers: Mapping[tuple[str, bool], str], observers: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines that look misspelt in every run, and the observers that raised anything in every run.

    `answers` is what each line raised, by line and part; empty if it returned at least once. `observers` are the lines
    of the specification that observe the subject in each final part.
    """
    calls, failed_observers = [], []
    for (line, final), raised in answers.items():
        if raised and final and line in observers:
            failed_observers.append(f"`{line}` raised {raised}")
        elif raised in MISTAKES:
            calls.append(f"`{line}` raised {raised}")
    return calls, failed_observers


def _name(operation: Operation) -> str:
    return operation.text if operation.kind is UNKNOWN_KIND else operation.kind.text
