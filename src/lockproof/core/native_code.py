"""The machine code that a process has loaded, and whether ThreadSanitizer sees what it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Native:
    """An extension module.

    Attributes:
        name: the name of the module.
        file: its file.
        instrumented: whether it was compiled with ThreadSanitizer.
        own: whether it belongs to the package of the subject.

    """

    name: str
    file: str
    instrumented: bool
    own: bool


@dataclass(frozen=True)
class Natives:
    """What ThreadSanitizer can see of a subject.

    Attributes:
        extensions: the extension modules that are loaded, without those of the interpreter.
        module: the module that the type of the subject says it is from.
        file: the file of this module, if it is an extension module, also one of the interpreter; "" if it is not.
        distinct: whether two subjects are two objects: a factory may return the same one each time.

    """

    extensions: tuple[Native, ...] = ()
    module: str = ""
    file: str = ""
    distinct: bool = True
