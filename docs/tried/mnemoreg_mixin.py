"""mnemoreg: `Registry` inherits `pop` of `MutableMapping`, which is two steps; `register` looks without the lock.

Two threads both register one name, although overwriting is forbidden.
"""

from mnemoreg import Registry
from two_threads import meet, told

registry = Registry[str, int]()
registry["name"] = 1
popped = meet(
    lambda: registry.pop("name", None), "wrapper", "with self._lock", lambda: registry.pop("name", None), visit=3
)
registered = meet(
    lambda: registry.register("other")(1), "decorator", "with self._lock", lambda: registry.register("other")(2)
)
told(
    isinstance(popped[0], Exception) or registered == (1, 2),
    f"two pop with a default returned {popped}; two register of one name returned {registered}",
)
