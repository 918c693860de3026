"""Which calls of a scenario returned a value at least once, what the other calls raised, and which results never vary.

A call that raises in every run shows nothing of the class, and the verdict must take that into account: two calls of a
method that does not exist agree with every model. Neither does a check in which no result ever varies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.operation import UNKNOWN_KIND, Operation
from lockproof.core.scenario import Scenario
from lockproof.core.values import NOT_AWAITED, NOT_BEGUN, WAITS, Raised, show

MISTAKES: Final = ("AttributeError", "NameError", "UnboundLocalError")
"""What a misspelt name raises. The caller of a scenario may expect other exceptions in every run."""

WAITED: Final = "nothing, since it waited for ever"
"""What a call raised that returned in no run, and raised in none."""

UNAWAITED: Final = "nothing, and ran nothing of the method, since nobody awaited the coroutine that it returned"
"""What a call raised that only made a coroutine: it ran nothing of the method, so it is no call that returned."""


@dataclass(frozen=True)
class Answer:
    """What one line did in all runs until now.

    `line` is the kind of the operation, or the operation itself where its kind is not known. `final`: the line is in
    the final part. `raised` is what it raised last; empty if it returned at least once. `always` is the text of the one
    result that it had in every run; None if it had several.
    """

    line: str
    final: bool
    raised: str = ""
    always: str | None = None


type Answered = dict[tuple[str, bool], Answer]
"""The answers by line and by whether it is in the final part."""


class Answers:
    """Collects the answers of one scenario, run by run. Once each line has returned, a further run costs nothing."""

    def __init__(self, scenario: Scenario) -> None:
        self._lines = [[_name(each) for each in thread] for thread in scenario.threads]
        self._final = [_name(each) for each in scenario.final]
        self._raised: dict[tuple[int, int], str] = {}
        self._open = {(t, k) for t, thread in enumerate(scenario.threads) for k in range(len(thread))}
        self._open |= {(-1, k) for k in range(len(scenario.final))}
        self._silent = set(self._open)
        self._steady = set(self._open)
        self._first: dict[tuple[int, int], Any] = {}
        self._runs = 0

    def note(self, results: Sequence[Sequence[Any]], final: Sequence[Any]) -> bool:
        """Add the results of a run; return whether any call of a thread returned a value.

        Calls that waited for ever, or never began, have `WAITS` and `NOT_BEGUN` in place of a result, or none at all.
        """
        self._runs += 1

        def given(t: int, k: int) -> Any:
            row = final if t < 0 else results[t]
            return row[k] if k < len(row) else NOT_BEGUN

        for t, k in tuple(self._open):
            result = given(t, k)
            if type(result) is Raised:
                self._raised[t, k] = result.name
            elif result is NOT_AWAITED:
                self._raised[t, k] = UNAWAITED
            elif result is not WAITS and result is not NOT_BEGUN:
                self._open.discard((t, k))
        for t, k in tuple(self._steady):
            result = given(t, k)
            if result is NOT_BEGUN:
                continue
            self._silent.discard((t, k))
            first = self._first.setdefault((t, k), result)
            if first is not result and first != result:
                self._steady.discard((t, k))
        nothing = (WAITS, NOT_BEGUN, NOT_AWAITED)
        return any(
            type(each) is not Raised and not any(each is one for one in nothing) for row in results for each in row
        )

    def all(self) -> tuple[Answer, ...]:
        """Return one answer for each line; none if there was no run."""
        if not self._runs:
            return ()
        places = {(t, k): name for t, thread in enumerate(self._lines) for k, name in enumerate(thread)}
        places |= {(-1, k): name for k, name in enumerate(self._final)}
        found = []
        for (t, k), name in places.items():
            if (t, k) in self._silent:
                continue
            raised = self._raised.get((t, k), WAITED) if (t, k) in self._open else ""
            always = show(self._first[t, k]) if (t, k) in self._steady else None
            found.append(Answer(name, t < 0, raised, always))
        return tuple(joined({}, found).values())


def joined(known: Answered, answers: Iterable[Answer]) -> Answered:
    """Add answers to what is known: one answer for each line and part."""
    found = dict(known)
    for each in answers:
        place = each.line, each.final
        before = found.get(place, each)
        always = each.always if each.always == before.always else None
        found[place] = Answer(each.line, each.final, before.raised and each.raised, always)
    return found


def never_worked(answers: Answered, observers: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines that look misspelt in every run, and the observers that raised anything in every run.

    `observers` are the lines of the specification that observe the subject in each final part.
    """
    calls, failed_observers = [], []
    for each in answers.values():
        if each.raised and each.raised not in (WAITED, UNAWAITED) and each.final and each.line in observers:
            failed_observers.append(f"`{each.line}` raised {each.raised}")
        elif each.raised in MISTAKES:
            calls.append(f"`{each.line}` raised {each.raised}")
    return calls, failed_observers


def never_awaited(answers: Answered) -> list[str]:
    """Return the lines of threads that made a coroutine and ran nothing of it, in every run."""
    return [each.line for each in answers.values() if each.raised == UNAWAITED and not each.final]


def _name(operation: Operation) -> str:
    return operation.text if operation.kind is UNKNOWN_KIND else operation.kind.text
