"""Interpreters that are on the machine already: PATH, pyenv, uv, and what this project keeps in its cache.

pyenv's shims are passed over in favour of its versions' own directories: a shim answers only for the versions
that are switched on, prints warnings for the others, and hides a real interpreter further down the PATH.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ci.builds import Build, Interpreter, probe

SUFFIX = ".exe" if os.name == "nt" else ""


def is_shim_directory(directory: Path) -> bool:
    """True for pyenv's `shims`, and for those of its plugins."""
    return directory.name == "shims" and any("pyenv" in part for part in directory.parts)


def path_directories(environment: Mapping[str, str]) -> list[Path]:
    """The directories of PATH in order, each once, without shims."""
    seen: list[Path] = []
    for entry in environment.get("PATH", "").split(os.pathsep):
        directory = Path(entry)
        if entry and directory not in seen and not is_shim_directory(directory):
            seen.append(directory)
    return seen


def pyenv_directories(environment: Mapping[str, str]) -> list[Path]:
    """The directories of the versions that pyenv (or pyenv-win) keeps."""
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or "~").expanduser()
    roots = [Path(environment[name]) for name in ("PYENV_ROOT", "PYENV") if environment.get(name)]
    roots += [home / ".pyenv", home / ".pyenv" / "pyenv-win"]
    return _executable_directories(root / "versions" for root in dict.fromkeys(roots))


def uv_directories(environment: Mapping[str, str]) -> list[Path]:
    """The directories of the interpreters that uv keeps for the user."""
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or "~").expanduser()
    roots = []
    if environment.get("UV_PYTHON_INSTALL_DIR"):
        roots.append(Path(environment["UV_PYTHON_INSTALL_DIR"]))
    if environment.get("APPDATA"):
        roots.append(Path(environment["APPDATA"]) / "uv" / "python")
    data = Path(environment["XDG_DATA_HOME"]) if environment.get("XDG_DATA_HOME") else home / ".local" / "share"
    roots.append(data / "uv" / "python")
    return _executable_directories(roots)


def _executable_directories(roots: Iterable[Path]) -> list[Path]:
    directories: list[Path] = []
    for root in roots:
        try:
            installations = sorted(root.iterdir(), reverse=True)
        except OSError:
            continue
        for installation in installations:
            directories += [directory for directory in (installation / "bin", installation) if directory.is_dir()]
    return directories


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


def machine_directories(environment: Mapping[str, str]) -> list[tuple[str, Path]]:
    """All places to look in, with the word for each that goes into reports."""
    places = [("PATH", directory) for directory in path_directories(environment)]
    places += [("pyenv", directory) for directory in pyenv_directories(environment)]
    places += [("uv", directory) for directory in uv_directories(environment)]
    return places


def search(
    builds: Sequence[Build], directories: Sequence[tuple[str, Path]]
) -> tuple[list[Interpreter], dict[str, list[str]]]:
    """All interpreters of the wanted builds, and by build's name why a near match was not taken."""
    wanted = {build.name: build for build in builds}
    found: dict[Path, Interpreter] = {}
    rejected: dict[str, list[str]] = {name: [] for name in wanted}
    answers: dict[Path, tuple[object, str]] = {}
    for build in wanted.values():
        for origin, path in candidates(build, directories):
            if path in answers:
                continue
            interpreter, reason = probe(path, origin)
            answers[path] = (interpreter, reason)
            if interpreter is not None:
                if interpreter.build.name in wanted:
                    found.setdefault(interpreter.path.resolve(), interpreter)
            elif build.minor in path.name or f"/{build.minor}." in path.as_posix():
                rejected[build.name].append(reason)
    return list(found.values()), rejected
