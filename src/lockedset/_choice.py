"""Which implementation serves: the compiled core, or Python.

The compiled core serves where it was built. The environment variable LOCKEDSET_PURE decides otherwise: 1 asks for
Python, and 0 for the core, without which the import then fails. Both implementations keep the same promises.
"""

from __future__ import annotations

import os

from lockedset import _locking
from lockedset._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_asked = os.environ.get("LOCKEDSET_PURE", "")
if _asked not in ("", "0", "1"):
    raise ImportError(
        f"LOCKEDSET_PURE is {_asked!r}: 1 asks for the implementation in Python, 0 for the compiled one,"
        " and without it lockedset takes the compiled one where it was built"
    )


def _compiled() -> Any:
    """Return the core, or None where Python has to serve.

    Raises:
        ImportError: the core is of another version; or LOCKEDSET_PURE=0 asks for it, and it does not import.

    """
    if _asked == "1":
        return None
    try:
        # `from lockedset import _core` would fail in one way for a core that is not there and one that does not load.
        import lockedset._core as _core
    except ImportError as error:
        if _asked == "0":
            raise ImportError(
                f"LOCKEDSET_PURE=0 asks for the compiled core of lockedset, which does not import: {error}. Install"
                " lockedset from a wheel for this Python, or with a C compiler; or unset LOCKEDSET_PURE."
            ) from error
        if error.name != "lockedset._core":
            import warnings

            warnings.warn(
                f"the compiled core of lockedset does not import, so Python serves, which is slower: {error}. Reinstall"
                " lockedset, or set LOCKEDSET_PURE=1.",
                RuntimeWarning,
                stacklevel=4,  # the import of lockedset
            )
        return None
    if _core.version != __version__:
        raise ImportError(
            f"lockedset {__version__} has found the compiled core of version {_core.version} at {_core.__file__}: two"
            " installations are mixed. Reinstall lockedset, or set LOCKEDSET_PURE=1."
        )
    return _core


_core = _compiled()

implementation = "pure" if _core is None else "compiled"
"""`"compiled"` if the core in C serves, `"pure"` if Python does."""

if TYPE_CHECKING or _core is None:
    from lockedset._locking import Lockable as Lockable
    from lockedset._locking import alone as alone
    from lockedset._locking import locked as locked
    from lockedset._locking import with_operands as with_operands

    Base = Lockable

    def made[S: Lockable[Any]](like: S, elements: set[Any]) -> S:
        """Return a new set of the same type with `elements`, a set that no other thread can reach; it is used up.

        The `__new__` and `__init__` of a subclass are not called.
        """
        result = Lockable.__new__(type(like))
        set.update(result, elements)
        return result

    def _list_of(target: set[Any]) -> list[Any]:
        # Not list(set.__iter__(target)): it is faster, but fails if code writes past the methods meanwhile.
        return list(set.copy(target))

    def elements[E](target: Lockable[E], /) -> list[E]:
        """Return the elements at one instant."""
        return alone(_list_of, target)

else:
    Base = set
    Lockable, locked, made, elements = _core.LockedSet, _core.locked, _core.made, _core.elements
    with_operands = alone = _core.with_operands


def completed[C: type[Any]](cls: C) -> C:
    """Return the class; where the core serves, return the core's type with the functions of `cls` that it lacks.

    Rejected: a class in Python that inherits from the core's type. The interpreter calls methods in C fastest on the
    very type that has them; through a subclass `add` takes 1.6 times as long.
    """
    if _core is None:
        delattr(cls, "__orig_bases__")  # as of Lockable
        return cls
    function = type(completed)
    for name, value in vars(cls).items():
        if isinstance(value, (function, classmethod)) and name not in vars(_core.LockedSet):
            setattr(_core.LockedSet, name, value)
    return _core.LockedSet  # type: ignore[no-any-return]


# Windows has no fork.
_register: Callable[..., object] = getattr(os, "register_at_fork", dict)
if _core is None:
    _register(before=_locking.before_fork, after_in_child=_locking.after_fork_in_child)
else:
    _register(
        before=_core.before_fork,
        after_in_parent=_core.after_fork_in_parent,
        after_in_child=_core.after_fork_in_child,
    )
