"""Does each name in lockproof mean one thing: is it the name of one module, and of one public class or type?

A reader who finds a name twice must open both places to learn which one the text means.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

import lockproof
from tests.repository.layers import module_names

pytestmark = pytest.mark.one_build

SOURCES = {
    name: path.read_text(encoding="utf-8") for name, path in module_names(Path(lockproof.__file__).parent).items()
}

# Names that stand in two places, each with the reason.
ALLOWED = {
    "Frame": "the stack entry of the two searches of the judge, which have one design; no other module imports either",
}


def shared_modules(names: Mapping[str, str]) -> list[str]:
    """Return each name of two modules, with the modules. Packages count, and `__main__` does not."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.rpartition(".")[2], []).append(name)
    return [f"{last}: {', '.join(full)}" for last, full in found.items() if len(full) > 1 and last != "__main__"]


def shared_types(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Return each name of two public classes or type aliases, with their modules."""
    found: dict[str, list[str]] = {}
    for module, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(module)
            elif isinstance(node, ast.TypeAlias) and isinstance(node.name, ast.Name):
                found.setdefault(node.name.id, []).append(module)
    return {name: modules for name, modules in found.items() if len(modules) > 1 and not name.startswith("_")}


def test_no_two_modules_have_one_name() -> None:
    assert shared_modules(SOURCES) == []


def test_no_two_public_types_have_one_name() -> None:
    found = shared_types(SOURCES)
    assert {name: found[name] for name in found.keys() - ALLOWED} == {}


def test_each_allowed_name_still_stands_in_two_places() -> None:
    assert ALLOWED.keys() <= shared_types(SOURCES).keys()


@pytest.mark.parametrize("second", ["class Pool: pass", "type Pool = int", "class Pool[T](list[T]): pass"])
def test_a_second_type_of_one_name_is_noticed(second: str) -> None:
    assert shared_types({"p.a": "class Pool: pass", "p.b": second}) == {"Pool": ["p.a", "p.b"]}


def test_private_types_and_types_inside_a_function_are_not_compared() -> None:
    assert shared_types({"p.a": "class _Pool: pass", "p.b": "class _Pool: pass"}) == {}
    assert shared_types({"p.a": "class Pool: pass", "p.b": "def f():\n    class Pool: pass"}) == {}


def test_a_second_module_of_one_name_is_noticed() -> None:
    assert shared_modules({"p": "", "p.a.pool": "", "p.b.pool": ""}) == ["pool: p.a.pool, p.b.pool"]
    assert shared_modules({"p": "", "p.pool": "", "p.b.pool": ""}) == ["pool: p.pool, p.b.pool"]
    assert shared_modules({"p": "", "p.__main__": "", "p.b.__main__": ""}) == []
