"""What can be asked of a check, and what it tells while it runs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from lockproof.core.consistency import Consistency
from lockproof.core.errors import LockproofError

STRATEGIES: Final = ("portfolio", "orders", "preemptions", "surw", "pct", "pos", "random")
"""What can choose the schedules of an exploration."""


ENGINES: Final = ("both", "threads", "schedules")
"""What runs the scenarios of a check."""

LEAST_MEMORY: Final = 64
"""MiB that a process may use at least."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What can be asked of every campaign.

    `budget`: seconds of the campaign, beside those for starting. `seed` of the random choices; None: one is drawn.
    `model`: `module:Class`, or the name of a kind. `factory`: `module:function` that makes a subject. `hang`: seconds
    without progress that are a hang. `memory`: MiB that a process may use.
    """

    budget: float = 10.0
    seed: int | None = None
    model: str | None = None
    factory: str | None = None
    hang: float = 3.0
    memory: int = 1024

    def seeded(self) -> Self:
        """Return the options with a seed: the one that was asked for, or one that is drawn here."""
        return self if self.seed is not None else replace(self, seed=secrets.randbelow(2**31))

    def validate(self) -> None:
        """See that the options of a caller in Python leave something to do; the command line refuses on its own.

        Raises:
            LockproofError: a time is zero, negative or no number, or the memory is not enough for an interpreter.

        """
        for name, step in (("budget", "--budget 10s"), ("hang", "--hang 3s")):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise LockproofError(
                    f"{name} is {value:g} s", "a time is a number of seconds above 0", f"give it: {step}"
                )
        if self.memory < LEAST_MEMORY:
            raise LockproofError(
                f"memory is {self.memory} MiB", "the interpreter alone takes more", f"give {LEAST_MEMORY} MiB or more"
            )


@dataclass(frozen=True, kw_only=True)
class CheckOptions(Options):
    """What can be asked of a check.

    `threads`: the most threads of a scenario. `consistency`: what is asked of histories. `scenario`: check this one
    alone; `invocations`: at most so many runs of it. `engine`: real threads, schedules under control, or both.
    """

    threads: int = 3
    consistency: Consistency = Consistency.LINEARIZABLE
    scenario: str | None = None
    invocations: int | None = None
    engine: str = "both"

    def validate(self) -> None:
        """See that there is something to do."""
        if self.threads < 2:
            raise LockproofError(f"--threads {self.threads}: one thread shows nothing", "", "ask for 2 or more")
        super().validate()


@dataclass(frozen=True, kw_only=True)
class ExploreOptions(Options):
    """What can be asked of an exploration.

    `bound`: the most preemptions that are tried exhaustively. `strategy`: `portfolio`, or the name of one.
    `scenario`: what to run of a class. `schedule`: run this one alone, `times` times.
    """

    bound: int = 2
    strategy: str = "portfolio"
    consistency: Consistency = Consistency.LINEARIZABLE
    scenario: str | None = None
    schedule: str | None = None
    times: int = 10


@dataclass(frozen=True, kw_only=True)
class MutateOptions(Options):
    """What can be asked about the mutants of a class.

    `budget` is for each mutant, half of it for each engine. `jobs` mutants are under control at the same time; 0: as
    many as there are processors. `operators`: these alone; none: all. `equivalents`: the reviewed file, which says why
    mutants cannot be told apart, or what kills them. `store`: the directory that keeps what is known of mutants.
    """

    threads: int = 3
    operators: tuple[str, ...] = ()
    equivalents: Path | None = None
    jobs: int = 0
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
