"""Any class as the model of a recorded history: operations are its methods, run on deep copies of an object.

A recorded call becomes a call of a method like this:

- The value null is no argument, or None for a method that needs one. A list is several arguments for a method that can
  take several, and one list for one that takes exactly one. Anything else is one argument.
- The value of the completion is the result: lists stand for tuples and deques too, and for sets in any order;
  `{"raises": "KeyError"}` for an exception. A completion that repeats the invocation's value agrees with None.

Limits: `copy.deepcopy` must be able to copy the object, so it has no locks. Two states are equal if `pickle` would
write the same of both, apart from the order within sets. Objects that cannot be pickled are never equal, which makes
the search slower. An attribute that grows with every call, like a counter of calls, has the same effect.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from lockproof.core.errors import LockproofError
from lockproof.core.history import PENDING
from lockproof.core.model import WouldBlock, every_choice
from lockproof.core.values import Collected, Raised, TextForm, anonymous, canonical
from lockproof.histories.named_models import Reading, RecordedModel, RecordedOperation, frozen, same

ATOMS = (type(None), bool, int, float, complex, str, bytes)


class Snapshot:
    """An object that nobody changes any more; snapshots in the same state are equal."""

    __slots__ = ("kept", "key")

    def __init__(self, kept: Any) -> None:
        self.kept = kept
        try:
            self.key = state_of(kept)
            hash(self.key)
        except Exception:  # a class may raise anything here
            self.key = object()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and bool(other.key == self.key)

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return repr(self.kept)


def state_of(value: Any) -> Any:
    """Return a hashable form of what `pickle` would write of an object; it is equal for objects in the same state."""
    if type(value) in ATOMS:
        return type(value), value
    if isinstance(value, type) or inspect.isroutine(value):
        return value
    if type(value) in (list, tuple):
        return type(value), tuple(map(state_of, value))
    if type(value) in (set, frozenset):
        return type(value), frozenset(map(state_of, value))
    if type(value) is dict:
        return dict, tuple((state_of(key), state_of(each)) for key, each in value.items())
    reduced: Any = value.__reduce_ex__(4)
    if isinstance(reduced, str):
        return type(value), reduced
    make, arguments, *rest = reduced
    state, items, pairs = (*rest, None, None, None)[:3]
    if isinstance(value, (set, frozenset)):  # the last argument has the elements, in any order
        arguments = tuple(frozenset(each) if isinstance(each, list) else each for each in arguments)
    return (
        make,
        tuple(map(state_of, arguments)),
        state_of(state),
        tuple(map(state_of, items or ())),
        tuple((state_of(key), state_of(each)) for key, each in pairs or ()),
    )


class CanonicalResult:
    """The canonical result of a method. It equals the recorded result of a call with the value `value`."""

    __slots__ = ("form", "value")

    def __init__(self, form: Any, value: Any) -> None:
        self.form, self.value = form, value

    def __eq__(self, recorded: object) -> bool:
        return agrees(self.form, recorded) or (self.form is None and same(recorded, self.value))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.form)


def agrees(form: Any, recorded: Any) -> bool:
    """Tell whether a frozen JSON value says the same as a canonical result."""
    if isinstance(form, Raised):
        return bool(recorded == (("raises", form.name),))
    if isinstance(form, TextForm):
        return bool(recorded == form.text)
    if not isinstance(form, Collected):
        return bool(form == recorded)
    if not isinstance(recorded, tuple) or len(recorded) != len(form.items):
        return False
    if form.kind == "dict":
        named = {str(key): value for key, value in form.items}
        pairs = [each for each in recorded if isinstance(each, tuple) and len(each) == 2]
        return len(pairs) == len(named) and all(key in named and agrees(named[key], value) for key, value in pairs)
    if form.kind == "set":
        left = list(form.items)
        for value in recorded:
            found = next((each for each in left if agrees(each, value)), left)
            if found is left:
                return False
            left.remove(found)
        return True
    return all(map(agrees, form.items, recorded))


class ClassModel(RecordedModel):
    """The model of a class: its objects, or those that a function without arguments makes."""

    readers = frozenset()

    def __init__(self, make: Callable[[], Any], name: str) -> None:
        self.name = name
        try:
            self._first = make()
            copy.deepcopy(self._first)
        except Exception as error:
            raise LockproofError(
                f"{name} cannot be the model of a history: {type(error).__name__}: {error}",
                "its objects need arguments, or hold a lock or something else that cannot be copied",
                "write a plain class without locks that does the same",
            ) from None
        self._several: dict[str, bool] = {}
        self._none: dict[str, bool] = {}

    def initial(self) -> Snapshot:
        """Return the state before the history."""
        return Snapshot(self._first)

    def call(self, f: str, value: Any, completed: Any) -> Reading:
        method = getattr(self._first, f, None)
        if not callable(method):
            raise LockproofError(f"{self.name} has no method {f!r}", "the history is of another class", "")
        if f not in self._several:
            self._several[f], self._none[f] = _takes(method)
        if isinstance(value, list) and self._several[f]:
            arguments = value
        else:
            arguments = [] if value is None and self._none[f] else [value]
        result = PENDING if completed is PENDING else frozen(completed)
        return RecordedOperation(f, frozen(value), arguments, True), result

    def apply(self, state: Snapshot, call: RecordedOperation) -> Iterator[tuple[CanonicalResult, Snapshot]]:
        def run() -> tuple[Any, Any] | None:
            # The arguments are copied too: the object may keep one and change it.
            subject, arguments = copy.deepcopy((state.kept, call.argument))
            try:
                result = anonymous(canonical(getattr(subject, call.f)(*arguments), {"self": subject}))
            except WouldBlock:
                return None
            except Exception as error:
                result = Raised.of(error)
            return result, subject

        for _, found in every_choice(run):
            if found is not None:
                yield CanonicalResult(found[0], call.value), Snapshot(found[1])


def _takes(method: Any) -> tuple[bool, bool]:
    """Return whether a method can take other than one argument, and whether it can take none."""
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return True, True
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    several = any(each.kind is each.VAR_POSITIONAL for each in parameters) or len(positional) != 1
    return several, all(each.default is not each.empty for each in positional)
