"""What the marks `lockproof` and `lockproof_explore` of a test say: read, and refused if nobody would heed it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from lockproof.core.errors import LockproofError
from lockproof.core.settings import seconds
from lockproof.testing.eligible import MARK

CHECKS: Final = "lockproof"
"""The mark of a test whose checks excuse something."""


def _budget(value: Any) -> float:
    if type(value) not in (str, int, float):
        raise ValueError
    return seconds(str(value))


def _at_least(least: int) -> Callable[[Any], int]:
    def whole(value: Any) -> int:
        if type(value) is not int or value < least:
            raise ValueError
        return value

    return whole


def _names(value: Any) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(value)
    if not all(isinstance(each, str) for each in names):
        raise ValueError
    return names


_TAKES: Final[dict[str, dict[str, tuple[Callable[[Any], Any], str]]]] = {
    MARK: {
        "budget": (_budget, 'a length of time: budget="30s", or seconds: budget=30'),
        "bound": (_at_least(0), "how many preemptions a schedule has at most: bound=2"),
        "schedules": (_at_least(1), "how many schedules are run at most: schedules=1000"),
    },
    CHECKS: {"skip": (_names, 'names of members of the class: skip=["close"]')},
}
"""By mark and name of an argument: what reads its value, and what the value is."""


def said(item: pytest.Item, name: str) -> dict[str, Any]:
    """Return what the nearest mark of this name says; nothing if there is none.

    Raises:
        LockproofError: it says what nobody would heed.

    """
    mark = item.get_closest_marker(name)
    return {} if mark is None else _read(mark)


def skipped(item: pytest.Item) -> tuple[str, ...]:
    """Return the members that the marks of a test excuse, those of its class and module too.

    Raises:
        LockproofError: a mark says what nobody would heed.

    """
    return tuple(name for mark in item.iter_markers(CHECKS) for name in _read(mark).get("skip", ()))


def refusal(item: pytest.Item) -> str:
    """Return why the marks of a test are refused; "" if they are not."""
    try:
        for name in _TAKES:
            for mark in item.iter_markers(name):
                _read(mark)
    except LockproofError as error:
        return str(error)
    return ""


def _read(mark: pytest.Mark) -> dict[str, Any]:
    takes, shown = _TAKES[mark.name], f"@pytest.mark.{mark.name}"
    if mark.args:
        raise LockproofError(
            f"{shown} has {', '.join(map(repr, mark.args))} without a name",
            "its arguments are given by name",
            f"write {shown}({next(iter(takes))}=...); it takes {', '.join(takes)}",
        )
    return dict(_values(mark, takes, shown))


def _values(
    mark: pytest.Mark, takes: dict[str, tuple[Callable[[Any], Any], str]], shown: str
) -> Iterator[tuple[str, Any]]:
    for name, value in mark.kwargs.items():
        if name not in takes:
            near = difflib.get_close_matches(name, takes, 1)
            raise LockproofError(
                f"{shown} takes no {name}",
                "a misspelt name, or an option of the command",
                f"did you mean {near[0]}?" if near else f"it takes {', '.join(takes)}",
            )
        read, what = takes[name]
        try:
            yield name, read(value)
        except (ValueError, TypeError):
            raise LockproofError(f"{shown} has no use for {name}={value!r}", "", f"give {what}") from None
