"""Does each kind of class recognize its own classes, and no others?"""

from __future__ import annotations

import queue
from collections import OrderedDict, UserList, deque
from collections.abc import MutableSet
from typing import Any

import pytest

from lockproof.core.model import WouldBlock
from lockproof.inference.kinds import KINDS, kind_like, kind_meant, kind_of


class Registered:
    """Registered as a set."""


MutableSet.register(Registered)


class Looking:
    """Looks like a set, and is none."""

    def __contains__(self, item: object) -> bool:
        return False

    def add(self, item: object) -> None:
        raise NotImplementedError

    def discard(self, item: object) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (set, "set"), (Registered, "set"), (OrderedDict, "dict"), (UserList, "list"), (deque, "deque"),
        (queue.LifoQueue, "queue"), (queue.SimpleQueue, "queue"),
    ],
)  # fmt: skip
def test_the_bases_of_a_class_tell_its_kind(cls: type, name: str) -> None:
    assert kind_of(cls) is KINDS[name]


@pytest.mark.parametrize("cls", [object, frozenset, tuple, Looking])
def test_other_classes_have_no_kind(cls: type) -> None:
    assert kind_of(cls) is None


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_has_a_builtin_type_that_stands_for_it_and_is_of_the_kind(name: str) -> None:
    kind = KINDS[name]
    assert kind.builtins
    assert all(kind_meant(each) is kind and kind_of(each) is kind for each in kind.builtins)


def test_a_subclass_stands_for_no_kind() -> None:
    # Its user may have changed what it does.
    assert kind_meant(OrderedDict) is None


def test_the_names_of_the_methods_tell_what_a_class_looks_like() -> None:
    assert kind_like(Looking) is KINDS["set"]
    assert kind_like(dict) is KINDS["dict"]
    assert kind_like(object) is None
    assert all(kind.called for kind in KINDS.values() if kind.alike)


@pytest.mark.parametrize("name", KINDS)
def test_the_waiting_methods_of_a_kind_are_those_of_its_model(name: str) -> None:
    kind = KINDS[name]
    model: Any = kind.model()
    assert all(callable(getattr(model, each)) for each in kind.waiting)
    if kind.waiting:
        with pytest.raises(WouldBlock):
            model.get()
