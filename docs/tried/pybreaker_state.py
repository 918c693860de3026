"""pybreaker: a listener hears that a breaker went from open to closed while a thread opened it.

`open()` makes the object of the new state, and then stores its name. A thread that reads `state` in between takes the
stored name for a change that somebody else has made, and sets the breaker back.
"""

from typing import Any

from pybreaker import CircuitBreaker, CircuitBreakerListener
from two_threads import meet, told


class Heard(CircuitBreakerListener):
    """Keeps the changes that it hears of."""

    def __init__(self) -> None:
        self.changes: list[tuple[str | None, str]] = []

    def state_change(self, _: Any, old_state: Any, new_state: Any) -> None:
        self.changes.append((old_state and old_state.name, new_state.name))


heard = Heard()
breaker = CircuitBreaker(listeners=[heard])
meet(breaker.open, "state", "self._state = state", lambda: breaker.state, until=("state", "with self._lock"))
told(heard.changes != [("closed", "open")], f"the breaker was opened once, and its listener heard {heard.changes}")
