"""What the parent and the child process say to each other: a request and its answer are one JSON object a line each.

Each request is a dataclass that names the type of its answer; `lockproof.core.codec` writes and reads both, and refuses
what does not fit. A line has one key, the name of the class. Instead of its answer, a request may come to `Hung`,
`Refused` or `Fault`. The first line that a child gets is a `Greeting`: a child of another version refuses it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from lockproof.campaign.protocol.answers import Answer
from lockproof.campaign.protocol.counts import Counts
from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.environment import Environment
from lockproof.core.evidence import Doubt, Doubted, Omission, Tally
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.core.options import CheckOptions, ExploreOptions, Options
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import (
    Consistency,
    Control,
    Explanation,
    FindingKind,
    Masking,
    Nonconformance,
    Outcome,
)
from lockproof.core.watched import Watched

VERSION: Final = 1
"""Of the messages. Parent and child are of one installation, unless the path of the subject leads to another one."""


@dataclass(frozen=True)
class Greeting:
    """The first message: which version of the protocol the parent speaks. It never changes its form."""

    protocol: int
    installation: str


# What a child is set up with.


@dataclass(frozen=True)
class Named:
    """A subject by the name of its target, with what its user has said to go with it."""

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
class Aim:
    """What the scenarios for a mutant are about.

    `kinds`: each scenario has an operation of one of these, given with how many functions of the class each runs; they
    are compared with the model on one thread, as are the kinds of the lines in `differing`. `filling`: lines that are
    known to change a fresh subject; None: the child finds them.
    """

    kinds: dict[str, int] = field(default_factory=dict)
    differing: tuple[str, ...] = ()
    filling: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Setup:
    """What the child must know before anything else.

    `path`: where to import from. `hang`: seconds. `controlled`: it runs one thread at a time. `note`: the file in which
    it announces what one thread is about to run. `replaced`: files that are read in the place of modules or of other
    files. `watched`: what was seen of the operations under control; None: the child finds it out.
    """

    path: list[str]
    subject: Named | Pickled
    seed: int = 0
    threads: int = 2
    consistency: Consistency = Consistency.LINEARIZABLE
    hang: float = 3.0
    controlled: bool = False
    note: str = ""
    replaced: dict[str, str] = field(default_factory=dict)
    aim: Aim = field(default_factory=Aim)
    watched: Watched | None = None

    @classmethod
    def of(cls, subject: str | Pickled, options: Options, *, threads: int = 2) -> Self:
        """Return the setup for a subject, by its name or pickled, with the options of a campaign, which have a seed."""
        assert options.seed is not None
        named = Named(subject, options.model, options.factory) if isinstance(subject, str) else subject
        consistency = (
            options.consistency if isinstance(options, (CheckOptions, ExploreOptions)) else Consistency.LINEARIZABLE
        )
        return cls(list(sys.path), named, options.seed, threads, consistency, options.hang)


# Answers.


@dataclass(frozen=True)
class Done:
    """The request was met, and there is nothing to tell."""


@dataclass(frozen=True)
class Description:
    """What was loaded. `observers` are the lines that observe each subject at the end of a scenario."""

    subject: str
    model: str
    environment: Environment
    kinds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conformed:
    """Where one thread alone shows that class and model differ, and what was seen of the operations meanwhile."""

    watched: Watched
    nonconformances: tuple[Nonconformance, ...]
    notes: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Generated:
    """The first scenario from an index on that is not avoided, and its index; none if all are avoided."""

    scenario: Scenario | None
    index: int


@dataclass(frozen=True)
class RunResult:
    """What runs of one scenario on real threads showed.

    `skipped` says why the scenario was not run. `doubts` count runs that were not decided, by why, `returned` those
    that were decided and in which a call returned a value. `answers` say which lines returned at all. `explanation` is
    of the outcome in `worst`.
    """

    scenario: Scenario
    invocations: int = 0
    seconds: float = 0.0
    failures: int = 0
    doubts: dict[Doubt, int] = field(default_factory=dict)
    returned: int = 0
    outcomes: tuple[Outcome, ...] = ()
    distinct: int = 0
    worst: Outcome | None = None
    explanation: Explanation = field(default_factory=lambda: Explanation(()))
    skipped: Doubt | Omission | None = None
    kinds: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def tally(self) -> Tally:
        """How many runs there were, how many were judged, and in how many a call returned."""
        return Tally(self.invocations, self.invocations - sum(self.doubts.values()), self.returned)


@dataclass(frozen=True)
class Mutants:
    """The mutants of a class and its synchronization, with the texts of the files that both are found in.

    `kinds` are those of all operations, with the names of their holes. `reach` has which kinds run a place: a function
    of a file by its qualified name, or a line by its number. `filling` are lines that change a fresh subject.
    """

    filling: tuple[str, ...]
    kinds: tuple[tuple[str, tuple[str, ...]], ...]
    reach: tuple[tuple[str, str | int, tuple[str, ...]], ...]
    files: dict[str, str]
    mutants: tuple[Mutant, ...]
    sites: tuple[SyncSite, ...]


@dataclass(frozen=True)
class Found:
    """What is wrong with a run under control: `detail` in a sentence, `text` a traceback."""

    kind: FindingKind
    control: Control
    detail: str = ""
    text: str = ""
    outcome: Outcome | None = None
    explanation: Explanation = field(default_factory=lambda: Explanation(()))


@dataclass(frozen=True)
class Explored:
    """What one request has explored of a program, and what its exploration has come to.

    `schedules` and `counts` are those of the request; `open` is what the search leaves open until now, beside runs that
    were not judged. `complete`: what was asked for came to its end; `everything`: no schedule is left. `skipped` says
    why the program cannot be judged.
    """

    schedules: int = 0
    counts: Counts = field(default_factory=Counts)
    open: tuple[Doubted, ...] = ()
    answers: tuple[Answer, ...] = ()
    covered: tuple[str, ...] = ()
    complete: bool = False
    everything: bool = False
    outcomes: int = 0
    kinds: tuple[str, ...] = ()
    threads: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    cycles: tuple[str, ...] = ()
    skipped: Doubt | Omission | None = None
    found: Found | None = None


@dataclass(frozen=True)
class Labelled:
    """Whether the GIL masks a finding, what that rests on, and why it is not known if so; or why nothing was run."""

    masking: Masking = Masking.UNKNOWN
    rests_on: str = ""
    undecided: tuple[Doubt | Omission, ...] = ()
    skipped: Doubt | Omission | None = None


@dataclass(frozen=True)
class Replayed:
    """Runs of one schedule: `again` of them had the finding, `elsewhere` led elsewhere; or why none was made."""

    again: int = 0
    elsewhere: int = 0
    counts: Counts = field(default_factory=Counts)
    found: Found | None = None
    skipped: Doubt | Omission | None = None


# What may come instead of an answer.


@dataclass(frozen=True)
class Hung:
    """Threads did not go on. `announced` is what one thread alone was about to run."""

    detail: str
    stacks: str
    announced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A mistake of the user: the fact, the likely cause, the next step."""

    fact: str
    cause: str = ""
    step: str = ""


