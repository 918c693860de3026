"""What does a library learn that reads an annotation like `LockedSet[int]`?

These tests need no such library, so that they run on every build. Those with the libraries are in `used/`.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lockedset import LockedSet
from lockedset._set import _plain


class Numbers(LockedSet[int]):
    """Says what its elements are."""


class More(Numbers):
    """Says it two classes away."""


class Bare(LockedSet):  # type: ignore[type-arg]
    """Says nothing."""


class Generic_[E](LockedSet[E]):
    """Generic."""


class Texts(Generic_[str]):
    """Says it to a generic class."""


class Swapped[A, B](LockedSet[tuple[B, A]]):
    """Has its parameters in another order than its base."""


class Mixin:
    """A base that is no set."""


class WithMixin(Mixin, LockedSet[int]):
    """Has another base first."""


class Packed[*Parts](LockedSet[tuple[*Parts]]):
    """Takes any number of arguments."""


ELEMENTS = [
    (LockedSet, set),
    (LockedSet[int], set[int]),
    (LockedSet[tuple[str, int]], set[tuple[str, int]]),
    (Numbers, set[int]),
    (More, set[int]),
    (Bare, set),
    (Generic_, set[Generic_.__type_params__[0]]),  # type: ignore[name-defined]
    (Generic_[int], set[int]),
    (Texts, set[str]),
    (Swapped[int, str], set[tuple[str, int]]),
    (WithMixin, set[int]),
    (Packed[int], set[tuple[int]]),
]


@pytest.mark.parametrize(("annotation", "plain"), ELEMENTS, ids=lambda each: str(each).rpartition(".")[2])
def test_an_annotation_says_which_elements_there_are(annotation: Any, plain: Any) -> None:
    assert _plain(annotation) == plain


def test_arguments_that_fill_a_pack_are_refused_with_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"2 arguments for 1 parameters.*Write __get_pydantic_core_schema__ in Packed"):
        _plain(Packed[int, str])


@pytest.fixture
def core_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a module in the place of pydantic_core that answers with what it was given."""

    def no_info_after_validator_function(function: Callable[[Any], Any], schema: Any) -> tuple[Any, Any]:
        return function, schema

    answers = SimpleNamespace(no_info_after_validator_function=no_info_after_validator_function)
    module = types.ModuleType("pydantic_core")
    module.core_schema = answers  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pydantic_core", module)


@pytest.mark.usefixtures("core_schema")
@pytest.mark.thread_unsafe(reason="puts a module into sys.modules")
@pytest.mark.parametrize("kind", [LockedSet, Numbers, Texts])
def test_pydantic_validates_a_plain_set_and_calls_the_class_of_the_annotation(kind: Any) -> None:
    handler = SimpleNamespace(generate_schema=lambda annotation: ("schema of", annotation))
    function, schema = kind.__get_pydantic_core_schema__(kind, handler)
    assert function is kind
    assert schema == ("schema of", _plain(kind))


@pytest.mark.parametrize("kind", LockedSet.__mro__)
def test_no_base_is_named_by_a_string_that_means_nothing_at_run_time(kind: type) -> None:
    """A library that looks for the base classes of a generic class (beartype does) would fail on it."""
    assert types.get_original_bases(kind) == kind.__bases__
