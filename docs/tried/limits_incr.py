"""limits: two hits under a limit of one a minute are both admitted.

The first one has counted, and not yet said when its count expires. `get`, at the beginning of the second, takes the
count for an expired one, and removes it together with the lock that the first one holds.
"""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from two_threads import meet, told

limiter = FixedWindowRateLimiter(MemoryStorage())
one_a_minute = RateLimitItemPerMinute(1)
hits = meet(
    lambda: limiter.hit(one_a_minute, "user"),
    "incr",
    "if self.storage[key] == amount",
    lambda: limiter.hit(one_a_minute, "user"),
)
told(hits == (True, True), f"two hits under a limit of one were answered {hits}")
