"""Which package a project is about: where build backends are told it, and where they look for it otherwise.

What the project names itself counts first: the settings of hatchling, setuptools, flit, Poetry, uv and PDM. Otherwise
the packages and modules in `src/` are candidates, or else those beside `pyproject.toml`; among several the one with the
name of the project counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lockproof.cli.starter.project import ProjectFiles, texts, value
from lockproof.core.errors import LockproofError

NO_PACKAGES: Final = frozenset((
    "benchmark", "benchmarks", "bin", "build", "ci", "conf", "conftest", "data", "dist", "doc", "docs", "example",
    "examples", "fabfile", "htmlcov", "manage", "node_modules", "noxfile", "requirements", "scripts", "setup",
    "site", "tasks", "test", "testing", "tests", "tools", "utils", "venv", "versioneer",
))  # fmt: skip
"""Names that are no candidates beside `pyproject.toml`."""

DEEPEST: Final = 3
"""The most names of a package in namespaces: company.group.thing."""


@dataclass(frozen=True)
class Package:
    """A package or a module of a project.

    Attributes:
        name: its import name.
        root: the directory to import it from, relative to the project: `.`, `src`.
        path: its directory or its file.

    """

    name: str
    root: str
    path: Path


def find_package(project: ProjectFiles, name: str | None) -> Package:
    """Return the package of a project.

    Args:
        project: the project.
        name: its import name, or its path, or the name with hyphens; None to find it.

    Raises:
        LockproofError: there is none, or there are several and no name.

    """
    roots = _roots(project)
    candidates = _candidates(project, roots)
    names = ", ".join(each.name for each in candidates)
    if name is not None:
        found = _named(project, name, roots, candidates)
        if found is None:
            raise LockproofError(
                f"there is no package or module {name!r} in {project.folder}",
                "a misspelt name, or another working directory",
                f"choose from {names}" if names else "change to the directory of the project",
            )
        return found
    if not candidates:
        raise LockproofError(
            f"there is no Python package and no module in {project.folder}",
            "another working directory, or the package is in an unusual place",
            "change to the directory of the project; or name the package: lockproof init NAME",
        )
    own = [each for each in candidates if _same_name(each.name, project.distribution)]
    for group in (own, candidates):
        if len(group) == 1:
            return group[0]
    raise LockproofError(
        f"there are several packages or modules in {project.folder}: {names}",
        "no file of the project says which of them it is about",
        f"name one: lockproof init {candidates[0].name}",
    )


def _same_name(name: str, distribution: str) -> bool:
    return re.sub(r"[-_.]+", "-", name).lower() == re.sub(r"[-_.]+", "-", distribution).lower()


def _named(project: ProjectFiles, name: str, roots: list[str], candidates: list[Package]) -> Package | None:
    path = name.removesuffix(".py").rstrip("/")
    if "/" in path:
        for root in roots:
            if root != "." and path.startswith(f"{root}/"):
                path = path.removeprefix(f"{root}/")
                break
        name = path.removeprefix("./").replace("/", ".")
    for each in candidates:
        if _same_name(each.name, name):
            return each
    return _first(project.folder, roots, name.replace("-", "_"))


def _first(folder: Path, roots: list[str], name: str) -> Package | None:
    """Return the package or the module of a name in the first root that has it."""
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    return next((found for root in roots if (found := _at(folder, root, name))), None)


def _at(folder: Path, root: str, name: str) -> Package | None:
    """Return the package or the module of a name in a root; None if there is none."""
    base = folder.joinpath(root, *name.split("."))
    if base.is_dir() and any(base.rglob("*.py")):
        return Package(name, root, base)
    file = base.with_name(f"{base.name}.py")
    return Package(name, root, file) if file.is_file() else None


def _roots(project: ProjectFiles) -> list[str]:
    """Return the directories that packages can be in, relative to the project, the likeliest first."""
    pyproject, options = project.pyproject, project.setup_cfg
    setuptools = value(pyproject, "tool", "setuptools")
    package_dir = options.get("options", "package_dir", fallback="")
    told: list[Any] = [
        value(setuptools, "package-dir", ""),
        *texts(value(setuptools, "packages", "find", "where")),
        *(line.partition("=")[2].strip() for line in package_dir.splitlines() if line.strip().startswith("=")),
        options.get("options.packages.find", "where", fallback=None),
        value(project.setup_py.get("package_dir"), ""),
        *(value(each, "from") for each in _poetry(pyproject)),
        value(pyproject, "tool", "uv", "build-backend", "module-root"),
        value(pyproject, "tool", "pdm", "build", "package-dir"),
    ]
    named = [each.strip().strip("/").removeprefix("./") or "." for each in told if isinstance(each, str)]
    return [each for each in dict.fromkeys([*named, "src", "."]) if (project.folder / each).is_dir()]


def _poetry(pyproject: Any) -> list[Any]:
    entries = value(pyproject, "tool", "poetry", "packages")
    return entries if isinstance(entries, list) else []


def _candidates(project: ProjectFiles, roots: list[str]) -> list[Package]:
    named = list(_told(project, roots))
    if named:
        return named
    if project.distribution and (own := _first(project.folder, roots, project.distribution.replace("-", "_"))):
        return [own]
    for root in roots:
        found = list(_discovered(project.folder, root))
        own_names = [each for each in found if _same_name(each.name, project.distribution)]
        packages = [each for each in found if each.path.is_dir()]
        outer = [[each for each in some if "." not in each.name] for some in (packages, found)]
        if best := own_names or outer[0] or packages or outer[1] or found:
            return best
    return []


def _told(project: ProjectFiles, roots: list[str]) -> Iterator[Package]:
    """Yield the packages that a file of the project names, and that exist."""
    pyproject, options = project.pyproject, project.setup_cfg
    for path in texts(value(pyproject, "tool", "hatch", "build", "targets", "wheel", "packages")):
        root, _, name = path.strip("/").rpartition("/")
        if found := _at(project.folder, root or ".", name):
            yield found
    setuptools = value(pyproject, "tool", "setuptools")
    named = [
        *texts(value(pyproject, "tool", "flit", "module", "name")),
        *texts(value(pyproject, "tool", "flit", "metadata", "module")),
        *(each for entry in _poetry(pyproject) for each in texts(value(entry, "include"))),
        *texts(value(pyproject, "tool", "uv", "build-backend", "module-name")),
        *texts(value(setuptools, "packages")), *texts(value(setuptools, "py-modules")),
        *texts(options.get("options", "packages", fallback="")),
        *texts(options.get("options", "py_modules", fallback="")),
        *texts(project.setup_py.get("packages")), *texts(project.setup_py.get("py_modules")),
    ]  # fmt: skip
    names = [each.strip("/").removesuffix(".py").replace("/", ".") for each in dict.fromkeys(named)]
    for name in names:
        outer = name.rpartition(".")[0]
        if outer not in names and (found := _first(project.folder, roots, name)):
            yield found


def _discovered(folder: Path, root: str, within: tuple[str, ...] = ()) -> Iterator[Package]:
    """Yield the packages and modules in a root, and those in its namespaces: directories without `__init__.py`."""
    for path in _entries(folder.joinpath(root, *within)):
        name = path.stem if path.suffix == ".py" else path.name
        if not name.isidentifier() or name.startswith("_"):
            continue
        if root == "." and (name in NO_PACKAGES or name.startswith("test_") or name.endswith("_test")):
            continue
        full = (*within, name)
        if path.suffix == ".py" or (path / "__init__.py").is_file():
            yield Package(".".join(full), root, path)
        elif path.is_dir() and len(full) < DEEPEST:
            yield from _discovered(folder, root, full)


def _entries(place: Path) -> Iterable[Path]:
    try:
        return sorted(each for each in place.iterdir() if each.is_dir() or each.suffix == ".py")
    except OSError:
        return ()
