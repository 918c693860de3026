"""Makes the code of a scenario: one function for each thread, from the lines of its operations.

Between two operations, the code only records. Recording takes no clock and no lock. Each thread has a *cell* that it
alone writes: a list of one number, which counts the operations that the thread has finished. Before each operation, a
thread reads the cells of the others. If it reads `k`, then `k` operations of that thread had returned before this one
was invoked: the write came after the return, the read saw the write, and the call comes after the read. So each
recorded order is true, whatever the clocks of the processors show. An order that is not recorded is unknown, which can
hide a violation and cannot make one up. docs/adr/0008 has the whole argument.

The number in a cell is `epoch * width + finished`. The epoch tells invocations apart: a thread enters an invocation by
writing `epoch * width`, so the cells are the start barrier too. All numbers stay below 257, where CPython keeps one
immortal object for each number, so that threads do not contend when they read each other's cells.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

from lockproof.core.operation import FINDS, OfTheRun, Operation
from lockproof.core.run_subjects import RunMaker
from lockproof.core.scenario import Scenario
from lockproof.core.values import ATOMIC, Masked, Raised, anonymous, canonical, numbered, raised_in

type RecordKey = tuple[tuple[Any, ...], ...]
"""The record of one run: for each thread its results, then the cells that it read; last, the final part's results."""

SMALL: Final = 256
"""The greatest number for which CPython keeps one immortal object."""

DELAYS: Final = 64
"""The number of delays in a plan; a power of two."""


@dataclass(frozen=True)
class Record:
    """One run of a scenario: canonical results by thread, and the order of operations as far as it was seen.

    At least `seen[t][k][u]` operations of thread u had returned before operation k of thread t was invoked.
    """

    results: tuple[tuple[Any, ...], ...]
    final: tuple[Any, ...]
    seen: tuple[tuple[tuple[int, ...], ...], ...]


