"""Situations: what one thread has to do first, so that an operation runs code that it does not run otherwise.

A cache evicts once it is full, an entry expires once its time is over, a breaker opens after some failures. The flaw is
often in just that code, and few random initial parts lead there. So programs of one thread are tried, short ones first:
an operation that is repeated, one with several keys, two operations, and each of these with time that passes after it.
After each program each operation runs while `sys.monitoring` notes the instructions of the class that it runs. A
program is a situation of an operation that then runs an instruction which no call of it has run before. This is what
fuzzers do that are guided by coverage, without mutations: the programs are few enough to be listed.
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import permutations
from typing import Any

from lockproof.core.handles import SLOT, only_initial
from lockproof.core.keys import one_after_the_other
from lockproof.core.operation import Operation, OperationKind
from lockproof.core.own_time import PASSING, own_time
from lockproof.core.own_time import real as time
from lockproof.core.pace import pace
from lockproof.core.probes import comes_back
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.specification import Specification
from lockproof.generate import tuning
from lockproof.generate.reach import WAITING, Monitor

type Situation = tuple[str, ...]
"""A line, and then the lines after which it runs code of its own."""


def situations(specification: Specification, announce: Callable[[Sequence[str]], None]) -> tuple[Situation, ...]:
    """Return the situations of the operations that have some, the shortest of each.

    The lines run the subject's code, on this thread. `announce` is called with the lines before they run.
    """
    files = _files_of(specification)
    asked = [each for kind in specification.operations if _is_able(kind) for each in _asked(kind)]
    run: defaultdict[str, set[object]] = defaultdict(set)
    found: list[Situation] = []
    left = tuning.MOST_SITUATION_RUNS if files else 0
    began = time.process_time()
    limit = pace.limit(tuning.SITUATIONS_WAIT, "looking for situations in which operations run code of their own")
    with Monitor(files, fine=True) as monitor:
        for program in _programs(specification):
            lines = [each.text for each in program]
            for each in asked:
                used = 0.0 if pace.counted else time.process_time() - began
                if (left := left - 1) < 0 or used > tuning.SITUATIONS_TIME or limit.over():
                    return tuple(found)
                announce([*lines, each.text])
                if (subjects := _prepared(specification, program)) is None:
                    break
                call = partial(_run, each, specification, subjects)
                places = monitor.places(call, endless=specification.model is None)
                if places - run[each.kind.text] and len(program) > 1:  # one line is soon drawn by chance
                    found.append((each.text, *lines))
                run[each.kind.text] |= places
    return tuple(found)


def _is_able(kind: OperationKind) -> bool:
    """Tell whether an operation of this kind can run alone on one thread."""
    special = kind.after or SLOT in kind.holes or only_initial(kind.text)
    return kind.weight >= 1 and not (special or kind.blocking or comes_back(kind.text))


def _asked(kind: OperationKind) -> list[Operation]:
    first, last = next(kind.fillings(1)), one_after_the_other(kind)[-1:]
    return list(dict.fromkeys([first, *last]))


def _programs(specification: Specification) -> Iterator[tuple[Operation, ...]]:
    """Yield the programs that may lead to situations, and after each the same with time that passes."""
    passing = [each for kind in specification.operations if kind.text.startswith(PASSING) for each in kind.fillings()]
    kinds = [kind for kind in specification.operations if _is_able(kind) and not kind.reads]
    kinds = [kind for kind in kinds if not kind.text.startswith(PASSING)]
    first = [next(kind.fillings(1)) for kind in kinds]
    chains = [one_after_the_other(kind)[:-1] for kind in kinds]
    programs: list[tuple[Operation, ...]] = [(), *((each,) for each in first)]
    for length in range(2, tuning.LONGEST_SITUATION + 1):
        programs += [(each,) * length for each in first]
        programs += [tuple(chain[:length]) for chain in chains if len(chain) >= length]
        programs += permutations(first, 2) if length == 2 else []
    for program in programs:
        yield program
        for each in passing if program else ():
            yield (*program, each)


def _files_of(specification: Specification) -> frozenset[str]:
    """Return the files of the subject's class and of its bases; none of the standard library."""
    with suppress(Exception):
        modules = {each.__module__ for each in type(specification.subject()).__mro__}
        own = (sys.modules[name] for name in modules if name.partition(".")[0] not in sys.stdlib_module_names)
        return frozenset(file for each in own if (file := getattr(each, "__file__", None)))
    return frozenset()


def _prepared(specification: Specification, program: Sequence[Operation]) -> list[Any] | None:
    """Return the subjects after a program; None if a call in it waits."""
    subjects = list(subjects_of_a_run(specification.subject).values())

    def run() -> None:
        with own_time.adopted():  # waits with a time limit end at once, and not in the middle of a later run
            for each in program:
                _run(each, specification, subjects)

    if not program or specification.model is not None:
        run()
        return subjects
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(WAITING)
    return None if thread.is_alive() else subjects


def _run(operation: Operation, specification: Specification, subjects: Sequence[Any]) -> None:
    with suppress(Exception):
        operation.compiled(specification.globals)(*subjects)
