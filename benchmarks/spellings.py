"""`python -m benchmarks.spellings`: does `lockproof explore` see a race, however the set is written?

Eight ways to write "add, and tell whether it was new" on a subclass of set, each without a lock that helps, and an
`update` from a generator beside a reader. Two threads add the same element, and exactly one of them may be told that it
was new. A tool that follows Python attributes alone sees nothing here: what is shared is inside the set, and C code
changes it. Each program has a twin with one lock around the whole of it, which must never be flagged.

found         what showed, after how many schedules, by which strategy
on a GIL      whether a standard 3.13 build can show it too: shown, masked (no schedule there has it), unknown
locked twin   held: after how many schedules; complete if among them were all orders of lock operations and all
              schedules with at most two preemptions

Nothing here is timed, so the table is the same on a loaded machine unless the seconds run out. Exit status 1 when a
spelling is missed or a twin is flagged.

    python -m benchmarks.spellings                         all nine, each in a process of its own
    python -m benchmarks.spellings "difference of lens"    only this one
    python -m benchmarks.spellings --seed 2 --most 1000    other draws, and less patience
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from lockproof.core import environment

ROOT = Path(__file__).resolve().parents[1]


class Claims(set[int]):
    """What all spellings have in common: that nothing guards them. `guard` is what a twin takes around `claim`."""

    def __init__(self) -> None:
        super().__init__()
        self.guard = threading.Lock()

    def claim(self, x: int) -> bool:
        """Add x and tell whether it was new."""
        raise NotImplementedError


class UnboundAdd(Claims):
    """Calls the method of the built-in class by name."""

    def claim(self, x: int) -> bool:
        if x in self:
            return False
        set.add(self, x)
        return True


class SuperAdd(Claims):
    """Calls the inherited method through super()."""

    def claim(self, x: int) -> bool:
        if x in self:
            return False
        super().add(x)
        return True


class OwnAdd(Claims):
    """Calls the inherited method as its own."""

    def claim(self, x: int) -> bool:
        if x not in self:
            self.add(x)
            return True
        return False


class TwoLens(Claims):
    """Sees by its length whether it has grown."""

    def claim(self, x: int) -> bool:
        before = len(self)
        self.add(x)
        return len(self) > before


class UnionLen(Claims):
    """Compares its length with that of the union it is going to be."""

    def claim(self, x: int) -> bool:
        new = len(self | {x}) != len(self)
        self.add(x)
        return new


class HalfLocked(Claims):
    """Takes a lock for the write, too late for the question."""

    def __init__(self) -> None:
        super().__init__()
        self.writing = threading.Lock()

    def claim(self, x: int) -> bool:
        if x in self:
            return False
        with self.writing:
            super().add(x)
        return True


class Discard(Claims):
    """Takes the element out, sees whether that made a difference, and puts it back."""

    def claim(self, x: int) -> bool:
        before = len(self)
        self.discard(x)
        new = len(self) == before
        super().add(x)
        return new


class TryRemove(Claims):
    """Asks for forgiveness: what cannot be removed was not there."""

    def claim(self, x: int) -> bool:
        try:
            self.remove(x)
        except KeyError:
            new = True
        else:
            new = False
        super().add(x)
        return new


def two_claims(kind: type[Claims]) -> None:
    """Let two threads claim the same element: exactly one may win it."""
    shared = kind()
    won = [False, False]

    def work(number: int) -> None:
        won[number] = shared.claim(1)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won.count(True) == 1, f"{won.count(True)} threads were told that 1 was new"
    assert set(shared) == {1}


def with_guard(kind: type[Claims]) -> type[Claims]:
    """Return the twin: the same class with one lock around all of `claim`."""

    class Guarded(kind):  # type: ignore[misc, valid-type]
        def claim(self, x: int) -> bool:
            with self.guard:
                return bool(super().claim(x))

    return Guarded


class Batches(set[int]):
    """Takes in elements as they come, and is asked for its size."""

    def take_in(self, given: Iterator[int]) -> None:
        self.update(given)

    def size(self) -> int:
        return len(self)


class GuardedBatches(Batches):
    """The twin: a lock around both."""

    def __init__(self) -> None:
        super().__init__()
        self.guard = threading.Lock()

    def take_in(self, given: Iterator[int]) -> None:
        with self.guard:
            super().take_in(given)

    def size(self) -> int:
        with self.guard:
            return super().size()


def _pair() -> Iterator[int]:
    yield 1
    yield 2


def update_and_size(kind: type[Batches]) -> None:
    """Let one thread put in two elements while another one asks how many there are: none or both."""
    shared = kind()
    seen: list[int] = [0]

    def look() -> None:
        seen[0] = shared.size()

    threads = [threading.Thread(target=shared.take_in, args=(_pair(),)), threading.Thread(target=look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen[0] != 1, "half of an update was seen"
    assert set(shared) == {1, 2}


SPELLINGS: dict[str, type[Claims]] = {
    "set.add(self, x)": UnboundAdd,
    "super().add(x)": SuperAdd,
    "self.add(x)": OwnAdd,
    "difference of lens": TwoLens,
    "len of the union": UnionLen,
    "lock around the write": HalfLocked,
    "discard, then add": Discard,
    "remove or KeyError": TryRemove,
}
UPDATE = "update(generator)"
NAMES = (*SPELLINGS, UPDATE)


def programs(name: str) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return the program of this name and its twin."""
    if name == UPDATE:
        return lambda: update_and_size(Batches), lambda: update_and_size(GuardedBatches)
    kind = SPELLINGS[name]
    twin = with_guard(kind)
    return lambda: two_claims(kind), lambda: two_claims(twin)


