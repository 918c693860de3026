"""A data race in C code, as data: two accesses to one place in memory, each with the functions that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

HEADER: Final = (".h", ".hpp", ".hh")
"""The ends of the names of header files. Their inline functions are called from everywhere, so they tell little."""


UNSEEN: Final = "data race, which changed no result: "
"""The beginning of the note on a data race under control, where every behaviour of a scenario was run."""


@dataclass(frozen=True)
class CFrame:
    """A function of C that was active.

    Attributes:
        function: its name; "" if unknown.
        file: the file of its source; "" if unknown.
        line: the line in it; 0 if unknown.
        module: the name of the file with its machine code; "" if unknown.
        offset: where in that file it was, like `0x1a2b`; "" if unknown.

    """

    function: str
    file: str = ""
    line: int = 0
    module: str = ""
    offset: str = ""

    @property
    def place(self) -> str:
        """The function with its file and line; with the machine code, where the line is unknown."""
        if self.file and self.line:
            return f"{self.function} at {PurePosixPath(self.file).name}:{self.line}"
        where = f"{self.module}+{self.offset}" if self.module and self.offset else self.module or self.file
        return f"{self.function or 'a function without a name'}{f' in {where}' if where else ''}"


@dataclass(frozen=True)
class MemoryAccess:
    """An access to memory.

    Attributes:
        what: what it did, like `write of size 8`.
        frames: the functions that were active, the innermost first; empty if they are not known any more.

    """

    what: str
    frames: tuple[CFrame, ...] = ()

    @property
    def frame(self) -> CFrame | None:
        """The innermost function with a line of its own: not one of a header, and none that the sanitizer put in."""
        lined = [each for each in self.frames if each.file and each.line]
        own = [each for each in lined if not each.file.endswith(HEADER)]
        return next(iter((*own, *lined, *self.frames)), None)

    @property
    def place(self) -> str:
        """Where it was, in words."""
        return "a place that is not known any more" if self.frame is None else self.frame.place

    def __str__(self) -> str:
        return f"{self.what} in {self.place}"


@dataclass(frozen=True)
class Race:
    """Two accesses by different threads, of which one writes, and nothing orders them.

    Attributes:
        what: the name that the sanitizer gives it, like `data race`.
        accesses: both accesses, the later one first.
        location: what the memory belongs to, in the words of the sanitizer; "" if it does not say so.

    """

    what: str
    accesses: tuple[MemoryAccess, MemoryAccess]
    location: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells the pair of accesses apart from others, whichever came first."""
        return tuple(sorted(each.place for each in self.accesses))

    @property
    def whole(self) -> bool:
        """Whether the functions of both accesses are known."""
        return all(each.frames for each in self.accesses)

    def __str__(self) -> str:
        one, other = self.accesses
        return f"{one}, and {other}, which nothing orders"
