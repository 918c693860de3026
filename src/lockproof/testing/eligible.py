"""Which tests can run beside copies of themselves: the rules of pytest-run-parallel, and what control cannot do.

The marks, the ini options and the list of fixtures are those of pytest-run-parallel 0.10, so that a suite says once
what of it is not for threads. That plugin need not be installed.
"""

from __future__ import annotations

import dis
import inspect
import types
from collections.abc import Iterator
from typing import Any, Final

import pytest

MARK: Final = "lockproof_explore"
"""The mark of a test that starts threads itself."""

UNSAFE_FIXTURES: Final = frozenset(
    ("capsys", "capteesys", "capsysbinary", "capfd", "capfdbinary", "monkeypatch", "recwarn", "pytester", "testdir",
     "benchmark", "event_loop")
)  # fmt: skip
"""Fixtures that change what all threads of a process share, or that measure time."""

UNSAFE_FUNCTIONS: Final = (
    "pytest.warns", "pytest.deprecated_call", "warnings.catch_warnings", "unittest.mock.*", "mock.*", "gc.collect",
    "contextlib.redirect_stdout", "contextlib.redirect_stderr", "contextlib.chdir", "os.chdir", "doctest.*",
    "locale.setlocale",
)  # fmt: skip
"""Functions of which two calls at the same time disturb each other, by name. `*`: everything in a module."""


UNSAFE_METHODS: Final = ("assertWarns", "assertWarnsRegex", "assertLogs", "assertNoLogs")
"""Methods of unittest.TestCase that change what all threads of a process share."""


def threads_of(item: pytest.Item, asked: int) -> int:
    """Return how many copies of a test run, if `asked` were asked for: its marks may want others. 1: none beside it."""
    if item.get_closest_marker(MARK) is not None:
        return 1
    for name in ("parallel_threads", "parallel_threads_limit", "force_parallel_threads"):
        mark = item.get_closest_marker(name)
        if mark is not None and mark.args and isinstance(mark.args[0], int):
            asked = min(asked, mark.args[0]) if name == "parallel_threads_limit" else mark.args[0]
    return asked


def why_not(item: pytest.Item, threads: int) -> str:
    """Return why a test is not explored in so many copies; "" if it is."""
    own_threads = item.get_closest_marker(MARK) is not None
    if (mark := item.get_closest_marker("thread_unsafe")) is not None:
        reason = mark.kwargs.get("reason")
        return f"marked thread_unsafe ({reason})" if reason else "marked thread_unsafe"
    if type(item).__name__ == "DoctestItem":
        return "a doctest"
    if not isinstance(item, pytest.Function):
        return "no test function of pytest"
    function = inspect.unwrap(item.obj)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "an async test"
    if getattr(function, "is_hypothesis_test", False) or getattr(item.obj, "is_hypothesis_test", False):
        return "a Hypothesis test"
    if item.get_closest_marker("xfail") is not None or getattr(item.obj, "__unittest_expecting_failure__", False):
        return "marked xfail"
    if threads < 2 and not own_threads:
        return "marked for one thread"
    unsafe = UNSAFE_FIXTURES | set(_lines(item.config, "thread_unsafe_fixtures"))
    if used := [name for name in item.fixturenames if name in unsafe]:
        return f"uses the fixture {used[0]}"
    if called := _unsafe_call(function, (*UNSAFE_FUNCTIONS, *_lines(item.config, "thread_unsafe_functions"))):
        return f"calls {called}"
    return ""


def _lines(config: pytest.Config, name: str) -> list[str]:
    """Return the lines of an ini option; none if no plugin knows it."""
    try:
        return list(config.getini(name))
    except (ValueError, KeyError):
        return []


def _unsafe_call(function: Any, unsafe: tuple[str, ...]) -> str:
    """Return the first of the unsafe functions that a test names; "" if there is none."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    space, named = function.__globals__, set(_names(code))
    imported, loaded = set(_named_by(code, "IMPORT_NAME")), set(_named_by(code, "LOAD_GLOBAL"))
    for method in UNSAFE_METHODS:
        if method in named:
            return f"unittest.TestCase.{method}"
    for full in unsafe:
        home, _, last = full.rpartition(".")
        if home in imported and (last == "*" or last in named):
            return full
        for name in loaded & space.keys():
            value = space[name]
            if isinstance(value, types.ModuleType):
                rest = f"{home}.".removeprefix(f"{value.__name__}.")
                parts = {*rest.split("."), *(() if last == "*" else (last,))} - {""}
                if f"{home}.".startswith(f"{value.__name__}.") and parts <= named:
                    return full
            elif _module_of(value) in (home, _REAL_HOMES.get(home)) and last in ("*", getattr(value, "__name__", "")):
                return full
    return ""


_REAL_HOMES: Final = {"pytest": "_pytest.recwarn", "warnings": "_py_warnings", "os": "posix"}
"""Modules in which functions are defined that have another public home."""


def _module_of(value: Any) -> str:
    return str(getattr(value, "__module__", ""))


def _named_by(code: types.CodeType, opcode: str) -> Iterator[str]:
    """Yield the names that instructions of one kind have. An attribute may be called like a module or a global."""
    yield from (each.argval for each in dis.get_instructions(code) if each.opname == opcode)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _named_by(inner, opcode)


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _names(each)
