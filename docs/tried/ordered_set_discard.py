"""ordered-set: two threads that discard one element: one gets an exception.

Nothing says that the class is safe for threads. `discard` asks whether the element is there, and then removes it.
"""

from ordered_set import OrderedSet
from two_threads import meet, told

numbers = OrderedSet([0])
results = meet(lambda: numbers.discard(0), "discard", "i = self.map[key]", lambda: numbers.discard(0))
told(isinstance(results[0], Exception), f"discard(0) || discard(0): {results}")
