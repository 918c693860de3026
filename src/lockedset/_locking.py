"""The locking rules of the implementation in Python: one lock per set, one global order, no silent deadlock, and fork.

The compiled core has rules of its own (native/locks.h), which promise more.

The rules
---------
1. Each set owns one reentrant lock, taken with `with` on the C object itself. A hand-written acquire/release, or a
   `__exit__` written in Python, can be interrupted between two bytecodes by a signal handler that raises, and then
   the lock is never released; `with` on a C lock cannot, except on CPython 3.14.
2. An operation on several sets takes their locks in ascending `id`, the same order in every thread.
3. Rule 2 cannot order a set taken *inside* `with locked(...)`. So, while any thread is inside `locked`, waits are
   watched: each thread publishes the sets it is about to take (its *plan*) and, before it blocks, follows the chain
   "set -> thread that owns it -> set that this thread waits for". If the chain returns to the first thread, that
   thread gets `DeadlockError`.
4. `rare` is usually false. To read it is all that an ordinary operation pays for rule 3 and for fork.

Why no cycle through `locked` and operations on several sets is missed. A thread waits while it owns a set inside
`locked`, or in the second half of a two-set operation. The latter publishes its plan before it takes the first set and
reads `rare` after; a thread in `locked` sets `rare` before it takes any lock, and reads plans after. So of two threads
that close a cycle together, at least one sees the other (Dekker's argument). Why no false cycle is reported: the owner
of a lock is read from the lock itself, never from a record that could be stale. A chain of n links counts only if n
further readings give the same chain: a thread that really waits does not change its state in between, so each reading
makes one more link certain. The search holds no lock of its own, since other code can run during it: a finalizer or a
signal handler, which may itself wait for a set.

Not covered by the rules: code that runs in the middle of an operation of its thread and uses *another* set. It may be
an element's `__hash__`, `__eq__` or `__del__`, a predicate, or a signal handler. Such a thread owns a set, and if
`rare` was false when the thread read it, its wait is not published. Publishing every wait would make every operation
pay for rule 3.
"""

from __future__ import annotations

import sys
from _io import _IOBase
from _thread import RLock, get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager
    from typing import Any, Concatenate, TypeVar

    T = TypeVar("T")

rare = 0
"""Whether operations must leave the fast path: some thread is inside `locked`, or this is a forked child.

A number that is kept in step with `_holds`. Rejected: reading the dictionary itself, since parallel threads would
contend for the reference count of any object that is not immortal.
"""

_holds: dict[object, None] = {}  # a token for each reason; inserting and removing it is one step that needs no lock
_rules = RLock()  # a leaf: nothing that could run other code is done while it is held
_plans: dict[int, tuple[Lockable[Any], ...]] = {}  # thread -> the sets it is about to take, in that order

_alone_at_fork = True
_survivor = 0  # the thread that survived the last fork that left locks of dead threads behind
_era = 0  # counts such forks


# The quotes keep `typing` from being imported at run time, which would cost more than all of this package.
class Lockable(set["T"]):
    """A set with a lock of its own, made by `__new__`: an instance has it even if `__init__` was never called."""

    __slots__ = ("_lockedset_era", "_lockedset_lock")  # long names: a subclass may well have a `_lock` of its own

    _lockedset_lock: Any  # an RLock; the stubs of the standard library do not know its _is_owned()
    _lockedset_era: int

    if not TYPE_CHECKING:  # type checkers would require the `__init__` of every subclass to match this signature

        def __new__(cls, /, *_args, **_kwargs):  # noqa: ANN002, ANN003, ANN204
            self = set.__new__(cls)  # super() is slower, and threads contend for its cell
            self._lockedset_lock = RLock()
            self._lockedset_era = _era
            return self

    def __getstate__(self) -> Any:
        """Return the state of an instance of a subclass: without the lock, which stays with the process."""
        state: Any = super().__getstate__()
        slots = state[1] if isinstance(state, tuple) and len(state) == 2 else None
        if not isinstance(slots, dict) or "_lockedset_lock" not in slots:
            return state  # a mixin's own
        slots = {name: value for name, value in slots.items() if name not in Lockable.__slots__}
        return (state[0], slots) if slots else state[0]


