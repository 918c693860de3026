"""Functions to be explored: each starts threads and asserts; it is broken in one way, or the twin of one that is."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime


def _both(*functions: Callable[[], object]) -> None:
    """Run the functions on a thread each, and wait for all."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Account:
    """Has an amount of money; what guards it is its user's affair."""

    def __init__(self) -> None:
        self.money = 0
        self.lock = threading.Lock()


def lost_update() -> None:
    account = Account()

    def pay() -> None:
        account.money += 5

    _both(pay, pay)
    assert account.money == 10, account.money


def locked_update() -> None:
    account = Account()

    def pay() -> None:
        with account.lock:
            account.money += 5

    _both(pay, pay)
    assert account.money == 10, account.money


def check_then_act() -> None:
    taken: dict[str, int] = {}
    winners: list[int] = []

    def claim() -> None:
        if taken.get("seat") is None:
            taken["seat"] = 1
            winners.append(1)

    _both(claim, claim)
    assert len(winners) == 1


def locked_check_then_act() -> None:
    taken: dict[str, int] = {}
    winners: list[int] = []
    lock = threading.Lock()

    def claim() -> None:
        with lock:
            if taken.get("seat") is None:
                taken["seat"] = 1
                winners.append(1)

    _both(claim, claim)
    assert len(winners) == 1


def crossed_locks() -> None:
    one, other = threading.Lock(), threading.Lock()
    done: list[int] = []

    def forth() -> None:
        with one:  # forth takes one
            done.append(1)
            with other:  # forth waits for other
                pass

    def back() -> None:
        with other:  # back takes other
            done.append(2)
            with one:  # back waits for one
                pass

    _both(forth, back)


def crossed_one_after_the_other() -> None:
    one, other = threading.Lock(), threading.Lock()

    def forth() -> None:
        with one, other:
            pass

    def back() -> None:
        with other, one:
            pass

    _both(forth)
    _both(back)


def locked_in_one_order() -> None:
    one, other = threading.Lock(), threading.Lock()

    def both() -> None:
        with one, other:
            pass

    _both(both, both)


def waits_with_a_limit() -> None:
    lock = threading.Lock()

    def hold() -> None:
        if lock.acquire(timeout=1):
            lock.release()

    _both(hold, hold)


def thread_left_behind() -> None:
    never = threading.Event()
    threading.Thread(target=never.wait, name="waiter").start()


def none_left_behind() -> None:
    soon = threading.Event()
    threading.Thread(target=soon.wait, name="waiter").start()
    soon.set()


def lock_never_released() -> None:
    lock = threading.Lock()
    _both(lock.acquire)


def locked_and_released() -> None:
    lock = threading.Lock()

    def take() -> None:
        with lock:
            pass

    _both(take)


def exception_of_a_thread() -> None:
    items = [1]

    def take() -> None:
        if items:
            items.pop()

    _both(take, take)


def locked_exception_of_a_thread() -> None:
    items = [1]
    lock = threading.Lock()

    def take() -> None:
        with lock:
            if items:
                items.pop()

    _both(take, take)


def _one_and_two() -> Iterator[int]:
    yield 1
    yield 2


def generator_of_two() -> None:
    numbers = _one_and_two()
    _both(lambda: next(numbers), lambda: next(numbers))


def locked_generator_of_two() -> None:
    numbers = _one_and_two()
    lock = threading.Lock()

    def take() -> int:
        with lock:
            return next(numbers)

    _both(take, take)


def no_progress() -> None:
    flags = {"first": False, "second": False}

    def first() -> None:
        while not flags["second"]:  # first waits in a loop
            pass
        flags["first"] = True

    def second() -> None:
        while not flags["first"]:  # second waits in a loop
            pass
        flags["second"] = True

    _both(first, second)


def progress_of_one() -> None:
    flags = {"first": False}

    def first() -> None:
        flags["first"] = True

    def second() -> None:
        while not flags["first"]:
            pass

    _both(first, second)


def starts_no_thread() -> None:
    assert sum([1, 2]) == 3


def exits() -> None:
    _both(lambda: os._exit(5))


def depends_on_randomness() -> None:
    account = Account()

    def pay() -> None:
        if random.SystemRandom().random() < 0.5:
            account.money += 1
        with account.lock:
            account.money += 1

    _both(pay, pay)


