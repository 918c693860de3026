"""limits: two threads that count at the same time: one gets `RuntimeError: threads can only be started once`.

Each sees that the timer has ended, and makes one; both then start the one that was stored last.
"""

from limits.storage import MemoryStorage
from two_threads import meet, told

storage = MemoryStorage()
storage.timer.join()
results = meet(
    lambda: storage.acquire_entry("key", 2, 60),
    "__schedule_expiry",
    "self.timer.start()",
    lambda: storage.acquire_entry("key", 2, 60),
)
told(isinstance(results[0], RuntimeError), f"acquire_entry || acquire_entry: {results}")
