"""Looks at the machine code that this process has loaded: which extension modules, and does ThreadSanitizer see them?

The compiler puts a call of the runtime in front of each access, so the file of an extension that was compiled with
-fsanitize=thread has the names of these calls in it, and no other file has.
"""

from __future__ import annotations

import mmap
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Final

from lockproof.core.native_code import Native, Natives
from lockproof.core.specification import Specification

MARK: Final = b"__tsan_"
"""What each name begins with that the runtime exports to instrumented code."""


def natives(specification: Specification) -> Natives:
    """Return what is loaded, seen from the subject of a specification."""
    subject, other = specification.subject(), specification.subject()
    owner = subject.__name__ if isinstance(subject, ModuleType) else type(subject).__module__
    package = owner.partition(".")[0]
    library = str(sysconfig.get_config_var("DESTSHARED") or "")
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file.endswith(tuple(EXTENSION_SUFFIXES)) and not (library and Path(file).is_relative_to(library)):
            own = name.partition(".")[0].lstrip("_") == package.lstrip("_")
            found.append(Native(name, file, instrumented(Path(file)), own))
    file = getattr(sys.modules.get(owner), "__file__", None) or ""
    extension = file if file.endswith(tuple(EXTENSION_SUFFIXES)) else ""
    distinct = subject is not other and not isinstance(subject, ModuleType)
    return Natives(tuple(found), owner, extension, distinct)


def instrumented(file: Path) -> bool:
    """Tell whether a file of machine code was compiled with ThreadSanitizer."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(MARK) >= 0
