"""Takes control of the interpreter: replaces locks, threads and time, and registers events of `sys.monitoring`.

Call `install` before the subject is imported, so that locks made at import and names imported from `threading` are
under control as well. Call it in a process of its own, since nothing undoes it.
"""

from __future__ import annotations

import _thread
import atexit
import builtins
import concurrent.futures
import dis
import gc
import inspect
import os
import queue
import sys
import threading
import time
from _thread import get_ident
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from lockproof.core import own_time, probes
from lockproof.core.interpreter import (
    C_RLOCK,
    DANGLING_THREADS,
    DATACLASS_MAKER,
    HANDLE,
    IMPORT_LOCKS,
    NOTIFICATION_LOCK,
    QUEUE_TIME,
    THREADING_TIME,
    Place,
    get_frame,
    is_gil_enabled,
    unknown_python,
)
from lockproof.core.run_steps import CONTAINER, Access
from lockproof.core.schedule import Switching
from lockproof.core.simple_queue import SimpleQueue
from lockproof.engines.control import earlier_locks, primitives, processor
from lockproof.engines.control.containers import kind_of_call, kind_of_instruction
from lockproof.engines.control.foreseen import (
    BY_NAME,
    NAMES_OF_ALL,
    asks_python,
    of_call,
    of_generator,
    of_instruction,
    stays_open,
)
from lockproof.engines.control.handover import checks_inside, here
from lockproof.engines.control.instructions import (
    AFTER_METHOD,
    CHECKED,
    LOOP,
    NAMED_LATER,
    STORE_NAMED_LATER,
    Store,
    Stores,
    all_code,
    table,
    touches,
)
from lockproof.engines.control.library import LIBRARY, OWN, has_points, of_the_library, sharing
from lockproof.engines.control.primitives import Lock, RLock, engine, turns
from lockproof.engines.control.step_log import StepLog
from lockproof.engines.control.task import Task
from lockproof.engines.control.unforeseen import CLASS, OF_CLASS, THROUGH_WEAK, makes_weak, why_in_call, why_in_code

TOOL: Final = 4
_id: Final = id  # the real one, whatever is installed
_EVENTS: Final = sys.monitoring.events
_DISABLE: Final = sys.monitoring.DISABLE

_CALLS_BACK: Final = frozenset(("weakref", "ref", "finalize", "WeakKeyDictionary", "WeakSet", "WeakValueDictionary"))
"""Names whose use may have a function called when an object dies."""


