"""What LockedSet is to reach, in pure Python."""

from __future__ import annotations

from benchmarks.operations import ONE_KEY, OPERATIONS
from benchmarks.ratios import Goal
from benchmarks.subjects import BASE, HANDWRITTEN, OURS

SINGLE_KEY_LIMIT = 1.1
SNAPSHOT_LIMIT = 2.0

GOALS = (
    *(
        Goal(operation.name, OURS, HANDWRITTEN, SINGLE_KEY_LIMIT)
        for operation in OPERATIONS
        if operation.family == ONE_KEY
    ),
    Goal("snapshot", OURS, BASE, SNAPSHOT_LIMIT, base_benchmark="copy"),
)
