"""Kinds of synchronization, the functions that make them, and the kind that a name alone suggests."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class LockKind(StrEnum):
    """The kind of a synchronization object.

    HELPER: a context manager of the program that holds locks. UNKNOWN: a lock by its name, made in code that is not
    examined.
    """

    LOCK = "lock"
    RLOCK = "reentrant lock"
    CONDITION = "condition"
    SEMAPHORE = "semaphore"
    EVENT = "event"
    BARRIER = "barrier"
    HELPER = "helper that holds locks"
    UNKNOWN = "lock by its name"


HELD: Final = frozenset(LockKind) - {LockKind.EVENT, LockKind.BARRIER}
"""Kinds that `with` takes."""

FACTORIES: Final = {
    f"{module}.{name}": kind
    for module, names in {
        "threading": {
            "Lock": LockKind.LOCK, "_LockType": LockKind.LOCK, "_allocate_lock": LockKind.LOCK, "RLock": LockKind.RLOCK,
            "_RLock": LockKind.RLOCK, "_CRLock": LockKind.RLOCK, "_PyRLock": LockKind.RLOCK,
            "Condition": LockKind.CONDITION, "Semaphore": LockKind.SEMAPHORE, "BoundedSemaphore": LockKind.SEMAPHORE,
            "Event": LockKind.EVENT, "Barrier": LockKind.BARRIER,
        },
        "_thread": {
            "lock": LockKind.LOCK, "LockType": LockKind.LOCK, "allocate_lock": LockKind.LOCK, "allocate": LockKind.LOCK,
            "RLock": LockKind.RLOCK,
        },
    }.items()
    for name, kind in names.items()
}  # fmt: skip
"""Functions that make synchronization objects, by full name."""

_WORDS: Final = {
    **dict.fromkeys(("lock", "locks", "rlock", "rwlock", "mutex", "mutexes", "guard", "monitor"), LockKind.UNKNOWN),
    **dict.fromkeys(("cond", "condition", "conditions", "cv", "condvar"), LockKind.CONDITION),
    **dict.fromkeys(("sem", "semaphore", "semaphores"), LockKind.SEMAPHORE),
}
_QUEUE: Final = ("not_empty", "not_full", "all_tasks_done")
"""Conditions of the standard library's Queue, which subclasses use and do not make."""

_NO_LOCKS: Final = ("clock", "block", "flock", "unlock", "deadlock", "padlock", "havelock")


def by_name(name: str) -> LockKind | None:
    """Return the kind that the last word of a name suggests: a lock for `_write_lock`, None for `clock`."""
    if name in _QUEUE:
        return LockKind.CONDITION
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    while len(words) > 1 and len(words[-1]) == 1:
        words.pop()
    last = words[-1].lower() if words else ""
    if last in _WORDS:
        return _WORDS[last]
    joined = last.endswith(("lock", "locks")) and not last.removesuffix("s").endswith(_NO_LOCKS)
    return LockKind.UNKNOWN if joined else None


def call_by_name(name: str) -> LockKind | None:
    """Return HELPER if `with` on the result of a function of this name takes a lock: `read_lock()`, `lock_for(key)`."""
    words = re.findall(r"[a-z]+", name.lower())
    if by_name(name) or words[:2] in (["lock", "for"], ["lock", "of"]) or words[-1:] == ["locked"]:
        return LockKind.HELPER
    return None
