"""Looks for a scenario in which a call of one member returns: the random scenarios may not have had one.

One thread tries the operations that call the member, with few arguments and on little contents, and the first call that
returns makes the scenario: two threads make this call at the same time. Calls that wait are tried under control, where
the class itself says whether they return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from lockproof.campaign.protocol.messages import Attempt, Fresh
from lockproof.core.foreign import told
from lockproof.core.members import members_of
from lockproof.core.model import TooManyChoices, WouldBlock
from lockproof.core.operation import SUBJECTS, Operation, OperationKind
from lockproof.core.probes import comes_back
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.values import NOT_BEGUN, WAITS, Raised, canonical, show
from lockproof.inference.inner_state import has_state, state_of

if TYPE_CHECKING:
    from lockproof.campaign.worker.self_model import SelfModel

FILLINGS: Final = 6
"""The most fillings of each operation that are tried."""

MOST_OTHERS: Final = 12
"""The most operations that are tried as the one call before."""

type _Lines = tuple[Operation, ...]


def attempted(specification: Specification, member: str, announce: Callable[[Sequence[str]], None]) -> Attempt:
    """Return a scenario in which calls of the member return; or else one in which they raise, and what they raise.

    `announce` is called with the lines that one thread runs before the last of them runs.
    """
    raised, first = "", None
    kinds = [kind for kind in specification.operations if member in members_of(kind.text) and not comes_back(kind.text)]
    for contents in _contents(specification):
        for operation in (each for kind in kinds for each in kind.fillings(FILLINGS)):
            scenario = Scenario(contents, ((operation,), (operation,)), specification.final)
            waits = any(each.kind.blocking for each in (*contents, operation))
            if waits and not _returns_on_the_model(specification, scenario):
                continue
            announce([each.text for each in (*contents, operation)])
            error = _raised(specification, contents, operation)
            if error is None:
                return Attempt(scenario)
            raised, first = raised or told(error), first or scenario
    return Attempt(first, raised)


def attempted_one_at_a_time(model: SelfModel, member: str) -> Attempt:
    """Return the same, of a class whose calls may wait; a call that does counts as none."""
    raised, first, specification = "", None, model.specification
    kinds = [kind for kind in specification.operations if member in members_of(kind.text) and not comes_back(kind.text)]
    for contents in _contents(specification):
        for operation in (each for kind in kinds for each in kind.fillings(FILLINGS)):
            calls = (*contents, operation)
            run = model.runs(Scenario((), (calls,))).one((0,) * len(calls))
            result = run.results[0][-1]
            scenario = Scenario(contents, ((operation,), (operation,)), specification.final)
            if type(result) is Raised:
                raised, first = raised or show(result).removeprefix("raises "), first or scenario
            elif result not in (WAITS, NOT_BEGUN):
                return Attempt(scenario)
    return Attempt(first, raised)


def looked_at(specification: Specification, announce: Callable[[Sequence[str]], None]) -> Fresh:
    """Return what each line that observes a subject gives or raises on a fresh one, and what is known of its state."""
    subjects = subjects_of_a_run(specification.subject)
    found = []
    announce([each.text for each in specification.final])
    for each in map(specification.bound, specification.final):
        try:
            result = each.compiled(specification.globals)(*subjects.values())
            normalize = each.kind.normalize
            seen = canonical(result if normalize is None else normalize(result), subjects)
        except Exception as error:
            seen = Raised.of(error)
        found.append((each.text, show(seen)))
    changes = any(_changes(specification, kind, announce) for kind in specification.operations)
    announce([])
    return Fresh(tuple(found), has_state(specification.subject()), changes)


def _changes(specification: Specification, kind: OperationKind, announce: Callable[[Sequence[str]], None]) -> bool:
    """Tell whether a call changes the inner state of a fresh subject, seen or unseen. None that may wait is tried."""
    operation = next(kind.fillings(1))
    if kind.blocking or comes_back(kind.text):
        return False
    announce([operation.text])
    subjects = [*subjects_of_a_run(specification.subject).values()]
    before = state_of(subjects[0])
    _run(specification, operation, subjects)
    return state_of(subjects[0]) != before


def _contents(specification: Specification) -> Iterator[_Lines]:
    """Yield programs that lead to no, one and several elements, or make one other call."""
    kinds: Sequence[OperationKind] = specification.init or [each for each in specification.operations if not each.reads]
    lines = [each for kind in kinds[:4] for each in list(kind.fillings(3)) if not comes_back(each.text)]
    several = tuple(each for each in lines if each.kind is lines[0].kind)
    others = [next(kind.fillings(1)) for kind in specification.operations if not kind.reads]
    alone = ((each,) for each in others[:MOST_OTHERS] if not comes_back(each.text))
    yield from dict.fromkeys(((), tuple(lines[:1]), several, tuple(lines), *alone))


def _raised(specification: Specification, contents: _Lines, operation: Operation) -> BaseException | None:
    """Run the operation on a subject with these contents; return what it raises."""
    subjects = [*subjects_of_a_run(specification.subject).values()]
    for each in contents:
        _run(specification, each, subjects)
    return _run(specification, operation, subjects)


def _run(specification: Specification, operation: Operation, subjects: Sequence[Any]) -> BaseException | None:
    try:
        result = operation.compiled(specification.globals)(*subjects)
        if operation.kind.normalize is not None:
            operation.kind.normalize(result)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and its like are results too
        return error
    return None


def _returns_on_the_model(specification: Specification, scenario: Scenario) -> bool:
    """Tell whether one thread could run the whole scenario on the model without waiting."""
    if specification.model is None:
        return False
    subjects = [specification.model() for _ in SUBJECTS]
    for each in (*scenario.init, *(each for thread in scenario.threads for each in thread)):
        error = _run(specification, each, subjects)
        if isinstance(error, (WouldBlock, TooManyChoices)) or each.kind.dual:
            return False
    return True
