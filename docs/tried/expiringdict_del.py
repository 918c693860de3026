"""expiringdict: `del` takes no lock, so a write of the same key, which removes the old entry first, raises KeyError."""

from expiringdict import ExpiringDict
from two_threads import meet, told

cache = ExpiringDict(max_len=2, max_age_seconds=3600)
cache[0] = cache[1] = 0


def write() -> None:
    cache[0] = 1


written = meet(write, "__setitem__", "del self[key]", lambda: cache.__delitem__(0))[0]
told(isinstance(written, KeyError), f"a write of a key beside `del` of it: {written!r}")
