"""Interpreters that are on PATH already, by whatever means they came there.

pyenv's shims are executables like others: one that answers tells where the real interpreter lies, and one whose
version is not switched on does not run, and is passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ci.builds import Build, Interpreter, probe

SUFFIX = ".exe" if os.name == "nt" else ""


def path_directories(environment: Mapping[str, str]) -> list[Path]:
    """The directories of PATH in order, each once."""
    return [Path(entry) for entry in dict.fromkeys(environment.get("PATH", "").split(os.pathsep)) if entry]


def candidates(build: Build, directories: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
    """Executables that may be the build, each real file once, by the names that it can have."""
    seen: set[Path] = set()
    for origin, directory in directories:
        for name in (build.executable, "python3", "python"):
            path = directory / (name + SUFFIX)
            if not os.access(path, os.X_OK) or path.is_dir():
                continue
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                # The name itself is kept: a virtual environment's link tells the interpreter where it is at home.
                yield origin, path
            # The first of the names says it all: the others in the same directory are links to it, or older versions.
            break


def search(
    builds: Sequence[Build], directories: Sequence[tuple[str, Path]]
) -> tuple[list[Interpreter], dict[str, list[str]]]:
    """All interpreters of the wanted builds, and by build's name why a near match was not taken."""
    found: dict[Path, Interpreter] = {}
    rejected: dict[str, list[str]] = {build.name: [] for build in builds}
    asked: set[Path] = set()
    for build in builds:
        for origin, path in candidates(build, directories):
            if path in asked:
                continue
            asked.add(path)
            interpreter, reason = probe(path, origin)
            if interpreter is None and build.minor in path.name:
                rejected[build.name].append(reason)
            elif interpreter is not None and interpreter.build in builds:
                found.setdefault(interpreter.path.resolve(), interpreter)
    return list(found.values()), rejected
