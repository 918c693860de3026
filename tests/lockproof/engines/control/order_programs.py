"""Programs for `SyncOrders`: all orders of synchronization, with switches at locks, threads and time alone."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.exhaustive import SyncOrders
from tests.lockproof.engines.control.inside import explore, together

SHAPES = ((2, 1), (2, 2), (2, 3), (2, 4), (3, 1), (3, 2))


def all_orders(program: Any, most: int = 20_000) -> dict[str, Any]:
    return explore(program, SyncOrders, Switching.SYNC, most)


def appends(threads: int, operations: int) -> str:
    out: list[str] = []
    lock = threading.Lock()

    def work(label: str) -> None:
        for _ in range(operations):
            with lock:
                out.append(label)

    together(*(partial(work, "abc"[t]) for t in range(threads)))
    return "".join(out)


def ask_table() -> dict[str, Any]:
    return {f"{t}x{o}": all_orders(partial(appends, t, o)) for t, o in SHAPES}


def independent(threads: int, made_by_threads: bool) -> int:
    out: list[int] = []
    locks = [threading.Lock() for _ in range(threads)]

    def work(t: int) -> None:
        lock = threading.Lock() if made_by_threads else locks[t]
        for _ in range(2):
            with lock:
                out.append(t)

    together(*(partial(work, t) for t in range(threads)))
    return len(out)


def ask_independent() -> list[dict[str, Any]]:
    return [all_orders(partial(independent, threads, False)) for threads in (2, 3)]


def ask_independent_of_their_own() -> list[dict[str, Any]]:
    return [all_orders(partial(independent, threads, True)) for threads in (2, 3)]


def nested() -> str:
    """Two sections of an outer lock each, an inner one inside: only the order of the outer ones is left."""
    outer, inner, out = threading.Lock(), threading.Lock(), list[str]()

    def work(label: str) -> None:
        for _ in range(2):
            with outer, inner:
                out.append(label)

    together(partial(work, "a"), partial(work, "b"))
    return "".join(out)


def ask_nested() -> dict[str, Any]:
    return all_orders(nested)


def locked_asked() -> bool:
    lock, seen = threading.Lock(), list[bool]()

    def hold() -> None:
        with lock:
            pass

    together(hold, lambda: seen.append(lock.locked()))
    return seen[0]


def ask_locked_asked() -> dict[str, Any]:
    return all_orders(locked_asked)


def handed_over(patient: bool) -> str:
    condition, items, got = threading.Condition(), list[str](), list[str]()

    def get() -> None:
        with condition:
            if patient:
                condition.wait_for(lambda: items)
            else:
                condition.wait()
            got.append(items.pop())

    def put() -> None:
        with condition:
            items.append("it")
            condition.notify()

    together(get, put)
    return got[0]


def ask_wakeup() -> dict[str, Any]:
    return {"lost": all_orders(partial(handed_over, False)), "kept": all_orders(partial(handed_over, True))}


def clocked(wait: bool) -> bool:
    """Is the clock read before or after the time limit or the sleep of another thread? A third one does its own."""
    own, beside, held, seen = threading.Lock(), threading.Lock(), threading.Lock(), list[bool]()
    held.acquire()
    begin = time.monotonic()

    def pass_time() -> None:
        if wait:
            held.acquire(timeout=5)
        else:
            time.sleep(5)

    def look() -> None:
        with own:
            seen.append(time.monotonic() - begin >= 5)

    def other() -> None:
        for _ in range(2):
            with beside:
                pass

    together(look, pass_time, other)
    held.release()
    return seen[0]


def ask_clock() -> dict[str, Any]:
    return {"limit": all_orders(partial(clocked, True)), "sleep": all_orders(partial(clocked, False))}


def event_seen() -> bool:
    event, beside, before, seen = threading.Event(), threading.Lock(), threading.Lock(), list[bool]()

    def look() -> None:
        with before:
            pass
        seen.append(event.is_set())

    def other() -> None:
        for _ in range(2):
            with beside:
                pass

    together(other, look, event.set)
    return seen[0]


def ask_event() -> dict[str, Any]:
    return all_orders(event_seen)


def alive_seen() -> bool:
    thread = threading.Thread(target=int)
    thread.start()
    alive = thread.is_alive()
    thread.join()
    return alive


def ask_alive() -> dict[str, Any]:
    return all_orders(alive_seen)


def first_taken(dispatch: bool) -> str:
    """Three sections of three threads, of which two share a lock: `a` and `b` come in both orders, `c` anywhere."""
    shared, own, out = threading.Lock(), threading.Lock(), list[str]()

    def work(lock: threading.Lock, label: str) -> None:
        with lock:
            out.append(label)

    works = [partial(work, shared, "a"), partial(work, shared, "b"), partial(work, own, "c")]
    together(*(works[::-1] if dispatch else works))
    return "".join(each for each in out if each != "c")


def ask_partly() -> list[dict[str, Any]]:
    return [all_orders(partial(first_taken, order)) for order in (False, True)]


SEMAPHORE = threading.Semaphore(1)


def made_at_import() -> int:
    beside = threading.Lock()

    def guarded() -> None:
        with SEMAPHORE:
            pass

    def other() -> None:
        for _ in range(2):
            with beside:
                pass

    together(guarded, guarded, other)
    return 1


def ask_semaphore_of_a_module() -> dict[str, Any]:
    return all_orders(made_at_import)
