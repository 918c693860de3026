"""Is what the package shows to its users named, documented, typed and versioned as it says?"""

from __future__ import annotations

import doctest
import importlib
import importlib.metadata
import inspect
import pkgutil
import types
from pathlib import Path
from typing import Any

import pytest

import lockedset
from lockedset import DeadlockError, LockedSet, locked
from tests.lockedset.implementations import COMPILED

PACKAGE = Path(lockedset.__file__).parent
ROOT = Path(__file__).parents[3]


def modules() -> list[types.ModuleType]:
    found = [importlib.import_module(each.name) for each in pkgutil.walk_packages([str(PACKAGE)], "lockedset.")]
    return [lockedset, *found]


def test_the_public_names_are_these() -> None:
    assert lockedset.__all__ == ["DeadlockError", "LockedSet", "implementation", "locked"]
    assert lockedset.__all__ == sorted(lockedset.__all__)


def test_a_star_import_gives_just_the_public_names() -> None:
    namespace: dict[str, Any] = {}
    exec("from lockedset import *", namespace)
    assert namespace.keys() - {"__builtins__"} == set(lockedset.__all__)


def test_every_other_name_of_the_package_is_private() -> None:
    # "@": what pytest adds to the modules of a distribution that has a pytest plugin.
    assert {name for name in vars(lockedset) if not name.startswith(("_", "@"))} == set(lockedset.__all__)


@pytest.mark.parametrize("name", ["LockedSet", "DeadlockError"])
def test_public_classes_name_the_public_module(name: str) -> None:
    kind = getattr(lockedset, name)
    assert (kind.__module__, kind.__qualname__) == ("lockedset", name)


@pytest.mark.parametrize("name", [name for name in lockedset.__all__ if name != "implementation"])
def test_every_public_thing_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(lockedset, name))


@pytest.mark.parametrize("name", sorted(name for name in vars(LockedSet) if not name.startswith("_")))
def test_every_public_method_has_a_docstring_of_its_own(name: str) -> None:
    assert (vars(LockedSet)[name].__doc__ or "").strip().endswith((".", ")"))


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_every_module_has_a_docstring(module: types.ModuleType) -> None:
    assert (module.__doc__ or "").strip()


def test_every_operation_that_set_lacks_is_named_in_the_class_docstring() -> None:
    added = {name for name in vars(LockedSet) if not name.startswith("_")} - set(dir(set))
    assert added == {"add_new", "drain", "remove_if", "replace", "snapshot", "take", "try_add", "try_remove"}
    for name in added:
        assert f"`{name}`" in (LockedSet.__doc__ or "")
        assert "Why" in (vars(LockedSet)[name].__doc__ or "") or name == "snapshot"


def test_locked_documents_what_it_raises() -> None:
    documentation = inspect.getdoc(locked) or ""
    assert "TypeError" in documentation
    assert "DeadlockError" in documentation
    assert issubclass(DeadlockError, RuntimeError)


@pytest.mark.thread_unsafe(reason="doctest puts another stream in the place of sys.stdout")
def test_the_examples_in_the_docstrings_give_what_they_show() -> None:
    attempted = 0
    for module in modules():
        finder, runner = doctest.DocTestFinder(exclude_empty=True), Quiet()
        for example in finder.find(module, module.__name__):
            runner.run(example, clear_globs=False)
        assert runner.summarize(verbose=False).failed == 0, "\n".join(runner.complaints)
        attempted += runner.tries
    assert attempted >= 4


class Quiet(doctest.DocTestRunner):
    """Collects what doctest would print."""

    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.complaints: list[str] = []

    def run(self, test: doctest.DocTest, *_: Any, **options: Any) -> doctest.TestResults:
        return super().run(test, out=self.complaints.append, **options)


def test_locked_set_is_unhashable_as_set_is() -> None:
    for kind in (set, LockedSet):
        with pytest.raises(TypeError, match=f"unhashable type: '{kind.__name__}'"):
            hash(kind())
        with pytest.raises(TypeError, match="unhashable type"):
            {kind(): 1}


def test_the_class_can_be_subscripted_for_annotations() -> None:
    alias = LockedSet[int]
    assert isinstance(alias, types.GenericAlias)
    assert (alias.__origin__, alias.__args__) == (LockedSet, (int,))
    assert type(alias([1, 2])) is LockedSet
    assert repr(alias) == "lockedset.LockedSet[int]"


def test_the_signatures_are_those_that_help_shows() -> None:
    shown = "(self, element, /)" if COMPILED else "(self, element: 'T', /) -> 'None'"
    assert str(inspect.signature(LockedSet.add)) == shown
    assert list(inspect.signature(LockedSet).parameters) == ["iterable"]
    for name, method in inspect.getmembers(LockedSet, inspect.isroutine):
        if name not in vars(LockedSet) or name.startswith("__"):
            continue
        first = next(iter(inspect.signature(method).parameters))
        assert first in ("self", "cls"), name


@pytest.mark.parametrize("wrong", [set(), frozenset(), [], None, LockedSet])
def test_locked_refuses_what_is_not_a_locked_set(wrong: Any) -> None:
    with pytest.raises(TypeError, match="locked\\(\\) holds LockedSets"):
        locked(LockedSet(), wrong)


def test_a_subclass_may_use_any_short_name_for_its_own() -> None:
    # Short private names are likely to be used by a subclass, which then breaks what LockedSet calls by that name.
    between = LockedSet.__mro__[: LockedSet.__mro__.index(set)]
    private = {name for kind in between for name in vars(kind) if name.startswith("_") and not name.endswith("__")}
    assert {name for name in private if not name.startswith("_lockedset_")} == set()
