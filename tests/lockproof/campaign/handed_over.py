"""Functions in which code of the standard library may hand over the GIL, for `test_masked`."""

from __future__ import annotations

import threading


def published_late() -> None:
    """A thread is told of itself after it has begun: the start of a thread waits, so the GIL does not mask that."""
    known: dict[str, threading.Thread] = {}
    thread = threading.Thread(target=lambda: known["thread"].is_alive())
    thread.start()
    known["thread"] = thread
    thread.join()


def set_before_done() -> None:
    """The event is set before the work is done; code of the library may hand over the GIL in between."""
    done: list[int] = []
    event = threading.Event()

    def works() -> None:
        event.set()
        done.append(1)

    thread = threading.Thread(target=works)
    thread.start()
    event.wait()
    assert done == [1]
    thread.join()


def done_before_set() -> None:
    """The twin."""
    done: list[int] = []
    event = threading.Event()

    def works() -> None:
        done.append(1)
        event.set()

    thread = threading.Thread(target=works)
    thread.start()
    event.wait()
    assert done == [1]
    thread.join()
