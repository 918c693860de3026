"""token_bucket: two threads both consume the last token of a bucket.

The source knows of this race and accepts it; the count goes below zero, so that later calls have to wait longer.
"""

from token_bucket import MemoryStorage
from two_threads import meet, told

storage = MemoryStorage()
storage.replenish("key", 1.0, 1)
consumed = meet(
    lambda: storage.consume("key", 1), "consume", "if tokens_in_bucket < num_tokens", lambda: storage.consume("key", 1)
)
told(consumed == (True, True), f"two threads that consume the one token of a bucket are answered {consumed}")
