"""The options of check, explore and mutate, and the progress that a campaign reports while it runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from lockproof.core.consistency import Consistency
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import HEALTH
from lockproof.core.settings import seconds

EXHAUSTIVE: Final = ("traces", "orders", "preemptions")
"""Strategies that come to an end."""

DRAWING: Final = {"few": "few-threads", "surw": "SURW", "pct": "PCT", "pos": "POS", "random": "random-walk",
                  "rare": "rare-places"}  # fmt: skip
"""Strategies that draw schedules without end, with their names in reports."""

STRATEGIES: Final = ("portfolio", *EXHAUSTIVE, *DRAWING)
"""The names of the built-in strategies for `explore`."""


CONFORMANCES: Final = ("builtin", "error")
"""Which differences from the model on one thread make a VIOLATION: those of classes that inherit from a builtin type or
have a model that the user gave; or all."""

ENGINES: Final = ("both", "threads", "schedules")
"""The engines that can run the scenarios of a check: real threads, schedules under control, or both in turns."""

SANITIZERS: Final = ("thread",)
"""The sanitizers under which a check can run its scenarios."""

LEAST_MEMORY: Final = 64
"""The smallest limit of memory for a process, in MiB: the interpreter alone needs most of it."""


STORE: Final = Path(".lockproof")
"""The directory that keeps what is done between runs, in the working directory."""

COUNTS: Final = ("runs", "schedules")
"""The options of a check that end it by a count, and not by its budget."""

LEAST_SCHEDULES: Final = 10
"""The fewest schedules that can end a check: a scenario begins with some that are not counted as evidence."""


type Time = float | str
"""A length of time in a call: seconds, or a text as the command takes it, like `500ms`, `3s` or `2m`."""


def in_seconds(name: str, time: Time) -> float:
    """Return the seconds of a time that was given as `name`. `Options.validate` refuses numbers that are too small.

    Raises:
        LockproofError: it is no length of time.

    """
    try:
        if isinstance(time, bool):
            raise TypeError
        return seconds(time) if isinstance(time, str) else float(time)
    except (TypeError, ValueError):
        raise LockproofError(
            f"{name} is {time!r}",
            "a time is a number of seconds above 0, or a text with a unit",
            f"write {name}=10, or {name}='500ms', '10s' or '2m'",
        ) from None


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of every campaign.

    Attributes:
        budget: seconds of the campaign; the time to start processes comes on top.
        seed: the seed of the random choices; None: one is drawn.
        model: `module:Class`, or the name of a kind, like `set`; None: inferred from the class.
        factory: `module:function`, a function without parameters that makes a subject; None: the class itself.
        teardown: a line that ends a subject after its run (see `Specification.teardown`).
        hang: seconds without progress that count as a hang.
        memory: the most memory of a process, in MiB.

    """

    budget: float = 10.0
    seed: int | None = None
    model: str | None = None
    factory: str | None = None
    teardown: str | None = None
    hang: float = 3.0
    memory: int = 1024

    def seeded(self) -> Self:
        """Return the options with a seed: their own, or else one that is drawn here."""
        return self if self.seed is not None else replace(self, seed=random.SystemRandom().randrange(2**31))

    def validate(self) -> None:
        """Refuse values that leave nothing to do. They come from calls in Python: the command line refuses them first.

        Raises:
            LockproofError: a time is not positive or not finite, or the memory is not enough for an interpreter.

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
    """The options of a check.

    Attributes:
        threads: the most threads of a scenario, at least 2.
        consistency: the condition that histories are judged by.
        scenario: the only scenario to run, as text; None: scenarios are generated.
        invocations: the most runs of this scenario; None: as many as fit into the budget.
        engine: one of `ENGINES`.
        conformance: one of `CONFORMANCES`.
        runs: how many runs on real threads end the check; None: no such count.
        schedules: how many schedules under control end the check; None: no such count.
        scenarios: the file of scenarios that failed once; None: none are kept. The campaign does not read it.
        sanitizer: one of `SANITIZERS`, under which the scenarios run; None: under none.
        python: the path of the interpreter that runs the scenarios, built with the sanitizer; None: this one.
        suppressions: files of suppressions for the sanitizer.
        skip: what HELD does not need: public members of the class, which no operation calls then; and codes of
            `HEALTH`.

    """

    threads: int = 3
    consistency: Consistency = Consistency.LINEARIZABLE
    scenario: str | None = None
    invocations: int | None = None
    engine: str = "both"
    conformance: str = "builtin"
    runs: int | None = None
    schedules: int | None = None
    scenarios: str | None = None
    skip: tuple[str, ...] = ()
    sanitizer: str | None = None
    python: str | None = None
    suppressions: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether counts end the check, and not its budget."""
        return self.runs is not None or self.schedules is not None

    def settled(self) -> Self:
        """Return the options with the engine that is left: one without a count does not run, nor any under a sanitizer
        but real threads.
        """
        if self.sanitizer is not None and self.engine == "both":
            return replace(self, engine="threads")
        if not self.counted or self.engine != "both" or None not in (self.runs, self.schedules):
            return self
        return replace(self, engine="schedules" if self.runs is None else "threads")

    @property
    def members(self) -> tuple[str, ...]:
        """The members to skip."""
        return tuple(name for name in self.skip if name not in HEALTH)

    def validate(self) -> None:
        """Refuse values that leave nothing to do, like one thread.

        Raises:
            LockproofError: a value leaves nothing to do.

        """
        if self.threads < 2:
            raise LockproofError(f"--threads {self.threads}: one thread shows nothing", "", "ask for 2 or more")
        self._validate_sanitizer()
        for name, engine, least in (("runs", "threads", 1), ("schedules", "schedules", LEAST_SCHEDULES)):
            count = getattr(self, name)
            if count is not None and count < least:
                raise LockproofError(f"{name} is {count}", "so few say nothing", f"give {least} or more")
            if count is not None and self.engine not in ("both", engine):
                raise LockproofError(
                    f"{name} is about an engine that does not run: engine is {self.engine}",
                    "",
                    f"leave the engine out, or ask for {engine}",
                )
        super().validate()

    def _validate_sanitizer(self) -> None:
        if self.sanitizer is None:
            for name in ("python", "suppressions"):
                if getattr(self, name):
                    raise LockproofError(
                        f"--{name} is about a sanitizer, and none is asked for",
                        "the scenarios run on the interpreter that runs lockproof",
                        "add --sanitizer thread, or leave it out and call lockproof with the other interpreter",
                    )
            return
        if self.engine == "schedules" or self.schedules is not None:
            raise LockproofError(
                "--sanitizer needs real threads, and schedules are asked for",
                "under control one thread runs at a time, so no two accesses are without order",
                "leave --engine and --schedules out, or check the schedules in a run of their own",
            )


