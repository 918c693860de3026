"""The standard library under control: which of its modules have switch points, or state that threads share."""

from __future__ import annotations

import os
import threading
from typing import Final

LIBRARY: Final = os.path.dirname(threading.__file__) + os.sep
OWN: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
"""Where the files of the standard library are, and those of lockproof."""

_TRUSTED: Final = ("threading.py", "contextlib.py", "abc.py", "enum.py", "types.py", "warnings.py", "linecache.py",
                   "traceback.py", "weakref.py", "_weakrefset.py", "copyreg.py", "random.py", "typing.py",
                   "dataclasses.py", "ast.py", "reprlib.py", "_py_warnings.py", "annotationlib.py",
                   "_colorize.py")  # fmt: skip
"""Modules of the standard library without switch points: a switch there could show nothing but their own bugs."""

_SHARING: Final = {"weakref.py": "weakref", "_weakrefset.py": "weakref", "random.py": "random"}
"""The trusted modules whose objects have state that threads may share, each with its public name. The others keep their
state under locks, or make objects that one call uses."""


def of_the_library(file: str) -> bool:
    """Tell whether a file is of the standard library."""
    return file.startswith(LIBRARY) and "site-packages" not in file


def has_points(file: str) -> bool:
    """Tell whether code in a file of the standard library has switch points."""
    inner = file[len(LIBRARY) :]
    return inner not in _TRUSTED and not inner.startswith(("encodings", "re" + os.sep))


def sharing(file: str) -> str:
    """Return the name of a trusted module with state that threads may share; "" for any other file."""
    return _SHARING.get(file[len(LIBRARY) :], "") if of_the_library(file) else ""
