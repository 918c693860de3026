"""pyee: an event has a name and no listener for a moment, while its first listener is added.

`event_names()` and `listeners()` take no lock; `on` makes the entry of the event first and adds the listener then.
"""

from pyee import EventEmitter
from two_threads import meet, told

emitter = EventEmitter()
seen = meet(
    lambda: emitter.on("ready", print),
    "_add_event_handler",
    "self._events[event][k] = v",
    lambda: (emitter.event_names(), emitter.listeners("ready")),
)[1]
told(seen == ({"ready"}, []), f"while the only listener was added: names and listeners are {seen}")
