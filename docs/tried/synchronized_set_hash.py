"""synchronized_set: a thread waits for ever if the hash of its element uses the set, which holds a plain Lock then."""

from synchronized_set import SynchronizedSet
from two_threads import WAITS, alone, told

elements = SynchronizedSet[object]([])


class Element:
    """Removes 0 from the set when it is hashed."""

    def __hash__(self) -> int:
        elements.discard(0)
        return 1


result = alone(lambda: elements.add(Element()))
told(result == WAITS, f"add of an element whose hash uses the set: {result}")
