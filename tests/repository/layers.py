"""A table of layers, the imports that the sources really make, and where the two disagree."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layer:
    """Modules that stand at one height. A name that ends in `.*` means a package with all that is in it.

    A package with a layer of its own is no part of the one around it.
    """

    name: str
    modules: tuple[str, ...]
    may_import: tuple[str, ...] = ()
    siblings: bool = False  # may modules of this layer import each other?

    def place_of(self, module: str) -> str | None:
        """Return the entry that the module falls under: modules of one entry are no siblings but one thing."""
        for entry in self.modules:
            package = entry.removesuffix(".*")
            if module == package or (entry != package and module.startswith(f"{package}.")):
                return entry
        return None


def module_names(package: Path) -> dict[str, Path]:
    """Return the modules of a package by name. A file in a folder that is no package, as a build hook, is none."""
    found = {}
    for path in sorted(path for path in package.rglob("*.py") if (path.parent / "__init__.py").exists()):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(name: str, source: str, known: Iterable[str], *, is_package: bool = False) -> set[str]:
    """Return the modules that a source imports, those in functions and for type checkers included.

    Of `from a import b` it is `a.b` if that is a known module, and `a` otherwise.
    """
    known = set(known)
    package = name if is_package else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = parts[: len(parts) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            found |= {full if (full := f"{base}.{each.name}") in known else base for each in node.names}
    return found - {name}


def import_graph(packages: Sequence[Path]) -> dict[str, set[str]]:
    """Return which modules each module of the packages imports."""
    paths = {name: path for package in packages for name, path in module_names(package).items()}
    return {
        name: imports_of(name, path.read_text(encoding="utf-8"), paths, is_package=path.name == "__init__.py")
        for name, path in paths.items()
    }


def violations(graph: Mapping[str, set[str]], layers: Sequence[Layer]) -> list[str]:
    """Tell where the imports between the project's modules leave the table, and where the table is out of date."""
    problems = []
    places: dict[str, tuple[Layer, str]] = {}
    for module in graph:
        found = [(layer, entry) for layer in layers if (entry := layer.place_of(module))]
        closest = max((len(entry.removesuffix(".*")) for _, entry in found), default=0)
        found = [(layer, entry) for layer, entry in found if len(entry.removesuffix(".*")) == closest]
        if len(found) != 1:
            problems.append(f"{module} stands in {len(found)} layers, not in one")
        else:
            places[module] = found[0]
    used = {entry for _, entry in places.values()}
    problems += [
        f"{layer.name} names {entry}, which does not exist"
        for layer in layers
        for entry in layer.modules
        if entry not in used
    ]
    for module, imported in graph.items():
        for other in sorted(imported & places.keys()) if module in places else ():
            (layer, entry), (below, its_entry) = places[module], places[other]
            allowed = below.name in layer.may_import or entry == its_entry or (layer is below and layer.siblings)
            if not allowed:
                problems.append(f"{module} ({layer.name}) imports {other} ({below.name})")
    try:
        graphlib.TopologicalSorter({name: imported & graph.keys() for name, imported in graph.items()}).prepare()
    except graphlib.CycleError as error:
        problems.append(f"imports in a circle: {' <- '.join(error.args[1])}")
    return problems
