"""Statements compiled into timed loops.

Ten copies of a statement stand in one turn of a loop over tuples of ten keys, so that what the loop itself takes is
about 2 ns for each statement, where the built-in set takes 15: `pyperf timeit --duplicate` does the same, but has
no untimed part in which what a statement uses up could be made anew.

With one thread it is processor time that is taken: on a machine that does other things as well it is what a program
would see on an idle one, since a lock that nobody else wants is never waited for. With several threads the waiting
is what matters, and time is the clock's.

The loops return seconds for `loops` batches, which is what `pyperf.Runner.bench_time_func` wants.
"""

from __future__ import annotations

import random
import textwrap
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import get_clock_info, perf_counter, thread_time
from typing import Any

from benchmarks.operations import (
    COUNTS,
    SIZE,
    STEPS_FOR_A_KEY,
    Operation,
    Sharing,
    mixed_statement,
)
from benchmarks.subjects import Subject

# Windows counts a thread's time in clock ticks of 16 ms, which is too coarse.
processor_time = thread_time if get_clock_info("thread_time").resolution < 1e-5 else perf_counter

WIDTH = 10
USES = 20
THREAD_SECONDS = 60.0
THREAD_KEYS = 250
STEPS_IN_THREAD = THREAD_KEYS * STEPS_FOR_A_KEY

_LASTING = """\
def run(loops):
    s, o, e = made
    again = range(loops)
    began = processor_time()
    for _ in again:
        for {names} in turns:
{body}
    return processor_time() - began
"""

_FRESH = """\
def run(loops):
    total = 0.0
    for _ in range(loops):
        s, o = remade()
        began = processor_time()
        for {names} in turns:
{body}
        total += processor_time() - began
    return total
"""

_SINGLE_USE = """\
def run(loops):
    total = 0.0
    for _ in range(loops):
        pairs = [remade() for _ in range({uses})]
        began = processor_time()
        for s, o in pairs:
{body}
        total += processor_time() - began
    return total
"""

_IN_THREAD = """\
def run(loops, s, turns):
    again = range(loops)
    began = perf_counter()
    for _ in again:
        for {names} in turns:
{body}
    return began, perf_counter()
"""


@dataclass(frozen=True)
class TimedLoop:
    """A loop and the objects that it works on."""

    run: Callable[[int], float]
    namespace: dict[str, Any]


def keys_for(seed: int, count: int, stream: str = "") -> list[int]:
    """Distinct integers in no order, none of them among those that CPython keeps ready made."""
    return random.Random(f"{seed}/{stream}").sample(range(10**6, 10**9), count)


def is_odd(number: int) -> int:
    return number & 1


def operands(items: list[int], absent: list[int]) -> dict[str, set[int]]:
    """Sets of 100 and of 1,000: of keys that are present, of keys that are absent, and of both in equal parts."""
    made = {}
    for count in COUNTS:
        made[f"present_{count}"] = set(items[:count])
        made[f"new_{count}"] = set(absent[:count])
        made[f"mixed_{count}"] = set(items[: count // 2] + absent[: count // 2])
    return made


def in_tens(keys: Iterable[int]) -> list[tuple[int, ...]]:
    """Tuples of ten; what is left over at the end is left out."""
    return list(zip(*[iter(keys)] * WIDTH, strict=False))


def _compiled(template: str, statement: str, copies: int, namespace: dict[str, Any]) -> Callable[..., Any]:
    names = [f"k{number}" for number in range(WIDTH)]
    body = "\n".join(statement.format(k=names[number]) for number in range(copies))
    source = template.format(names=", ".join(names), body=textwrap.indent(body, " " * 12), uses=USES)
    exec(compile(source, f"<loop of {statement!r}>", "exec"), namespace)
    run: Callable[..., Any] = namespace["run"]
    return run


def _shape(operation: Operation) -> tuple[int, int]:
    """How many turns a batch has, and how many copies of the statement a turn."""
    if operation.single_use:
        return USES, 1
    return (2 if operation.heavy else SIZE // WIDTH), WIDTH


def statements_in(operation: Operation) -> int:
    """How many statements a batch of `timed_loop` runs."""
    turns, copies = _shape(operation)
    return turns * copies


def timed_loop(subject: Subject, operation: Operation, seed: int) -> TimedLoop:
    """The loop that times one operation of one subject."""
    kind = subject.load()
    keys = keys_for(seed, 2 * SIZE + 100)
    items, absent, more = keys[:SIZE], keys[SIZE : 2 * SIZE], keys[2 * SIZE :]
    nothing: set[int] = set()
    half = items[::2] + absent[::2]
    content: list[int] = [] if operation.start_empty else items

    other_used = "o" in operation.names_used(subject.name)  # making it takes longer than what is timed

    def remade() -> tuple[Any, Any]:
        made = subject.make(kind, content)
        if operation.settled:
            made.difference_update(nothing)
        return made, subject.make(kind, half) if other_used else None

    namespace: dict[str, Any] = {
        "processor_time": processor_time,
        "remade": remade,
        "made": (subject.make(kind, content), subject.make(kind, half), subject.make(kind, items)),
        "C": kind,
        "items": items,
        "ten": items[:10],
        "plain": set(items),
        "more": more,
        "more_dict": dict.fromkeys(more, True),
        **operands(items, absent),
        "is_odd": is_odd,
    }
    if subject.implementation:
        from lockedset import locked

        namespace["locked"] = locked
    if subject.distribution == "cereggii":
        namespace["NOT_FOUND"] = getattr(__import__("cereggii"), "NOT_FOUND")  # noqa: B009  (no types to name it by)

    turns, copies = _shape(operation)
    namespace["turns"] = in_tens(absent if operation.keys == "absent" else items)[:turns]
    template = _SINGLE_USE if operation.single_use else _FRESH if operation.fresh else _LASTING
    return TimedLoop(_compiled(template, operation.statements[subject.name], copies, namespace), namespace)


def threads_loop(subject: Subject, sharing: Sharing, threads: int, seed: int) -> TimedLoop:
    """The loop that times threads which each run a mix of three operations over 250 keys.

    What a thread has for itself is made in the thread: on a free-threaded build an object counts its references
    fast only in the thread that made it, and a program whose threads share nothing is like that.
    """
    kind = subject.load()
    statement = mixed_statement(subject.name)

    def run(loops: int) -> float:
        shared = subject.make(kind, ())
        shared_turns = in_tens(keys_for(seed, THREAD_KEYS))
        spans: list[tuple[float, float]] = []
        errors: list[BaseException] = []
        start = threading.Barrier(threads)

        def work(number: int) -> None:
            try:
                body = _compiled(_IN_THREAD, statement, WIDTH, {"perf_counter": perf_counter})
                own = shared if sharing.one_set else subject.make(kind, ())
                turns = shared_turns if sharing.same_keys else in_tens(keys_for(seed, THREAD_KEYS, f"thread {number}"))
                start.wait(THREAD_SECONDS)
                spans.append(body(loops, own, turns))
            except BaseException as error:
                errors.append(error)
                start.abort()

        workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(THREAD_SECONDS)
        if errors:
            raise next((each for each in errors if not isinstance(each, threading.BrokenBarrierError)), errors[0])
        if len(spans) < threads:
            raise TimeoutError(f"{subject.name}, {sharing.name}: a thread did not end within {THREAD_SECONDS:.0f} s")
        # The threads' own clocks, since on a standard build the one that started them may wait for the GIL.
        return max(end for _, end in spans) - min(began for began, _ in spans)

    return TimedLoop(run, {})
