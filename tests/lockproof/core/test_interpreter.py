"""Do the private names of the interpreter exist that lockproof and LockedSet rely on, and mean what they are used for?

Each test fails on the day that a release takes a name away or gives it another meaning.
"""

from __future__ import annotations

import _thread
import ast
import importlib
import io
import operator
import queue
import sys
import sysconfig
import threading
import types
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockedset import _locking
from lockproof.core import interpreter
from lockproof.core.errors import LockproofError
from lockproof.core.interpreter import Place
from lockproof.engines.control import primitives
from lockproof.engines.control.primitives import Lock, RLock

pytestmark = pytest.mark.thread_unsafe(reason="replaces names of the standard library")

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


class Counting:
    """Calls a function, and counts."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.function(*args)


def in_a_thread(function: Callable[[], Any]) -> Any:
    """Return what a function returns in another thread."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    thread.join(10)
    return answers[0]


def names(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("__")}


# What the interpreter says about itself.


def test_the_version_is_that_of_this_interpreter() -> None:
    assert sys.version.startswith(f"{interpreter.VERSION}.")


def test_the_interpreter_says_whether_the_gil_is_on() -> None:
    assert interpreter.is_gil_enabled() is True or (FREE_THREADED and interpreter.is_gil_enabled() is False)


def test_the_frame_of_each_thread_is_known() -> None:
    begun, ended = threading.Event(), threading.Event()

    def wait_here() -> None:
        begun.set()
        ended.wait(10)

    thread = threading.Thread(target=wait_here)
    thread.start()
    assert begun.wait(10)
    frame: Any = interpreter.current_frames()[thread.ident or 0]
    found = set()
    while frame is not None:
        found.add(frame.f_code)
        frame = frame.f_back
    ended.set()
    thread.join(10)
    assert wait_here.__code__ in found


def test_a_frame_is_found_by_its_depth() -> None:
    def inner() -> list[str]:
        return [interpreter.get_frame(depth).f_code.co_name for depth in (0, 1)]

    assert inner() == ["inner", "test_a_frame_is_found_by_its_depth"]


def test_dataclasses_make_methods_by_code_of_this_name() -> None:
    seen = set()

    def profile(frame: types.FrameType, event: str, _: object) -> None:
        if event == "call":
            seen.add((frame.f_code.co_filename, frame.f_code.co_name))

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        import dataclasses

        dataclasses.make_dataclass("Made", ["x"])
    finally:
        sys.setprofile(before)
    assert ("<string>", interpreter.DATACLASS_MAKER) in seen


# Names that control replaces.

PLACES = {name: value for name, value in vars(interpreter).items() if isinstance(value, Place)}


@pytest.mark.parametrize("name", PLACES)
def test_what_control_replaces_exists(name: str) -> None:
    assert hasattr(PLACES[name].owner, PLACES[name].name)


def test_a_name_that_is_gone_is_an_error_and_no_silence() -> None:
    with pytest.raises(LockproofError, match=r"has no threading\._gone"):
        Place(threading, "_gone").replace(None)


def replaced(monkeypatch: pytest.MonkeyPatch, place: Place) -> Counting:
    """Replace a name by a function that calls the original, and counts the calls."""
    counting = Counting(getattr(place.owner, place.name))
    monkeypatch.setattr(place.owner, place.name, counting)
    return counting


def test_a_reentrant_lock_is_made_by_the_name_that_control_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    made = replaced(monkeypatch, interpreter.C_RLOCK)
    threading.RLock()
    assert made.calls == 1


def test_a_notification_lock_is_made_by_the_name_that_control_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    made = replaced(monkeypatch, interpreter.NOTIFICATION_LOCK)
    condition = threading.Condition(threading.Lock())
    with condition:
        condition.wait(0)
    assert made.calls == 1


def test_time_limits_of_threading_ask_the_clock_that_control_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replaced(monkeypatch, interpreter.THREADING_TIME)
    condition = threading.Condition()
    with condition:
        condition.wait_for(lambda: False, 0.001)
    assert asked.calls >= 2


def test_time_limits_of_queues_ask_the_clock_that_control_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replaced(monkeypatch, interpreter.QUEUE_TIME)
    with pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=0.001)
    assert asked.calls >= 2


