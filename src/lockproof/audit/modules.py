"""The modules of a package, a directory or a file, found by their files: nothing is imported here.

A module is named as a user names it in a target: `package.module`, or `path/file.py` where Python would not import it
from the working directory.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lockproof.core.errors import LockproofError
from lockproof.core.survey import NoTarget

_ENDINGS: Final = (".py", *importlib.machinery.EXTENSION_SUFFIXES)
_OF_TESTS: Final = ("tests", "test", "conftest")
_OF_PROJECTS: Final = (
    "setup",
    "noxfile",
    "conftest",
    "tests",
    "test",
    "docs",
    "examples",
    "benchmarks",
    "build",
    "dist",
)

PRIVATE: Final = "private modules"
MAIN: Final = "__main__ modules"
TESTS: Final = "modules of tests"


@dataclass(frozen=True)
class Modules:
    """The modules that a name stands for.

    Attributes:
        package: what was asked for, as Python imports it.
        names: the modules, as a target names them; a package before what is in it.
        files: their files, also of those that are left out.
        left_out: those that are not looked at.
        plain: whether it is one module, and no package.

    """

    package: str
    names: tuple[str, ...]
    files: tuple[Path, ...]
    left_out: tuple[NoTarget, ...]
    plain: bool


def modules_of(asked: str) -> Modules | None:
    """Return the modules that a name without a colon stands for; None if there is nothing of this name.

    Raises:
        LockproofError: a directory has no module of Python.

    """
    if not asked:
        return None
    path = Path(asked)
    by_path = asked.endswith(".py") or "/" in asked or not all(part.isidentifier() for part in asked.split("."))
    found = None if by_path else _by_name(asked)
    if found is not None:
        return found
    if path.is_dir():
        return _of_directory(path)
    return _Walk(path.stem).plain(asked, path) if path.is_file() else None


def _by_name(name: str) -> Modules | None:
    """Return the modules of a package or module that Python imports by this name, and not from a mere directory."""
    spec = _spec(name)
    if spec is None:
        return None
    walk, origin = _Walk(name), Path(spec.origin) if spec.has_location and spec.origin else None
    if spec.submodule_search_locations is None:
        return walk.plain(name, origin)
    places = [Path(each) for each in spec.submodule_search_locations]
    if origin is None and Path(name).resolve() in (each.resolve() for each in places):
        return None
    for place in places:
        walk.package(place, name, name, origin)
        origin = None
    return walk.done()


def _spec(name: str) -> importlib.machinery.ModuleSpec | None:
    """Return where Python would import a module from, without an import of the packages around it."""
    first, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except (ValueError, ImportError):  # also a name with an empty part
        return None
    dotted = first
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        dotted = f"{dotted}.{part}"
        spec = _inside(dotted, list(spec.submodule_search_locations))
    return spec


def _inside(dotted: str, places: list[str]) -> importlib.machinery.ModuleSpec | None:
    """Return where Python would import a module from that is in a package with these directories."""
    try:
        return importlib.machinery.PathFinder.find_spec(dotted, places)
    except KeyError:  # a namespace within a package that was not imported
        name = dotted.rpartition(".")[2]
        spec = importlib.machinery.ModuleSpec(dotted, None, is_package=True)
        spec.submodule_search_locations = [str(each) for place in places if (each := Path(place) / name).is_dir()]
        return spec


def _of_directory(path: Path) -> Modules:
    if (path / "__init__.py").is_file():
        return _package_in(path)
    walk = _Walk(path.resolve().name)
    for each in _entries(path):
        if each.stem in _OF_PROJECTS or each.stem.startswith("test_"):
            walk.leave_out(each.as_posix(), TESTS if each.stem in _OF_TESTS else "files of the project")
        elif each.is_dir():
            found = _package_in(each)
            walk.names += found.names
            walk.files += found.files
            walk.left_out += found.left_out
        elif each.suffix == ".py":
            walk.module(each.as_posix(), each.stem, each)
    if not walk.names:
        raise LockproofError(
            f"the directory {path} has no module of Python",
            "a package in it has no __init__.py, or lies deeper",
            "name the directory of the package, or the package as Python imports it",
        )
    return walk.done()


def _package_in(path: Path) -> Modules:
    """Return the modules of the package in a directory; by their names, if Python imports them from there."""
    name = dotted_name(path / "__init__.py")
    spec = _spec(name)
    if spec is not None and spec.origin is not None and Path(spec.origin).resolve() == (path / "__init__.py").resolve():
        found = _by_name(name)
        assert found is not None
        return found
    walk = _Walk(name)
    walk.package(path, name, path.as_posix(), path / "__init__.py")
    return walk.done()


def dotted_name(file: Path) -> str:
    """Return how Python imports a file, from the directory around its outermost package."""
    full = file.resolve()
    parts = [] if full.name == "__init__.py" else [full.stem]
    folder = full.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


def _entries(folder: Path) -> Iterator[Path]:
    """Yield the modules and packages in a directory, in the order of their names; each name once."""
    met = set()
    for each in sorted(folder.iterdir()):
        name = each.name.partition(".")[0]
        if each.is_dir():
            fits = name.isidentifier() and (each / "__init__.py").is_file()
        else:
            fits = name.isidentifier() and each.name.endswith(_ENDINGS) and name != "__init__"
        if fits and name not in met:
            met.add(name)
            yield each


class _Walk:
    """Collects the modules of one package."""

    def __init__(self, package: str) -> None:
        self._package = package
        self.names: tuple[str, ...] = ()
        self.files: tuple[Path, ...] = ()
        self.left_out: tuple[NoTarget, ...] = ()

    def plain(self, target: str, file: Path | None) -> Modules:
        """Return the one module."""
        self.names, self.files = (target,), (file,) if file is not None else ()
        return self.done(plain=True)

    def package(self, folder: Path, dotted: str, target: str, init: Path | None) -> None:
        """Add a package and what is in it. `target` is its name, or the path of its directory."""
        by_file = target != dotted
        if init is not None:
            self.names = (*self.names, f"{target}/__init__.py" if by_file else target)
            self.files = (*self.files, init)
        for each in _entries(folder):
            name = each.name.partition(".")[0]
            inner = f"{target}/{each.name}" if by_file else f"{target}.{name}"
            if each.is_dir() and not self._leaves_out(name, inner, each):
                self.package(each, f"{dotted}.{name}", inner, each / "__init__.py")
            elif not each.is_dir():
                self.module(inner, name, each)

    def module(self, target: str, name: str, file: Path) -> None:
        """Add a module, or count it as left out."""
        self.files = (*self.files, file)
        if not self._leaves_out(name, target, None):
            self.names = (*self.names, target)

    def _leaves_out(self, name: str, target: str, folder: Path | None) -> bool:
        if name == "__main__":
            why = MAIN
        elif name in _OF_TESTS or name.startswith("test_") or name.endswith("_test"):
            why = TESTS
        elif name.startswith("_"):
            why = PRIVATE
        else:
            return False
        self.leave_out(target, why)
        if folder is not None:
            self.files = (*self.files, *sorted(folder.rglob("*.py")))
        return True

    def leave_out(self, target: str, why: str) -> None:
        """Count a module as left out."""
        self.left_out = (*self.left_out, NoTarget(target, why))

    def done(self, *, plain: bool = False) -> Modules:
        """Return what was collected."""
        return Modules(self._package, self.names, self.files, self.left_out, plain)
