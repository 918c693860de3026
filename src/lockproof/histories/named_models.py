"""Models for recorded histories: what an operation with this name and value does.

A model translates a recorded call: `call(f, value, completed)` has its name, the value of the invocation and that of
the completion (`PENDING` if there is none). It returns the operation and the result to compare with the model's.

Jepsen repeats the argument of a call in its completion. So a completion that repeats the invocation's value, or has
none, says only that the call took place; then any result of it is allowed. The docstring of each model has its
operations in the form `f value -> completed`, with `_` for null.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final, NamedTuple

from lockproof.core.errors import LockproofError
from lockproof.core.history import PENDING, Call

ABSENT: Final = "absent"


class RecordedOperation(NamedTuple):
    """A recorded operation: its name, its argument as recorded and as the model takes it.

    `has_result` says whether the history recorded the result. If not, the model's result is None too.
    """

    f: str
    value: Any
    argument: Any = None
    has_result: bool = False

    def __str__(self) -> str:
        return self.f if self.value is None else f"{self.f} {shown(self.value)}"


def shown(value: Any) -> str:
    """Return a frozen value as text, its tuples as lists."""
    if type(value) is tuple:
        return f"[{', '.join(map(shown, value))}]"
    return repr(value)


def frozen(value: Any) -> Any:
    """Return a JSON value that can be a key: lists as tuples, objects as tuples of pairs in the order of their keys."""
    if isinstance(value, list):
        return tuple(map(frozen, value))
    if isinstance(value, dict):
        return tuple((key, frozen(value[key])) for key in sorted(value))
    return value


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same; `1` and `true` are not."""
    return type(one) is type(other) and bool(one == other)


type Steps = Iterable[tuple[Any, Any]]
type Reading = tuple[RecordedOperation, Any]


class RecordedModel:
    """What the models have in common.

    `operations` are the names of operations that a history may contain. `readers` never change a state; `refusable` do
    not if their result is false. `start` is the initial state. `alone` is the model of one key, for a model whose
    operations have keys.
    """

    name = ""
    operations: tuple[str, ...] = ()
    readers: frozenset[str] = frozenset({"read", "contains", "get"})
    refusable: frozenset[str] = frozenset()
    start: Hashable = None
    alone: Any = None

    def initial(self) -> Any:
        """Return the state before the history."""
        return self.start

    def call(self, f: str, value: Any, completed: Any) -> Reading:
        """Return the operation and its result.

        Raises:
            LockproofError: the model has no such operation, or none with such a value.

        """
        if f not in self.operations:
            raise LockproofError(
                f"the model {self.name!r} has no operation {f!r}",
                "the history is of another kind",
                f"choose another model; this one has {', '.join(self.operations)}",
            )
        frozen_value = frozen(value)
        ended = completed if completed is PENDING else frozen(completed)
        return self.read(f, frozen_value, ended)

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        """Return the operation and its result; `value` and `completed` are frozen."""
        raise NotImplementedError

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        """Return the possible results, each with the state after it."""
        raise NotImplementedError

    def pure(self, call: RecordedOperation, result: Any) -> bool:
        """Tell whether the call changes no state in which it has this result."""
        return call.f in self.readers or (result is False and call.f in self.refusable)

    def keys(self, call: Call) -> tuple[Hashable, ...] | None:
        """Return the keys of a call; None if it is about all."""
        return None if self.alone is None else (call.operation.argument,)

    def bad(self, f: str, value: Any, wanted: str) -> LockproofError:
        """Return the error about a value that the operation cannot have."""
        return LockproofError(f"{self.name}: {f} cannot have the value {shown(value)}", "", f"write {wanted}")


def answer(f: str, value: Any, completed: Any, argument: Any) -> Reading:
    """Translate a call whose completion is the argument, null, the result, or `[argument, result]`."""
    if completed is PENDING:
        return RecordedOperation(f, value, argument), PENDING
    if type(completed) is tuple and len(completed) == 2 and same(completed[0], argument):
        completed = completed[1]
    if completed is None or same(completed, value):
        return RecordedOperation(f, value, argument), None
    return RecordedOperation(f, value, argument, True), completed


class Register(RecordedModel):
    """`write v`, `read _ -> v`. It holds null at first."""

    name = "register"
    operations: tuple[str, ...] = ("read", "write")

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        if f == "read":
            return RecordedOperation(f, None), completed
        return RecordedOperation(f, value, value), completed if completed is PENDING else None

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f == "read":
            return ((state, state),)
        return ((None, call.argument),)


