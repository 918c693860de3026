"""snowflake-id: two threads are given the same identifier in one millisecond.

`next` adds one to the sequence and reads it again in the last line, without a lock.
"""

from snowflake import SnowflakeGenerator
from two_threads import meet, told

ids = (0, 1)
for _ in range(20):  # a new millisecond may begin between the two calls
    generator = SnowflakeGenerator(1)
    while next(generator) is None:
        pass
    ids = meet(lambda: next(generator), "__next__", "return self._ts << 22", lambda: next(generator))
    if ids[0] == ids[1]:
        break
told(ids[0] == ids[1] and ids[0] is not None, f"two threads were given the identifiers {ids}")