class CompiledProgram:
    """The functions that run a scenario on subjects made by `new`, with `names` as global names.

    prepare(first, last, places): make the subjects of these invocations and run the initial part on them.
    threads[t](first, last, places, cells, out, delays, pause): run the part of thread t in these invocations.
    finish(first, last, places, outs): run the final part, and return how often each key was recorded.

    A thread that waits for another one at the start of an invocation yields the processor after `patience` looks at
    its cell. `looks`: before each operation it looks how far the others are. That look also orders its operation after
    theirs, which would hide races from ThreadSanitizer; without it, less is known of the order of the operations.
    """

    def __init__(
        self, scenario: Scenario, new: Callable[[], Any], names: Mapping[str, Any], *, patience: int, looks: bool = True
    ) -> None:
        self.scenario, self._looks = scenario, looks
        self.width = max(map(len, scenario.threads)) + 1
        self.epochs = 4
        while self.epochs * 2 * self.width <= SMALL:
            self.epochs *= 2
        self._patience = patience
        self._shown: list[bool] = []
        """Not empty when a result has shown an object that must be numbered."""
        self._names = {
            **names, **{f"{FINDS}{name}": each for name, each in names.items() if type(each) is OfTheRun},
            "_new": new, "_types": ATOMIC, "_canonical": self._canonical, "_raised": raised, "_numbered": numbered,
            "_shown": self._shown,
        }  # fmt: skip
        self.prepare = self._made("prepare", self._prepare())
        self.threads = [self._made(f"thread {t + 1}", self._thread(t)) for t in range(len(scenario.threads))]
        self.finish = self._made("finish", self._finish())

    def _canonical(self, result: Any, subjects: Mapping[str, object]) -> Any:
        form = canonical(result, subjects)
        if not self._shown and anonymous(form) is not form:
            self._shown.append(True)
        return form

    def stale(self, first: int) -> int:
        """Return the number that every cell must have before the invocation with the number `first`."""
        return (first - 1) % self.epochs * self.width

    def finished(self, value: int, number: int) -> int:
        """Return how many operations of invocation `number` a thread has finished, by the `value` of its cell."""
        return self._clamped(value - number % self.epochs * self.width)

    def _clamped(self, relative: int) -> int:
        # The other thread may still be in the invocation before, or may have entered the next one.
        relative %= self.epochs * self.width
        return relative if relative < self.width else self.width if relative < 2 * self.width else 0

    def record(self, key: RecordKey) -> Record:
        """Return the record that a key stands for."""
        lengths = [len(thread) for thread in self.scenario.threads]
        results, seen = [], []
        for t, flat in enumerate(key[:-1]):
            results.append(flat[: lengths[t]])
            reads: Iterator[Any] = iter(flat[lengths[t] :])
            seen.append(
                tuple(
                    tuple(k if u == t else min(self._clamped(next(reads)), lengths[u]) for u in range(len(lengths)))
                    for k in range(lengths[t])
                )
            )
        return Record(tuple(results), key[-1], tuple(seen))

    def _made(self, what: str, lines: Sequence[str]) -> Callable[..., Any]:
        source = "\n".join(lines) + "\n"
        filename = f"<lockproof {what}>"
        # The stacks of a hang show these lines.
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        scope = dict(self._names)
        for index, operation in enumerate(self.scenario.operations):
            if operation.kind.normalize is not None:
                scope[f"_normalize_{index}"] = normalizing(operation.kind.normalize)
        exec(compile(source, filename, "exec"), scope)
        function: Callable[..., Any] = scope["part"]
        return function

    def _places(self, operations: Sequence[Operation]) -> list[str]:
        places = [f"  {name} = places[i][{index}]" for index, name in enumerate(self.scenario.subjects)]
        return [*places, *self._own(operations)]

    def _own(self, operations: Sequence[Operation]) -> list[str]:
        """Return lines that give names their meaning in the run, where each run has objects of its own."""
        used = sorted({name for each in operations for name in each.names if type(self._names.get(name)) is OfTheRun})
        return [f"  {name} = {FINDS}{name}({', '.join(self.scenario.subjects)})" for name in used]

    def _prepare(self) -> list[str]:
        names = self.scenario.subjects
        lines = ["def part(first, last, places):", " for i in range(first, last):"]
        make = "_new"
        if isinstance(self._names["_new"], RunMaker):
            make = "_one"
            lines.append("  _one = _new.begin()")
        lines += [f"  {name} = {make}()" for name in names]
        lines += self._own(self.scenario.init)
        for operation in self.scenario.init:
            lines += ["  try:", *(f"   {line}" for line in operation.statements("_r")), "  except Exception: pass"]
        return [*lines, f"  places[i] = ({', '.join(names)},)"]

    def _attempt(self, operation: Operation, result: str) -> list[str]:
        statements = [f"   {line}" for line in operation.statements(result)]
        return ["  try:", *statements, f"  except BaseException as _e: {result} = _raised(_e)"]

    def _settled(self, index: int, operation: Operation, result: str) -> list[str]:
        """Return lines that make the result canonical at once: a live container would show later changes."""
        known = "{" + ", ".join(f"{name!r}: {name}" for name in self.scenario.subjects) + "}"
        lines = []
        if operation.kind.normalize is not None:
            lines.append(f"  {result} = _normalize_{index}({result})")
        shows = isinstance(operation.kind.normalize, Masked)  # its tokens are canonical, and want a number
        when = "" if shows else f"if type({result}) not in _atomic: "
        return [*lines, f"  {when}{result} = _canonical({result}, {known})"]

    def _thread(self, t: int) -> list[str]:
        others = [u for u in range(len(self.scenario.threads)) if u != t]
        offset = len(self.scenario.init) + sum(map(len, self.scenario.threads[:t]))
        operations = self.scenario.threads[t]
        lines = ["def part(first, last, places, cells, out, delays, pause):", f" _mine = cells[{t}]"]
        # Each thread has a dictionary of its own, which it reads after every operation. Without the GIL, threads would
        # contend for the lock of a shared set.
        lines.append(" _atomic = dict.fromkeys(_types)")
        lines += [f" _cell_{u} = cells[{u}]" for u in others]
        lines += [" for i in range(first, last):"]
        lines += [
            *self._places(operations),
            f"  _base = (i & {self.epochs - 1}) * {self.width}",
            f"  _stale = (i - 1 & {self.epochs - 1}) * {self.width}",
            f"  _past = _stale + {self.width}",
            "  _mine[0] = _base",
        ]
        for u in others:
            lines += [
                "  _turns = 0",
                f"  while _stale <= _cell_{u}[0] < _past:",
                "   _turns += 1",
                f"   if _turns > {self._patience}: pause()",
            ]
        for k, operation in enumerate(operations):
            lines.append(f"  for _ in delays[i + {k * 17} & {DELAYS - 1}]: pass")
            lines += [f"  _h{k}_{u} = {f'_cell_{u}[0] - _base' if self._looks else 0}" for u in others]
            lines += self._attempt(operation, f"_r{k}")
            lines.append(f"  _mine[0] = _base + {k + 1}")
            lines += self._settled(offset + k, operation, f"_r{k}")
        results = [f"_r{k}" for k in range(len(operations))]
        reads = [f"_h{k}_{u}" for k in range(len(operations)) for u in others]
        return [*lines, f"  out[i] = ({', '.join([*results, *reads])},)"]

    def _finish(self) -> list[str]:
        count = len(self.scenario.threads)
        offset = len(self.scenario.init) + sum(map(len, self.scenario.threads))
        # Each batch counts in a new dictionary: on 3.13t, to look a tuple up in one of another thread took 11 us.
        lines = ["def part(first, last, places, outs):", " _atomic = _types", " _tally = {}"]
        lines += [f" _out_{t} = outs[{t}]" for t in range(count)]
        lines += [" for i in range(first, last):", *self._places(self.scenario.final), "  places[i] = None"]
        for k, operation in enumerate(self.scenario.final):
            lines += self._attempt(operation, f"_f{k}")
            lines += self._settled(offset + k, operation, f"_f{k}")
        final = "(" + "".join(f"_f{k}, " for k in range(len(self.scenario.final))) + ")"
        return [
            *lines,
            f"  _key = ({''.join(f'_out_{t}[i], ' for t in range(count))}{final})",
            "  if _shown: _key = _numbered(_key)",
            "  _tally[_key] = _tally.get(_key, 0) + 1",
            " return _tally",
        ]


_raised: dict[tuple[type[BaseException], CodeType | None, int], Raised] = {}


def raised(error: BaseException) -> Raised:
    """Return the canonical form of an exception, without making a new object each time: one for each line of code."""
    key = type(error), *raised_in(error)
    form = _raised.get(key)
    if form is None:
        form = _raised[key] = Raised.of(error)
    return form


def normalizing(normalize: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that applies `normalize`, but not to exceptions; if `normalize` raises, that is the result."""

    def applied(result: Any) -> Any:
        if type(result) is Raised:
            return result
        try:
            return normalize(result)
        except Exception as error:
            return raised(error)

    return applied