# At run time the string in set["T"] names nothing, and a library that reads the bases of a generic class fails on it.
delattr(Lockable, "__orig_bases__")


class DeadlockError(RuntimeError):
    """Raised instead of a wait for a set that would never end; the operation has changed nothing.

    `sets` are the sets of the cycle and `threads` the names of its threads, in the order of waiting: `threads[i]` would
    wait for `sets[i]`, which `threads[i + 1]` holds. `threads[0]` got the error.
    """

    __module__ = "lockedset"

    def __init__(self, message: str, sets: tuple[Lockable[Any], ...] = (), threads: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.sets = sets
        self.threads = threads

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), (), self.threads)  # the sets belong to this process


def deadlock_of(cycle: list[tuple[int, Any]]) -> DeadlockError:
    """Return the error for a cycle of (thread, set that it waits for), which begins with this thread."""
    sets = tuple(waited for _, waited in cycle)
    threads = tuple(_thread_name(thread) for thread, _ in cycle)
    names = [f"{type(each).__name__} at {id(each):#x}" for each in sets]
    lines = ["waiting for this set would never end, since each thread holds what the one before it waits for:"]
    lines += [
        f"  thread {thread!r}{' (this one)' if place == 0 else ''} holds {names[place - 1]}"
        f" and waits for {names[place]}"
        for place, thread in enumerate(threads)
    ]
    lines.append(
        "Nothing was changed by this operation. Name all the sets of a step at once, `with locked(a, b):`, instead"
        " of taking one while another is held: locked() takes them in the same order in every thread."
    )
    return DeadlockError("\n".join(lines), sets, threads)


