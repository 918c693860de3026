"""pyrate-limiter: an item is admitted, and its caller is told that it was refused.

`put_decision` calls `put`, which takes the lock, and then reads the last decision of anybody. The `Limiter` of the
package holds a lock of its own around it.
"""

from pyrate_limiter import InMemoryBucket, Rate, RateItem
from two_threads import meet, told

bucket = InMemoryBucket([Rate(1, 1000)])
decisions = meet(
    lambda: bucket.put_decision(RateItem("first", 0)).allowed,
    "put_decision",
    "if isawaitable(result)",
    lambda: bucket.put_decision(RateItem("second", 0)).allowed,
)
told(decisions == (False, False), f"a limit of one, two callers, {bucket.count()} item admitted: {decisions}")
