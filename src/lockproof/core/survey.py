"""What a package has to check, as data: its targets, what is left out and why, and the modules that do not import."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """A public name of a module for a class or an object.

    Attributes:
        name: the name in the module.
        home: what it names, as `module:qualified name` of the definition, for an object with a number after it; the
            same for all names of one thing.
        why: why it is no target; "" for a target.
        kind: the home of the class of an object; "" for a class.
        needs: whether an object of the class cannot be made without arguments.

    """

    name: str
    home: str
    why: str = ""
    kind: str = ""
    needs: bool = False


@dataclass(frozen=True)
class Contents:
    """What one module has.

    Attributes:
        module: the module, as a target names it.
        exports: its public classes and objects.
        functions: how many public functions it defines.
        stateless: why its functions are no target; "" if they are one, or there are none.

    """

    module: str
    exports: tuple[Export, ...] = ()
    functions: int = 0
    stateless: str = ""


@dataclass(frozen=True)
class FoundTarget:
    """A target that was found, by its public name, and its other public names."""

    target: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoTarget:
    """A module, a class or an object that is not checked, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Survey:
    """What a package has to check.

    Attributes:
        asked: the package, module, file or directory that was surveyed.
        found: its targets.
        left_out: what is no target.
        broken: the modules that do not import.

    """

    asked: str
    found: tuple[FoundTarget, ...] = ()
    left_out: tuple[NoTarget, ...] = ()
    broken: tuple[NoTarget, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how many things are left out for each reason, the most frequent one first."""
        return dict(Counter(each.why for each in self.left_out).most_common())
