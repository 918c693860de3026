"""SQLAlchemy: a loop over an `LRUCache`, as `==` and `items()` make it, raises beside a write.

Its documentation names only the step from `in` to a read. Writes never wait; one thread at a time evicts.
"""

from sqlalchemy.util import LRUCache
from two_threads import meet, told

cache = LRUCache[int, int](4)
cache[0] = 0
compared = meet(lambda: cache == {0: 0}, "__getitem__", "item = self._data[key]", lambda: cache.__setitem__(1, 0))[0]
told(isinstance(compared, RuntimeError), f"== beside a write: {compared!r}")
