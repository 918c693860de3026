"""What a child must know before anything else: the subject, what it is run with, and what to leave out."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Self

from lockproof.core.adjustment import Adjustment
from lockproof.core.consistency import Consistency
from lockproof.core.options import CheckOptions, ExploreOptions, Options
from lockproof.core.watched import Watched


@dataclass(frozen=True)
class Named:
    """A subject by the name of its target, with the model and the factory that the user has named."""

    target: str
    model: str | None = None
    factory: str | None = None


@dataclass(frozen=True)
class Pickled:
    """Subject, model and factory as objects: a triple by cloudpickle, in base64.

    `modules` are the files of the modules that unpickling imports, by name, where the name alone does not lead there.
    """

    payload: str
    modules: dict[str, str]


@dataclass(frozen=True)
class CollectedTest:
    """A test as the subject: `copies` threads run it beside each other; 1: it starts threads itself.

    `test` is its node id, "" as long as none is chosen. The child runs pytest with these `words` in `directory`, and
    collects `tests`.
    """

    test: str
    copies: int
    words: tuple[str, ...]
    directory: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Aim:
    """Restricts scenarios to what a mutant has changed.

    `kinds`: kinds of operations, each with how many functions of the class it runs. Every scenario has an operation of
    one of them. `differing`: lines of other kinds that the child compares with the model on one thread, besides
    `kinds`. `filling`: lines that change a fresh subject; None: the child finds them.
    """

    kinds: dict[str, int] = field(default_factory=dict)
    differing: tuple[str, ...] = ()
    filling: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Setup:
    """What the child must know before anything else.

    `path`: directories to import from. `hang`: seconds without progress that are a hang. `controlled`: the child runs
    one thread at a time. `note`: the file in which the child announces what one thread is about to run. `replaced`:
    for a module or a file by name, the file to read instead. `watched`: what was seen of the operations under control;
    None: the child finds it out. `strict`: each difference from the model on one thread decides the verdict.
    `waits`: the kinds of operations that are known to wait. `skip`: members of the class that no operation calls.
    `teardown`: the line that ends a subject, instead of what the specification says; None: as that says.
    `adjustment`: what another process has found in comparing class and model on one thread; None: nothing.
    `counted`: counts end all work, and not the clock. `sanitized`: the child is another interpreter, under
    ThreadSanitizer, with a path of its own, which follows `path`. `slower`: how many times as long as usual everything
    takes there.
    """

    path: list[str]
    subject: Named | Pickled | CollectedTest
    seed: int = 0
    threads: int = 2
    consistency: Consistency = Consistency.LINEARIZABLE
    hang: float = 3.0
    controlled: bool = False
    note: str = ""
    replaced: dict[str, str] = field(default_factory=dict)
    aim: Aim = field(default_factory=Aim)
    watched: Watched | None = None
    strict: bool = False
    waits: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    teardown: str | None = None
    adjustment: Adjustment | None = None
    counted: bool = False
    sanitized: bool = False
    slower: float = 1.0

    @classmethod
    def of(cls, subject: str | Pickled | CollectedTest, options: Options, *, threads: int = 2) -> Self:
        """Return the setup for a subject, by its name or pickled. The options must have a seed."""
        assert options.seed is not None
        named = Named(subject, options.model, options.factory) if isinstance(subject, str) else subject
        consistency = (
            options.consistency if isinstance(options, (CheckOptions, ExploreOptions)) else Consistency.LINEARIZABLE
        )
        strict = isinstance(options, CheckOptions) and options.conformance == "error"
        skip = options.members if isinstance(options, CheckOptions) else ()
        counted = isinstance(options, CheckOptions) and options.counted
        return cls(list(sys.path), named, options.seed, threads, consistency, options.hang, strict=strict, skip=skip,
                   teardown=options.teardown, counted=counted)  # fmt: skip
