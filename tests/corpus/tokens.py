"""Classes that hand out random identifiers, in pairs: a call with any other argument finds nothing."""

from __future__ import annotations

import uuid
from threading import Lock


class BrokenLogins:
    """A login copies the sessions and writes the copy back: a login beside it is lost."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}

    def login(self, user: str) -> str:
        token = uuid.uuid4().hex
        users = self._users.copy()
        users[token] = user
        self._users = users
        return token

    def user_of(self, token: str) -> str | None:
        return self._users.get(token)


class MendedLogins:
    """A login writes under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._users: dict[str, str] = {}

    def login(self, user: str) -> str:
        token = uuid.uuid4().hex
        with self._lock:
            self._users[token] = user
        return token

    def user_of(self, token: str) -> str | None:
        with self._lock:
            return self._users.get(token)


class BrokenOneTicket:
    """Looks for the user's ticket and makes one in two steps: two threads get two tickets."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tickets: dict[str, uuid.UUID] = {}

    def ticket(self, user: str) -> uuid.UUID:
        with self._lock:
            known = self._tickets.get(user)
        if known is None:
            known = uuid.uuid4()
            with self._lock:
                self._tickets[user] = known
        return known


class MendedOneTicket:
    """Holds the lock from the look to the store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tickets: dict[str, uuid.UUID] = {}

    def ticket(self, user: str) -> uuid.UUID:
        with self._lock:
            return self._tickets.setdefault(user, uuid.uuid4())


class BrokenUploads:
    """`finish` looks whether the upload is there and removes it in two steps: the second thread raises KeyError."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._parts: dict[str, list[int]] = {}

    def begin(self) -> str:
        upload = f"upload-{uuid.uuid4()}"
        with self._lock:
            self._parts[upload] = []
        return upload

    def append(self, upload: str, part: int) -> None:
        with self._lock:
            if upload in self._parts:
                self._parts[upload].append(part)

    def finish(self, upload: str) -> list[int] | None:
        with self._lock:
            if upload not in self._parts:
                return None
        with self._lock:
            return self._parts.pop(upload)


class MendedUploads:
    """`finish` looks and removes under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._parts: dict[str, list[int]] = {}

    def begin(self) -> str:
        upload = f"upload-{uuid.uuid4()}"
        with self._lock:
            self._parts[upload] = []
        return upload

    def append(self, upload: str, part: int) -> None:
        with self._lock:
            if upload in self._parts:
                self._parts[upload].append(part)

    def finish(self, upload: str) -> list[int] | None:
        with self._lock:
            return self._parts.pop(upload, None)
