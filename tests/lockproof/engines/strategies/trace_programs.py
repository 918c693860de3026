"""Runs `Traces` on the programs of `small_programs`, and on the shapes of one lock; for `test_traces`.

The environment variable SEEDS names the first seed and the one after the last.
"""

from __future__ import annotations

import linecache
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.traces import Traces
from tests.lockproof.engines.control.inside import explore, have_threads, together
from tests.lockproof.engines.control.order_programs import SHAPES, appends
from tests.lockproof.engines.strategies.small_programs import drawn, source


class Shared:
    """What the threads of a program share."""


def beside(mine: Callable[[], object], *others: Callable[[], object]) -> None:
    """Run a function in this thread, and each of the others in one of its own."""
    threads = [threading.Thread(target=each) for each in others]
    for each in threads:
        each.start()
    mine()
    for each in threads:
        each.join()


def compiled(seed: int, *, main: bool) -> Callable[[], object]:
    """Return the program of a seed as a function."""
    file, text = f"<program {seed} {main}>", source(drawn(seed), main=main)
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    space: dict[str, Any] = {"Shared": Shared, "threading": threading, "together": together, "beside": beside}
    exec(compile(text, file, "exec"), space)
    program: Callable[[], object] = space["program"]
    return program


def every_trace(program: Callable[[], object]) -> dict[str, Any]:
    return explore(program, Traces, Switching.FREE)


def asked(*, main: bool) -> dict[str, Any]:
    have_threads()
    first, last = map(int, os.environ["SEEDS"].split())
    return {str(seed): every_trace(compiled(seed, main=main)) for seed in range(first, last)}


def ask_drawn() -> dict[str, Any]:
    return asked(main=False)


def ask_main() -> dict[str, Any]:
    return asked(main=True)


def ask_table() -> dict[str, Any]:
    return {f"{t}x{o}": every_trace(partial(appends, t, o)) for t, o in SHAPES}
