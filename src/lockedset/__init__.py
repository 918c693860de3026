"""A `set` whose every operation is atomic, with or without the GIL.

>>> from lockedset import LockedSet, locked
>>> seen, done = LockedSet(), LockedSet()
>>> seen.try_add("job-1"), seen.try_add("job-1")
(True, False)
>>> with locked(seen, done):  # one step over both sets: no other thread sees half of it
...     done.update(seen.drain())
>>> sorted(done)
['job-1']
"""

from lockedset._choice import implementation, locked
from lockedset._locking import DeadlockError
from lockedset._set import LockedSet
from lockedset._version import __version__ as __version__

__all__ = ["DeadlockError", "LockedSet", "implementation", "locked"]
