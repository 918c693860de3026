"""Which operations look as if their locks may not do? Each is run on one thread, and its locks are watched.

An operation is *exposed* if it touches what threads may share while it holds no lock, takes none at all, or takes locks
more than once with nothing held in between: the three ways in which another thread can come in the middle. That is
no flaw. It says which operations to try first, as the lockset of Eraser (Savage et al. 1997) and the transactions of
Atomizer (Flanagan and Freund 2004) would, but for operations instead of variables, and from one run of each.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import CodeType, FrameType
from typing import Final

from lockproof.core.operation import OPERATION_FILE, Operation
from lockproof.core.probes import comes_back
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import CONTAINER, Switching
from lockproof.core.specification import Specification
from lockproof.core.watched import Watched
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.instructions import LOOP
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import ScenarioProgram
from lockproof.engines.control.task import Site, Task, own
from lockproof.engines.control.trace import segment
from lockproof.engines.strategies.exhaustive import Replay

FILLINGS: Final = 2
"""How many arguments of each kind are tried."""

MOST_INITIAL: Final = 3
"""How many lines fill a subject first."""

MOST: Final = 0.7
"""If more of the operations that were run are exposed, those that take no lock at all are named instead, and nothing if
these are as many: they stand out from nothing."""


@dataclass
class _Watcher:
    """What one run did: accesses, how often locks were taken with none held, whether anything was touched then."""

    accesses: int = 0
    sections: int = 0
    touched: bool = False
    _held: int = 0
    _last: bool = False

    @property
    def exposed(self) -> bool:
        """Whether another thread can come in the middle."""
        return self.touched or self._last or self.sections != 1

    def __call__(self, task: Task, site: Site | None, what: str, _: FrameType | None) -> None:
        if task.index != 1:
            return
        if what[0] in "+-" and what[1:2] == "#":
            if what[0] == "+":
                self._last = False  # what was read just before was the lock itself
                self.sections += not self._held
            self._held += 1 if what[0] == "+" else -1
        elif site is not None and what != LOOP and not site[0].co_filename.startswith(OPERATION_FILE):
            self.accesses += 1
            self.touched, self._last = self.touched or self._last, False
            if not self._held and not self.touched:
                self._last = what != CONTAINER or _of_the_object(*site)


@cache
def _of_the_object(code: CodeType, offset: int) -> bool:
    """Tell whether an instruction is about what an attribute of the method's object has in it, by its source."""
    if not code.co_argcount or own(code.co_filename):
        return False
    return re.search(rf"\b{code.co_varnames[0]}\.", segment(code, offset)[0]) is not None


def watched(
    specification: Specification,
    filling: Sequence[str],
    seconds: float,
    announce: Callable[[Sequence[str]], None],
) -> Watched:
    """Run operations of each kind and return what was seen; nothing is called exposed if that tells it from nothing.

    Subjects are filled by the lines in `filling`. Operations that may wait or come back into the subject are left out,
    and those that `seconds` do not suffice for. `announce` is told of each line before.
    """
    instrumentation.switch(Switching.FREE)
    end = time.monotonic() + seconds
    init = tuple(specification.bound(Operation(line)) for line in filling if not comes_back(line))[:MOST_INITIAL]
    exposed, unlocked = set[str](), set[str]()
    accesses = dict[str, int]()
    for kind in specification.operations:
        if time.monotonic() > end:
            break
        if kind.blocking or comes_back(kind.text):
            continue
        for operation in list(kind.fillings(FILLINGS))[:FILLINGS]:
            announce([*(each.text for each in init), operation.text])
            watcher = _run(specification, Scenario(init, ((operation,),)))
            accesses[kind.text] = max(accesses.get(kind.text, 0), watcher.accesses)
            if watcher.exposed:
                exposed.add(kind.text)
            if not watcher.sections:
                unlocked.add(kind.text)
    few = MOST * len(accesses)
    telling = (each for each in (exposed, unlocked) if len(each) <= few)
    return Watched(frozenset(next(telling, ())), accesses, frozenset(unlocked if len(unlocked) <= few else ()))


def _run(specification: Specification, scenario: Scenario) -> _Watcher:
    program = ScenarioProgram(scenario, specification.subject, specification.globals)
    strategy = Replay((), strict=False)
    strategy.begin()
    engine.watcher = watcher = _Watcher()
    try:
        engine.run(program, strategy)
    finally:
        engine.watcher = None
    return watcher
