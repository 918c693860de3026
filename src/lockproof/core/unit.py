"""The unit of work of a large check: one check of one target, as data, and what came of it.

A unit says all that decides a check: the target, the options and the seed. So the same unit does the same in a process
beside this one, in a shard of a CI matrix or on a worker of a cluster. JSON keeps units and outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Report


@dataclass(frozen=True)
class Unit:
    """One check.

    Attributes:
        target: what to check, as on the command line; not a package.
        options: the options of the check; their seed is set.
        kept: scenarios to try first, as text: those that people keep for the target.

    """

    target: str
    options: CheckOptions
    kept: tuple[str, ...] = ()


class Ending(StrEnum):
    """How a unit ended.

    CHECKED: the check came to its end. REFUSED: the target or an option is wrong. INTERRUPTED: Ctrl-C or a lost worker
    ended it early. FAILED: lockproof itself failed, or its process was lost.
    """

    CHECKED = "checked"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class Refusal:
    """Why a unit was refused: the fact, the likely cause and the next step, as `LockproofError` has them."""

    fact: str
    cause: str = ""
    step: str = ""


@dataclass(frozen=True)
class UnitOutcome:
    """What came of a unit.

    Attributes:
        unit: the unit.
        ending: how it ended.
        report: the report of the check, also of one that ended early; None where there is none.
        refusal: why it was refused; None if it was not.
        trace: the traceback to send, of a fault of lockproof itself; or what its process wrote at its end.

    """

    unit: Unit
    ending: Ending
    report: Report | None = None
    refusal: Refusal | None = None
    trace: str = ""
