"""Is a schedule believed only when a process that has run nothing else repeats it?"""

from __future__ import annotations

import sys
from typing import Any

from lockproof.campaign.explore import CONFIRMATIONS, ControlledChild, Looked
from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import Setup


class Processes:
    """In the place of the child: `again` are how often schedules were repeated, each in a process of its own."""

    def __init__(self, *again: int) -> None:
        self.again, self.started, self.replayed = list(again), 0, list[str]()

    def close(self) -> None:
        self.started += 1

    def request(self, do: str, *_: Any, **arguments: Any) -> dict[str, Any]:
        if do == "replay":
            self.replayed.append(arguments["schedule"])
            return {"again": self.again[len(self.replayed) - 1]}
        answer = {name: [] for name in ("notes", "cycles", "covered", "kinds", "open", "answers")}
        flags: dict[str, Any] = {"complete": False, "all": False, "skipped": None, "counts": Counts().to_json()}
        found = found_by(f"schedule {len(self.replayed) + 1}")
        return {**answer, **flags, "schedules": 5, "outcomes": 1, "seconds": 0.1, "threads": 2, "found": found}


def found_by(schedule: str) -> dict[str, Any]:
    return {"kind": "deadlock", "control": {"schedule": schedule, "replays": 10, "replayed": 10}}


def confirmed(*again: int) -> tuple[Processes, dict[str, Any]]:
    controlled = ControlledChild(Setup(list(sys.path), "nobody:asks"), 100)
    processes = Processes(*again)
    controlled.child = processes  # type: ignore[assignment]
    looked = controlled.confirmed("a.f() || a.g()", Looked(found=found_by("schedule 1")), 2)
    assert looked.found is not None
    return processes, looked.found["control"]


def test_what_is_repeated_in_a_fresh_process_is_told_as_it_is() -> None:
    processes, control = confirmed(10)
    assert (processes.started, control["schedule"], control["replayed"]) == (1, "schedule 1", 10)


def test_what_is_not_is_looked_for_there_and_tried_in_another_one() -> None:
    processes, control = confirmed(3, 10)
    assert processes.replayed == ["schedule 1", "schedule 2"]
    assert (processes.started, control["schedule"], control["replayed"]) == (2, "schedule 2", 10)


def test_what_never_is_says_so() -> None:
    processes, control = confirmed(*[0] * CONFIRMATIONS)
    assert processes.started == CONFIRMATIONS
    assert (control["schedule"], control["replayed"]) == (processes.replayed[-1], 0)
