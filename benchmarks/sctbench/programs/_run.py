"""How a program runs its threads, and the atomic word that lock-free programs are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable


def run[S](shared: S, *bodies: Callable[[S], None]) -> None:
    """Start one thread for each body, in this order, and join them all."""
    threads = [
        threading.Thread(target=body, args=(shared,), name=f"{body.__name__.lstrip('_')}-{number}")
        for number, body in enumerate(bodies, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Atomic:
    """A word with the steps that hardware gives: reading `value` is one too, but writing must go through a method."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.lock = threading.Lock()

    def exchange(self, new: int) -> int:
        """Store `new`, return what was there."""
        with self.lock:
            old = self.value
            self.value = new
            return old

    def compare_and_swap(self, expected: int, new: int) -> bool:
        """Store `new` if the word is still `expected`; say whether it was."""
        with self.lock:
            if self.value != expected:
                return False
            self.value = new
            return True

    def add(self, amount: int) -> None:
        with self.lock:
            self.value += amount
