"""eventbus-lite: a handler that is subscribed once is called twice.

`publish` removes the handler after it has called it, so a second thread still finds it.
"""

from typing import Any

from eventbus import EventBus
from two_threads import meet, told

bus, heard = EventBus(), []


def handler(event: Any) -> None:
    heard.append(event.data["number"])


bus.subscribe("ready", handler, once=True)
meet(lambda: bus.publish("ready", number=1), "publish", "if once", lambda: bus.publish("ready", number=2))
told(len(heard) > 1, f"a handler for one event was called with {heard}")
