"""What modules keep between runs, and how they get it back: globals, attributes of classes, containers, caches.

A program that runs a thousand times in one process must begin each time where the first run began, or a cache that is
filled once is filled before the first schedule that matters. A fresh process for each run would be exact, and cost the
time of a thousand runs. So the state that Python code keeps is copied, one level at a time, and put back: names of
modules, attributes of their classes and functions, of their own objects, the contents of containers, and caches of
functools. State in C and in files stays; a run that depends on it does not repeat, which is noticed.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import is_
from typing import Any, Final

_LIBRARY: Final = os.path.dirname(threading.__file__) + os.sep
_OWN: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_OTHERS: Final = ("_pytest", "pytest", "pluggy", "py", "xdist", "execnet", "hypothesis", "_hypothesis_pytestplugin",
                  "pytest_run_parallel", "pytest_timeout", "coverage", "pytest_cov")  # fmt: skip
"""Packages that run tests: what they keep is not the state of a test."""

LARGEST: Final = 1000
"""Elements of a container above which it is left as it is."""

DEEPEST: Final = 5
"""Steps from the names of a module to what is kept."""

_DICTS: Final = (dict, OrderedDict, defaultdict, Counter)
_LISTS: Final = (list, deque)
_CACHE: Final = type(functools.cache(len))

_id: Final = id
"""The real one: this module is imported before control replaces it."""


@dataclass(frozen=True)
class _Kept:
    """A thing that a module of a package leads to, with a shallow copy of what it had."""

    thing: Any
    had: Any
    package: str


class ModuleState:
    """What the modules outside the standard library have kept when `take` was called."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []

    def take(self) -> None:
        """Copy what modules keep now."""
        self._kept = []
        seen: set[int] = set()
        modules = [each for each in list(sys.modules.values()) if _of_the_user(each)]
        names = {each.__name__ for each in modules}
        for module in modules:
            self._kept += _walk(vars(module), _package(module), names, seen, 0)

    def narrow(self, files: Iterable[str]) -> None:
        """From now on put back the packages of these files only: no code of others has run."""
        ran = frozenset(files)
        wanted = {_package(each) for each in list(sys.modules.values()) if getattr(each, "__file__", None) in ran}
        self._kept = [each for each in self._kept if each.package in wanted]

    def put_back(self) -> None:
        """Give each thing back what it had."""
        for each in self._kept:
            with suppress(Exception):  # a thing that refuses keeps what it has
                _put_back(each.thing, each.had)


def _of_the_user(module: Any) -> bool:
    if not isinstance(module, types.ModuleType):
        return False
    file, name = getattr(module, "__file__", None), module.__name__.partition(".")[0]
    if not isinstance(file, str) or name in _OTHERS or file.startswith(_OWN):
        return False
    return "site-packages" in file or not file.startswith(_LIBRARY)


def _package(module: Any) -> str:
    return str(module.__name__.partition(".")[0])


def _walk(thing: Any, package: str, names: set[str], seen: set[int], depth: int) -> Iterator[_Kept]:
    """Yield what is kept in a thing and in all that it leads to, as far as the modules in `names` have made it."""
    if depth > DEEPEST or _id(thing) in seen:
        return
    kind, inner = type(thing), []
    if kind in _DICTS and (depth == 0 or len(thing) <= LARGEST):
        had: Any = dict(thing)
        inner = [value for name, value in thing.items() if depth or not str(name).startswith("__")]
    elif kind in (*_LISTS, set) and len(thing) <= LARGEST:
        had = list(thing)
        inner = list(thing)
    elif isinstance(thing, type) and thing.__module__ in names:
        had = _attributes(thing)
        inner = list(had.values())
    elif kind is types.FunctionType and thing.__module__ in names:
        had = dict(vars(thing))
        inner = [*had.values(), *(thing.__closure__ or ()), *(thing.__defaults__ or ())]
    elif kind is types.CellType:
        try:
            had = thing.cell_contents
        except ValueError:
            return
        inner = [had]
    elif kind in (staticmethod, classmethod):
        yield from _walk(thing.__func__, package, names, seen, depth)
        return
    elif kind is _CACHE:
        had = thing.cache_info().currsize
        inner = [thing.__wrapped__]
    elif kind.__module__ in names and isinstance(getattr(thing, "__dict__", None), dict):
        had = dict(vars(thing))
        inner = list(had.values())
    else:
        return
    seen.add(_id(thing))
    yield _Kept(thing, had, package)
    for each in inner:
        yield from _walk(each, package, names, seen, depth + 1)


def _attributes(cls: type) -> dict[str, Any]:
    return {name: value for name, value in vars(cls).items() if not name.startswith("__")}


def _put_back(thing: Any, had: Any) -> None:
    kind = type(thing)
    if kind in _DICTS:
        _put_back_names(thing, had)
    elif kind in (*_LISTS, set):
        if len(thing) != len(had) or not all(map(is_, thing, had)):
            thing.clear()
            (thing.update if kind is set else thing.extend)(had)
    elif isinstance(thing, type):
        now = _attributes(thing)
        for name in now.keys() - had.keys():
            type.__delattr__(thing, name)
        for name, value in had.items():
            if now.get(name, thing) is not value:
                type.__setattr__(thing, name, value)
    elif kind is types.CellType:
        thing.cell_contents = had
    elif kind is _CACHE:
        if not had and thing.cache_info().currsize:
            thing.cache_clear()
    else:
        _put_back_names(vars(thing), had)


def _put_back_names(space: dict[Any, Any], had: dict[Any, Any]) -> None:
    """Give a dictionary back what it had. A submodule that was imported meanwhile stays: it is not imported again."""
    if len(space) == len(had) and all(map(is_, space, had)) and all(map(is_, space.values(), had.values())):
        return
    if "__name__" in space:  # of a module: its code may be running
        for name in [name for name, value in space.items() if name not in had and type(value) is not types.ModuleType]:
            del space[name]
        space.update(had)
        return
    space.clear()
    space.update(had)
