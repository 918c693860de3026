"""Programs that show how strategies choose when they drive the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random
from typing import Any

from lockproof.core.schedule import Point, Ran, Redundant, Switching
from lockproof.engines.strategies.exhaustive import Diverged, ScheduleReplay
from lockproof.engines.strategies.sampling import PCT, POS, SURW, RandomWalk
from tests.lockproof.engines.control.inside import explore, instrumentation, once, together

SAMPLERS: dict[str, Callable[[int], Any]] = {"walk": RandomWalk, "PCT": PCT, "POS": POS, "SURW": SURW}


class Account:
    """A counter, with and without a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.balance = 0

    def pay(self) -> None:
        self.balance += 1

    def pay_locked(self) -> None:
        with self.lock:
            self.balance += 1


def paid() -> int:
    account = Account()
    together(account.pay, account.pay)
    return account.balance


def paid_locked() -> int:
    account = Account()
    together(account.pay_locked, account.pay_locked)
    return account.balance


def choices(strategy: Any, program: Callable[[], object] = paid, runs: int = 15) -> list[list[int]]:
    instrumentation.switch(Switching.FREE)
    results: list[list[int]] = []
    while len(results) < runs and strategy.begin():
        result, _ = once(program, strategy)
        strategy.end(result.ran)
        results.append(list(result.ran.choices))
    return results


def ask_found() -> dict[str, Any]:
    return {
        f"{name} {program.__name__}": explore(program, lambda: made(1), Switching.FREE, 100)
        for name, made in SAMPLERS.items()
        for program in (paid, paid_locked)
    }


def ask_seeds() -> dict[str, Any]:
    return {name: [choices(made(1)), choices(made(1)), choices(made(2))] for name, made in SAMPLERS.items()}


class Own:
    """A strategy as a user may write it."""

    def __init__(self) -> None:
        self.random, self.asked, self.ended = Random(5), 0, list[int]()

    def begin(self) -> bool:
        return len(self.ended) < 30

    def choose(self, point: Point) -> int:
        self.asked += 1
        return self.random.choice(point.enabled)

    def end(self, ran: Ran) -> None:
        self.ended.append(len(ran.choices))


class Fails(Own):
    """Raises at its third decision."""

    def choose(self, point: Point) -> int:
        if self.asked == 2:
            raise ZeroDivisionError("by the strategy")
        return super().choose(point)


class Strays(Own):
    """Chooses a thread that does not exist."""

    def choose(self, point: Point) -> int:
        return 77


class Stops(Own):
    """Says at its second decision that the run shows nothing new."""

    def choose(self, point: Point) -> int:
        self.asked += 1
        if self.asked % 2 == 0:
            raise Redundant
        return point.enabled[-1]


def ask_own() -> dict[str, Any]:
    return explore(paid, Own, Switching.FREE)


def ask_raises() -> list[str]:
    results = []
    for strategy in (Fails(), Strays()):
        try:
            choices(strategy)
            results.append("nothing")
        except Exception as error:
            results.append(f"{type(error).__name__}: {error}")
        results.append(repr(sorted(explore(paid, Own, Switching.FREE)["outcomes"])))
    return results


def catches() -> int:
    """A program that catches every Exception must not catch what a strategy raises."""
    account = Account()

    def pay() -> None:
        try:
            account.pay()
        except Exception:
            account.balance = 100

    together(pay, pay)
    return account.balance


def ask_raises_past_the_program() -> str:
    try:
        choices(Fails(), catches)
    except ZeroDivisionError as error:
        return str(error)
    return "nothing"


def ask_redundant() -> list[Any]:
    strategy = Stops()
    strategy.begin()
    result, outcome = once(paid, strategy)
    again, _ = once(paid, Own())
    return [result.ran.redundant, outcome, len(result.deadlock), len(result.errors), again.ran.redundant]


def ask_replay() -> list[int]:
    same = total = 0
    for seed in range(100):
        walk = RandomWalk(seed)
        result, outcome = once(paid, walk)
        replay = ScheduleReplay(result.ran.choices)
        replay.begin()
        again, other = once(paid, replay)
        total += 1
        same += (list(again.ran.choices), other, again.ran.preemptions, list(again.ran.steps)) == (
            list(result.ran.choices),
            outcome,
            result.ran.preemptions,
            list(result.ran.steps),
        )
    return [same, total]


def ask_replay_of_another() -> list[str]:
    results = []
    (long,) = choices(RandomWalk(3), paid_locked, 1)
    (short,) = choices(RandomWalk(3), paid, 1)
    for program, given in ((paid_locked, short), (paid, long), (paid, [77, *short])):
        replay = ScheduleReplay(given)
        replay.begin()
        try:
            once(program, replay)
            results.append("nothing")
        except Diverged as error:
            results.append(type(error).__name__)
        lenient = ScheduleReplay(given, strict=False)
        lenient.begin()
        results.append(repr(once(program, lenient)[1] in ([1], [2])))
    return results


class Interrupted(Own):
    """Is interrupted at its second decision, as by Ctrl-C."""

    def choose(self, point: Point) -> int:
        if self.asked == 1:
            raise KeyboardInterrupt
        return super().choose(point)


def ask_interrupted() -> str:
    try:
        strategy = Interrupted()
        strategy.begin()
        result, _ = once(paid, strategy)
    except KeyboardInterrupt:
        return "raised"
    return f"swallowed: {result.errors}"
