"""The end of subjects: the threads that a subject has started end with its run, or are named.

A run leaves its subjects behind, and each may have threads. They would take the processors from the runs after it, and
pile up to thousands. So the next run, or batch of runs, begins with the *teardown* of these subjects: a line that the
user gave, or else a call of `close`, `stop`, `shutdown` or `__exit__`, where threads are left and the class has one of
these. Whatever the teardown raises, it is no part of a run. It has a thread of its own: one that hangs is given up.

Under control the engine ends all threads of a run by itself. There only a teardown that the user gave runs, as the last
step of the run, since it may end more than threads.
"""

from __future__ import annotations

import re
import threading
from _thread import allocate_lock
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.foreign import told
from lockproof.core.operation import Operation
from lockproof.core.own_time import own_time
from lockproof.core.run_subjects import RunMaker, Wrapped
from lockproof.core.specification import Specification

NAMES: Final = ("close", "stop", "shutdown", "__exit__")
"""Methods that end an object, the first that a class has."""

OWN_NAME: Final = "lockproof-"
"""The beginning of the names of lockproof's own threads."""

LONGEST: Final = 0.5
"""Seconds that the teardown of all subjects of a batch may take before it is given up."""

ENDING: Final = 0.1
"""Seconds that threads have to end after a teardown that does not wait for them."""

_enumerate: Final = threading.enumerate
_Thread: Final = threading.Thread
"""Those of the interpreter: under control, others stand for them."""


class Lives:
    """The subjects of the present run, and what earlier ones have left.

    `asked`: the user has given the teardown. `started` counts the threads that subjects have started. `left`: those
    that outlived their subjects, by the name of a thread or of the function that it runs.
    """

    def __init__(self) -> None:
        self.asked = False
        self.started = 0
        self.left: dict[str, None] = {}
        self._line, self._served, self._hung = "", False, False
        self._teardown: Callable[[Any], object] | None = None
        self._made: list[Any] = []
        self._known: set[threading.Thread] = set()
        self._ended = 0

    def serve(self, specification: Specification, subject: object, line: str | None = None) -> Specification:
        """Return the specification with a factory of which the subjects are ended; `subject` is one that was made.

        `line` is the teardown instead of that of the specification. None: as that says.

        Raises:
            LockproofError: the teardown does not fit the subject.

        """
        line = specification.teardown if line is None else line
        self._served = True
        self._known = set(_enumerate())
        if line is None:
            name = next((each for each in NAMES if callable(getattr(type(subject), each, None))), None)
            line = "" if name is None else f"a.{name}({'None, None, None' if name == '__exit__' else ''})"
        else:
            self.asked = bool(line)
        if not line:
            return specification
        self._line, call = line, Operation(line).compiled(specification.globals)
        self._teardown = lambda each: call(each, None, None)
        if self.asked:
            self._refuse(subject)

        make = specification.subject
        noted = Wrapped(make, self._noted) if isinstance(make, RunMaker) else self._noted(make)
        return replace(specification, subject=noted)

    def _noted(self, make: Callable[[], Any]) -> Callable[[], Any]:
        def made() -> Any:
            self._made.append(subject := make())
            return subject

        return made

    def _refuse(self, subject: object) -> None:
        assert self._teardown is not None
        try:
            self._teardown(subject)
        except (AttributeError, NameError, TypeError) as error:
            raise LockproofError(
                f"the teardown `{self._line}` raises {told(error)}",
                "a misspelt name, or an argument too few or too many",
                'name a line that ends the subject `a`, like --teardown "a.close()"',
            ) from None
        except Exception:
            return  # it may be right after some operations

    def count_starts(self) -> None:
        """From now on count the threads that are started, but for those of lockproof."""
        real = threading.Thread.start

        def start(thread: threading.Thread) -> None:
            if not thread.name.startswith(OWN_NAME):
                self.started += 1
                own_time.has_threads = True
            real(thread)

        setattr(threading.Thread, "start", start)  # noqa: B010  (checkers know no method that is replaced)

    def begin(self, runs: int = 1) -> None:
        """Begin a run, or so many at the same time; before it, end the subjects of those before."""
        self._end()
        own_time.begin(runs)

    def leave(self) -> None:
        """Leave the subjects that were made since the last run to the engine: their run is under control."""
        self._made.clear()

    def finish(self, subjects: Iterable[Any]) -> None:
        """End the subjects of a run under control, as its last step, if the user has said how."""
        if self.asked:
            for each in subjects:
                self._end_one(each)

    def notes(self) -> list[str]:
        """Return sentences for the report on what did not end."""
        found = []
        if self._hung:
            found.append(
                f"the teardown {self._line} did not come back within {LONGEST:g} s, and was not called again: "
                "threads of subjects go on beside later runs"
            )
        if self.left:
            step = "its teardown does not end them" if self._line else "say how they end with --teardown LINE"
            found.append(f"threads of the subject outlive its runs ({', '.join(list(self.left)[:5])}): {step}")
        return found

    def _end(self) -> None:
        if not self._served:
            return
        made, self._made = self._made, []
        began, self._ended = self.started > self._ended, self.started
        if self._teardown is not None and not self._hung and (self.asked or began):
            self._end_all(made)
        if not began:
            return
        for thread in (found := self._threads()):
            if not self.left:
                with suppress(RuntimeError):  # a thread that `_thread` started cannot be joined
                    thread.join(ENDING)
            if thread.is_alive():
                self.left[_name(thread)] = None
        self._known = {each for each in (*self._known, *found) if each.is_alive()}

    def _end_all(self, made: list[Any]) -> None:
        if not made or not (self.asked or self._threads()):
            return
        done = allocate_lock()
        done.acquire()
        _Thread(target=self._end_in_turn, args=(made, done), name=f"{OWN_NAME}teardown", daemon=True).start()
        self._hung = not done.acquire(timeout=LONGEST)

    def _end_in_turn(self, made: list[Any], done: Any) -> None:
        with own_time.adopted():
            for each in made:
                self._end_one(each)
        done.release()

    def _end_one(self, subject: Any) -> None:
        assert self._teardown is not None
        with suppress(Exception, SystemExit):
            self._teardown(subject)

    def _threads(self) -> list[threading.Thread]:
        """Return the threads that subjects have started since the last look."""
        return [each for each in _enumerate() if each not in self._known and not each.name.startswith(OWN_NAME)]


def _name(thread: threading.Thread) -> str:
    """Return the name of a thread without its number, or that of the function that it runs."""
    run = re.fullmatch(r"Thread-\d+ \((.+)\)", thread.name)
    return run[1] if run is not None else re.sub(r"[-_ ]?\d+$", "", thread.name)


lives: Final = Lives()
