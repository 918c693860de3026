"""Does no module use a private name of the standard library, but those that `test_interpreter.py` tests?"""

from __future__ import annotations

import _thread
import ast
import queue
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import lockedset
import lockproof
from tests.lockproof.core.test_interpreter import names

OWN = Path(lockproof.__file__).parent, Path(lockedset.__file__).parent
PRIVATE = re.compile(r"_[A-Za-z]\w*")
DOCUMENTED = {"_exit", "_fields", "_replace", "_thread"}
"""Names with an underscore that the documentation of Python has: os._exit, those of named tuples, a module."""

SPELLINGS = {"_LockType", "_allocate_lock", "_RLock", "_CRLock", "_PyRLock"}
"""Names by which the source of a subject may call locks. lockproof searches for them in text, and uses none."""

OF_PYTEST = {"_fixtureinfo", "_initrequest", "_pytest", "_setupstate"}
"""Private names of pytest, for the process in which it sets a test up again for each schedule."""

LOCKED_SET = {"_IOBase", "_io", "_is_owned", "_current_exceptions", "_local", "_operator"}
"""The private names that LockedSet relies on, each with a test in `test_interpreter.py`. Another one is the repr of a
reentrant lock."""

KNOWN_TO_THREADING = set().union(*(names(each) for each in (threading, _thread, queue, sys, threading.Event()))) | {
    name for name in vars(threading.Thread()) if PRIVATE.fullmatch(name)
}


def own_names(trees: list[ast.Module]) -> set[str]:
    """Return the names that these modules define: functions, classes, variables, modules, attributes of `self`."""
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                found.add(name)
    return found


def private_names(tree: ast.Module, own: set[str]) -> Iterator[str]:
    """Yield private names that a module takes from elsewhere, as attributes, imports, or texts."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if name in own:
                pass
            case ast.Attribute(attr=name) if PRIVATE.fullmatch(name):
                if name not in own or name in KNOWN_TO_THREADING:
                    yield name
            case ast.ImportFrom(module=str(module), names=imported):
                yield from (each for each in module.split(".") if PRIVATE.fullmatch(each) and each not in own)
                yield from (each.name for each in imported if PRIVATE.fullmatch(each.name) and each.name not in own)
            case ast.Import(names=imported):
                yield from (each.name for each in imported if PRIVATE.fullmatch(each.name))
            case ast.Constant(value=str(text)) if PRIVATE.fullmatch(text) and text in KNOWN_TO_THREADING - own:
                yield text


def used(package: Path) -> dict[str, set[str]]:
    """Return the private names that the modules of a package take from elsewhere."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(package.rglob("*.py"))}
    own = own_names(list(trees.values())) | {path.stem for path in trees}
    return {str(path.relative_to(package)): set(private_names(tree, own)) - DOCUMENTED for path, tree in trees.items()}


def test_no_other_module_of_lockproof_uses_a_private_name() -> None:
    found = {path: each for path, each in used(OWN[0]).items() if each}
    assert found.pop(str(Path("core", "interpreter.py"))) >= {"_active", "_is_gil_enabled", "_started"}
    assert found.pop(str(Path("mutation", "lock_kinds.py"))) == SPELLINGS
    for name in ("copied_test.py", "pytest_process.py"):
        assert found.pop(str(Path("testing", "under_control", name))) <= OF_PYTEST
    assert found == {}


def test_locked_set_uses_those_private_names_that_are_tested() -> None:
    assert set().union(*used(OWN[1]).values()) == LOCKED_SET


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys._getframe(1)",
        "import threading\nthreading._active[1]",
        "def f(thread): return thread._started",
        "def f(thread): return thread._name",
        "class A:\n def __init__(self): self._name = 1\ndef f(thread): return thread._name",
        "def f(lock): return lock._is_owned()",
        "def f(thread): return getattr(thread, '_handle', None) or getattr(thread, '_os_thread_handle')",
        "from threading import _RLock",
        "import _queue",
        "from _io import StringIO",
    ],
)
def test_a_private_name_is_noticed(source: str) -> None:
    tree = ast.parse(source)
    assert list(private_names(tree, own_names([tree]))) != []


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n def __init__(self): self._x = 1\n def f(self): return self._x",
        "class A:\n def _f(self): pass\ndef g(a): return a._f()",
        "x.__dict__",
        "'_text'",
    ],
)
def test_names_of_our_own_are_not_noticed(source: str) -> None:
    tree = ast.parse(source)
    assert list(private_names(tree, own_names([tree]))) == []
