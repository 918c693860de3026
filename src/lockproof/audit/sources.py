"""The digests of the sources that a check depends on, as far as files tell: what was checked before may be outdated.

For a module of a package these are all files of the outermost package, and for a file all modules beside it. What they
import from elsewhere does not count, like the libraries that are installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lockproof.audit.modules import modules_of
from lockproof.core.errors import LockproofError


def files_of(name: str) -> tuple[Path, ...]:
    """Return the files around a target, a model or a factory, `module:name` or `path/file.py:name`."""
    place = name.rpartition(":")[0] or name
    if place.endswith(".py") or "/" in place:
        folder = Path(place).parent
        while (folder / "__init__.py").is_file() and folder != folder.parent:
            folder = folder.parent
        inside = folder != Path(place).parent
        return tuple(sorted(folder.rglob("*.py") if inside else folder.glob("*.py")))
    try:
        found = modules_of(place.partition(".")[0])
    except LockproofError:
        return ()
    return found.files if found is not None else ()


def digests(files: Iterable[Path]) -> tuple[str, ...]:
    """Return the digests of the files, without their names: the same on each machine. A missing file has none."""
    found = set()
    for each in {path.resolve() for path in files}:
        try:
            found.add(hashlib.sha256(each.read_bytes()).hexdigest())
        except OSError:
            continue
    return tuple(sorted(found))
