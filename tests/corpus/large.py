"""Pairs whose mended class has more schedules in its race than a push has the time for."""

from __future__ import annotations

import sys
from typing import Final

LARGE: Final = (
    {"OtherOperand", "OperandOrder", "Hire", "Mapping", "Roster", "WaitingQueue", "Buffer", "Quotas", "Topics"}
    | {"Logins"}
    | {"Diary", "Reminder"}  # their own threads come on top
    | {"CountDown", "ReadWrite", "Meeting", "Slot", "Desk"}
    | ({"InPlace", "Comparison", "Length", "CopiedDict"} if sys.version_info >= (3, 15) else set())
)
"""Pairs whose race has more schedules within the bound than are run of the mended class."""
