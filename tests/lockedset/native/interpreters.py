"""Subinterpreters with a GIL each: the core in several at once, and loaded and unloaded again and again.

`python -m tests.lockedset.native.interpreters together SECONDS` uses sets in two subinterpreters and in the main one at
the same time; `... again ROUNDS` imports lockedset in one subinterpreter after the other, and compares memory. Both end
with status 1 if something is wrong.
"""

from __future__ import annotations

import _interpreters  # type: ignore[import-not-found,unused-ignore]
import faulthandler
import gc
import os
import sys
import threading
from pathlib import Path

import lockedset

WORK = """
import sys, threading, time
sys.path[:0] = {path!r}
from lockedset import LockedSet, implementation, locked

assert implementation == "compiled", implementation
sets = [LockedSet(), LockedSet()]
end = time.monotonic() + {seconds}
rounds = [0, 0]
raised = []

def work(number):
    try:
        while time.monotonic() < end or not rounds[number]:
            own = range(number * 100, number * 100 + 20)
            s, t = sets[number], sets[1 - number]
            with locked(s, t):
                s.update(own)
                t |= {{*own}}
                assert t >= {{*own}}
            s.difference_update(own)
            with locked(t, s):
                assert not {{*own}} & s
                t -= {{*own}}
                assert s.try_add(own[0]) and s.try_remove(own[0])
            rounds[number] += 1
    except BaseException as error:
        raised.append(error)

threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if raised:
    raise raised[0]
assert sets == [set(), set()], sets
"""

ONCE = """
import sys
sys.path[:0] = {path!r}
from lockedset import DeadlockError, LockedSet, implementation, locked

assert implementation == "compiled", implementation
class Sub(LockedSet):
    pass

class AtTheEnd:
    def __del__(self, s=LockedSet(range(3)), locked=locked):
        with locked(s):
            s.update([4, 5])
            s.replace({{1}})

kept = [Sub(range(10)), LockedSet("abc"), AtTheEnd(), locked(LockedSet())]
kept[0].add(kept[0].add)  # a cycle
kept[1].update(kept[0])
"""

MOST_KILOBYTES = 64.0
"""What a round may leave. An interpreter that is not unloaded as a whole leaves its arenas, which are of a megabyte."""


def _run(code: str) -> str:
    """Run code in a new subinterpreter with a GIL of its own; return what it raised."""
    number = _interpreters.create("isolated")
    try:
        raised = _interpreters.exec(number, code)
        return "" if raised is None else str(getattr(raised, "formatted", raised))
    finally:
        _interpreters.destroy(number)


def together(seconds: float) -> list[str]:
    """Use sets in three interpreters at the same time."""
    path = [str(Path(lockedset.__file__).parents[1])]
    code = WORK.format(path=path, seconds=seconds)
    problems: list[str] = []
    threads = [threading.Thread(target=lambda: problems.append(_run(code)), daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    exec(code, {})
    for thread in threads:
        thread.join(seconds + 60)
        if thread.is_alive():
            problems.append("a subinterpreter hangs")
    return [each for each in problems if each]


def again(rounds: int) -> tuple[list[str], float]:
    """Load and unload the core in one subinterpreter after the other; return also how many blocks a round left."""
    path = [str(Path(lockedset.__file__).parents[1])]

    def repeat(code: str, times: int) -> tuple[list[str], int]:
        before = _memory()
        problems = [problem for _ in range(times) if (problem := _run(code))]
        return problems, _memory() - before

    bare = "import os, sys, threading\nsys.path[:0] = " + repr(path)
    for code in (bare, ONCE.format(path=path)):
        repeat(code, 3)
    _, plain = repeat(bare, rounds)
    problems, loaded = repeat(ONCE.format(path=path), rounds)
    left = (loaded - plain) / rounds
    if left > MOST_KILOBYTES:
        problems.append(f"each of {rounds} rounds left {left:.1f} kB more than an interpreter without lockedset")
    return problems, left


def _memory() -> int:
    """Kilobytes of memory in use by this process."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def main() -> int:
    """Do what the command line says."""
    faulthandler.enable()
    what, amount = sys.argv[1], float(sys.argv[2])
    if what == "together":
        problems = together(amount)
        print(f"three interpreters for {amount:g} s: {len(problems)} problems")
    else:
        problems, left = again(int(amount))
        print(f"{int(amount)} interpreters, one after the other: {len(problems)} problems, {left:.1f} kB each")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
