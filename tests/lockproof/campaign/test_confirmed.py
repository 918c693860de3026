"""Is a schedule believed only when a process that has run nothing else repeats it?"""

from __future__ import annotations

import sys
from typing import Any

from lockproof.campaign.controlled_child import CONFIRMATIONS, ControlledChild
from lockproof.campaign.protocol.messages import Explored, Found, Replay, Replayed, Request
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule, Switching
from lockproof.core.verdict import Control, FindingKind


class Processes:
    """In the place of the child: `again` are how often schedules were repeated, each in a process of its own."""

    def __init__(self, *again: int) -> None:
        self.again, self.started, self.replayed = list(again), 0, list[Schedule]()

    def renew(self) -> None:
        self.started += 1

    def ask(self, request: Request[Any], _: float = 0.0) -> Explored | Replayed:
        if isinstance(request, Replay):
            self.replayed.append(request.schedule)
            return Replayed(self.again[len(self.replayed) - 1])
        return Explored(schedules=5, outcomes=1, threads=2, found=found_by(schedule(len(self.replayed) + 1)))


def schedule(number: int) -> Schedule:
    return Schedule(Switching.FREE, ((1, number),))


def found_by(schedule: Schedule) -> Found:
    return Found(FindingKind.DEADLOCK, Control(schedule, 1, replays=10, replayed=10))


def confirmed(*again: int) -> tuple[Processes, Control]:
    controlled = ControlledChild(Setup(list(sys.path), Named("nobody:asks")), 100)
    processes = Processes(*again)
    controlled.child = processes  # type: ignore[assignment]
    looked = controlled.confirmed(Scenario.parse("a.f() || a.g()"), Explored(found=found_by(schedule(1))), 2)
    assert looked.found is not None
    return processes, looked.found.control


def test_what_is_repeated_in_a_fresh_process_is_reported_as_it_is() -> None:
    processes, control = confirmed(10)
    assert (processes.started, control.schedule, control.replayed) == (1, schedule(1), 10)


def test_what_is_not_is_looked_for_there_and_tried_in_another_one() -> None:
    processes, control = confirmed(3, 10)
    assert processes.replayed == [schedule(1), schedule(2)]
    assert (processes.started, control.schedule, control.replayed) == (2, schedule(2), 10)


def test_what_never_is_says_so() -> None:
    processes, control = confirmed(*[0] * CONFIRMATIONS)
    assert processes.started == CONFIRMATIONS
    assert (control.schedule, control.replayed) == (processes.replayed[-1], 0)
