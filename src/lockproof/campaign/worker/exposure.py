"""Which operations look as if another thread could come in the middle? Each runs on one thread, with its locks watched.

An operation is *exposed* if it touches what threads may share while it holds no lock, if it takes no lock at all, or if
it takes locks more than once and holds none in between. That need not be a flaw; it says which operations to try first.
The idea is that of the lockset of Eraser (Savage et al. 1997) and the transactions of Atomizer (Flanagan and Freund
2004), here for operations instead of variables, and from one run of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FrameType
from typing import Final

from lockproof.core.operation import OPERATION_FILE, Operation
from lockproof.core.pace import SCHEDULE, pace
from lockproof.core.probes import comes_back
from lockproof.core.run_steps import CONTAINER
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Switching
from lockproof.core.specification import Specification
from lockproof.core.watched import Watched
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.instructions import LOOP
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import ScenarioProgram
from lockproof.engines.control.task import Site, Task, own
from lockproof.engines.control.trace import segment
from lockproof.engines.strategies.exhaustive import ScheduleReplay

FILLINGS: Final = 2
"""Operations of each kind that are tried, with different arguments."""

MOST_INITIAL: Final = 3
"""Lines at most that fill a subject before the operation."""

LARGEST_SHARE: Final = 0.7
"""Largest share of operations that may be called exposed. If more are, only those that take no lock at all are; and if
these are more too, none is: then the word would distinguish nothing."""


@dataclass
class _Watcher:
    """What one run did.

    `accesses`: to state that threads may share. `fields`: the attributes among it, by name; `locks`: those that are
    locks. `sections`: times a lock was taken while none was held. `touched`: whether state was accessed while no lock
    was held.
    """

    accesses: int = 0
    sections: int = 0
    touched: bool = False
    fields: set[str] = field(default_factory=set)
    locks: set[str] = field(default_factory=set)
    _held: int = 0
    _last: bool = False
    _before: frozenset[str] = frozenset()

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
                self.locks |= self._before
                self.sections += not self._held
            self._held += 1 if what[0] == "+" else -1
        elif site is not None and what != LOOP and not site[0].co_filename.startswith(OPERATION_FILE):
            self.accesses += 1
            self._before = _fields(*site)
            self.fields |= self._before
            self.touched, self._last = self.touched or self._last, False
            if not self._held and not self.touched:
                self._last = what != CONTAINER or _of_the_object(*site)


@cache
def _fields(code: CodeType, offset: int) -> frozenset[str]:
    """Return the names of the object's attributes in the source of an instruction."""
    if not code.co_argcount or own(code.co_filename):
        return frozenset()
    return frozenset(re.findall(rf"\b{code.co_varnames[0]}\.(\w+)", segment(code, offset)[0]))


@cache
def _of_the_object(code: CodeType, offset: int) -> bool:
    """Tell by its source whether an instruction reads or changes the content of an attribute of the object."""
    if not code.co_argcount or own(code.co_filename):
        return False
    return re.search(rf"\b{code.co_varnames[0]}\.", segment(code, offset)[0]) is not None


def watched(
    specification: Specification, filling: Sequence[str], seconds: float, announce: Callable[[Sequence[str]], None]
) -> Watched:
    """Run operations of each kind, and return what was seen.

    The lines in `filling` fill the subjects. Operations that may wait or that call back into the subject are left out,
    and so are those for which `seconds` do not suffice. `announce` gets the lines before they run.
    """
    instrumentation.switch(Switching.FREE)
    limit = pace.limit(seconds, "watching operations")
    init = tuple(specification.bound(Operation(line)) for line in filling if not comes_back(line))[:MOST_INITIAL]
    exposed, unlocked = set[str](), set[str]()
    accesses = dict[str, int]()
    fields = dict[str, frozenset[str]]()
    givers = {kind.text: kind for kind in (*specification.operations, *(specification.init or ()))}
    for kind in specification.operations:
        if limit.over():
            break
        if kind.blocking or comes_back(kind.text):
            continue
        for operation in list(kind.fillings(FILLINGS))[:FILLINGS]:
            before = tuple(next(givers[text].fillings(1)) for text in kind.after[:1] if text in givers)
            begin = before or init  # both together may be more than the subject has room for
            announce([each.text for each in (*begin, operation)])
            pace.did(SCHEDULE)
            watcher = _run(specification, Scenario(begin, ((operation,),)))
            accesses[kind.text] = max(accesses.get(kind.text, 0), watcher.accesses)
            fields[kind.text] = fields.get(kind.text, frozenset()) | watcher.fields - watcher.locks
            if watcher.exposed:
                exposed.add(kind.text)
            if not watcher.sections:
                unlocked.add(kind.text)
    most = LARGEST_SHARE * len(accesses)
    distinguishing = (each for each in (exposed, unlocked) if len(each) <= most)
    apart = frozenset(unlocked if len(unlocked) <= most else ())
    return Watched(frozenset(next(distinguishing, ())), accesses, apart, fields)


def _run(specification: Specification, scenario: Scenario) -> _Watcher:
    program = ScenarioProgram(scenario, specification.subject, specification.globals)
    strategy = ScheduleReplay((), strict=False)
    strategy.begin()
    engine.watcher = watcher = _Watcher()
    try:
        engine.run(program, strategy)
    finally:
        engine.watcher = None
    return watcher