class CasRegister(Register):
    """As a register, and `cas [old, new]`: completed with false, it found another value; else it replaced old."""

    name = "cas-register"
    operations = ("read", "write", "cas")
    refusable = frozenset({"cas"})

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        if f != "cas":
            return super().read(f, value, completed)
        if type(value) is not tuple or len(value) != 2:
            raise self.bad(f, value, "[old, new]")
        return RecordedOperation(f, value, value), completed if completed is PENDING else completed is not False

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f != "cas":
            return super().apply(state, call)
        old, new = call.argument
        return ((True, new),) if state == old else ((False, state),)


class Counter(RecordedModel):
    """`add n`, `increment _ -> now`, `decrement _ -> now`, `read _ -> now`. It is 0 at first."""

    name = "counter"
    operations = ("add", "increment", "decrement", "read")
    start = 0

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        if f == "read":
            return RecordedOperation(f, None), completed
        change = {"increment": 1, "decrement": -1}.get(f, value)
        if type(change) not in (int, float):
            raise self.bad(f, value, "a number")
        return answer(f, value, completed, change)

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f == "read":
            return ((state, state),)
        now = state + call.argument
        return ((now if call.has_result else None, now),)


class _Element(RecordedModel):
    """One element of a set: whether the set contains it."""

    refusable = frozenset({"add", "remove"})
    start = False

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f == "contains":
            return ((state, state),)
        into = call.f == "add"
        return ((state is not into if call.has_result else None, into),)


class Set(RecordedModel):
    """`add x -> changed`, `remove x -> changed`, `contains x -> in`, `read _ -> [x, ...]` of all. Empty at first.

    `changed` may be left out, or written as `[x, changed]`; a set of true and false needs the latter. A state is a bit
    mask: the elements get their bits in the order in which the history has them.
    """

    name = "set"
    operations = ("add", "remove", "contains", "read")
    refusable = frozenset({"add", "remove"})
    start = 0
    alone = _Element()

    def __init__(self) -> None:
        self._bits: dict[Hashable, int] = {}
        self._elements: list[Any] = []

    def _bit(self, element: Hashable) -> int:
        bit = self._bits.get(element)
        if bit is None:
            bit = self._bits[element] = 1 << len(self._elements)
            self._elements.append(element)
        return bit

    def elements(self, mask: int) -> list[Any]:
        """Return the elements that a bit mask stands for."""
        found = []
        while mask:
            found.append(self._elements[mask.bit_length() - 1])
            mask ^= 1 << mask.bit_length() - 1
        return found[::-1]

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        if f == "read":
            if completed is PENDING:
                return RecordedOperation(f, None), PENDING
            if type(completed) is not tuple:
                raise self.bad(f, completed, "a list of elements at its completion")
            mask = 0
            for element in completed:
                mask |= self._bit(element)
            return RecordedOperation(f, None), mask
        bit = self._bit(value)
        if (completed is True or completed is False) and type(value) is not bool:
            return RecordedOperation(f, value, bit, True), completed
        did, result = answer(f, value, completed, value)
        if result is not PENDING and (did.has_result or f == "contains") and type(result) is not bool:
            raise self.bad(f, completed, "true or false at its completion")
        return RecordedOperation(f, value, bit, did.has_result), result

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        bit = call.argument
        if call.f == "read":
            return ((state, state),)
        if call.f == "contains":
            return ((bool(state & bit), state),)
        after = state | bit if call.f == "add" else state & ~bit
        return ((after != state if call.has_result else None, after),)

    def keys(self, call: Call) -> tuple[Hashable, ...] | None:
        return None if call.operation.f == "read" else (call.operation.argument,)

    def project(self, call: Call, key: Any) -> Call:
        """Return a `read` as a `contains` of the element with this bit."""
        element = self._elements[key.bit_length() - 1]
        return Call(
            call.process,
            RecordedOperation("contains", element, key, True),
            self.told(call, key),
            call.invoked,
            call.returned,
            call.line,
        )

    def told(self, call: Call, key: Any) -> bool:
        """Tell whether a `read` saw the element with this bit."""
        return bool(call.result & key)


class _Slot(RecordedModel):
    """One key of a mapping: its value, or that it is absent."""

    start = ABSENT

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f == "get":
            return ((None if state is ABSENT else state, state),)
        if call.f == "put":
            return ((None, call.argument[1]),)
        if state is ABSENT:
            return ((False if call.has_result else None, ABSENT),)
        return ((state if call.has_result else None, ABSENT), (True if call.has_result else None, ABSENT))[
            : 1 + call.has_result
        ]