@dataclass(frozen=True)
class Fault:
    """A defect of the harness, with the traceback of the child."""

    traceback: str


type Exceptional = Hung | Refused | Fault


# Requests.


class Request[A]:
    """A request, which is answered by a value of the type `answer`."""

    answer: ClassVar[type[Any]]


@dataclass(frozen=True)
class Describe(Request[Description]):
    """Say what was loaded. The child does so without being asked, as soon as it is ready."""

    answer = Description


@dataclass(frozen=True)
class CheckNames(Request[Done]):
    """See that the names in a scenario exist and its arguments fit, without running it."""

    answer = Done
    scenario: Scenario


@dataclass(frozen=True)
class Conform(Request[Conformed]):
    """Compare class and model on one thread for so many seconds; leave out what does as these lines do."""

    answer = Conformed
    seconds: float
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Watch(Request[Done]):
    """From now on make scenarios by what was seen of kinds of operations."""

    answer = Done
    watched: Watched


@dataclass(frozen=True)
class Avoid(Request[Done]):
    """From now on make no scenario that has the kinds of all lines in one of these lists."""

    answer = Done
    together: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Generate(Request[Generated]):
    """Make a scenario with this index, or the next that is not avoided.

    `telling`: most of them have results that tell which thread was first, which the model is run to see.
    """

    answer = Generated
    index: int
    telling: bool = True


@dataclass(frozen=True)
class RunLines(Request[Done]):
    """Run lines on fresh subjects, by one thread, for `hang` seconds at most: does it come back?"""

    answer = Done
    lines: tuple[str, ...]
    hang: float


@dataclass(frozen=True)
class Run(Request[RunResult]):
    """Run a scenario on real threads until one of the bounds is reached, or the first failure if that is enough."""

    answer = RunResult
    scenario: Scenario
    invocations: int
    seconds: float
    until_failure: bool = True
    hang: float | None = None


@dataclass(frozen=True)
class MakeMutants(Request[Mutants]):
    """Make the mutants of the class by these operators; None: by all."""

    answer = Mutants
    operators: tuple[str, ...] | None = None


@dataclass(frozen=True)
class LookOn(Request[Watched]):
    """Run each operation alone, for so many seconds together, on subjects that these lines fill; say what was seen."""

    answer = Watched
    filling: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Explore(Request[Explored]):
    """Go on exploring a scenario, or the function: `most` schedules, by the strategy `only` or the portfolio."""

    answer = Explored
    scenario: Scenario | None
    seconds: float
    most: int
    bound: int
    only: str = "portfolio"


@dataclass(frozen=True)
class Label(Request[Labelled]):
    """Say whether a standard build can show a finding of this kind within so many preemptions."""

    answer = Labelled
    scenario: Scenario | None
    kind: FindingKind
    preemptions: int
    seconds: float


@dataclass(frozen=True)
class Replay(Request[Replayed]):
    """Run a schedule so many times; count a finding of this kind, or any, and then say what it was."""

    answer = Replayed
    scenario: Scenario | None
    schedule: Schedule
    kind: FindingKind | None
    times: int


REQUESTS: Final = {
    each.__name__: each
    for each in (
        Describe, CheckNames, Conform, Watch, Avoid, Generate, RunLines, Run, MakeMutants, LookOn, Explore, Label,
        Replay,
    )
}  # fmt: skip
EXCEPTIONAL: Final = {each.__name__: each for each in (Hung, Refused, Fault)}


def written(message: Any) -> dict[str, Any]:
    """Return a message as JSON has it."""
    return {type(message).__name__: encode(message)}


def read[M](line: dict[str, Any], kinds: Iterable[type[M]]) -> M:
    """Return the message of a line, which is of one of these classes.

    Raises:
        Misfit: it is none of them.

    """
    if len(line) != 1:
        raise Misfit(f"no message: {str(line)[:200]}")
    ((name, data),) = line.items()
    for each in kinds:
        if each.__name__ == name:
            return decode(each, data)
    raise Misfit(f"no message is expected here that is called {name}")
