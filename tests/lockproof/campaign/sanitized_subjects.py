"""Subjects that write reports as ThreadSanitizer does, each time or once in the life of their process, as it is asked.

They stand for C code: the process has no sanitizer, so that every build can run them.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from lockproof.core.lives import OWN_NAME
from lockproof.engines.sanitizer.runtime import VARIABLE, parsed
from tests.lockproof.engines.sanitizer.written import race

_reported: set[str] = set()
_lock = threading.Lock()


def report(text: str, *, anywhere: bool = False) -> None:
    """Write a report, if the calling thread runs a scenario, or `anywhere`."""
    options = parsed(os.environ.get(VARIABLE, ""))
    if "log_path" not in options or not (anywhere or threading.current_thread().name.startswith(OWN_NAME)):
        return
    with _lock:
        if text not in _reported:
            if options.get("suppress_equal_stacks") != "0":
                _reported.add(text)
            with Path(f"{options['log_path']}.{os.getpid()}").open("a") as file:
                file.write(text)


class Quiet:
    """Nothing is reported."""

    def __init__(self) -> None:
        self._value = 0
        self._lock = threading.Lock()

    def add(self) -> int:
        with self._lock:
            self._value += 1
            return self._value

    def size(self) -> int:
        with self._lock:
            return self._value


class Racing(Quiet):
    """Its method `add` has a race in C code of its own."""

    def add(self) -> int:
        report(race("bag_add /x/bag.c:30:1 (bag.so+0x1)", "bag_add /x/bag.c:30:1 (bag.so+0x1)"))
        return super().add()


class Dying(Quiet):
    """Its method `add` ends the process where threads run it."""

    def add(self) -> int:
        if threading.current_thread().name.startswith(OWN_NAME):
            os.abort()
        return super().add()


class Early(Quiet):
    """A race is reported when the first object is made, long before a scenario runs."""

    def __init__(self) -> None:
        report(race("bag_new /x/bag.c:9:1 (bag.so+0x1)", "bag_new /x/bag.c:9:1 (bag.so+0x1)"), anywhere=True)
        super().__init__()


class Noisy(Quiet):
    """Each call has a race in the interpreter, whatever the object is."""

    def add(self) -> int:
        noise = "new_reference /build/source/Objects/object.c:7:1 (python3.13t+0x1)"
        report(race(noise, noise).replace("ext_call /build/ext/src/ext.c", "call /build/source/Objects/call.c")
               .replace("ext.cpython-313t-x86_64-linux-gnu.so", "python3.13t"))  # fmt: skip
        return super().add()
