"""Programs with races: where a thread can be interrupted as on a free-threaded build, and as on a standard one."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from lockproof.core.schedule import Switching
from tests.lockproof.engines.control import races
from tests.lockproof.engines.control.inside import at_most, explore, together

MOST = 4000


def judged(name: str, locked: bool) -> bool:
    parts, well = races.RACES[name][0](races.guards(locked=locked))
    together(*parts)
    return well()


def asked(name: str, switching: Switching, locked: bool) -> dict[str, Any]:
    bound = 1 if locked and name != "attribute_counter" else 2
    found = explore(partial(judged, name, locked), at_most(bound), switching, MOST)
    names = ("outcomes", "errors", "deadlocks", "level", "by_level", "runs", "restarts", "diverged")
    return {each: found[each] for each in names}


def ask_races() -> dict[str, Any]:
    return {
        f"{name} {switching} {'locked' if locked else 'open'}": asked(name, switching, locked)
        for name in races.RACES
        for switching in (Switching.FREE, Switching.GIL)
        for locked in (False, True)
    }


def started(kind: Any) -> object:
    made = kind()
    made.thread.join()
    return not made.failed


def ready_when_it_runs() -> bool:
    """A thread that is started, and then what it asks for is made ready: too late, or just in time?"""
    shared, seen = races.Bag(), list[bool]()
    thread = threading.Thread(target=lambda: seen.append(bool(shared.items)))
    thread.start()
    shared.items = [1]
    thread.join()
    return seen[0]


def ask_start() -> dict[str, Any]:
    return {str(switching): explore(ready_when_it_runs, at_most(1), switching) for switching in Switching}


class Equal:
    """Can be called, and cannot be hashed."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __call__(self) -> None:
        """Do nothing."""


def calls_unhashable() -> bool:
    call = Equal()
    together(lambda: call(), lambda: call())
    return True


def ask_unhashable() -> dict[str, Any]:
    return {str(switching): explore(calls_unhashable, at_most(1), switching) for switching in Switching}


def ask_started() -> list[dict[str, Any]]:
    return [explore(partial(started, kind), at_most(2), Switching.FREE) for kind in (races.Early, races.Late)]
