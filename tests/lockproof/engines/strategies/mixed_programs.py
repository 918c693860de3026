"""Programs drawn from a seed that mix attributes, containers, and what `threading` and `queue` have; by two searches.

Each runs by `Traces`, and by all schedules with at most three preemptions, which know nothing of accesses. In half of
them the thread that starts and joins the others takes part. SEEDS names the first seed and the one after the last.
"""

from __future__ import annotations

import linecache
import os
import queue
import threading
from collections.abc import Callable
from random import Random
from typing import Any, Final

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.exhaustive import Preemptions
from tests.lockproof.engines.control.inside import explore, have_threads
from tests.lockproof.engines.strategies.access_programs import Shared, Watched

MOST: Final = 3_000
"""Schedules of a search at most; a program that needs more is left out."""

STATEMENTS: Final = {
    "attribute": ("s.x = {c}", "s.x += {c}", "saw(s.x)", "s.y = {c}", "saw(s.y)"),
    "list": (
        "items.append({c})", "saw(len(items))", "saw(*items)", "if items: saw(items.pop())",
        "for each in items: saw(each)",
    ),
    "dict": ("d['a'] = {c}", "saw(d.get('a'))", "d.pop('a', None)", "saw('a' in d)", "d['a'] = d.get('a', 0) + 1"),
    "event": ("event.set()", "saw(event.is_set())", "event.wait()", "event.clear()"),
    "semaphore": ("semaphore.release()", "semaphore.acquire()"),
    "queue": ("jobs.put({c})", "saw(jobs.get())", "saw(jobs.qsize())"),
    "simple queue": ("simple.put({c})", "saw(simple.get())", "saw(simple.empty())"),
    "look": ("saw(lock.locked())",),
    "handed over": ("held.acquire()", "if held.locked(): held.release()"),
    "condition": (
        "with changed: changed.notify()", "with changed: changed.wait()", "with changed: changed.notify_all()"
    ),
    "class": ("G.g += 1", "saw(G.g)"),
}  # fmt: skip

HEAD: Final = """\
def program():
    s = Shared(); s.x = s.y = 0
    items, d, out, threads = [], {}, {}, []
    lock, held, event, semaphore = threading.Lock(), threading.Lock(), threading.Event(), threading.Semaphore(1)
    jobs, simple, changed = queue.Queue(), queue.SimpleQueue(), threading.Condition()
    held.acquire()
    class G: g = 0
    def saw(*what): out.setdefault(threading.current_thread().name, []).append(what)
"""
TAIL: Final = """\
    for each in threads: each.join()
    return sorted(out.items()), s.x, s.y, items, sorted(d.items()), G.g, jobs.qsize()
"""


class _Drawing:
    """Draws the statements of a program."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._kinds = [*self.random.sample([*STATEMENTS, "section", "try"], self.random.randint(2, 4)), "attribute"]

    def block(self, indent: int, count: int, thread: int, *, inside: bool = False) -> list[str]:
        """Return the lines of so many statements; `inside`: the lock is held."""
        lines, before = list[str](), " " * indent
        for _ in range(count):
            kind, constant = self.random.choice(self._kinds), self.random.randint(1, 9) + 10 * thread
            if kind == "section" and not inside:
                lines += [
                    f"{before}with lock:",
                    *self.block(indent + 4, self.random.randint(1, 2), thread, inside=True),
                ]
            elif kind == "try" and not inside:
                lines += [f"{before}got = lock.acquire(False)", f"{before}saw(got)", f"{before}if got: lock.release()"]
            else:
                lines.append(before + self.random.choice(STATEMENTS.get(kind, ("s.x += {c}",))).format(c=constant))
        return lines


def drawn(seed: int) -> str:
    """Return the source of the program of a seed."""
    drawing = _Drawing(seed)
    random = drawing.random
    count, takes_part = random.choice((2, 2, 3)), random.random() < 0.5
    first, lines = int(takes_part), list[str]()
    for t in range(first, count):
        lines += [f"    def part{t}():", *drawing.block(8, random.randint(1, 3), t)]
        lines += [f"    threads.append(threading.Thread(target=part{t}, name='{t}'))"]
    for t in range(first, count):
        lines.append(f"    threads[{t - first}].start()")
        if takes_part and t < count - 1 and random.random() < 0.4:
            lines += drawing.block(4, 1, 0)
    if takes_part:
        lines += drawing.block(4, random.randint(1, 3), 0)
    return HEAD + "\n".join(lines) + "\n" + TAIL


def compiled(seed: int) -> Callable[[], object]:
    """Return the program of a seed as a function."""
    file, text = f"<mixed {seed}>", drawn(seed)
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    space: dict[str, Any] = {"Shared": Shared, "threading": threading, "queue": queue}
    exec(compile(text, file, "exec"), space)
    program: Callable[[], object] = space["program"]
    return program


def ends(found: dict[str, Any]) -> set[str]:
    """Return how runs ended: their outcomes, their exceptions, and whether they came to a deadlock."""
    return {*found["outcomes"], *found["errors"], *(["deadlock"] if found["deadlocks"] else [])}


def missed(seed: int) -> list[str] | None:
    """Return the ends that the search for every trace has missed; None if it claims nothing."""
    program = compiled(seed)
    Watched.unseen.clear()
    traces = explore(program, Watched, Switching.FREE, MOST)
    if not traces["exhausted"] or traces["diverged"] or Watched.unseen:
        return None
    schedules = explore(program, lambda: Preemptions(3), Switching.FREE, MOST)
    return sorted(ends(schedules) - ends(traces))


def ask_mixed() -> dict[str, Any]:
    have_threads()
    first, last = map(int, os.environ["SEEDS"].split())
    return {str(seed): missed(seed) for seed in range(first, last)}
