"""Is LockedSet atomic on real threads, and would these checks notice if it were not?

`properties` says what must hold, `twins` are LockedSets with one protection removed, `race` runs threads against each
other, and `python -m tests.lockedset.stress` runs every property on LockedSet and on its twins, each in a process of
its own.
"""
