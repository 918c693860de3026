"""Small programs, drawn from a seed, each as data, as source for real threads, and with all its behaviours by hand.

`behaviours` runs every interleaving of a program on a machine of its own, which shares no code with lockproof. So what
it says of outcomes and traces is independent of the search that is tested against it.

A program has two or three threads, three to eight operations, three variables, and two locks; one of them belongs to a
condition. An operation reads a variable, writes one, waits for a notification, sends one, or is a section of a lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

VARIABLES: Final = "xyz"
CONDITION: Final = "k"
LOCKS: Final = "kl"

DEADLOCK: Final = "deadlock"
"""The outcome of a run in which no thread can go on."""

MOST: Final = 100_000
"""Interleavings of a program, at most; a program with more is left out."""


@dataclass(frozen=True)
class Read:
    """Reads a variable into a register of the thread."""

    variable: str
    register: int


@dataclass(frozen=True)
class Write:
    """Writes a constant, and a register of the thread times 100, into a variable."""

    variable: str
    register: int | None
    constant: int


@dataclass(frozen=True)
class Wait:
    """Waits for a notification of the condition."""


@dataclass(frozen=True)
class Notify:
    """Notifies one thread that waits."""


@dataclass(frozen=True)
class Section:
    """Operations under a lock."""

    lock: str
    inside: tuple[Operation, ...]


type Operation = Read | Write | Wait | Notify | Section
type Program = Sequence[tuple[Operation, ...]]


class _Drawing:
    """Draws the operations of one thread."""

    def __init__(self, random: Random, thread: int, *, conditions: bool) -> None:
        self._random, self._thread, self._conditions = random, thread, conditions
        self._registers = 0

    def block(self, operations: int, held: str) -> tuple[Operation, ...]:
        made: list[Operation] = []
        while operations:
            kind = self._random.random()
            free = [lock for lock in LOCKS if lock not in held]
            if kind < 0.28 and free:
                inside = self._random.randint(1, operations)
                lock = self._random.choice(free)
                made.append(Section(lock, self.block(inside, held + lock)))
                operations -= inside
                continue
            operations -= 1
            if kind < 0.45 and held == CONDITION and self._conditions:
                made.append(self._random.choice((Wait(), Notify())))
            elif kind < 0.65:
                made.append(Read(self._variable(), self._registers))
                self._registers += 1
            else:
                known = self._registers and self._random.random() < 0.5
                register = self._random.randrange(self._registers) if known else None
                made.append(Write(self._variable(), register, self._random.randint(1, 9) + 10 * self._thread))
        return tuple(made)

    def _variable(self) -> str:
        return self._random.choice(VARIABLES) if self._random.random() < 0.5 else VARIABLES[0]


def drawn(seed: int) -> Program:
    """Return the program of a seed."""
    random = Random(seed)
    threads, operations = random.choice((2, 2, 3)), random.randint(3, 8)
    conditions = random.random() < 0.3
    sizes = [1] * threads
    for _ in range(operations - threads):
        sizes[random.randrange(threads)] += 1
    return [_Drawing(random, t, conditions=conditions).block(size, "") for t, size in enumerate(sizes)]


def registers(operations: Sequence[Operation]) -> Iterator[int]:
    """Yield the registers of a thread, in order."""
    for each in operations:
        if isinstance(each, Read):
            yield each.register
        elif isinstance(each, Section):
            yield from registers(each.inside)


def source(program: Program, *, main: bool = False) -> str:
    """Return a function in Python that runs the program, and returns what `behaviours` calls an outcome.

    `main`: the thread that starts and joins the others runs the first part of the program itself.
    """
    results = [f"s.r{t}" for t in range(len(program))]
    lines = [
        "def program():",
        f"    s = Shared(); s.x = s.y = s.z = 0; {' = '.join(results)} = None",
        "    k = threading.Condition(threading.Lock()); l = threading.Lock()",
    ]
    for t, operations in enumerate(program):
        read = "".join(f"a{register}, " for register in registers(operations))
        lines += [f"    def thread_{t}():", *_lines(operations, 8), f"        s.r{t} = ({read})"]
    names = ", ".join(f"thread_{t}" for t in range(main, len(program)))
    run = [f"    beside(thread_0, {names})" if main else f"    together({names})"]
    return "\n".join([*lines, *run, f"    return (({', '.join(results)}), s.x, s.y, s.z)", ""])


def _lines(operations: Sequence[Operation], indent: int) -> Iterator[str]:
    for each in operations:
        match each:
            case Read(variable, register):
                yield f"{' ' * indent}a{register} = s.{variable}"
            case Write(variable, register, constant):
                factor = "" if register is None else f"a{register} * 100 + "
                yield f"{' ' * indent}s.{variable} = {factor}{constant}"
            case Section(lock, inside):
                yield f"{' ' * indent}with {lock}:"
                yield from _lines(inside, indent + 4)
            case _:
                yield f"{' ' * indent}{CONDITION}.{type(each).__name__.lower()}()"


@dataclass(frozen=True)
class _Step:
    """A step of the machine: `what` is one of read, write, take, give, wait and notify."""

    what: str
    about: str
    register: int | None = None
    constant: int = 0


def _steps(operations: Sequence[Operation]) -> Iterator[_Step]:
    for each in operations:
        match each:
            case Read(variable, register):
                yield _Step("read", variable, register)
            case Write(variable, register, constant):
                yield _Step("write", variable, register, constant)
            case Section(lock, inside):
                yield _Step("take", lock)
                yield from _steps(inside)
                yield _Step("give", lock)
            case Wait():
                yield _Step("wait", CONDITION)
                yield _Step("take", CONDITION)
            case Notify():
                yield _Step("notify", CONDITION)


@dataclass(frozen=True)
class _State:
    """A state of the machine, and the steps that led to it: pairs of a thread and its number in the thread."""

    places: tuple[int, ...]
    values: dict[str, int]
    read: dict[tuple[int, int], int] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)
    waiting: tuple[int, ...] = ()
    path: tuple[tuple[int, int], ...] = ()


class TooMany(Exception):
    """The program has more than `MOST` interleavings."""


def behaviours(program: Program) -> tuple[set[str], int]:
    """Return the outcomes of all interleavings of a program, and how many traces these are.

    Raises:
        TooMany: there are more than `MOST`.

    """
    code = [tuple(_steps(operations)) for operations in program]
    outcomes: set[str] = set()
    traces: set[frozenset[object]] = set()
    runs = 0
    todo = [_State((0,) * len(code), dict.fromkeys(VARIABLES, 0))]
    while todo:
        state = todo.pop()
        following = [after for t in range(len(code)) if (after := _stepped(code, state, t)) is not None]
        if following:
            todo += following
            continue
        runs += 1
        if runs > MOST:
            raise TooMany
        ended = all(place == len(steps) for place, steps in zip(state.places, code, strict=True))
        outcomes.add(_outcome(program, state) if ended else DEADLOCK)
        traces.add(_trace(code, state.path))
    return outcomes, len(traces)


def _stepped(code: Sequence[Sequence[_Step]], state: _State, t: int) -> _State | None:
    """Return the state after the next step of a thread; None if it has ended or waits."""
    place = state.places[t]
    if place == len(code[t]) or t in state.waiting:
        return None
    step = code[t][place]
    if step.what == "take" and step.about in state.owners:
        return None
    places = (*state.places[:t], place + 1, *state.places[t + 1 :])
    after = replace(state, places=places, path=(*state.path, (t, place)))
    without = {lock: owner for lock, owner in state.owners.items() if lock != step.about}
    match step.what:
        case "read":
            assert step.register is not None
            return replace(after, read={**state.read, (t, step.register): state.values[step.about]})
        case "write":
            factor = 0 if step.register is None else state.read[t, step.register] * 100
            return replace(after, values={**state.values, step.about: factor + step.constant})
        case "take":
            return replace(after, owners={**state.owners, step.about: t})
        case "give":
            return replace(after, owners=without)
        case "wait":
            return replace(after, owners=without, waiting=(*state.waiting, t))
        case _:
            return replace(after, waiting=state.waiting[1:])


def _outcome(program: Program, state: _State) -> str:
    read = tuple(
        tuple(state.read[t, register] for register in registers(operations)) for t, operations in enumerate(program)
    )
    return repr((read, *(state.values[name] for name in VARIABLES)))


def _trace(code: Sequence[Sequence[_Step]], path: Sequence[tuple[int, int]]) -> frozenset[object]:
    """Return what all interleavings of one trace have in common: their steps, and the order of those in conflict."""
    found: set[object] = set(path)
    for number, (t, place) in enumerate(path):
        one = code[t][place]
        for u, later in path[number + 1 :]:
            other = code[u][later]
            both = {one.what, other.what}
            conflict = (both <= {"read", "write"} and "write" in both) or both == {"take"}
            if t != u and one.about == other.about and conflict:
                found.add(((t, place), (u, later)))
    return frozenset(found)
