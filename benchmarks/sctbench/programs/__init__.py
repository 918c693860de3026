"""The programs of SCTBench (Thomson, Donaldson, Betts: TOPC 2016), rebuilt in Python; and eleven of other sources.

Each comes twice: `broken` fails under some schedules, by an exception in a thread, by an assertion after the threads
have ended, or by a deadlock; `mended` differs as little as possible and fails under none. `published` has the mean
number of schedules that other tools need until the bug, as the SURW study gives it for the originals in C: `*` where
some trials missed it, `x` where all did, '' where no number is given. The programs here are written anew from
descriptions and are smaller than some originals, so the numbers tell which are hard, not how many steps to expect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from benchmarks.sctbench.programs import (
    account,
    bluetooth,
    buffers,
    caches,
    deadlocks,
    goker,
    lazy,
    lockfree,
    quicksort,
    reorder,
    safestack,
    stealing,
    stringbuffer,
    textbook,
    token_ring,
    twostage,
    wronglock,
)

__all__ = ["PROGRAMS", "Kind", "Program"]

type Kind = Literal["assertion", "order", "atomicity", "deadlock", "wrong lock", "ABA"]


@dataclass(frozen=True)
class Program:
    """A program that fails under some schedules, and its twin that fails under none."""

    name: str
    kind: Kind
    broken: Callable[[], None]
    mended: Callable[[], None]
    published: dict[str, str]


def _published(surw: str = "", pct3: str = "", pct10: str = "", pos: str = "", walk: str = "") -> dict[str, str]:
    return {"SURW": surw, "PCT3": pct3, "PCT10": pct10, "POS": pos, "random walk": walk}


def _reorder(threads: int, published: dict[str, str]) -> Program:
    broken, mended = partial(reorder.broken, threads), partial(reorder.mended, threads)
    return Program(f"reorder_{threads}", "order", broken, mended, published)


def _twostage(name: str, writers: int, published: dict[str, str]) -> Program:
    broken, mended = partial(twostage.broken, writers), partial(twostage.mended, writers)
    return Program(name, "atomicity", broken, mended, published)


def _wronglock(name: str, others: int, published: dict[str, str]) -> Program:
    broken, mended = partial(wronglock.broken, others), partial(wronglock.mended, others)
    return Program(name, "wrong lock", broken, mended, published)


_ALL = (
    Program("account", "assertion", account.broken, account.mended, _published("6", "4", "4", "4", "18")),
    Program(
        "bluetooth_driver", "atomicity", bluetooth.broken, bluetooth.mended, _published("70", "112", "83", "36", "215")
    ),
    Program("carter01", "deadlock", deadlocks.carter_broken, deadlocks.carter_mended, _published()),
    Program("circular_buffer", "order", buffers.circular_broken, buffers.circular_mended, _published()),
    Program(
        "deadlock01",
        "deadlock",
        deadlocks.opposite_broken,
        deadlocks.opposite_mended,
        _published("2", "13", "7", "4", "3"),
    ),
    Program("lazy01", "assertion", lazy.broken, lazy.mended, _published("2", "5", "5", "5", "21")),
    Program("queue", "assertion", buffers.queue_broken, buffers.queue_mended, _published()),
    Program("stack", "assertion", buffers.stack_broken, buffers.stack_mended, _published("5", "3", "3", "2", "176")),
    _reorder(3, _published("7", "185", "148", "86", "x")),
    _reorder(4, _published("7", "554", "362", "533", "x")),
    _reorder(5, _published("10", "647", "1094", "2169", "x")),
    _reorder(10, _published("17", "3225*", "4462*", "x", "x")),
    _reorder(20, _published("6", "3005", "3297*", "x", "x")),
    _reorder(100, _published("194", "x", "x", "x", "x")),
    Program("token_ring", "assertion", token_ring.broken, token_ring.mended, _published("8", "8", "8", "9", "13")),
    _twostage("twostage", 1, _published("8", "13", "9", "15", "464")),
    _twostage("twostage_20", 19, _published("6", "159", "101", "156", "x")),
    _twostage("twostage_100", 99, _published("454", "7466*", "5726*", "6674*", "x")),
    _wronglock("wronglock", 7, _published("7", "51", "20", "10", "36")),
    _wronglock("wronglock_3", 3, _published("9", "58", "14", "11", "36")),
    Program("sync02", "deadlock", deadlocks.sync_broken, deadlocks.sync_mended, _published()),
    Program(
        "stringbuffer",
        "atomicity",
        stringbuffer.broken,
        stringbuffer.mended,
        _published("8", "281", "26", "23", "2243"),
    ),
    Program("WSQ", "assertion", stealing.lock_broken, stealing.lock_mended, _published()),
    Program("IWSQ", "assertion", stealing.swap_broken, stealing.swap_mended, _published("6", "48", "13", "14", "x")),
    Program(
        "IWSQWithState",
        "assertion",
        stealing.swap_state_broken,
        stealing.swap_state_mended,
        _published("6", "907", "204", "5", "26"),
    ),
    Program("StateWSQ", "assertion", stealing.state_broken, stealing.state_mended, _published()),
    Program(
        "boundedBuffer",
        "deadlock",
        deadlocks.bounded_broken,
        deadlocks.bounded_mended,
        _published("9", "20", "6", "5", "7"),
    ),
    Program(
        "qsort_mt",
        "assertion",
        quicksort.broken,
        quicksort.mended,
        _published("3048*", "4714*", "3689*", "3004*", "3442*"),
    ),
    Program("SafeStack", "ABA", safestack.broken, safestack.mended, _published("368,921*", "x", "x", "x", "x")),
    Program("kubernetes10182", "deadlock", goker.channel_broken, goker.channel_mended, _published()),
    Program("hugo3251", "deadlock", goker.nested_broken, goker.nested_mended, _published()),
    Program("cockroach1055", "order", goker.drain_broken, goker.drain_mended, _published()),
    Program("cockroach584", "deadlock", goker.unlock_broken, goker.unlock_mended, _published()),
    Program("dining_5", "deadlock", textbook.dining_broken, textbook.dining_mended, _published()),
    Program("peterson", "order", textbook.peterson_broken, textbook.peterson_mended, _published()),
    Program("barrier", "order", textbook.barrier_broken, textbook.barrier_mended, _published()),
    Program("treiber", "ABA", lockfree.aba_broken, lockfree.aba_mended, _published()),
    Program("versions", "atomicity", lockfree.version_broken, lockfree.version_mended, _published()),
    Program("cache", "atomicity", caches.evict_broken, caches.evict_mended, _published()),
    Program("catalog_30", "order", caches.catalog_broken, caches.catalog_mended, _published()),
)

PROGRAMS: dict[str, Program] = {program.name: program for program in _ALL}
