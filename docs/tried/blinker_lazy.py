"""blinker: two threads that read `receiver_connected` first are given two signals, and one of them is never sent.

It is a `functools.cached_property`, which takes no lock.
"""

from blinker import Signal
from two_threads import meet, told

signal = Signal()
given = meet(
    lambda: signal.receiver_connected, "receiver_connected", "return Signal", lambda: signal.receiver_connected
)
told(given[0] is not given[1], f"one signal for both threads: {given[0] is given[1]}")
