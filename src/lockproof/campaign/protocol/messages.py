"""The messages between parent and child: each request and each answer is a line with one JSON object.

Each request is a dataclass that names the type of its answer; `lockproof.core.codec` writes and reads both, and refuses
what does not fit. A line has one key, the name of the class. Instead of the answer, `Hung`, `Refused` or `Fault` may
come. The first line that a child gets is a `Greeting`: a child of another version refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from lockproof.campaign.protocol.answers import Answer
from lockproof.campaign.protocol.counts import Counts
from lockproof.core.adjustment import Adjustment
from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.environment import Environment
from lockproof.core.evidence import Doubt, Doubted, Omission, Tally
from lockproof.core.members import Member
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.core.native_code import Natives
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import Control, Explanation, FindingKind, Masking, Nonconformance, Outcome
from lockproof.core.watched import Watched

VERSION: Final = 1
"""Version of the messages. Parent and child are of one installation, unless the path of the subject has another."""


@dataclass(frozen=True)
class Greeting:
    """The first message: the parent's version of the protocol and its installation. Its form never changes."""

    protocol: int
    installation: str


# Answers.


@dataclass(frozen=True)
class Done:
    """The request was met, and there is no result."""


@dataclass(frozen=True)
class Description:
    """The subject that was loaded.

    `observers` are the lines that observe it at the end of each scenario. `own_model`: the class itself is the model.
    `has_waits`: there is something in the subject to wait for. `members` are the public members of its class.
    `inferred`: the operations follow from the class alone, and not from a specification or a model of the user.
    `holes` are the names in the `kinds` that stand for arguments.
    """

    subject: str
    model: str
    environment: Environment
    kinds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    own_model: bool = False
    has_waits: bool = False
    members: tuple[Member, ...] = ()
    inferred: bool = False
    holes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundWaits:
    """The kinds of operations that wait and do no wrong.

    `waits`: an operation did, perhaps one of no known kind. `scenarios`: small ones with such operations. `fault`: what
    an operation waits for that nobody will release.
    """

    kinds: tuple[str, ...] = ()
    waits: bool = False
    scenarios: tuple[Scenario, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Fresh:
    """What a fresh subject looks like: the result of each line that observes it, as text, and whether it has state.

    `changes`: a call on one thread changes its inner state.
    """

    observed: tuple[tuple[str, str], ...] = ()
    has_state: bool = True
    changes: bool = False


@dataclass(frozen=True)
class Conformed:
    """Where class and model differ on one thread, how that adjusts the specification, and what was seen meanwhile.

    `members` are the public members of the class after the comparison, which may leave operations out. `fresh` is what
    was seen of a fresh subject.
    """

    watched: Watched
    adjustment: Adjustment
    nonconformances: tuple[Nonconformance, ...]
    notes: tuple[str, ...]
    kinds: tuple[str, ...]
    members: tuple[Member, ...] = ()
    fresh: Fresh = field(default_factory=Fresh)


@dataclass(frozen=True)
class Attempt:
    """A scenario in which threads call a member, or why there is none.

    `raised`: what the call raised on one thread, whatever the arguments and the contents; "" if it returned.
    """

    scenario: Scenario | None
    raised: str = ""


@dataclass(frozen=True)
class Generated:
    """The first scenario from an index on that is not avoided, and its index. None: all are avoided."""

    scenario: Scenario | None
    index: int


@dataclass(frozen=True)
class RunResult:
    """The runs of one scenario on real threads.

    `skipped`: why the scenario did not run at all. `seconds`: how long the runs took. `doubts`: how many runs were not
    decided, by reason. `returned`: how many runs were decided and had a call that returned a value. `distinct`: how
    many different outcomes there were; `outcomes` has all violations and the most frequent others. `explanation` is
    that of the outcome in `worst`. `answers`: what each line returned or raised.
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
        """The runs as evidence has them."""
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
    """What is wrong with a run under control. `detail` is a sentence, `text` a traceback."""

    kind: FindingKind
    control: Control
    detail: str = ""
    text: str = ""
    outcome: Outcome | None = None
    explanation: Explanation = field(default_factory=lambda: Explanation(()))


@dataclass(frozen=True)
class Explored:
    """What one request has explored of a program, and how far the exploration of the program is.

    `schedules`, `counts` and `seconds` are those of the request, the rest is of the whole exploration. `open`: doubts
    that the search leaves, besides runs that were not judged. `complete`: the exhaustive strategies have ended;
    `everything`: no schedule is left. `traces`: how many traces there are, where every one was run, else 0. `outcomes`:
    how many distinct outcomes there were. `skipped`: why the program cannot be judged.
    """

    schedules: int = 0
    counts: Counts = field(default_factory=Counts)
    open: tuple[Doubted, ...] = ()
    answers: tuple[Answer, ...] = ()
    covered: tuple[str, ...] = ()
    complete: bool = False
    everything: bool = False
    traces: int = 0
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
    """Whether the GIL masks a finding, what that rests on, and why it is unknown; `skipped`: why nothing ran."""

    masking: Masking = Masking.UNKNOWN
    rests_on: str = ""
    undecided: tuple[Doubt | Omission, ...] = ()
    skipped: Doubt | Omission | None = None


@dataclass(frozen=True)
class Replayed:
    """Runs of one schedule: `again` had the finding, `elsewhere` left the schedule; `skipped`: why nothing ran."""

    again: int = 0
    elsewhere: int = 0
    counts: Counts = field(default_factory=Counts)
    found: Found | None = None
    skipped: Doubt | Omission | None = None


# Before an answer.


@dataclass(frozen=True)
class Cut:
    """What the clock has cut in this request, though counts should have ended it."""

    what: tuple[str, ...]


@dataclass(frozen=True)
class Alive:
    """The work of this request goes on. It is measured by counts, so the parent cannot know how long it takes."""


# Instead of an answer.


@dataclass(frozen=True)
class Hung:
    """No thread made progress. `announced` is what one thread alone was about to run."""

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
    """Compare class and model for so many seconds, without what `skip` does; only look, if there is an `adjustment`."""

    answer = Conformed
    seconds: float
    skip: tuple[str, ...] = ()
    adjustment: Adjustment | None = None


@dataclass(frozen=True)
class UseWatched(Request[Done]):
    """From now on prefer scenarios of operations that look exposed."""

    answer = Done
    watched: Watched


@dataclass(frozen=True)
class Avoid(Request[Done]):
    """From now on make no scenario with the kinds of all lines of one of these groups."""

    answer = Done
    together: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FindWaits(Request[FoundWaits]):
    """Find out which operations wait: those of a scenario; None: any, tried on one thread for so many seconds."""

    answer = FoundWaits
    scenario: Scenario | None
    seconds: float


@dataclass(frozen=True)
class UseWaits(Request[Done]):
    """From now on these kinds of operations wait."""

    answer = Done
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Generate(Request[Generated]):
    """Make the scenario with this index, or the next that is not avoided.

    `revealing`: prefer scenarios whose results reveal the order of the threads. The child runs the model to see that.
    """

    answer = Generated
    index: int
    revealing: bool = True


@dataclass(frozen=True)
class CallMember(Request[Attempt]):
    """Make a scenario in which a call of a member returns, if there is one."""

    answer = Attempt
    member: str


@dataclass(frozen=True)
class RunLines(Request[Done]):
    """Run lines on fresh subjects, by one thread: does it come back within `hang` seconds?"""

    answer = Done
    lines: tuple[str, ...]
    hang: float


@dataclass(frozen=True)
class Run(Request[RunResult]):
    """Run a scenario on real threads: so many invocations, for so many seconds, or until the first failure."""

    answer = RunResult
    scenario: Scenario
    invocations: int
    seconds: float
    until_failure: bool = True
    hang: float | None = None


@dataclass(frozen=True)
class LookAtNatives(Request[Natives]):
    """Say which machine code is loaded, and whether a sanitizer sees what it does."""

    answer = Natives


@dataclass(frozen=True)
class MakeMutants(Request[Mutants]):
    """Make the mutants of the class by these operators. None: by all operators."""

    answer = Mutants
    operators: tuple[str, ...] | None = None


@dataclass(frozen=True)
class WatchOperations(Request[Watched]):
    """Run each operation alone, on subjects that the lines in `filling` fill; `seconds` for all together."""

    answer = Watched
    filling: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Explore(Request[Explored]):
    """Go on exploring a scenario, or the function, by the strategy `only`: `most` schedules, `bound` preemptions."""

    answer = Explored
    scenario: Scenario | None
    seconds: float
    most: int
    bound: int
    only: str = "portfolio"


@dataclass(frozen=True)
class Label(Request[Labelled]):
    """Say whether a standard build can show a finding of this kind with at most so many preemptions."""

    answer = Labelled
    scenario: Scenario | None
    kind: FindingKind
    preemptions: int
    seconds: float


@dataclass(frozen=True)
class Replay(Request[Replayed]):
    """Run a schedule so many times, and count the runs with a finding of this kind.

    Without a kind every finding counts, and the first is reported.
    """

    answer = Replayed
    scenario: Scenario | None
    schedule: Schedule
    kind: FindingKind | None
    times: int


@dataclass(frozen=True)
class UseTest(Request[Description]):
    """From now on explore this test, by its node id, in so many copies."""

    answer = Description
    test: str
    copies: int


@dataclass(frozen=True)
class EndTests(Request[Done]):
    """Tear down what the tests share, and end."""

    answer = Done


REQUESTS: Final = {
    each.__name__: each
    for each in (
        Describe, CheckNames, Conform, UseWatched, Avoid, FindWaits, UseWaits, Generate, CallMember, RunLines, Run,
        LookAtNatives, MakeMutants, WatchOperations, Explore, Label, Replay, UseTest, EndTests,
    )
}  # fmt: skip
EXCEPTIONAL: Final = {each.__name__: each for each in (Hung, Refused, Fault)}


def written(message: Any) -> dict[str, Any]:
    """Return the JSON object of a message."""
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
