"""threadfactory: a `ConcurrentDict` changes after it was frozen.

`__setitem__` asks whether the dictionary is frozen before it takes the lock.
"""

from thread_factory import ConcurrentDict
from two_threads import meet, told

numbers = ConcurrentDict[int, int]()


def freeze_and_count() -> int:
    numbers.freeze()
    return len(numbers)


count = meet(lambda: numbers.__setitem__(1, 1), "__setitem__", "with self._lock", freeze_and_count)[1]
told(count != len(numbers), f"a frozen dictionary had {count} entries, and has {len(numbers)} now")
