"""The registry of the operators. The docstring of each function tells its flaw.

Reports name the operators in this order. Of two changes that make the same text, the first counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockproof.mutation.operators import acquisition_order, critical_sections, locks, snapshots, wakeups
from lockproof.mutation.operators.context import Operator

OPERATORS: Final[Mapping[str, Operator]] = {
    "remove-lock": locks.remove_lock,
    "other-lock": locks.other_lock,
    "fresh-lock": locks.fresh_lock,
    "rlock-to-lock": locks.rlock_to_lock,
    "start-late": critical_sections.start_late,
    "end-early": critical_sections.end_early,
    "split": critical_sections.split,
    "move-out": critical_sections.move_out,
    "no-finally": critical_sections.no_finally,
    "release-before-return": critical_sections.release_before_return,
    "reverse-order": acquisition_order.reverse_order,
    "operand-order": acquisition_order.operand_order,
    "notify-one": wakeups.notify_one,
    "no-notify": wakeups.no_notify,
    "if-for-while": wakeups.if_for_while,
    "no-timeout": wakeups.no_timeout,
    "timeout-ignored": wakeups.timeout_ignored,
    "two-steps": snapshots.two_steps,
    "live-iterator": snapshots.live_iterator,
    "materialize-inside": snapshots.materialize_inside,
}
