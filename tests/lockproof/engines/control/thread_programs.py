"""Programs that use the threading module, queues and pools under control."""

from __future__ import annotations

import _thread
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from threading import BoundedSemaphore as Bounded
from threading import Lock as ImportedLock
from typing import Any

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.exhaustive import SyncOrders
from lockproof.engines.strategies.sampling import RandomWalk
from tests.lockproof.engines.control.inside import explore, together

MADE_AT_IMPORT = threading.Lock()
REENTRANT_AT_IMPORT = threading.RLock()


def sampled(program: Callable[[], object], runs: int = 25) -> dict[str, Any]:
    return explore(program, lambda: RandomWalk(7), Switching.SYNC, runs)


def all_orders(program: Callable[[], object], most: int = 300) -> dict[str, Any]:
    return explore(program, SyncOrders, Switching.SYNC, most)


def raised(function: Callable[..., object], *arguments: object) -> str:
    try:
        function(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def subclass() -> object:
    class Worker(threading.Thread):
        def __init__(self, number: int) -> None:
            super().__init__(name=f"worker {number}")
            self.number, self.seen = number, ""

        def run(self) -> None:
            self.seen = threading.current_thread().name
            assert threading.current_thread() is self and self.is_alive()
            assert threading.get_ident() == self.ident

    workers = [Worker(number) for number in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert not any(each.is_alive() for each in workers)
    return [each.seen for each in workers]


def ask_subclass() -> dict[str, Any]:
    return sampled(subclass)


def ask_started_twice() -> dict[str, Any]:
    def program() -> object:
        thread = threading.Thread(target=int)
        before = raised(thread.join)
        thread.start()
        return before, raised(thread.start), raised(threading.current_thread().join), raised(thread.join)

    return sampled(program, 3)


def ask_known_at_once() -> dict[str, Any]:
    """What is true as soon as `start` has returned."""

    def program() -> object:
        event = threading.Event()
        threads = [threading.Thread(target=event.wait) for _ in range(2)]
        for each in threads:
            each.start()
        known = threading.enumerate()
        seen = [all(each in known for each in threads), len({each.ident for each in threads}), bool(threads[0].ident)]
        event.set()
        for each in threads:
            each.join()
        return seen

    return sampled(program, 5)


def ask_names() -> dict[str, Any]:
    """The names that threads without a name get, in one run after the other."""

    def program() -> object:
        threads = [threading.Thread(target=int) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return [each.name for each in threads]

    return sampled(program, 5)


def ask_daemon() -> dict[str, Any]:
    return sampled(lambda: threading.Thread(target=int).daemon, 1)


def lock() -> object:
    one = threading.Lock()
    results: list[object] = [one.acquire(), one.locked(), one.acquire(False)]
    results += [one.acquire(timeout=3), one.acquire(True, 0)]
    one.release()
    results += [one.locked(), raised(one.release), raised(one.acquire, False, 5), raised(one.acquire, True, -2)]
    return results


def ask_lock() -> dict[str, Any]:
    return sampled(lock, 2)


def rlock() -> object:
    one, results = threading.RLock(), list[object]()
    results += [one.acquire(), one.acquire(), one.acquire(False)]
    other = threading.Thread(
        target=lambda: results.extend((raised(one.release), one.acquire(False), one.acquire(timeout=1)))
    )
    other.start()
    other.join()
    for _ in range(3):
        one.release()
    return [*results, raised(one.release)]


def ask_rlock() -> dict[str, Any]:
    return sampled(rlock, 5)


def ask_rlock_excludes() -> dict[str, Any]:
    def program() -> object:
        one, inside, worst = threading.RLock(), 0, 0

        def work() -> None:
            nonlocal inside, worst
            with one:
                with one:
                    inside += 1
                    worst = max(worst, inside)
                time.sleep(1)
                inside -= 1

        together(work, work, work)
        return worst

    return sampled(program)


def ask_condition() -> dict[str, Any]:
    def program() -> object:
        condition, results = threading.Condition(), list[object]()
        begin = time.monotonic()
        with condition:
            results += [condition.wait(2), condition.wait_for(lambda: False, 3), condition.wait_for(lambda: "yes")]
        results += [5 <= time.monotonic() - begin < 6, raised(condition.notify), raised(condition.wait)]
        return results

    return sampled(program, 5)


def ask_condition_of_two() -> dict[str, Any]:
    """A buffer of one place, two that put and two that get, each by a condition of its own of the same lock."""

    def program() -> object:
        mutex = threading.Lock()
        free, full = threading.Condition(mutex), threading.Condition(mutex)
        places, got = list[int](), list[int]()

        def put(item: int) -> None:
            with free:
                free.wait_for(lambda: not places)
                places.append(item)
                full.notify()

        def get() -> None:
            with full:
                full.wait_for(lambda: places)
                got.append(places.pop())
                free.notify()

        together(lambda: put(1), get, get, lambda: put(2))
        return sorted(got)

    return sampled(program, 25)


def ask_semaphore() -> dict[str, Any]:
    def program() -> object:
        semaphore, inside, worst = threading.Semaphore(2), 0, 0

        def work() -> None:
            nonlocal inside, worst
            with semaphore:
                inside += 1
                worst = max(worst, inside)
                time.sleep(1)
                inside -= 1

        together(work, work, work)
        got = [semaphore.acquire(), semaphore.acquire(), semaphore.acquire(False), semaphore.acquire(timeout=1)]
        bounded = Bounded(1)
        return worst, got, raised(bounded.release)

    return sampled(program, 25)


def ask_event() -> dict[str, Any]:
    def program() -> object:
        event, results = threading.Event(), list[object]()
        results.append(event.wait(1))
        together(lambda: results.append(event.wait()), event.set)
        results += [event.is_set(), event.wait(1)]
        event.clear()
        return [*results, event.is_set()]

    return all_orders(program)


def ask_barrier() -> dict[str, Any]:
    def program() -> object:
        barrier, passed, early = threading.Barrier(3), list[int](), list[int]()

        def work() -> None:
            passed.append(0)
            barrier.wait()
            early.append(len(passed))
            barrier.wait()

        together(work, work, work)
        alone = threading.Barrier(2)
        return early, raised(alone.wait, 1), alone.broken

    return sampled(program, 25)


def ask_timer() -> dict[str, Any]:
    def program() -> object:
        results, begin = list[object](), time.monotonic()
        timer = threading.Timer(3600, lambda: results.append(time.monotonic() - begin >= 3600))
        timer.start()
        timer.join()
        cancelled = threading.Timer(3600, lambda: results.append("never"))
        cancelled.start()
        cancelled.cancel()
        cancelled.join()
        return results

    return sampled(program, 20)


def ask_local() -> dict[str, Any]:
    def program() -> object:
        local, found = threading.local(), list[bool]()

        def work(value: int) -> None:
            found.append(hasattr(local, "value"))
            local.value = value
            time.sleep(1)
            found.append(local.value != value)

        together(lambda: work(1), lambda: work(2))
        return any(found) or hasattr(local, "value")

    return sampled(program)


LOCAL = threading.local()


def ask_local_of_a_module() -> dict[str, Any]:
    def program() -> object:
        found: list[int] = []

        def work() -> None:
            found.append(getattr(LOCAL, "value", 0))
            LOCAL.value = 1

        together(work, work)
        found.append(getattr(LOCAL, "value", 0))
        LOCAL.value = 1
        return found

    return sampled(program)


def ask_new_thread() -> dict[str, Any]:
    def program() -> object:
        done, seen = _thread.allocate_lock(), list[object]()
        done.acquire()

        def work(value: int, *, more: int) -> None:
            seen.extend((value, more, threading.get_ident()))
            done.release()

        ident = _thread.start_new_thread(work, (1,), {"more": 2})
        done.acquire()
        return seen[:2], seen[2] == ident

    return sampled(program, 5)


def ask_queues() -> dict[str, Any]:
    def program() -> object:
        results: list[object] = []
        for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue):
            line: Any = kind()
            together(lambda: (line.put(1), line.put(2)), lambda: results.append(sorted((line.get(), line.get()))))
            results.append(raised(line.get, True, 2))
            results.append(raised(line.get, False))
        full: queue.Queue[int] = queue.Queue(1)
        full.put(1)
        results += [raised(full.put, 2, True, 1), raised(full.put_nowait, 2)]

        def consume() -> None:
            full.get()
            full.task_done()

        together(full.join, consume)
        return results

    return sampled(program, 12)


def ask_bounded_queue() -> dict[str, Any]:
    def program() -> object:
        line: queue.Queue[int] = queue.Queue(1)
        got: list[int] = []

        def put() -> None:
            for k in range(3):
                line.put(k)

        together(put, lambda: got.extend(line.get() for _ in range(3)))
        return got

    return all_orders(program, 50)


def ask_pool() -> dict[str, Any]:
    def program() -> object:
        with ThreadPoolExecutor(max_workers=2) as pool:
            futures = [pool.submit(pow, 2, k) for k in range(3)]
            bad = pool.submit(divmod, 1, 0)
            results: list[object] = [each.result() for each in futures]
            results += [list(pool.map(abs, (-1, -2))), type(bad.exception()).__name__]
            results.append(sorted(each.result(timeout=5) for each in as_completed(futures, timeout=60)))
        return results, raised(pool.submit, int)

    return sampled(program, 8)


def ask_imported() -> dict[str, Any]:
    def program() -> object:
        inside, worst, mine = 0, 0, ImportedLock()

        def work() -> None:
            nonlocal inside, worst
            with MADE_AT_IMPORT, REENTRANT_AT_IMPORT, mine:
                inside += 1
                worst = max(worst, inside)
                time.sleep(1)
                inside -= 1

        together(work, work)
        return worst, isinstance(mine, ImportedLock), type(MADE_AT_IMPORT) is ImportedLock

    return all_orders(program)


TAKEN_AT_IMPORT = threading.Lock()
TAKEN_AT_IMPORT.acquire()


def ask_taken_at_import() -> dict[str, Any]:
    """A gate that the import has closed, and that a thread opens."""

    def program() -> object:
        together(TAKEN_AT_IMPORT.acquire, TAKEN_AT_IMPORT.release)
        return "passed"

    return sampled(program, 1)


NUMBER_AT_IMPORT = id(LOCAL)


def ask_id() -> dict[str, Any]:
    def program() -> object:
        one, other = object(), object()
        return id(one) == id(one), id(one) != id(other), id(LOCAL) == NUMBER_AT_IMPORT

    return sampled(program, 2)


def ask_hashes() -> dict[str, Any]:
    def program() -> object:
        one, other, future = threading.Thread(), threading.Thread(), Future[int]()
        return hash(one) == hash(one), hash(one), hash(other), hash(future), len(list(threading._dangling))  # type: ignore[attr-defined]

    return sampled(program, 4)


def ask_uncontrolled() -> str:
    """Outside of runs everything is the real thing, on real threads."""
    out: list[int] = []
    mutex = threading.Lock()

    def work() -> None:
        for k in range(100):
            with mutex:
                out.append(k)

    together(work, work)
    line: queue.Queue[int] = queue.Queue()
    line.put(1)
    with ThreadPoolExecutor(1) as pool:
        return f"{len(out)} {line.get(timeout=1)} {pool.submit(int).result()} {MADE_AT_IMPORT.acquire(False)}"
