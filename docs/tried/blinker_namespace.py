"""blinker: two threads that ask a namespace for a new name get two signals, and one of them is in nobody else's hands.

`signal` looks whether the name is there, and adds it afterwards. What is connected to the first signal is never called.
"""

from blinker import Namespace
from two_threads import meet, told

names = Namespace()
given = meet(lambda: names.signal("saved"), "signal", "self[name] = NamedSignal", lambda: names.signal("saved"))
told(given[0] is not given[1], f"one signal for both threads: {given[0] is given[1]}")
