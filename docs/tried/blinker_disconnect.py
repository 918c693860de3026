"""blinker: `disconnect` raises RuntimeError while another thread connects a receiver to a new sender.

`disconnect` loops over the senders, and nothing is locked. What it had to remove stays.
"""

from blinker import Signal
from two_threads import meet, told


def one() -> None:
    pass


def other() -> None:
    pass


signal = Signal()
signal.connect(one)
result = meet(lambda: signal.disconnect(one), "_disconnect", "bucket.discard", lambda: signal.connect(other, sender=1))[
    0
]
told(isinstance(result, RuntimeError), f"disconnect beside connect: {result!r}")
