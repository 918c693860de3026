"""Programs that never end by themselves, where no instruction is a switch point."""

from __future__ import annotations

from functools import partial
from typing import Any

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.sampling import RandomWalk
from tests.lockproof.engines.control.alarm_programs import first, heartbeat, sleeping, spin
from tests.lockproof.engines.control.inside import explore


def ask_heartbeat() -> dict[str, Any]:
    return first(heartbeat)


def ask_sleeping() -> dict[str, Any]:
    return explore(partial(sleeping, False), lambda: RandomWalk(2), Switching.SYNC, 1)


def ask_spinning() -> dict[str, Any]:
    return first(partial(spin, False))
