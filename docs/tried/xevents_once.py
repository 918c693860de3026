"""xEvents: a listener that is subscribed once hears two events.

`post` removes the listener after it has called it, so a second thread still finds it.
"""

from two_threads import meet, told
from xevents import xEvents

bus, heard = xEvents(), []
bus.once("ready", heard.append)
meet(lambda: bus.post("ready", {"from": 1}), "post", "if to_remove", lambda: bus.post("ready", {"from": 2}))
told(len(heard) > 1, f"a listener for one event heard {heard}")
