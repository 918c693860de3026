"""Programs with something to report: deadlocks, locks and threads left behind, exceptions, loops, lock order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from lockproof.core.schedule import Point, Switching
from lockproof.engines.strategies.exhaustive import SyncOrders
from lockproof.engines.strategies.sampling import PCT, POS, SURW, RandomWalk
from tests.lockproof.engines.control.inside import Seldom, explore, first_schedule, have_threads, together

have_threads()


def all_orders(program: Callable[[], object], most: int = 1000) -> dict[str, Any]:
    return explore(program, SyncOrders, Switching.SYNC, most)


def first(program: Callable[[], object], switching: Switching = Switching.SYNC) -> dict[str, Any]:
    return explore(program, first_schedule, switching)


def two_locks(mended: bool) -> object:
    one = threading.Lock()
    two = threading.RLock()

    def forward() -> None:
        with one:  # noqa: SIM117  forward takes one
            with two:  # forward waits for two
                pass

    def backward() -> None:
        with one if mended else two:  # noqa: SIM117  backward takes two
            with two if mended else one:  # backward waits for one
                pass

    threads = [threading.Thread(target=forward, name="F"), threading.Thread(target=backward, name="B")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return "ended"


def ask_two_locks() -> dict[str, Any]:
    return {"broken": all_orders(partial(two_locks, False)), "mended": all_orders(partial(two_locks, True))}


def ask_order_alone() -> dict[str, Any]:
    """One run that does not hang, by a lock order that could."""
    return {"broken": first(partial(two_locks, False)), "mended": first(partial(two_locks, True))}


def itself() -> None:
    lock = threading.Lock()
    with lock, lock:
        pass


def ask_itself() -> dict[str, Any]:
    return first(itself)


def gated(first_with: bool, then_without: bool) -> object:
    gate, one, two = threading.Lock(), threading.Lock(), threading.Lock()

    def forward() -> None:
        if first_with:
            with gate, one, two:
                pass
        if then_without:
            with one, two:
                pass

    def backward() -> None:
        with gate, two, one:
            pass

    def bare() -> None:
        with two, one:
            pass

    together(forward, bare if then_without else backward)
    return "ended"


def ask_gate() -> dict[str, Any]:
    return {
        "held by both": all_orders(partial(gated, True, False)),
        "held by none": first(partial(gated, False, True)),
        "held only the first time": first(partial(gated, True, True)),
    }


def one_thread_alone() -> None:
    one, two = threading.Lock(), threading.Lock()
    with one, two:
        pass
    with two, one:
        pass


def tries() -> None:
    one, two = threading.Lock(), threading.Lock()

    def work(mine: threading.Lock, other: threading.Lock) -> None:
        with mine:
            if other.acquire(False):
                other.release()

    together(partial(work, one, two), partial(work, two, one))


def ring() -> None:
    locks = [threading.Lock() for _ in range(3)]

    def work(k: int) -> None:
        with locks[k], locks[(k + 1) % 3]:
            pass

    together(*(partial(work, k) for k in range(3)))


def ask_order_more() -> dict[str, Any]:
    return {"one thread": all_orders(one_thread_alone), "tries": all_orders(tries), "ring": first(ring)}


def never_released() -> None:
    lock = threading.Lock()
    together(lambda: lock.acquire(False))


def released_by_another() -> None:
    lock = threading.Lock()
    together(lambda: lock.acquire(False))
    lock.release()


def ask_held() -> dict[str, Any]:
    return {"never": all_orders(never_released), "another": all_orders(released_by_another)}


def left(daemon: bool | None, *, twin: bool = False, set_it: bool = False) -> object:
    event = threading.Event()
    threads = [threading.Thread(target=event.wait, name="left", daemon=daemon)]
    if twin:
        threads.append(threading.Thread(target=event.wait, name="left", daemon=True))
    for each in threads:
        each.start()
    if set_it:
        event.set()
    return "ended"


def ask_left() -> dict[str, Any]:
    return {
        "plain": first(partial(left, None)),
        "said": first(partial(left, False)),
        "daemon": first(partial(left, True)),
        "of one name": first(partial(left, False, twin=True)),
        "set": all_orders(partial(left, False, set_it=True)),
    }


def heartbeat() -> object:
    def beat() -> None:
        while True:
            time.sleep(1)

    threading.Thread(target=beat, daemon=True).start()
    return "ended"


def ask_errors() -> dict[str, Any]:
    def program() -> object:
        together(lambda: 1 // 0, lambda: None)
        return "ended"

    def leaves() -> object:
        together(lambda: (_ for _ in ()).throw(SystemExit), int)
        return "ended"

    def main() -> object:
        raise KeyError("main")

    return {"thread": first(program), "exit": first(leaves), "main": first(main)}


class Flag:
    """A flag that is waited for by looking."""

    def __init__(self) -> None:
        self.flag = self.other = False


def spin(end: bool) -> object:
    shared = Flag()

    def wait() -> None:
        while not shared.flag:
            pass
        shared.other = True

    def give() -> None:
        while not (end or shared.other):
            pass
        shared.flag = True

    together(wait, give)
    return "ended"


def two_wait(looks: int = 0) -> object:
    shared = Flag()

    def give() -> None:
        for _ in range(looks):
            assert not shared.flag
        shared.other = True
        shared.other = False
        shared.flag = True

    def wait() -> None:
        while not shared.flag:
            pass

    together(give, wait, wait)
    return "ended"


class Unfair(RandomWalk):
    """Chooses the first thread that is started only if there is no other."""

    yielded = False

    def choose(self, point: Point) -> int:
        Unfair.yielded |= point.yielded
        return min(point.enabled, key=lambda thread: thread == 1)


def sleeping(end: bool) -> object:
    shared = Flag()

    def wait() -> None:
        while not shared.flag:
            time.sleep(0.1)
        shared.other = True

    def give() -> None:
        while not (end or shared.other):
            time.sleep(0.1)
        shared.flag = True

    together(wait, give)
    return "ended"


def ask_spin() -> dict[str, Any]:
    results: dict[str, Any] = {}
    for switching in (Switching.FREE, Switching.GIL):
        for end in (True, False):
            results[f"{switching} {end}"] = explore(partial(spin, end), lambda: Seldom(2), switching, 1)
            results[f"{switching} {end} first"] = first(partial(spin, end), switching)
    results["sleeping True"] = explore(partial(sleeping, True), lambda: RandomWalk(2), Switching.SYNC, 2)
    results["sync True first"] = first(partial(spin, True))
    for made in (Unfair, SURW, PCT, POS):
        results[f"two, {made.__name__}"] = explore(two_wait, partial(made, 1), Switching.FREE, 60)
    results["yielded"] = Unfair.yielded
    results["two, long"] = explore(partial(two_wait, 60), partial(Unfair, 1), Switching.FREE, 3)
    return results


class Sums:
    """Something to do, again and again."""

    def __init__(self) -> None:
        self.sum = 0

    def work(self) -> None:
        for k in range(9000):
            self.sum += k


def ask_long_loop() -> dict[str, Any]:
    def program() -> object:
        sums = Sums()
        together(sums.work, sums.work)
        return "ended"

    def separate() -> object:
        together(Sums().work, Sums().work)
        return "ended"

    return {
        "free": explore(program, lambda: Seldom(1), Switching.FREE, 1),
        "free, first": first(separate, Switching.FREE),
        "gil": explore(program, lambda: Seldom(1), Switching.GIL, 1),
    }


class Deep:
    """Counts how deep it goes."""

    def __init__(self) -> None:
        self.depth = 0

    def down(self) -> None:
        self.depth += 1
        self.down()


def ask_recursion() -> dict[str, Any]:
    def program() -> object:
        deep, caught = Deep(), list[str]()

        def work() -> None:
            try:
                deep.down()
            except RecursionError as error:
                caught.append(type(error).__name__)

        together(work, work)
        return caught

    return explore(program, lambda: RandomWalk(1), Switching.FREE, 2)


def ask_all_is_caught() -> dict[str, Any]:
    """A program that catches whatever is raised, once: a run that is given up ends all the same."""

    def program() -> object:
        lock = threading.Lock()

        def work() -> None:
            try:
                with lock, lock:
                    pass
            except BaseException:  # the point of it
                time.sleep(1)

        together(work)
        return "ended"

    return first(program)


def ask_afterwards() -> dict[str, Any]:
    """After all of that, a run is still what it was."""
    return {"broken": all_orders(partial(two_locks, False)), "mended": all_orders(partial(two_locks, True))}
