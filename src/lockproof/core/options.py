"""What can be asked of a check, and what it tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lockproof.core.errors import LockproofError
from lockproof.core.verdict import Consistency

STRATEGIES: Final = ("portfolio", "orders", "preemptions", "surw", "pct", "pos", "random")
"""What can choose the schedules of an exploration."""


ENGINES: Final = ("both", "threads", "schedules")
"""What runs the scenarios of a check."""

LEAST_MEMORY: Final = 64
"""MiB that a process may use at least."""


@dataclass(frozen=True)
class CheckOptions:
    """`budget` in seconds, for everything but starting; `hang` in seconds without progress; `memory` in MiB.

    `engine`: real threads, schedules under control, or both.
    `threads` is the most threads of a scenario. `model` is `module:Class` or the name of a kind, `factory`
    `module:function` that makes a subject. `scenario`: only this one. `invocations`: at most so many runs of it.
    """

    budget: float = 10.0
    seed: int | None = None
    threads: int = 3
    consistency: Consistency = Consistency.LINEARIZABLE
    model: str | None = None
    factory: str | None = None
    scenario: str | None = None
    invocations: int | None = None
    hang: float = 3.0
    memory: int = 1024
    engine: str = "both"


@dataclass(frozen=True)
class ExploreOptions:
    """`budget` and `hang` in seconds, `memory` in MiB. `bound` is the most preemptions that are tried exhaustively.

    `strategy` is `portfolio` or the name of one. `scenario`: what is run of a class. `schedule`: run this, `times`.
    """

    budget: float = 10.0
    seed: int | None = None
    bound: int = 2
    strategy: str = "portfolio"
    consistency: Consistency = Consistency.LINEARIZABLE
    model: str | None = None
    factory: str | None = None
    scenario: str | None = None
    schedule: str | None = None
    times: int = 10
    hang: float = 3.0
    memory: int = 1024


@dataclass(frozen=True)
class MutateOptions:
    """`budget` is in seconds for each mutant, half of it for each engine. `jobs` mutants are under control at the same
    time; 0: as many as there are processors.

    `operators`: only these; none: all. `equivalents` is the reviewed file that says why mutants cannot be told apart,
    or what kills them, and in `store` what is known of mutants is kept between runs. The rest is as for a check.
    """

    budget: float = 10.0
    seed: int | None = None
    threads: int = 3
    model: str | None = None
    factory: str | None = None
    operators: tuple[str, ...] = ()
    equivalents: Path | None = None
    jobs: int = 0
    hang: float = 3.0
    memory: int = 1024
    store: Path = Path(".lockproof")


@dataclass(frozen=True)
class Progress:
    """How far a check is: `phase` is starting, conformance, checking, shrinking or confirming; times in seconds."""

    phase: str
    elapsed: float
    budget: float
    scenarios: int = 0
    invocations: int = 0
    text: str = ""
    findings: int = 0


type Tell = Callable[[Progress], None]
"""Is told how far a check is."""


def refuse_nonsense(options: CheckOptions | ExploreOptions) -> None:
    """See that the options of a caller in Python leave a check something to do; the command line refuses on its own.

    Raises:
        LockproofError: a time is zero, negative or no number, or the memory is not enough for an interpreter.

    """
    for name, step in (("budget", "--budget 10s"), ("hang", "--hang 3s")):
        value = getattr(options, name)
        if not 0 < value < float("inf"):
            raise LockproofError(f"{name} is {value:g} s", "a time is a number of seconds above 0", f"give it: {step}")
    if options.memory < LEAST_MEMORY:
        raise LockproofError(
            f"memory is {options.memory} MiB", "the interpreter alone takes more", f"give {LEAST_MEMORY} MiB or more"
        )
