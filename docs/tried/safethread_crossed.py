"""safethread: two threads that compare two sets with each other wait for ever.

`issuperset` holds the lock of its own set while it reads the other one, whose iterator takes the other lock.
"""

from safethread.datatype import SafeSet
from two_threads import WAITS, meet, told

one, other = SafeSet({1}), SafeSet({1})
results = meet(
    lambda: one.issuperset(other),
    "issuperset",
    "return self._data.issuperset",
    lambda: other.issubset(one),
    until=("__iter__", "with self._lock"),
)
told(WAITS in results, f"one.issuperset(other) || other.issubset(one): {results}")