def alone[S: Lockable[Any], **P, R](
    operation: Callable[Concatenate[S, P], R], target: S, /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run `operation(target, ...)` while `target` is held.

    The most frequently called methods of LockedSet, and `with_operands`, repeat these four lines instead of calling
    this function.
    """
    if rare:
        return watched(operation, target, *args, **kwargs)
    with target._lockedset_lock:
        return operation(target, *args, **kwargs)


def watched[S: Lockable[Any], **P, R](
    operation: Callable[Concatenate[S, P], R], target: S, /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """Do the same as `alone` off the fast path: watch the wait, and replace a lock that a fork left behind."""
    _renew(target)
    if target._lockedset_lock._is_owned():
        return operation(target, *args, **kwargs)
    return together((target,), operation, target, *args, **kwargs)


def with_operands[R](operation: Callable[..., R], target: Lockable[Any], /, *operands: object) -> R:
    """Run `operation(target, *operands)` while `target` and every operand that has a lock is held."""
    for operand in operands:
        if isinstance(operand, Lockable) and operand is not target:
            others = [each for each in operands if isinstance(each, Lockable)]
            return together(in_order(target, *others), operation, target, *operands)
    if rare:
        return watched(operation, target, *operands)
    with target._lockedset_lock:
        return operation(target, *operands)


def in_order(*sets: Lockable[Any]) -> tuple[Lockable[Any], ...]:
    """Return the distinct sets in the global order, by `id`.

    An `id` belongs to one living object, and the caller keeps the sets alive. Rejected: a serial number for each set,
    which would cost eight bytes and an integer object a set.
    """
    by_id = {id(each): each for each in sets}
    return tuple(by_id[key] for key in sorted(by_id))


def together[**P, R](
    plan: tuple[Lockable[Any], ...], operation: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run `operation` while the sets of `plan`, which is in the global order, are held."""
    me = get_ident()
    outer = _plans.get(me, ())  # not empty where a signal handler runs in the middle of another wait
    _plans[me] = plan
    try:
        return _take_and_run(plan, 0, operation, *args, **kwargs)
    finally:  # the plan goes back first: no signal handler can come before it, since there is no call before it
        if outer:
            _plans[me] = outer
            _look_again(outer)
        else:
            _plans.pop(me, None)


def _look_again(outer: tuple[Lockable[Any], ...]) -> None:
    """Search again for the wait that a signal handler interrupted: during the handler, other threads did not see it."""
    for each in outer:
        if not each._lockedset_lock._is_owned():
            _before_waiting(each)
            return


def _take_and_run[**P, R](
    plan: tuple[Lockable[Any], ...], depth: int, operation: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> R:
    # The recursion limit bounds the number of sets here and in _take_and_yield.
    if depth == len(plan):
        _plans[get_ident()] = ()  # this thread waits for nothing more, so it blocks no other for ever
        return operation(*args, **kwargs)
    if rare:
        _before_waiting(plan[depth])
    with plan[depth]._lockedset_lock:
        return _take_and_run(plan, depth + 1, operation, *args, **kwargs)


def locked(*sets: Lockable[Any]) -> AbstractContextManager[None]:
    """Hold one or several LockedSets for a compound step.

    During the block no other thread can run a method of the sets, so to other threads the block is one step. The sets
    are taken in one global order, in whatever order they are named, and a thread may take again a set that it holds
    already. Readers in C that bypass the methods (`frozenset(s)`, `{*s}`, `plain.update(s)`) do not wait: they see each
    single operation of the block whole, but can see the state between two operations.

    Name every set of the step here rather than opening a second `locked` inside: a set taken inside is taken out of
    order, and if the thread would wait for ever, it gets `DeadlockError` instead.

    The returned object serves one `with` statement. The locks belong to the thread: do not `await` or `yield` inside
    the block.

    Raises:
        TypeError: an argument is not a LockedSet.
        DeadlockError: on entering the block, the wait would close a cycle.

    """
    for each in sets:
        if not isinstance(each, Lockable):
            raise TypeError(
                f"locked() holds LockedSets, and this is a {type(each).__name__}, which other threads could"
                " change inside the block. Make it a LockedSet, or leave it out."
            )
    return _Hold(in_order(*sets))


class _Hold(_IOBase):
    """The context manager behind `locked`; its exit runs in C, so that no signal handler can come before it.

    `_IOBase.__exit__` is a C function that calls `self.close()`, here the `close` of a generator that is suspended
    inside `with` statements on the C locks. If `__exit__` were written in Python, a signal handler could run at its
    first bytecode; if the handler raised, the locks would be held for ever (measured: docs/adr/0004). Rejected:
    `contextlib.contextmanager` and `ExitStack`, whose exits are Python.
    """

    def __init__(self, plan: tuple[Lockable[Any], ...]) -> None:
        hold = _holding(plan)
        self._unused = [hold]
        self.close = hold.close  # type: ignore[method-assign]

    def __enter__(self) -> None:  # type: ignore[override]
        try:
            hold = self._unused.pop()
        except IndexError:
            raise RuntimeError(
                "this locked(...) has been entered before, and serves one `with` statement:"
                " write `with locked(...)` anew each time"
            ) from None
        try:
            next(hold)
        except BaseException:
            hold.close()
            raise


def _holding(plan: tuple[Lockable[Any], ...]) -> Generator[None]:
    """Hold the sets of `plan` from the first `next` until `close`."""
    global rare
    me = get_ident()
    outer = _plans.get(me, ())
    token = object()
    try:
        _holds[token] = None
        with _rules:
            rare = 1
        _plans[me] = plan
        yield from _take_and_yield(plan, 0)
    finally:  # without a call until all is put back, so that no signal handler comes before that
        if outer:
            _plans[me] = outer
        elif me in _plans:
            del _plans[me]
        if token in _holds:
            del _holds[token]  # noqa: RUF051  (pop is a call, and a signal handler could come after it)
        with _rules:  # if a handler raises while this waits, the next hold that ends makes up for it
            rare = 1 if _holds else 0
        if outer:
            _look_again(outer)


def _take_and_yield(plan: tuple[Lockable[Any], ...], depth: int) -> Generator[None]:
    # The twin of _take_and_run. One body for both would make every two-set operation a generator.
    if depth == len(plan):
        _plans[get_ident()] = ()
        yield
    else:
        _before_waiting(plan[depth])
        with plan[depth]._lockedset_lock:
            yield from _take_and_yield(plan, depth + 1)


def _before_waiting(target: Lockable[Any]) -> None:
    """Raise DeadlockError if waiting for `target` would close a cycle."""
    _renew(target)
    lock = target._lockedset_lock
    # If another thread takes the free lock first, that thread sees our plan before it waits itself.
    if lock._is_owned() or not _owner(lock):
        return
    me = get_ident()
    cycle = _cycle_through(target)
    # Threads that close a cycle at the same moment all see it. Let those of lower rank give way first, and look again.
    for _ in range(50 * sum(thread < me for thread, _ in cycle)):
        cycle = cycle and _cycle_through(target)
    if cycle:
        _plans[me] = ()  # we do not wait, so no other thread must count on our wait
        raise deadlock_of(cycle)


def _cycle_through(target: Lockable[Any]) -> list[tuple[int, Lockable[Any]]]:
    """Return the cycle of (thread, set it waits for) that this thread's wait for `target` would close, or []."""
    cycle = _chain_from(target)
    seen = [(thread, id(waited)) for thread, waited in cycle]
    for _ in seen:
        if [(thread, id(waited)) for thread, waited in _chain_from(target)] != seen:
            return []
    return cycle


def _chain_from(target: Lockable[Any]) -> list[tuple[int, Lockable[Any]]]:
    me = get_ident()
    chain = [(me, target)]
    while True:
        owner = _owner(chain[-1][1]._lockedset_lock)
        if owner == me:
            return chain
        waited = None
        if all(owner != thread for thread, _ in chain):
            plan = _plans.get(owner, ())
            waited = next((each for each in plan if _owner(each._lockedset_lock) != owner), None)
        if waited is None:
            return []
        chain.append((owner, waited))


def _owner(lock: RLock) -> int:
    """Return the identifier of the thread that owns `lock`, 0 if no thread does.

    Only the repr of the lock shows its owner (`Modules/_threadmodule.c`, rlock_repr; the same in 3.13, 3.14 and 3.15).
    Rejected: a record of owners, which cannot be updated in one step with the lock.
    """
    return int(repr(lock).partition("owner=")[2].partition(" ")[0])


def _thread_name(ident: int) -> str:
    import threading

    return next((each.name for each in threading.enumerate() if each.ident == ident), f"thread {ident}")


# Fork. The child has one thread, and the locks that other threads held at the fork stay held for ever. There is no
# registry of sets, since a weak reference to each would make every new set slower. Instead, a child that was forked
# beside other threads leaves the fast path for good, and replaces each set's lock when it first uses the set. A child
# forked by a process of one thread, which is the usual case, has nothing to replace and stays fast.


def before_fork() -> None:
    """Note whether the child will miss threads that may hold locks."""
    global _alone_at_fork
    _alone_at_fork = len(sys._current_exceptions()) == 1  # _current_frames misses a thread that has not begun to run


def after_fork_in_child() -> None:
    """Leave the fast path for good in a child that misses threads."""
    global rare, _holds, _rules, _plans, _survivor, _era
    if _alone_at_fork:
        return
    # All new objects: without the GIL a thread that no longer exists may own the internal lock of an old dictionary.
    _holds = {"forked beside other threads": None}
    _rules = RLock()
    _plans = {}
    _survivor = get_ident()
    _era += 1
    rare = 1


def _renew(target: Lockable[Any]) -> None:
    """Give `target` a new lock if a thread that did not survive the last fork may have held the old one."""
    if target._lockedset_era == _era:
        return
    with _rules:
        if target._lockedset_era != _era:
            if _owner(target._lockedset_lock) != _survivor:
                target._lockedset_lock = RLock()
            target._lockedset_era = _era
