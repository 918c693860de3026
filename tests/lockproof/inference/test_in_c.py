"""Is something to call found of types in C, which have no signatures that can be read, and of iterators?"""

from __future__ import annotations

import collections
import decimal
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from lockproof.inference.in_c import is_in_c, wanted_arguments
from lockproof.inference.target import infer

pytestmark = pytest.mark.one_build


class _Written:
    def get(self) -> int:
        return 1


class _Extended(dict[int, int]):
    pass


def test_what_a_class_statement_made_is_not_in_c() -> None:
    assert all(map(is_in_c, (itertools.count, dict, decimal.Context, collections.OrderedDict)))
    assert not is_in_c(_Written) and not is_in_c(_Extended)


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("seek expected at least 1 argument, got 0", 1),
        ("insert expected 2 arguments, got 0", 2),
        ("append() takes exactly 1 positional argument (0 given)", 1),
        ("socket.bind() takes exactly one argument (0 given)", 1),
        ("getsockopt() takes at least 2 arguments (0 given)", 2),
        ("strftime() missing required argument 'format' (pos 1)", 1),
        ("run() missing 1 required positional argument", 1),
        ("f expected 9 arguments, got 0", 0),  # too many to guess
        ("object of type 'int' has no len()", 0),
    ],
)
def test_an_error_says_how_many_arguments_a_call_wants(said: str, count: int) -> None:
    assert wanted_arguments(TypeError(said)) == count
    assert wanted_arguments(ValueError(said)) == 0 == wanted_arguments(None)


def test_this_python_words_it_so() -> None:
    for count, call in ((2, [1].insert), (1, {1: 1}.pop), (1, [1].append)):
        with pytest.raises(TypeError) as caught:
            call()  # type: ignore[operator]
        assert wanted_arguments(caught.value) == count


def lines(cls: type, make: Callable[[], Any] | None = None) -> set[str]:
    return {kind.text for kind in infer(cls, factory=make).operations}


def test_an_iterator_in_c_is_called_copied_and_reduced() -> None:
    found = lines(type(iter([])), lambda: iter([1, 2]))
    assert {"next(a)", "a.__reduce__()", "copy.copy(a)", "a.__length_hint__()"} <= found
    assert "repr(a)" not in found  # it has none of its own: the text is an address


def test_a_method_without_a_signature_gets_the_arguments_that_it_wants() -> None:
    found = lines(str, lambda: "text")
    assert "a.find(x_1)" in found and "a.find()" not in found


def test_a_class_in_python_gets_none_of_these() -> None:
    assert lines(_Written) == {"a.get()"}
