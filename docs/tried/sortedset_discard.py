"""sortedcontainers: two threads that discard one element from a SortedSet: one gets a KeyError.

Its documentation does not call it safe for threads. `discard` asks whether the element is there, and then removes it.
"""

from sortedcontainers import SortedSet
from two_threads import meet, told

numbers = SortedSet([0])
results = meet(lambda: numbers.discard(0), "discard", "_set.remove", lambda: numbers.discard(0))
told(isinstance(results[0], KeyError), f"discard(0) || discard(0): {results}")
