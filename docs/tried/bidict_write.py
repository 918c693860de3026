"""bidict: two threads that write one item: one gets a ValueDuplicationError, since it sees half of the other write.

Its documentation says that it is safe for threads only as far as its caller sees to it.
"""

from bidict import bidict
from two_threads import meet, told

names = bidict[int, int]()


def write() -> None:
    names[1] = 0


results = meet(write, "_dedup", "oldkey: OKT[KT] = invm", write)
told(isinstance(results[0], Exception), f"names[1] = 0 || names[1] = 0: {results}")
