"""avyra: a function that is subscribed once is called twice.

The bus removes the function after the call, so a second thread still finds it; the second removal raises.
"""

from enum import Enum
from typing import Any

from avyra import EventBus
from two_threads import meet, told


class Event(Enum):
    """What the bus tells of."""

    READY = 1


bus, heard = EventBus(), []


def listener(_: Event, payload: Any) -> None:
    heard.append(payload)


bus.register(Event)
bus.once(Event.READY, listener)
meet(lambda: bus.emit(Event.READY, 1), "wrapper", "self.unsubscribe", lambda: bus.emit(Event.READY, 2))
told(len(heard) > 1, f"a function for one event was called with {heard}")
