"""Classes that read a clock, in pairs: entries expire, windows begin anew, leases end.

Each uses another function of `time`, or `datetime.now`, and some import it by name.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from threading import Lock
from time import perf_counter, time_ns


class BrokenSessions:
    """Deletes an expired entry that it has read before: two threads delete the same one, and the second raises."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: dict[int, tuple[int, float]] = {}

    def put(self, key: int, value: int) -> None:
        with self._lock:
            self._entries[key] = value, time.monotonic() + 30.0

    def get(self, key: int) -> int | None:
        with self._lock:
            entry = self._entries.get(key)
        if entry is None:
            return None
        if time.monotonic() >= entry[1]:
            with self._lock:
                del self._entries[key]
            return None
        return entry[0]


class MendedSessions:
    """Reads and deletes under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: dict[int, tuple[int, float]] = {}

    def put(self, key: int, value: int) -> None:
        with self._lock:
            self._entries[key] = value, time.monotonic() + 30.0

    def get(self, key: int) -> int | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if time.monotonic() >= entry[1]:
                del self._entries[key]
                return None
            return entry[0]


class BrokenThrottle:
    """Sees outside the lock that the minute is over: the second thread begins it once more, and both are let in."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._began, self._used = time.time(), 0

    def allow(self) -> bool:
        now = time.time()
        if now - self._began >= 60.0:
            with self._lock:
                self._began, self._used = now, 0
        with self._lock:
            self._used += 1
            return self._used <= 1


class MendedThrottle:
    """Looks at the minute under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._began, self._used = time.time(), 0

    def allow(self) -> bool:
        with self._lock:
            now = time.time()
            if now - self._began >= 60.0:
                self._began, self._used = now, 0
            self._used += 1
            return self._used <= 1


class BrokenHeartbeats:
    """Finds the silent ones and forgets them in two steps: a beat in between is forgotten too."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[int, int] = {}

    def beat(self, name: int) -> None:
        with self._lock:
            self._seen[name] = time.monotonic_ns()

    def expire(self) -> list[int]:
        with self._lock:
            silent = sorted(name for name, seen in self._seen.items() if time.monotonic_ns() - seen > 10**10)
        with self._lock:
            for name in silent:
                self._seen.pop(name, None)
        return silent

    def alive(self) -> list[int]:
        with self._lock:
            return sorted(self._seen)


class MendedHeartbeats:
    """Finds and forgets them under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[int, int] = {}

    def beat(self, name: int) -> None:
        with self._lock:
            self._seen[name] = time.monotonic_ns()

    def expire(self) -> list[int]:
        with self._lock:
            silent = sorted(name for name, seen in self._seen.items() if time.monotonic_ns() - seen > 10**10)
            for name in silent:
                del self._seen[name]
        return silent

    def alive(self) -> list[int]:
        with self._lock:
            return sorted(self._seen)


class BrokenRefill:
    """Computes outside the lock what came in since the last call: two threads add the same token."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last, self._tokens = perf_counter(), 1.0

    def take(self) -> bool:
        now = perf_counter()
        gained = now - self._last
        with self._lock:
            self._tokens = min(1.0, self._tokens + gained)
            self._last = now
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True


class MendedRefill:
    """Computes it under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last, self._tokens = perf_counter(), 1.0

    def take(self) -> bool:
        with self._lock:
            now = perf_counter()
            self._tokens = min(1.0, self._tokens + now - self._last)
            self._last = now
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True


class BrokenLease:
    """Looks outside the lock whether the lease has ended: two threads get it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner, self._until = 0, 0

    def grab(self, owner: int) -> bool:
        if time_ns() < self._until:
            return False
        with self._lock:
            self._owner, self._until = owner, time_ns() + 5 * 10**9
        return True

    def owner(self) -> int:
        with self._lock:
            return self._owner if time_ns() < self._until else 0


class MendedLease:
    """Looks under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner, self._until = 0, 0

    def grab(self, owner: int) -> bool:
        with self._lock:
            if time_ns() < self._until:
                return False
            self._owner, self._until = owner, time_ns() + 5 * 10**9
            return True

    def owner(self) -> int:
        with self._lock:
            return self._owner if time_ns() < self._until else 0


class BrokenEdition:
    """Looks at the age outside the lock: two threads make a new edition of one old one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number, self._made = 0, datetime.now()

    def current(self) -> int:
        if datetime.now() - self._made > timedelta(minutes=5):
            with self._lock:
                self._number += 1
                self._made = datetime.now()
        return self._number


class MendedEdition:
    """Looks at the age under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number, self._made = 0, datetime.now()

    def current(self) -> int:
        with self._lock:
            if datetime.now() - self._made > timedelta(minutes=5):
                self._number += 1
                self._made = datetime.now()
            return self._number


class BrokenTrial:
    """After the pause one call is let through on trial; two threads find that none was yet."""

    def __init__(self) -> None:
        self._failures, self._opened, self._tried = 0, 0.0, False
        self._lock = Lock()

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._opened, self._tried = time.monotonic(), False

    def may_try(self) -> bool:
        with self._lock:
            if self._failures < 3:
                return True
            if self._tried or time.monotonic() < self._opened + 30:
                return False
        self._tried = True
        return True


class MendedTrial:
    """The trial is noted under the lock."""

    def __init__(self) -> None:
        self._failures, self._opened, self._tried = 0, 0.0, False
        self._lock = Lock()

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._opened, self._tried = time.monotonic(), False

    def may_try(self) -> bool:
        with self._lock:
            if self._failures < 3:
                return True
            if self._tried or time.monotonic() < self._opened + 30:
                return False
            self._tried = True
            return True


class BrokenFresh:
    """Removes what has expired by a lock of its own, though it may be fresh again by then."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def keep(self, key: str, value: int) -> None:
        with self._lock:
            self._entries[key] = value, time.monotonic() + 60

    def find(self, key: str) -> int | None:
        with self._lock:
            value, until = self._entries.get(key, (None, 0.0))
        if value is not None and time.monotonic() >= until:
            with self._lock:
                self._entries.pop(key, None)
            return None
        return value


class MendedFresh:
    """Looks and removes under one lock."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def keep(self, key: str, value: int) -> None:
        with self._lock:
            self._entries[key] = value, time.monotonic() + 60

    def find(self, key: str) -> int | None:
        with self._lock:
            value, until = self._entries.get(key, (None, 0.0))
            if value is not None and time.monotonic() >= until:
                del self._entries[key]
                return None
            return value
