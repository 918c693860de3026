"""The registry of the kinds of classes: how each is recognized, and what a class of the kind must do."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, MutableMapping, MutableSequence, MutableSet
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.simple_queue import SimpleQueue
from lockproof.inference import mappings, queues, sequences, sets
from lockproof.inference.catalogue import Catalogue, defines

type Make = Callable[[], Any]


@dataclass(frozen=True)
class ClassKind:
    """A kind of class.

    Attributes:
        name: What the user calls it.
        bases: A class that inherits from one of these, or is registered as one, is of the kind.
        catalogue: Makes the catalogue for a class of the kind.
        model: Makes the model for a class of no kind, or of another one, that the user wants to be compared with it.
        builtins: Types that stand for the kind if the user gives one as the model: `model` allows more than they do.
        waiting: Methods of `model` that wait for other threads.
        alike: A class with one of the names of each group looks like the kind. Empty: no class does.
        called: What reports call the model of a class that looks like the kind.

    """

    name: str
    bases: tuple[type, ...]
    catalogue: Callable[[type, Make], Catalogue]
    model: Make
    builtins: tuple[type, ...]
    waiting: frozenset[str] = frozenset()
    alike: tuple[tuple[str, ...], ...] = ()
    called: str = ""


_ALL: Final = (
    ClassKind(
        "queue", (queue.Queue, queue.SimpleQueue, SimpleQueue), queues.catalogue, queues.QueueModel,
        (queue.Queue, queue.SimpleQueue), waiting=frozenset(("get", "put", "join")),
    ),
    ClassKind("deque", (deque,), sequences.catalogue, deque, (deque,)),
    ClassKind(
        "set", (MutableSet,), sets.catalogue, sets.AnySet, (set,),
        alike=(("__contains__",), ("add",), ("remove", "discard")), called="set",
    ),
    ClassKind(
        "dict", (MutableMapping,), mappings.catalogue, mappings.AnyMapping, (dict,),
        alike=(("__getitem__",), ("__setitem__",), ("__delitem__", "keys", "pop")), called="mapping",
    ),
    ClassKind("list", (MutableSequence,), sequences.catalogue, list, (list,)),
)  # fmt: skip
"""A class of two kinds counts as one of the first: a deque is a `MutableSequence` too."""

BUILTINS: Final = (set, frozenset, dict, list, deque, queue.Queue, queue.SimpleQueue, SimpleQueue)
"""A class that inherits from one of these must do what it does. Any other class only looks like one."""

KINDS: Final = {each.name: each for each in _ALL}


def kind_of(cls: type) -> ClassKind | None:
    """Return the kind of a class by its bases."""
    return next((each for each in _ALL if issubclass(cls, each.bases)), None)


def kind_meant(model: Make) -> ClassKind | None:
    """Return the kind that a builtin type stands for."""
    return next((each for each in _ALL if model in each.builtins), None)


def kind_like(cls: type) -> ClassKind | None:
    """Return the kind that a class looks like, by the names of its methods."""
    return next((each for each in _ALL if each.alike and all(defines(cls, *names) for names in each.alike)), None)
