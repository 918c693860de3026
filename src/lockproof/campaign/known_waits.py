"""Which operations wait: control sees that at once, and the other phases of a check ask here.

An operation that waits is no finding. Real threads leave it alone, since none of them can be ended, and control runs it
and judges what becomes of the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Description, FindWaits, FoundWaits
from lockproof.campaign.protocol.setup import Setup
from lockproof.core.errors import LockproofError
from lockproof.core.operation import Operation
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind

LOOKING: Final = 0.6
"""Seconds to find out which operations wait, besides one look at each."""


@dataclass
class KnownWaits:
    """What is known of operations that wait.

    `kinds` are the texts of their kinds; `scenarios` are small ones of such operations, for control. `own_model`: the
    class itself is the model. A model that somebody has written says itself what waits. `fault` says what the last hang
    that was no right wait waited for, as far as control could see.
    """

    controlled: ControlledChild
    child: Child
    kinds: dict[str, None] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()
    own_model: bool = False
    fault: str = ""

    def __post_init__(self) -> None:
        self.kinds |= dict.fromkeys(self.controlled.setup.waits)

    def find(self, description: Description) -> None:
        """Find out which operations wait, if the subject has something in it to wait for."""
        self.own_model = description.own_model
        if self.own_model and description.has_waits:
            self.scenarios = self._asked(FindWaits(None, LOOKING)).scenarios

    def in_scenario(self, scenario: Scenario) -> bool:
        """Tell whether an operation of this scenario waits and does no wrong."""
        return self._asked(FindWaits(scenario, 0.0)).waits

    def explain(self, died: Died, scenario: Scenario) -> bool:
        """Tell whether a process hung since an operation waits that does no wrong. From then on that is known."""
        self.fault = ""
        if died.kind is not FindingKind.HANG or not self.own_model:
            return False
        with suppress(LockproofError):  # what is announced may be a whole scenario, which is this one
            scenario = Scenario((), (tuple(map(Operation, died.announced)),)) if died.announced else scenario
        answer = self._asked(FindWaits(scenario, 0.0))
        self.fault = answer.fault
        return answer.waits

    def stuck_alone(self, line: str) -> bool:
        """Tell whether an operation waits on a fresh subject, rightly or not."""
        answer = self._asked(FindWaits(Scenario((), ((Operation(line),),)), 0.0))
        return answer.waits or bool(answer.fault)

    def explained(self, died: Died) -> Died:
        """Return how a process hung, with what it waited for."""
        if not self.fault or died.kind is not FindingKind.HANG:
            return died
        detail = f"one thread alone never comes back: {self.fault}"
        return Died(died.kind, detail, died.stacks, died.announced, certain=died.certain)

    def _asked(self, request: FindWaits) -> FoundWaits:
        try:
            answer = self.controlled.child.ask(request, request.seconds)
        except (Died, LockproofError):
            return FoundWaits()
        self._add(answer.kinds)
        return answer

    def _add(self, kinds: Sequence[str]) -> None:
        if set(kinds) - self.kinds.keys():
            self.kinds |= dict.fromkeys(kinds)
            for each in (self.child, self.controlled.child):
                each.use_waits(tuple(self.kinds))


def waits_of(child: Child, setup: Setup, memory: int) -> tuple[str, ...]:
    """Tell a child which operations of its subject wait, and return the texts of their kinds."""
    waits = KnownWaits(ControlledChild(setup, memory), child)
    with waits.controlled.child:
        waits.find(child.start())
    return tuple(waits.kinds)