def test_threads_are_kept_in_the_set_that_control_replaces() -> None:
    kept: Any = getattr(*interpreter.DANGLING_THREADS)
    thread = threading.Thread()
    assert isinstance(kept, weakref.WeakSet) and thread in kept


def test_threads_are_numbered_by_the_name_that_control_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*interpreter.THREAD_NAMES, lambda: 77)
    assert threading.Thread().name == "Thread-77"


def test_imports_make_their_locks_by_the_module_that_control_replaces(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "imported_to_count_locks.py").write_text("")
    counting = types.SimpleNamespace(
        allocate_lock=Counting(_thread.allocate_lock), RLock=Counting(_thread.RLock), get_ident=_thread.get_ident
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(*interpreter.IMPORT_LOCKS, counting)
    importlib.import_module("imported_to_count_locks")
    sys.modules.pop("imported_to_count_locks")
    assert counting.allocate_lock.calls + counting.RLock.calls >= 1


def test_the_simple_queue_in_python_is_one() -> None:
    made = interpreter.SIMPLE_QUEUE_OF_PYTHON()
    made.put(1)
    assert made.get() == 1 and isinstance(type(made).get, types.FunctionType)
    assert names(queue.SimpleQueue) <= names(made)


# Threads.


def test_a_thread_without_an_object_is_started_and_joined() -> None:
    seen: list[int] = []
    handle = interpreter.start_joinable_thread(lambda: seen.append(threading.get_ident()), daemon=True)
    handle.join(10)
    assert handle.is_done() and seen == [handle.ident]


def test_running_threads_are_looked_up_by_identifier() -> None:
    assert in_a_thread(lambda: interpreter.running_threads[threading.get_ident()] is threading.current_thread())


def test_a_thread_is_joined_by_the_handle_that_control_replaces() -> None:
    class Done:
        ident, joined = 1, 0

        def is_done(self) -> bool:
            return True

        def join(self, timeout: float | None = None) -> None:
            self.joined += 1

    thread = threading.Thread(target=int)
    real = getattr(thread, interpreter.HANDLE)
    thread.start()
    thread.join(10)
    handle = Done()
    interpreter.end_start(thread, 1, 2, handle)
    thread.join()
    assert handle.joined == 1 and not thread.is_alive() and (thread.ident, thread.native_id) == (1, 2)
    assert names(real) == names(primitives._Handle(None)) - {"_task"}  # type: ignore[arg-type]


def test_a_thread_has_a_context_from_3_14_on() -> None:
    assert interpreter.HAS_CONTEXT == (sys.version_info >= (3, 14)) == hasattr(sys.flags, "thread_inherit_context")


def test_starting_a_thread_twice_or_without_init_is_refused_as_ever() -> None:
    thread = threading.Thread()
    interpreter.begin_start(thread)
    with pytest.raises(RuntimeError, match="threads can only be started once"):
        interpreter.begin_start(thread)
    with pytest.raises(RuntimeError, match="threads can only be started once"):
        thread.start()
    with pytest.raises(RuntimeError, match=r"thread\.__init__\(\) not called"):
        interpreter.begin_start(threading.Thread.__new__(threading.Thread))


def test_a_thread_runs_what_it_was_given() -> None:
    seen: list[int] = []
    thread = threading.Thread(target=seen.append, args=(1,))
    interpreter.begin_start(thread)
    interpreter.run_thread(thread)
    assert seen == [1]


def test_a_thread_that_has_not_run_tells_what_it_will_call() -> None:
    assert interpreter.thread_target(threading.Thread(target=print)) is print
    assert interpreter.thread_target(threading.Thread()) is None


def test_a_thread_object_can_stand_for_another_thread() -> None:
    thread = threading.Thread()
    interpreter.rename_thread(thread, 77, "another", True)
    assert (thread.ident, thread.name, thread.daemon, thread.is_alive()) == (77, "another", True, True)


# Locks and events.


def test_an_event_has_a_flag() -> None:
    event = threading.Event()
    before = interpreter.event_flag(event)
    event.set()
    assert (before, interpreter.event_flag(event)) == (False, True)


def test_who_sets_an_event_takes_its_lock() -> None:
    event = threading.Event()
    with interpreter.event_lock(event):
        thread = threading.Thread(target=event.set, daemon=True)
        thread.start()
        thread.join(0.05)
        waited = not event.is_set()
    thread.join(10)
    assert waited and event.is_set()


REAL_LOCK: Any = type(_thread.allocate_lock())
REAL_RLOCK: Any = _thread.RLock


def test_locks_under_control_have_all_methods_of_real_ones() -> None:
    private = {name for name in names(REAL_LOCK) | names(REAL_RLOCK) if name.startswith("_")}
    assert private == set(interpreter.LOCK_METHODS)
    assert names(REAL_LOCK) <= names(Lock) and names(REAL_RLOCK) <= names(RLock)


def test_a_condition_asks_its_lock_for_these_methods() -> None:
    asked = set()

    class Asked:
        def __getattr__(self, name: str) -> Any:
            asked.add(name)
            return lambda *_: True

        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            pass

    lock: Any = Asked()
    condition = threading.Condition(lock)
    with condition:
        condition.wait(0)
        condition.notify()
    private = {name for name in asked if name.startswith("_")}
    assert private == {"_is_owned", "_release_save", "_acquire_restore"} <= set(interpreter.LOCK_METHODS)


def test_a_reentrant_lock_says_who_has_it_and_how_often() -> None:
    lock = REAL_RLOCK()
    free = interpreter.is_owned(lock), interpreter.recursion_count(lock), interpreter.rlock_is_taken(lock)
    lock.acquire()
    lock.acquire()
    taken = interpreter.is_owned(lock), interpreter.recursion_count(lock), interpreter.rlock_is_taken(lock)
    assert (free, taken) == ((False, 0, False), (True, 2, True))
    assert in_a_thread(lambda: (interpreter.is_owned(lock), interpreter.rlock_is_taken(lock))) == (False, True)
    assert in_a_thread(lambda: interpreter.recursion_count(lock)) == 0


def test_a_reentrant_lock_is_released_at_once_and_taken_again_as_often() -> None:
    lock = REAL_RLOCK()
    lock.acquire()
    lock.acquire()
    state = interpreter.release_save(lock)
    released = not interpreter.rlock_is_taken(lock)
    interpreter.acquire_restore(lock, state)
    assert released and interpreter.recursion_count(lock) == 2


# LockedSet.


def test_a_lock_says_which_thread_has_it() -> None:
    lock = REAL_RLOCK()
    free = _locking._owner(lock)
    with lock:
        assert (free, _locking._owner(lock), lock._is_owned()) == (0, threading.get_ident(), True)
        assert in_a_thread(lambda: (_locking._owner(lock), lock._is_owned())) == (threading.get_ident(), False)


def test_a_process_knows_a_thread_from_its_start_on() -> None:
    begun, ended = threading.Event(), threading.Event()
    before = len(sys._current_exceptions())
    thread = threading.Thread(target=lambda: (begun.set(), ended.wait(10)))
    thread.start()
    during = len(sys._current_exceptions())
    ended.set()
    thread.join(10)
    assert begun.is_set() and during == before + 1


def test_the_exit_of_a_file_is_in_c_and_calls_close() -> None:
    import _io

    assert isinstance(vars(_io._IOBase)["__exit__"], types.MethodDescriptorType)
    closed: list[int] = []
    made = type("Closing", (_io._IOBase,), {"close": lambda _: closed.append(1)})()
    assert made.__exit__(None, None, None) is None and closed == [1]
    closed.append(0)
    assert issubclass(io.IOBase, _io._IOBase)


def test_names_that_are_imported_from_c_are_those_of_the_library() -> None:
    import _operator

    assert _operator.index is operator.index and _thread._local is threading.local


def test_every_name_of_the_module_has_a_test() -> None:
    tree = ast.parse(Path(interpreter.__file__).read_text(encoding="utf-8"))
    defined = {
        name
        for node in tree.body
        for name in (
            [node.target.id] if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
            else [node.name] if isinstance(node, ast.FunctionDef) else []
        )
        if not name.startswith("_")
    } - {"unknown_python"}  # fmt: skip
    tests = Path(__file__).read_text(encoding="utf-8")
    assert defined > set(PLACES) and [name for name in sorted(defined) if f"interpreter.{name}" not in tests] == []
