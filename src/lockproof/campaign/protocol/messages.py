"""What the parent and the child process say to each other: one JSON object a line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from lockproof.campaign.protocol.answers import Answer
from lockproof.core.evidence import Doubt, Omission, Tally, cause
from lockproof.core.verdict import Consistency, Explanation, Outcome


@dataclass(frozen=True)
class Setup:
    """What the child must know before anything else: where to import from, and what to check.

    `target` names it, `model` and `factory` what goes with it. Or `payload` has the three as pickled objects (by
    cloudpickle, in base64), and `modules` are the files of the modules that unpickling them imports, by their names,
    where their names alone do not lead to them. `controlled`: for runs under control, of a function too. `replaced`:
    which files are read in the place of modules or of other files. `aimed` are kinds of operations of which each
    scenario is to have one, with how many functions of the class each runs; they are those that are compared with the
    model on one thread, as are the kinds of the lines in `differing`. `filling` are lines that are known to change a
    fresh subject, and `watched` is what was seen of the operations under control
    (`lockproof.generate.generator.Watched`); None: that is found out.
    """

    path: list[str]
    target: str | None
    payload: str | None = None
    modules: dict[str, str] = field(default_factory=dict)
    model: str | None = None
    factory: str | None = None
    threads: int = 2
    seed: int = 0
    consistency: Consistency = Consistency.LINEARIZABLE
    hang: float = 3.0
    controlled: bool = False
    replaced: dict[str, str] = field(default_factory=dict)
    aimed: dict[str, int] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    filling: list[str] | None = None
    watched: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return asdict(self)


@dataclass(frozen=True)
class RunResult:
    """What runs of one scenario on real threads showed.

    `skipped` says why the scenario was not run. `doubts` count runs that were not decided, by why, `returned` those
    that were decided and in which a call returned a value. `answers` say which lines returned at all. `explanation` is
    of the outcome in `worst`.
    """

    scenario: str
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

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunResult:
        """Return the result that `asdict` and JSON made a dictionary of."""
        explanation = data["explanation"]
        return cls(
            **{
                **data,
                "doubts": {Doubt(code): count for code, count in data["doubts"].items()},
                "outcomes": tuple(map(Outcome.from_json, data["outcomes"])),
                "worst": data["worst"] and Outcome.from_json(data["worst"]),
                "explanation": Explanation(
                    tuple(explanation["why"]), tuple(map(Outcome.from_json, explanation["nearest"]))
                ),
                "skipped": data["skipped"] and cause(data["skipped"]),
                "kinds": tuple(data["kinds"]),
                "answers": tuple(map(Answer.from_json, data["answers"])),
            }
        )
