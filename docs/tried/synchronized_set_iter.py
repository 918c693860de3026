"""synchronized_set: iteration and operators are those of `set`, and take no lock.

A thread that adds while another one is inside a loop gets through, and the loop raises.
"""

from synchronized_set import SynchronizedSet
from two_threads import meet, told

numbers = SynchronizedSet([0, 1])


def loop() -> list[int]:
    seen = []
    for number in numbers:
        seen.append(number)  # here
    return seen


seen = meet(loop, "loop", "# here", lambda: numbers.add(2))[0]
told(isinstance(seen, RuntimeError), f"a loop beside add(): {seen!r}")