def depends_on_the_calendar() -> None:
    account = Account()

    def pay() -> None:
        if datetime.now(UTC).microsecond % 2:
            account.money += 1
        with account.lock:
            account.money += 1

    _both(pay, pay)


def depends_on_the_clock() -> None:
    account = Account()

    def pay() -> None:
        if time.perf_counter_ns() // 100 % 2 or time.time() % 1 > 0.5:
            account.money += 1
        with account.lock:
            account.money += 1

    _both(pay, pay)


_kept: list[object] = []


def depends_on_addresses() -> None:
    account = Account()
    first = Account()
    accounts = {first, *(Account() for _ in range(20))}
    _kept.append(accounts)  # or they would be at the same addresses in each run

    def pay() -> None:
        for each in accounts:
            if each is first:
                break
            account.money += 1

    _both(pay, pay)


def depends_on_hashes_of_texts() -> None:
    account = Account()
    names = {"one", "two", "three", "four", "five"}

    def pay() -> None:
        for name in names:
            if name == "three":
                break
            with account.lock:
                account.money += 1

    _both(pay, pay)


_seen = 0


def depends_on_what_was_left() -> None:
    global _seen
    _seen += 1
    account = Account()

    def pay() -> None:
        if _seen % 2:
            account.money += 1
        with account.lock:
            account.money += 1

    _both(pay, pay)


def generator_met_late() -> None:
    """Only in some schedules a generator is run."""
    _met(late=True)


def generator_met_early() -> None:
    _met(late=False)


def _met(*, late: bool) -> None:
    state = {"n": 0}

    def twice(number: int) -> Iterator[int]:
        yield number
        yield number

    def change() -> None:
        state["n"] = 1
        state["n"] = 2

    def look() -> None:
        if state["n"] == 1:
            sum(twice(1))
            state["m"] = 2

    if not late:
        list(twice(1))
    _both(change, look)


def torn_reading() -> None:
    version, data, seen = [0], [0, 0], []

    def read() -> None:
        began = version[0]
        left = data[0]
        seen.append((began, left, data[1]))

    def change() -> None:
        version[0] += 1
        data[0] += 1
        data[1] += 1

    _both(read, change)
    assert seen[0][1] == seen[0][2]


def private_lists() -> None:
    numbers, both = list[int](), list[int]()

    def add() -> None:
        mine = [1]
        mine.sort()
        both.append(1)
        if len(numbers) == 0:
            numbers.append(mine[0])

    _both(add, add)
    assert len(numbers) == 1


def live_iterator() -> None:
    numbers = {1, 2, 3}
    same = numbers

    def read() -> None:
        found: list[int] = []
        for number in numbers:
            found.append(number)

    def change() -> None:
        found: list[int] = []
        found.append(4)
        same.add(4)

    _both(read, change)


def pool_of_three() -> None:
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(abs, -number) for number in (1, 2, 3)]
        assert {future.result() for future in as_completed(futures)} == {1, 2, 3}


def timed_wait() -> None:
    ready = threading.Event()
    seen: list[bool] = []

    def waits() -> None:
        seen.append(ready.wait(3600.0))

    _both(waits, ready.set)
    assert seen == [True], "the wait ran out"


def hours_of_sleep() -> None:
    began = time.monotonic()

    def sleeps() -> None:
        time.sleep(3600.0)

    _both(sleeps, sleeps)
    assert time.monotonic() - began >= 3600


def native_wait() -> None:
    ends = os.pipe()
    got: list[bytes] = []

    def reads() -> None:
        got.append(os.read(ends[0], 1))  # a wait in the system

    def writes() -> None:
        os.write(ends[1], b"x")

    try:
        _both(reads, writes)
    finally:
        os.close(ends[0])
        os.close(ends[1])
    assert got == [b"x"]


def with_a_parameter(amount: int, *rest: int, factor: int = 1) -> None:
    assert amount


class Money:
    """A class, which is explored with a scenario."""

    def __init__(self) -> None:
        self._money = 0

    def pay(self) -> int:
        """Pay one in; return how much there is."""
        self._money += 1
        return self._money


class LockedMoney(Money):
    """The twin."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def pay(self) -> int:
        """Pay one in; return how much there is."""
        with self._lock:
            return super().pay()
