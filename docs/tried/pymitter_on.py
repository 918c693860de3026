"""pymitter: a listener is lost if two threads listen to an event that is new.

Each makes a node for the name of the event. The second one to be added is dropped, together with its listener.
"""

from pymitter import EventEmitter
from two_threads import meet, told

emitter = EventEmitter()


def one() -> None:
    pass


def other() -> None:
    pass


meet(lambda: emitter.on("ready", one), "add_listener", "new_node = Node", lambda: emitter.on("ready", other))
left = emitter.listeners_all()
told(len(left) != 2, f"of two listeners that two threads added, {len(left)} is left")