@dataclass(frozen=True, kw_only=True)
class ExploreOptions(Options):
    """The options of an exploration.

    Attributes:
        bound: every schedule with at most so many preemptions is run.
        strategy: one of `STRATEGIES`, or `module:Class`.
        consistency: the condition that histories of a class are judged by.
        scenario: the scenario to run on a class, as text; None for a function.
        schedule: the only schedule to run, as text; None: the strategy chooses.
        times: how often to run this schedule.
        schedules: how many schedules end the exploration before its budget does; None: no such count.

    """

    bound: int = 2
    strategy: str = "portfolio"
    consistency: Consistency = Consistency.LINEARIZABLE
    scenario: str | None = None
    schedule: str | None = None
    times: int = 10
    schedules: int | None = None


@dataclass(frozen=True, kw_only=True)
class MutateOptions(Options):
    """The options for the mutants of a class. The `budget` is for each mutant; each engine gets half of it.

    Attributes:
        threads: the most threads of a scenario, at least 2.
        operators: the names of the operators to use; empty: all.
        equivalents: the reviewed file that says why no check can kill some mutants, or which scenario kills others.
        jobs: how many mutants run under control at the same time; 0: one for each processor.
        store: the directory that keeps the fates of mutants between runs.

    """

    threads: int = 3
    operators: tuple[str, ...] = ()
    equivalents: Path | None = None
    jobs: int = 0
    store: Path = STORE


@dataclass(frozen=True)
class Progress:
    """How far a campaign is.

    Attributes:
        phase: what the campaign does now, like `checking` or `shrinking`.
        elapsed: seconds since its start.
        budget: seconds that it may take; 0 if it has no limit.
        scenarios: how many scenarios were run.
        invocations: how many runs were made.
        text: what is run now.
        findings: how many findings there are.
        counts: how far the counts are that end it, in words; "" if time ends it.

    """

    phase: str
    elapsed: float
    budget: float
    scenarios: int = 0
    invocations: int = 0
    text: str = ""
    findings: int = 0
    counts: str = ""


type Tell = Callable[[Progress], None]
"""A function that a campaign calls with its progress."""
