"""A model made of ordinary objects: operations are run on fresh objects, from the beginning, each time.

A state is the list of operations that led to it with the choices that were made, so nothing has to be copied, and
any class can be a model: also one with locks inside, also the subject's own. Each operation runs all operations before
it again, which costs little in scenarios of a few operations. Lincheck (`LTS`, JetBrains) does the same. Lists that
lead to objects with the same fingerprint are one state (see `fingerprint`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from typing import Any, Final, NoReturn

from lockproof.core.errors import LockproofError
from lockproof.core.lives import lives
from lockproof.core.model import WouldBlock, begun, every_choice, finished
from lockproof.core.operation import SUBJECTS, Half, Operation
from lockproof.core.own_time import own_time
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.specification import Specification
from lockproof.core.values import Numbering, Raised, canonical
from lockproof.judge.fingerprint import fingerprint

type Step = tuple[Operation, tuple[int, ...]]

type Rest = Callable[[], Any]
"""The second step of a dual operation, which its request returns."""

_WAITS: Final = object()


@dataclass(frozen=True)
class State:
    """A state: the steps that lead to it. States with the same `mark` are equal."""

    steps: tuple[Step, ...] = field(compare=False)
    mark: Hashable


class ReplayModel:
    """The model of a specification, after an initial part, for subjects with these names.

    `before_each` is called before each operation of the model: it can note that the operation began, since a model is
    a user's code and may never return.
    """

    def __init__(
        self,
        specification: Specification,
        init: Sequence[Operation],
        subjects: Sequence[str],
        before_each: Callable[[], object] = lambda: None,
    ) -> None:
        if (
            specification.guessed
            and specification.lift is None
            and any(kind.lifted for kind in specification.operations)
        ):
            # A guessed model that lacks an operation is no model: the class's own code is, as the comparison on one
            # thread finds out. A fresh process may not have made that comparison.
            specification = replace(specification, model=None, guessed=False)
        self._specification, self._before_each = specification, before_each
        self._make = specification.model or specification.subject
        self._globals = specification.globals
        self._init, self._names = tuple(init), tuple(subjects)
        self._functions: dict[str, Callable[..., Any]] = {}

    def initial(self) -> State:
        """Return the state after the initial part."""
        return State((), ())

    def apply(self, state: State, call: Operation) -> Iterator[tuple[Any, State]]:
        """Yield the canonical results that the operation may have, with the states after it; none if it waits."""
        given = [choice for _, choices in state.steps for choice in choices]
        for choices, (result, mark) in every_choice(lambda: self._after(state, call), given):
            if result is not _WAITS:
                steps = (*state.steps, (call, choices[len(given) :]))
                yield result, State(steps, steps if mark is None else mark)

    def _after(self, state: State, call: Operation) -> tuple[Any, Hashable]:
        """Return the result of the call and the fingerprint of the state after it, which may be None."""
        self._before_each()
        lives.begin()
        objects = subjects_of_a_run(self._make, self._names)
        rests: dict[tuple[int, int], Rest] = {}
        try:
            for operation in self._init:
                self._run(operation, objects, rests)
            numbering = Numbering()
            for operation, _ in state.steps:
                numbering.of(self._run(operation, objects, rests))
            result = numbering.of(self._run(call, objects, rests))
        except WouldBlock:
            return _WAITS, None
        rest = sorted(rests.items(), key=itemgetter(0))
        mark = fingerprint(list(objects.values()), rest, met=numbering.met)
        return result, None if mark is None else (mark, own_time.now)

    def _run(self, operation: Operation, objects: dict[str, Any], rests: dict[tuple[int, int], Rest]) -> Any:
        """Return the result of an operation. `rests` are those of the dual operations that have begun."""
        kind, specification = operation.kind, self._specification
        lifted = kind.lifted and specification.model is not None
        if lifted:
            if specification.lift is None:
                raise LockproofError(
                    f"{specification.subject_name or 'the subject'} cannot take the model's state: {operation.text}",
                    "the model does not have this operation",
                    "give the Specification lift and lower, or another model",
                )
            subjects = {name: specification.lift(each) for name, each in objects.items()}
        else:
            subjects = objects
        function = self._functions.get(operation.text)
        if function is None:
            function = self._functions[operation.text] = operation.compiled(self._globals)
        call = partial(function, *(subjects.get(name) for name in SUBJECTS))
        if isinstance(operation, Half) and not operation.follows:
            rests[operation.place] = _rest(call)
            return None
        try:
            if isinstance(operation, Half):
                result = rests.pop(operation.place)()
            else:
                result = finished(begun(call())) if kind.dual else call()
            if kind.normalize is not None:
                result = kind.normalize(result)
            result = canonical(result, subjects)
        except (WouldBlock, LockproofError):
            raise
        except BaseException as error:  # SystemExit and its like are results too
            result = Raised.of(error)
        if lifted:
            assert specification.lower is not None
            for name, each in objects.items():
                specification.lower(subjects[name], each)
        return result


def _rest(call: Callable[[], Any]) -> Rest:
    """Make a request and return its second step. An exception of the request is the result of the second step."""
    try:
        return partial(finished, begun(call()))
    except WouldBlock:
        raise
    except BaseException as error:
        return partial(_fail, error)


def _fail(error: BaseException) -> NoReturn:
    raise error
