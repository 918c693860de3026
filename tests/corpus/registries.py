"""Registries, event buses and directories, in pairs."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, RLock


class BrokenRegistry:
    """Refuses a name that is taken, but looks before it takes the lock: both of two threads register it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._entries: dict[str, int] = {}

    def register(self, name: str, entry: int) -> None:
        if name in self:
            raise ValueError(f"{name} is taken")
        with self._lock:
            self._entries[name] = entry

    def unregister(self, name: str) -> None:
        with self._lock:
            del self._entries[name]

    def __contains__(self, name: str) -> bool:
        with self._lock:
            return name in self._entries

    def get_all(self) -> dict[str, int]:
        with self._lock:
            return dict(self._entries)


class MendedRegistry:
    """Looks and registers under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._entries: dict[str, int] = {}

    def register(self, name: str, entry: int) -> None:
        with self._lock:
            if name in self:
                raise ValueError(f"{name} is taken")
            self._entries[name] = entry

    def unregister(self, name: str) -> None:
        with self._lock:
            del self._entries[name]

    def __contains__(self, name: str) -> bool:
        with self._lock:
            return name in self._entries

    def get_all(self) -> dict[str, int]:
        with self._lock:
            return dict(self._entries)


class BrokenEventBus:
    """Calls the subscribers under a lock that is not reentrant: one that asks the bus anything waits for ever."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._subscribers: list[Callable[[int], object]] = []

    def subscribe(self, callback: Callable[[int], object]) -> None:
        with self._lock:
            self._subscribers.append(callback)

    def publish(self, event: int) -> int:
        with self._lock:
            for callback in self._subscribers:
                callback(event)
            return len(self._subscribers)

    def __len__(self) -> int:
        with self._lock:
            return len(self._subscribers)


class MendedEventBus:
    """Calls the subscribers of a snapshot, and holds no lock meanwhile."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._subscribers: list[Callable[[int], object]] = []

    def subscribe(self, callback: Callable[[int], object]) -> None:
        with self._lock:
            self._subscribers.append(callback)

    def publish(self, event: int) -> int:
        with self._lock:
            subscribers = list(self._subscribers)
        for callback in subscribers:
            callback(event)
        return len(subscribers)

    def __len__(self) -> int:
        with self._lock:
            return len(self._subscribers)


class BrokenListeners:
    """Loops over the live dictionary without the lock: the loop fails when a listener comes or goes."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._listeners: dict[int, int] = {}

    def listen(self, channel: int) -> None:
        with self._lock:
            self._listeners[channel] = self._listeners.get(channel, 0) + 1

    def leave(self, channel: int) -> None:
        with self._lock:
            self._listeners.pop(channel, None)

    def total(self) -> int:
        return sum(count for count in self._listeners.values())


class MendedListeners:
    """Loops under the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._listeners: dict[int, int] = {}

    def listen(self, channel: int) -> None:
        with self._lock:
            self._listeners[channel] = self._listeners.get(channel, 0) + 1

    def leave(self, channel: int) -> None:
        with self._lock:
            self._listeners.pop(channel, None)

    def total(self) -> int:
        with self._lock:
            return sum(count for count in self._listeners.values())


class BrokenMembers:
    """`members` returns the set itself: it changes in the caller's hands, and the caller can change it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._members: set[int] = set()

    def join_group(self, member: int) -> None:
        with self._lock:
            self._members.add(member)

    def leave_group(self, member: int) -> None:
        with self._lock:
            self._members.discard(member)

    def members(self) -> set[int]:
        with self._lock:
            return self._members

    def size(self) -> int:
        with self._lock:
            return len(self._members)


class MendedMembers:
    """`members` returns a copy."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._members: set[int] = set()

    def join_group(self, member: int) -> None:
        with self._lock:
            self._members.add(member)

    def leave_group(self, member: int) -> None:
        with self._lock:
            self._members.discard(member)

    def members(self) -> set[int]:
        with self._lock:
            return set(self._members)

    def size(self) -> int:
        with self._lock:
            return len(self._members)


class BrokenDirectory:
    """Two indexes with a lock each: `register` takes them in one order, `unregister` in the other."""

    def __init__(self) -> None:
        self._name_lock = RLock()
        self._room_lock = RLock()
        self._rooms: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def _room_of(self, name: str) -> int:
        with self._name_lock:
            return self._rooms.get(name, 0)

    def _name_in(self, room: int) -> str:
        with self._room_lock:
            return self._names.get(room, "")

    def register(self, name: str, room: int) -> bool:
        with self._name_lock:
            if name in self._rooms or self._name_in(room):
                return False
            with self._room_lock:
                self._rooms[name] = room
                self._names[room] = name
                return True

    def unregister(self, room: int) -> bool:
        with self._room_lock:
            name = self._names.get(room, "")
            if self._room_of(name) != room:
                return False
            with self._name_lock:
                del self._names[room], self._rooms[name]
                return True

    def snapshot(self) -> dict[str, int]:
        with self._name_lock, self._room_lock:
            return dict(self._rooms)


class MendedDirectory:
    """The locks are taken in one order everywhere."""

    def __init__(self) -> None:
        self._name_lock = RLock()
        self._room_lock = RLock()
        self._rooms: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def _room_of(self, name: str) -> int:
        with self._name_lock:
            return self._rooms.get(name, 0)

    def _name_in(self, room: int) -> str:
        with self._room_lock:
            return self._names.get(room, "")

    def register(self, name: str, room: int) -> bool:
        with self._name_lock:
            if name in self._rooms or self._name_in(room):
                return False
            with self._room_lock:
                self._rooms[name] = room
                self._names[room] = name
                return True

    def unregister(self, room: int) -> bool:
        with self._name_lock, self._room_lock:
            name = self._names.get(room, "")
            if self._room_of(name) != room:
                return False
            del self._names[room], self._rooms[name]
            return True

    def snapshot(self) -> dict[str, int]:
        with self._name_lock, self._room_lock:
            return dict(self._rooms)


class BrokenCatalog:
    """Raises between `acquire` and `release` when the key is missing: the next thread waits for ever."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._prices: dict[int, int] = {}

    def register(self, item: int, price: int) -> None:
        with self._lock:
            self._prices[item] = price

    def remove(self, item: int) -> int:
        self._lock.acquire()
        price = self._prices.pop(item)
        self._lock.release()
        return price

    def size(self) -> int:
        with self._lock:
            return len(self._prices)


class MendedCatalog:
    """Releases the lock in a `finally`."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._prices: dict[int, int] = {}

    def register(self, item: int, price: int) -> None:
        with self._lock:
            self._prices[item] = price

    def remove(self, item: int) -> int:
        self._lock.acquire()
        try:
            return self._prices.pop(item)
        finally:
            self._lock.release()

    def size(self) -> int:
        with self._lock:
            return len(self._prices)