@dataclass(frozen=True)
class Answer:
    """What the exploration of one spelling and of its twin came to. `found` and `flagged` are "" for nothing."""

    found: str
    schedules: int
    strategy: str = ""
    masking: str = ""
    rests_on: str = ""
    flagged: str = ""
    twin_schedules: int = 0
    twin_covered: tuple[str, ...] = ()
    twin_complete: bool = False


def answer(name: str, seed: int, most: int, seconds: float) -> Answer:
    """Explore a spelling and its twin in this process, which is taken control of for good."""
    from lockproof.campaign.worker.exploring import Exploration, masking_of, seen_in
    from lockproof.engines.control.install import install
    from lockproof.engines.control.program import FunctionProgram

    install()
    broken, mended = map(FunctionProgram, programs(name))
    exploration = Exploration(broken, lambda result: seen_in(result, broken), seed)
    found = exploration.go_on(seconds, most)
    twin = Exploration(mended, lambda result: seen_in(result, mended), seed)
    flagged = twin.go_on(seconds, most)
    of_twin = (
        flagged[0].detail if flagged is not None else "", twin.runs, tuple(twin.covered()),
        twin.complete and not twin.unstable,
    )  # fmt: skip
    if found is None:
        return Answer("", exploration.runs, "", "", "", *of_twin)
    problem, result, stage = found
    label, rests_on, _ = masking_of(
        broken, lambda result: seen_in(result, broken), problem, result.ran.preemptions, seconds
    )
    kind = f"{problem.kind} ({problem.detail.partition(':')[0]})"
    return Answer(kind, exploration.runs, stage.name, label, rests_on, *of_twin)


def ask(name: str, options: argparse.Namespace) -> Answer:
    """Explore a spelling in a process of its own; one that dies has found nothing, and its last words are shown."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.spellings", name, "--here", "--seed", str(options.seed),
         "--most", str(options.most), "--seconds", str(options.seconds)],
        cwd=ROOT, capture_output=True, text=True, timeout=60 + 4 * options.seconds, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return Answer("", 0, flagged="the process died")
    return Answer(**json.loads(done.stdout))


def table(answers: dict[str, Answer]) -> Table:
    """Return the answers as a table; what the labels rest on is in the JSON."""
    shown = Table(title=f"a lock-less add on a subclass of set; {environment.current()}")
    for head in ("spelling", "found", "on a GIL", "locked twin"):
        shown.add_column(head)
    for name, each in answers.items():
        found = f"{each.found}, after {each.schedules:,}, {each.strategy}"
        whole = "complete" if each.twin_complete else "not complete"
        held = f"held, {each.twin_schedules:,} schedules, {whole}"
        shown.add_row(
            name,
            found if each.found else f"MISSED, {each.schedules:,} schedules",
            each.masking,
            f"FLAGGED: {each.flagged}" if each.flagged else held,
        )
    return shown


def main() -> int:
    """Explore, print a table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spellings", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("spellings", nargs="*", metavar="spelling", help=f"only these, of: {'; '.join(NAMES)}")
    parser.add_argument("--most", type=int, default=10_000, help="schedules of an exploration (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of an exploration (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the answers there, too")
    parser.add_argument("--here", action="store_true", help="explore one in this process, and print it as JSON")
    options = parser.parse_args()
    unknown = [name for name in options.spellings if name not in NAMES]
    if unknown:
        parser.error(f"no spelling is called {unknown[0]!r}; there are: {'; '.join(NAMES)}")
    names = options.spellings or list(NAMES)
    if options.here:
        if len(names) != 1:
            parser.error("--here takes one spelling: what one program stores moves the switch points of the next")
        print(json.dumps(asdict(answer(names[0], options.seed, options.most, options.seconds))))
        return 0
    answers: dict[str, Answer] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("spellings", total=len(names))
        for name in names:
            progress.update(task, description=name)
            answers[name] = ask(name, options)
            progress.advance(task)
    Console(width=150 if not sys.stdout.isatty() else None).print(table(answers))
    missed = [name for name, each in answers.items() if not each.found]
    flagged = [name for name, each in answers.items() if each.flagged]
    print(f"found {len(answers) - len(missed)} of {len(answers)}; missed: {', '.join(missed) or 'none'}")
    print(f"twins flagged: {', '.join(flagged) or 'none'}")
    if options.json:
        text = json.dumps({name: asdict(each) for name, each in answers.items()}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if missed or flagged else 0


if __name__ == "__main__":
    sys.exit(main())
