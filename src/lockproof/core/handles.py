"""Functions for lines about what a subject hands out: a connection, a reservation, a token, a block of `with`.

A line of a scenario is one step, and a caller takes several: he is given a thing, uses it, gives it back. In between
others may act. So each is a line of its own, and what was given stays with the subject, under a number. The number is
that of the thread: `keep(a, a.acquire(), 1); kept(a, 1).query(); a.release(back(a, 1))`. Each thread has its own
number, or one thread could read what another one is about to keep. What is given back is kept no longer, so that no
thread uses what is not its own any more. What the initial part keeps has no number, and all threads may use it.

`enter` and `leave` are the two ends of a `with`. `held` is a whole one, for blocks that exclude all other calls:
`[len(a) for _ in held(a.locked())]`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from lockproof.core.operation import Operation

SLOT: Final = "slot"
"""The name of the hole for the number of the thread."""

_KEPT: Final = "_lockproof_kept"
"""The attribute of a subject with what it has handed out: so it belongs to the state of the subject."""


def _all_kept(subject: Any) -> dict[int | None, list[Any]]:
    try:
        found: dict[int | None, list[Any]] = vars(subject).setdefault(_KEPT, {})
    except (TypeError, AttributeError):  # a class with slots has no room for it
        return {}
    return found


def _last(subject: Any, slot: int | None) -> Any:
    kept = _all_kept(subject).get(slot)
    if not kept:
        raise LookupError("nothing was kept")
    return kept[-1]


def keep[T](subject: Any, value: T, slot: int | None = None) -> T:
    """Keep what the subject gave out, for `kept`, and return it."""
    _all_kept(subject).setdefault(slot, []).append(value)
    return value


def _taken(subject: Any, slot: int | None, *, block: bool) -> Any:
    """Return the last block, or what was kept last and is none, and keep it no longer."""
    known = _all_kept(subject).get(slot, [])
    for place in range(len(known) - 1, -1, -1):
        if isinstance(known[place], _Block) is block:
            return known.pop(place)
    raise LookupError("no block was entered" if block else "nothing was kept")


def kept(subject: Any, slot: int | None = None) -> Any:
    """Return what was kept last under this number; for a block, what it has given.

    Raises:
        LookupError: nothing was kept.

    """
    found = _last(subject, slot)
    return found.value if isinstance(found, _Block) else found


def back(subject: Any, slot: int | None = None) -> Any:
    """Return what was kept last under this number, and keep it no longer.

    What a block has given goes back at its end, so it is none of these.

    Raises:
        LookupError: nothing was kept.

    """
    return _taken(subject, slot, block=False)


class _Block:
    """A block of `with` that was entered."""

    def __init__(self, manager: Any, value: Any) -> None:
        self.manager, self.value = manager, value


def enter(subject: Any, manager: Any, slot: int | None = None) -> Any:
    """Begin a `with` block, keep it for `leave`, and return what it gives.

    Raises:
        LookupError: the subject has no room for the block, which would end at once: two steps of the class as one.

    """
    if not hasattr(subject, "__dict__"):
        raise LookupError("a class with slots has no room for a block")
    value = type(manager).__enter__(manager)
    keep(subject, _Block(manager, value), slot)
    return value


def leave(subject: Any, slot: int | None = None) -> Any:
    """End the block that was entered last under this number, and return what its end returns.

    Raises:
        LookupError: none was entered.

    """
    block = _taken(subject, slot, block=True)
    return type(block.manager).__exit__(block.manager, None, None, None)


def held(manager: Any) -> Iterator[Any]:
    """Yield once, inside of a whole `with` block, what the block gives."""
    with manager as value:
        yield value


NAMES: Final[Mapping[str, Callable[..., Any]]] = {
    each.__name__: each for each in (keep, kept, back, enter, leave, held)
}
"""The names by which lines use these functions."""

_NUMBERED: Final[Mapping[str, int]] = {"keep": 3, "kept": 2, "back": 2, "enter": 3, "leave": 2}
"""The number of arguments of each function if a slot is among them. The slot is the last one."""


def only_initial(text: str) -> bool:
    """Tell whether a line is for initial parts alone: it keeps something for all threads."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("keep", "enter")
        and len(node.args) < _NUMBERED[node.func.id]
        for node in ast.walk(Operation(text).node)
    )  # fmt: skip


def call_of(text: str) -> str:
    """Return the call whose result a line keeps, or any other line as it is: both wait for the same."""
    found = re.fullmatch(rf"(?:keep|enter)\(a, (.*?)(?:, (?:{SLOT}|\d+))?\)", text)
    return found[1] if found else text


def is_use(text: str) -> bool:
    """Tell whether a line calls something that its thread keeps."""
    return re.search(r"\bkept\(a, \w+\)\.", text) is not None


def gives_back_to_all(text: str) -> bool:
    """Tell whether a line gives back what the initial part has kept; several threads may, though there is only one."""
    return "kept(a)" in text and not text.startswith("kept(")


def with_slot(operation: Operation, slot: int) -> Operation:
    """Return the operation with this number for what it keeps or uses; itself if it has none."""
    if not any(f"{name}(" in operation.text for name in _NUMBERED):
        return operation
    tree = ast.parse(operation.text)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if len(args) == _NUMBERED.get(name):
                args[-1] = ast.Constant(slot)
    text = ast.unparse(ast.fix_missing_locations(tree))
    return operation if text == operation.text else Operation(text, operation.kind)


def with_own_slots[T: Sequence[Operation]](threads: Sequence[T]) -> list[list[Operation]]:
    """Return the threads, each with its own number for what it keeps and uses."""
    return [[with_slot(each, t) for each in thread] for t, thread in enumerate(threads, 1)]
