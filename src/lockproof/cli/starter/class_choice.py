"""Which class of a package its first test checks. The sources are read and never imported, since that would run them.

A class with locks or threads comes first: its author meant it to be shared. Then one that changes itself after it was
made. A constructor without arguments, and a class that the package exports, are better for a first look.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lockproof.cli.starter.package_search import Package

THREADING: Final = frozenset({"threading", "_thread", "queue", "concurrent"})
"""Modules whose use in a class says that threads share it."""

LOCK: Final = re.compile(r"lock|mutex|semaphore|condition", re.IGNORECASE)
"""Names of attributes that hold locks."""

UNFIT: Final = re.compile(r"(Error|Exception|Warning|Enum|Flag|Protocol|TypedDict|NamedTuple|TestCase|ABC)$")
"""Bases of classes that are not shared objects with methods, or that nobody makes."""

ASIDE: Final = frozenset({"tests", "test", "testing", "_vendor", "vendor", "vendored"})
"""Directories within a package that are not about its own classes."""


@dataclass(frozen=True)
class ChosenClass:
    """A class and the module to import it from."""

    module: str
    name: str


def choose_class(package: Package) -> ChosenClass | None:
    """Return the class of a package that a first test checks; None if it has no public class with a public method."""
    modules = dict(_modules(package))
    exported = _exported(modules.get(package.name))
    best: tuple[tuple[bool, ...], ChosenClass] | None = None
    for module, tree in modules.items():
        hidden = any(part.startswith("_") for part in module.split("."))
        threaded = _names_of_threading(tree)
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and _fit(node):
                outside = module == package.name or exported.get(node.name) == module.rpartition(".")[2]
                rank = (_locks(node, threaded), _mutable(node), not hidden or outside, _easy(node), outside)
                if best is None or rank > best[0]:
                    best = rank, ChosenClass(package.name if outside else module, node.name)
    return best[1] if best else None


def _modules(package: Package) -> Iterator[tuple[str, ast.Module]]:
    """Yield the modules of a package by name; those that do not parse are left out."""
    paths = sorted(package.path.rglob("*.py")) if package.path.is_dir() else [package.path]
    for path in paths:
        inside = path.relative_to(package.path).with_suffix("").parts if package.path.is_dir() else ()
        if ASIDE.intersection(inside) or any(not part.isidentifier() for part in inside):
            continue
        if inside and (inside[-1] in ("__main__", "conftest") or inside[-1].startswith("test_")):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        yield ".".join((package.name, *(part for part in inside if part != "__init__"))), tree


def _exported(tree: ast.Module | None) -> dict[str, str]:
    """Return the names that the package itself imports, each with the last part of the module it comes from."""
    return {
        alias.asname or alias.name: (node.module or "").rpartition(".")[2]
        for node in (tree.body if tree else ())
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _names_of_threading(tree: ast.Module) -> set[str]:
    """Return the names by which a module uses the modules of `THREADING`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name for each in node.names if each.name.partition(".")[0] in THREADING}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in THREADING:
            found |= {each.asname or each.name for each in node.names}
    return {each.partition(".")[0] for each in found}


def _fit(node: ast.ClassDef) -> bool:
    if any(UNFIT.search(ast.unparse(base).partition("[")[0]) for base in node.bases) or node.keywords:
        return False
    marks = {ast.unparse(each) for method in _methods(node) for each in method.decorator_list}
    abstract = any("abstractmethod" in each for each in marks)
    return not abstract and any(not each.name.startswith("_") for each in _methods(node))


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [each for each in node.body if isinstance(each, ast.FunctionDef)]


def _locks(node: ast.ClassDef, threaded: set[str]) -> bool:
    return any(
        (isinstance(each, ast.Name) and each.id in threaded)
        or (isinstance(each, ast.Attribute) and LOCK.search(each.attr) is not None)
        for each in ast.walk(node)
    )


def _mutable(node: ast.ClassDef) -> bool:
    """Return whether a method beside the constructor assigns to an attribute, or calls a method of one."""
    for method in _methods(node):
        if method.name in ("__init__", "__new__") or not method.args.args:
            continue
        own = method.args.args[0].arg
        for each in ast.walk(method):
            if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store | ast.Del):
                return True
            if isinstance(each, ast.Call) and ast.unparse(each.func).startswith(f"{own}._"):
                return True
    return False


def _easy(node: ast.ClassDef) -> bool:
    """Return whether the class can be made without arguments, as far as its own body says."""
    constructors = [each for each in _methods(node) if each.name == "__init__"]
    if not constructors:
        return not any("dataclass" in ast.unparse(each) for each in node.decorator_list)
    made = constructors[-1]
    needed = len(made.args.posonlyargs) + len(made.args.args) - 1 - len(made.args.defaults)
    return needed <= 0 and all(each is not None for each in made.args.kw_defaults)