class Instrumentation:
    """The switch points of all code under control, for one `Switching` at a time.

    `version` counts how often new code has added switch points to code seen before: a search then starts again.
    """

    def __init__(self) -> None:
        self.switching = Switching.FREE
        self.version = 0
        self._tables: dict[int, list[str | None]] = {}
        self._kept: dict[Switching, dict[int, list[str | None]]] = {}  # tables of the other kinds, until new code comes
        self._codes: dict[int, CodeType] = {}
        self._within: dict[int, tuple[CodeType, bool]] = {}
        self._outside: dict[int, CodeType] = {}  # code that is not disabled, and has run where no task did
        self._stores = Stores()
        self._scanned: set[str] = set()
        self._included: set[str] = set()
        self._left_alone: tuple[str, ...] = ()
        self._notes_returns = False
        self.touched: dict[str, None] = {}
        """The modules without switch points whose shared state the current program has touched, while threads ran."""

    def install(self) -> None:
        """Register with `sys.monitoring`."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "lockproof")
        monitoring.register_callback(TOOL, _EVENTS.PY_START, self._start)
        monitoring.register_callback(TOOL, _EVENTS.PY_RESUME, self._resume)
        monitoring.register_callback(TOOL, _EVENTS.INSTRUCTION, self._instruction)
        monitoring.register_callback(TOOL, _EVENTS.CALL, self._call)
        engine.prepare = self._listen_to_returns
        monitoring.set_events(TOOL, _EVENTS.PY_START)
        atexit.register(monitoring.set_events, TOOL, 0)  # code runs even after the interpreter has cleared this module

    def ask_about(self, file: str) -> None:
        """Put switch points into this file, although it belongs to the standard library."""
        self._included.add(file)

    def leave_alone(self, *beginnings: str) -> None:
        """Put no switch points into files whose paths begin so: what runs there calls the program, and is none of it.

        Call it before code of these files has run.
        """
        self._left_alone += beginnings

    def leaves_alone(self, file: str) -> bool:
        """Tell whether a file is left alone."""
        return file.startswith(self._left_alone)

    def switch(self, switching: Switching) -> None:
        """Use other switch points from the next run on.

        Raises:
            LockproofError: under `gil`, where this version of Python hands over the GIL is not known.

        """
        if switching is Switching.GIL:
            here()
        if switching is not self.switching:
            self._kept[self.switching] = self._tables
            self.switching = switching
            called = self._call_by_gil if switching is Switching.GIL else self._call
            sys.monitoring.register_callback(TOOL, _EVENTS.CALL, called)
            self._again(self._kept.get(switching, {}))

    def _listen_to_returns(self) -> None:
        """Have the ends of calls of C code noted in the next run, if anybody needs them; that takes time."""
        needed = self.switching is Switching.GIL or engine.log is not None
        if needed is not self._notes_returns:
            self._notes_returns = needed
            for event in (_EVENTS.C_RETURN, _EVENTS.C_RAISE):
                sys.monitoring.register_callback(TOOL, event, self._returned if needed else None)

    def _returned(self, code: CodeType, offset: int, *more: Any) -> None:
        """Note that a call of C code is over: under `gil`, and for a strategy that needs the steps."""
        task = turns.current
        if task is None or get_ident() != task.ident:
            return
        if self.switching is Switching.GIL:
            task.after_c = True
        log = engine.log
        if log is None:
            return
        if task.index in log.inside and log.inside[task.index] == (_id(code), offset):
            del log.inside[task.index]
        if more and asks_python(more[0], more[1]):
            engine.note(Access(CONTAINER, False))  # what it got may be an iterator over anything

    def files(self) -> list[str]:
        """Return the files outside the standard library whose code has run under control."""
        found = {code.co_filename for code in self._codes.values()}
        return sorted(file for file in found if os.path.isfile(file) and not file.startswith(LIBRARY))

    def _grow(self) -> None:
        self.version += 1
        self._kept.clear()
        self._again({})

    def _again(self, known: dict[int, list[str | None]]) -> None:
        """Make a table for all code that has none in `known`, and enable every instruction event again."""
        made = {key: table(code, self.switching, self._stores) for key, code in self._codes.items() if key not in known}
        self._tables = known | made
        for code in self._codes.values():
            self._listen(code)
        sys.monitoring.restart_events()

    def _listen(self, code: CodeType) -> None:
        events = _EVENTS.INSTRUCTION
        if self.switching is not Switching.SYNC:
            events |= _EVENTS.CALL
        if self._begins_at_a_point(code):
            events |= _EVENTS.PY_START | _EVENTS.PY_RESUME
        sys.monitoring.set_local_events(TOOL, code, events)

    def _matters(self, code: CodeType) -> bool:
        file = code.co_filename
        if file in self._included:
            return True
        if file.startswith((OWN, *self._left_alone)) or (file.startswith("<frozen ") and "collections" not in file):
            return False
        if file == "<string>" and get_frame(2).f_globals.get("__name__", "").startswith("lockproof."):
            return False  # `dataclasses` has made it for a class of lockproof
        if file.startswith(("<lockproof ", "<string>")) and code.co_name in ("part", DATACLASS_MAKER):
            return False
        return has_points(file) if of_the_library(file) else True

    def _start(self, code: CodeType, _: int) -> Any:
        """Take in code that begins to run; its beginning may be a switch point (see `_begins_at_a_point`)."""
        task = turns.current
        pointed = self._begins_at_a_point(code)
        if _id(code) in self._tables:
            if pointed and task is not None and get_ident() == task.ident:
                task.after_c = False
                self._foresee_generator(task)
                engine.point(task, "" if self.switching is Switching.GIL else CONTAINER)
            return None if pointed else _DISABLE
        outside = task is None or turns.inside or get_ident() != task.ident
        if outside and _id(code) in self._outside:
            return None
        answer = None if (matters := self._matters(code)) else self._trust(code)
        if outside and answer is None:
            self._outside[_id(code)] = code
        if outside or not matters:
            return answer
        self._codes[_id(code)] = code
        if self._learn(code):
            self._grow()
        elif pointed:
            self._grow()  # its beginning should have been a switch point
        else:
            self._tables[_id(code)] = table(code, self.switching, self._stores)
            self._listen(code)
        return None if pointed else _DISABLE

    def _trust(self, code: CodeType) -> Any:
        """Take note of code without switch points that begins to run, if the user's code calls it.

        A constructor makes an object that no other thread has. What lockproof calls for itself, like `random` where it
        draws an order of the calls, touches nothing of the subject.
        """
        name = sharing(code.co_filename)
        if why := why_in_code(code):
            if engine.log is not None and not engine.log.alone:
                engine.log.gaps[why] = None
            return None
        if not name or code.co_name in ("__init__", "__new__", "<module>"):
            return _DISABLE
        task = turns.current
        if task is None or get_ident() != task.ident or turns.inside or len(turns.tasks) < 2:
            return None
        caller = get_frame(2).f_back
        while caller is not None and sharing(caller.f_code.co_filename):
            caller = caller.f_back
        file = "" if caller is None else caller.f_code.co_filename
        if file in self._included or not (of_the_library(file) or file.startswith(OWN)):
            self.touched[name] = None
        return None

    def _begins_at_a_point(self, code: CodeType) -> bool:
        """Tell whether there is a switch point where this code begins to run.

        Under `free` there is one in a generator: C code may call it in the middle of a step, and two threads may call
        the same generator, so that the second thread finds it running.
        """
        generator = bool(code.co_flags & inspect.CO_GENERATOR)
        return self.switching is Switching.GIL or (self.switching is Switching.FREE and generator)

    def _learn(self, code: CodeType) -> bool:
        """Add the names that this code and all code of its module store; true if there was a new one."""
        grown = self._stores.add(code) | self._finalizes(code)
        file = code.co_filename
        if file not in self._scanned:
            self._scanned.add(file)
            for module in list(sys.modules.values()):
                if getattr(module, "__file__", None) == file:
                    for each in all_code(vars(module), file):
                        grown |= self._stores.add(each) | self._finalizes(each)
        return grown

    def _finalizes(self, code: CodeType) -> bool:
        """Make each thread end with its task if this code is a finalizer or makes one; true if that is new.

        Without the GIL a finalizer runs in the thread that made the object, at its next turn, or in the thread that
        drops the object if the maker has ended. A thread that is kept for later tasks would run the finalizer in the
        middle of one.
        """
        if engine.carriers.fresh_threads or is_gil_enabled():
            return False
        engine.carriers.fresh_threads = code.co_name == "__del__" or not _CALLS_BACK.isdisjoint(code.co_names)
        return engine.carriers.fresh_threads

    def _resume(self, code: CodeType, offset: int) -> Any:
        task = turns.current
        if task is None or get_ident() != task.ident or self.switching is Switching.SYNC:
            return None
        if self.switching is Switching.FREE:
            self._foresee_generator(task)
            engine.point(task, CONTAINER)
        elif self._tables[_id(code)][offset] is CHECKED:
            engine.point(task, "")
        return None

    def _instruction(self, code: CodeType, offset: int) -> Any:
        try:
            what = self._tables[_id(code)][offset]
        except KeyError:
            return _DISABLE
        if what is None:
            return _DISABLE
        task = turns.current
        if task is None or get_ident() != task.ident:
            task = turns.me()
            if task is None:
                return None
        if what is LOOP:
            engine.loop(task)
            return None
        if what is NAMED_LATER or what is STORE_NAMED_LATER:
            what = self._name(code, offset)
        storing = type(what) is Store
        if storing:
            task.stores(turns.step)
        if self.switching is Switching.GIL:
            if what is CHECKED:
                engine.point(task, "")
                return None
            if what == AFTER_METHOD and task.in_methods and _id(get_frame(1)) in task.in_methods:
                task.in_methods.remove(_id(get_frame(1)))
            elif not task.after_c:
                return None
            task.after_c = False
            what, storing = CONTAINER, False
        log = engine.log
        if log is not None and not log.alone:
            if what[0] == CONTAINER:
                log.coming[task.index] = of_instruction(code, offset, get_frame(1), self._stores)
            elif what in NAMES_OF_ALL:
                log.gaps[BY_NAME] = None
            elif storing and what == CLASS:
                log.gaps[OF_CLASS] = None
            log.sites[task.index] = code, offset
        engine.point(task, what, writes=storing)
        if engine.watcher is not None:
            engine.watcher(task, (code, offset), CONTAINER if what[0] == CONTAINER else what, get_frame(1))
        return None

    def _name(self, code: CodeType, offset: int) -> str:
        """Name an instruction that runs for the first time, from its operands; it keeps the name."""
        names = self._tables[_id(code)]
        kind = kind_of_instruction(code, offset, get_frame(2))
        names[offset] = name = kind if names[offset] is NAMED_LATER else Store(kind)
        return name

    def _call(self, code: CodeType, offset: int, function: Any, first: Any) -> None:
        kind = type(function)
        if kind is FunctionType or kind is MethodType or not touches(function, first):
            return
        task = turns.current
        if task is None or get_ident() != task.ident:
            task = turns.me()
            if task is None:
                return
        task.stores(turns.step)
        log = engine.log
        if log is not None and log.alone:
            if makes_weak(function):
                log.gaps[THROUGH_WEAK] = None
            log = None
        if log is not None:
            self._foresee(log, task, code, offset, function, first)
        engine.point(task, kind_of_call(function, first))
        if log is not None and stays_open(function, first):
            log.inside[task.index] = _id(code), offset
        if engine.watcher is not None:
            engine.watcher(task, (code, offset), CONTAINER, get_frame(1))

    def _call_by_gil(self, code: CodeType, offset: int, function: Any, _: Any) -> None:
        """Note a call under `gil`: what it calls may have to hand over the GIL when it returns."""
        task = turns.current
        if task is None or get_ident() != task.ident:
            task = turns.me()
            if task is None:
                return
        task.after_c = self._checks_within(function)
        if type(function) is MethodType and dis.opname[code.co_code[offset]] in here().methods:
            task.in_methods.add(_id(get_frame(1)))
        elif task.in_methods:
            task.in_methods.discard(_id(get_frame(1)))

    def _checks_within(self, function: Any) -> bool:
        """Tell whether a function without switch points may hand over the GIL after what it has done.

        A function of lockproof stands for C code, or for code of the library that waits, as `Thread.start` does.
        """
        if type(function) is MethodType:
            function = function.__func__
        if type(function) is not FunctionType:
            return False  # the end of a call of C code is an event
        code = function.__code__
        if _id(code) not in self._within:
            self._within[_id(code)] = code, checks_inside(code)
        return self._within[_id(code)][1] and code.co_filename not in self._included

    def _foresee_generator(self, task: Task) -> None:
        """Note that a generator is about to begin or to go on."""
        if engine.log is not None:
            engine.log.coming[task.index] = of_generator(get_frame(2))

    def _foresee(self, log: StepLog, task: Task, code: CodeType, offset: int, function: Any, first: Any) -> None:
        """Note what a call of C code is about to access."""
        found = of_call(function, first, code, offset, get_frame(2), self._stores)
        log.coming[task.index] = found or ()
        log.sites[task.index] = code, offset
        if found is None:
            log.gaps[BY_NAME] = None
        if why := why_in_call(function, first, code, offset, get_frame(2)):
            log.gaps[why] = None


class _ModuleLocks:
    allocate_lock, RLock, get_ident = _thread.allocate_lock, _thread.RLock, staticmethod(get_ident)


instrumentation: Final = Instrumentation()


class _Local(threading.local):
    """Thread-local data. From now on each thread ends with its task, so that no later task finds the data."""

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
        engine.carriers.fresh_threads = True
        return super().__new__(cls, *args, **kwargs)


class _NoThreads:
    """A set of threads that stays empty."""

    def add(self, thread: threading.Thread) -> None:
        """Do nothing."""

    def discard(self, thread: threading.Thread) -> None:
        """Do nothing."""

    def __iter__(self) -> Iterator[threading.Thread]:
        return iter(())


def install() -> None:
    """Take control of this process.

    Raises:
        LockproofError: this version of Python has other private names for what `install` replaces.

    """
    if not HANDLE:
        raise unknown_python("joins threads in another way")
    given: dict[tuple[Any, str], Any] = {
        (_thread, "allocate_lock"): Lock, (_thread, "allocate"): Lock, (_thread, "lock"): Lock,
        (_thread, "LockType"): Lock, (_thread, "RLock"): RLock,
        (_thread, "start_new_thread"): primitives.start_new_thread,
        (_thread, "start_new"): primitives.start_new_thread,
        (threading, "Lock"): Lock, (threading, "RLock"): RLock, (threading, "local"): _Local,
        (threading.Thread, "start"): primitives.start,
        (threading.Event, "is_set"): primitives.is_set, (threading.Event, "isSet"): primitives.is_set,
        (probes, "step_aside"): primitives.step_aside,
        (builtins, "id"): primitives.number_of,
        # A pool has a set of its threads, and `concurrent.futures.wait` makes a set of futures.
        (threading.Thread, "__hash__"): primitives.hash_of, (concurrent.futures.Future, "__hash__"): primitives.hash_of,
        (os, "sched_getaffinity"): processor.sched_getaffinity,
        (queue, "SimpleQueue"): SimpleQueue,
        (time, "sleep"): primitives.sleep, (time, "monotonic"): primitives.monotonic, (time, "time"): primitives.now,
        (time, "perf_counter"): primitives.monotonic, (time, "monotonic_ns"): primitives.monotonic_ns,
        (time, "time_ns"): primitives.time_ns, (time, "perf_counter_ns"): primitives.monotonic_ns,
    }  # fmt: skip
    for (owner, name), value in given.items():
        if hasattr(owner, name):
            setattr(owner, name, value)
    private: dict[Place, Any] = {
        C_RLOCK: RLock,
        NOTIFICATION_LOCK: primitives.inner_lock,
        THREADING_TIME: primitives.monotonic,
        QUEUE_TIME: primitives.monotonic,
        DANGLING_THREADS: _NoThreads(),  # threads of earlier runs would stay in it, whose hashes come again
        IMPORT_LOCKS: _ModuleLocks,  # imports keep the real locks: the import system is not the subject
    }
    for place, value in private.items():
        place.replace(value)
    earlier_locks.replace(Lock, RLock, lambda file: of_the_library(file) and has_points(file))
    own_time.own_time.adopt()
    own_time.passing_through(primitives.pass_time)
    own_time.install_dates()
    instrumentation.install()
    gc.disable()  # a finalizer would run wherever the collector happens to start