class Mapping(RecordedModel):
    """`put [k, v]`, `get [k, _] -> [k, v]` (null: nothing there), `remove k -> v` (also true or false). Empty at first.

    `get k -> v` is understood too, if v is no list.
    """

    name = "dict"
    operations = ("put", "get", "remove")
    start = ()
    alone = _Slot()

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        pair = type(value) is tuple and len(value) == 2
        if f == "put":
            if not pair:
                raise self.bad(f, value, "[key, value]")
            return RecordedOperation(f, value, value), completed if completed is PENDING else None
        key = value[0] if pair and value[1] is None else value
        if completed is PENDING:
            return RecordedOperation(f, value, (key, None)), PENDING
        result = completed
        if type(completed) is tuple and len(completed) == 2 and same(completed[0], key):
            result = completed[1]
        if f == "get":
            return RecordedOperation(f, value, (key, None), True), result
        has_result = result is not None and not same(completed, value)
        return RecordedOperation(f, value, (key, None), has_result), result if has_result else None

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        key = call.argument[0]
        held = dict(state)
        for result, after in self.alone.apply(held.get(key, ABSENT), call):
            changed = dict(held)
            if after is ABSENT:
                changed.pop(key, None)
            else:
                changed[key] = after
            yield result, tuple(sorted(changed.items(), key=repr))

    def keys(self, call: Call) -> tuple[Hashable, ...] | None:
        return (call.operation.argument[0],)


class Queue(RecordedModel):
    """`enqueue v`, `dequeue _ -> v` (null: it was empty). First in, first out; empty at first."""

    name = "queue"
    operations: tuple[str, ...] = ("enqueue", "dequeue")
    start: Hashable = ()

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        if f == self.operations[1]:
            return RecordedOperation(f, None), completed
        return RecordedOperation(f, value, value), completed if completed is PENDING else None

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f == "enqueue":
            return ((None, (*state, call.argument)),)
        return ((state[0], state[1:]),) if state else ((None, state),)

    def pure(self, call: RecordedOperation, result: Any) -> bool:
        return call.f == self.operations[1] and result is None


class Stack(Queue):
    """`push v`, `pop _ -> v` (null: it was empty). Last in, first out; empty at first."""

    name = "stack"
    operations = ("push", "pop")

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f == "push":
            return ((None, (*state, call.argument)),)
        return ((state[-1], state[:-1]),) if state else ((None, state),)


class _Copies(RecordedModel):
    """One value in a bag: how many copies of it the bag holds."""

    start = 0

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        if call.f == "enqueue":
            return ((None, state + 1),)
        return ((call.argument, state - 1),) if state else ()


class Bag(Queue):
    """`enqueue v`, `dequeue _ -> v` (null: it was empty), in any order: an unordered queue. Empty at first."""

    name = "bag"
    start: Hashable = frozenset()
    alone = _Copies()

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        did, result = super().read(f, value, completed)
        if f == "dequeue" and result is not PENDING and result is not None:
            did = did._replace(argument=result)
        return did, result

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        held = dict(state)
        if call.f == "enqueue":
            held[call.argument] = held.get(call.argument, 0) + 1
            return ((None, frozenset(held.items())),)
        if not held:
            return ((None, state),)
        found = []
        for value, count in held.items() if call.argument is None else ((call.argument, held.get(call.argument, 0)),):
            if count:
                left = (state - {(value, count)}) | ({(value, count - 1)} if count > 1 else frozenset())
                found.append((value, left))
        return found

    def keys(self, call: Call) -> tuple[Hashable, ...] | None:
        return None if call.operation.argument is None else (call.operation.argument,)


class Mutex(RecordedModel):
    """`acquire`, `release`. An acquire of a held lock waits, and so does a release of a free one.

    Any process may release the lock.
    """

    name = "mutex"
    operations = ("acquire", "release")
    start = False

    def read(self, f: str, value: Any, completed: Any) -> Reading:
        return RecordedOperation(f, value), completed if completed is PENDING else None

    def apply(self, state: Any, call: RecordedOperation) -> Steps:
        take = call.f == "acquire"
        return ((None, take),) if state is not take else ()


MODELS: Final[dict[str, Callable[[], RecordedModel]]] = {
    model.name: model for model in (Register, CasRegister, Set, Mapping, Queue, Bag, Stack, Counter, Mutex)
}
"""The models by name."""

SYNONYMS: Final = {"unordered-queue": "bag", "lock": "mutex", "mapping": "dict", "map": "dict"}
"""Other names of these models."""
