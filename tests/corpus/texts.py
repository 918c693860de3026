"""Classes whose operators take texts alone, in pairs."""

from __future__ import annotations

from threading import Lock
from typing import Any


class BrokenWords:
    """Nothing says that words are texts. Two threads insert one word, and each is told that it was new."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}
        self._lock = Lock()

    def insert(self, word: Any) -> bool:
        with self._lock:
            node = self._root
            for letter in word:
                node = node.setdefault(letter, {})
        is_new = "" not in node
        node[""] = {}
        return is_new

    def __contains__(self, word: Any) -> bool:
        with self._lock:
            node = self._root
            for letter in word:
                node = node.get(letter, {})
            return "" in node


class MendedWords:
    """Words are inserted under the lock."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}
        self._lock = Lock()

    def insert(self, word: Any) -> bool:
        with self._lock:
            node = self._root
            for letter in word:
                node = node.setdefault(letter, {})
            is_new = "" not in node
            node[""] = {}
            return is_new

    def __contains__(self, word: Any) -> bool:
        with self._lock:
            node = self._root
            for letter in word:
                node = node.get(letter, {})
            return "" in node


class BrokenCodes:
    """A code is read in two steps: between them it is deleted."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = Lock()

    def register(self, code: str, number: int) -> bool:
        with self._lock:
            return self._numbers.setdefault(code.upper(), number) == number

    def __getitem__(self, code: str) -> int:
        if code.upper() not in self._numbers:
            return -1
        return self._numbers[code.upper()]

    def __delitem__(self, code: str) -> None:
        with self._lock:
            self._numbers.pop(code.upper(), None)


class MendedCodes:
    """A code is read in one step."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = Lock()

    def register(self, code: str, number: int) -> bool:
        with self._lock:
            return self._numbers.setdefault(code.upper(), number) == number

    def __getitem__(self, code: str) -> int:
        with self._lock:
            return self._numbers.get(code.upper(), -1)

    def __delitem__(self, code: str) -> None:
        with self._lock:
            self._numbers.pop(code.upper(), None)


class BrokenTags:
    """`in` looks at the live set outside of the lock, while a change replaces it in two steps."""

    def __init__(self) -> None:
        self._tags: set[str] = set()
        self._lock = Lock()

    def mark(self, tag: str) -> None:
        with self._lock:
            tags = {each for each in self._tags if each != tag.lower()}
            self._tags = tags
            tags.add(tag.lower())

    def __contains__(self, tag: str) -> bool:
        return tag.lower() in self._tags

    def __isub__(self, tag: str) -> BrokenTags:
        with self._lock:
            self._tags.discard(tag.lower())
        return self


class MendedTags:
    """`in` looks under the lock."""

    def __init__(self) -> None:
        self._tags: set[str] = set()
        self._lock = Lock()

    def mark(self, tag: str) -> None:
        with self._lock:
            tags = {each for each in self._tags if each != tag.lower()}
            self._tags = tags
            tags.add(tag.lower())

    def __contains__(self, tag: str) -> bool:
        with self._lock:
            return tag.lower() in self._tags

    def __isub__(self, tag: str) -> MendedTags:
        with self._lock:
            self._tags.discard(tag.lower())
        return self
