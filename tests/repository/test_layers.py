"""Do the modules import in one direction only, and stay small and clean?

The rooms of lockproof and what each may import stand in the documentation of the package, which is read here. A package
that is judged here for the first time goes into PACKAGES.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import lockedset
import lockproof
from tests.repository.layers import Layer, import_graph, imports_of, module_names, violations

pytestmark = pytest.mark.one_build

PACKAGES = (Path(lockedset.__file__).parent, Path(lockproof.__file__).parent)


def rooms(text: str) -> dict[str, tuple[str, ...]]:
    """Return what each room may import, from the table in the documentation of the package."""
    lines = (re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.startswith("    "))
    table = {cells[0]: tuple(cells[2].split()) for cells in lines if len(cells) == 3}
    every = {name: [room for room in table if f"{room}.".startswith(f"{name}.")] for name in ("engines", *table)}
    every["campaign"] = ["campaign", "campaign.protocol"]  # its worker is another process
    return {
        room: tuple(each for name in named if name != "nothing" for each in every.get(name, [name]))
        for room, named in table.items()
    }


ROOMS = rooms(lockproof.__doc__ or "")

LAYERS = (
    Layer("version", ("lockedset._version",)),
    Layer("locking", ("lockedset._locking",)),
    Layer("commit", ("lockedset._commit",)),
    Layer("choice", ("lockedset._choice",), may_import=("version", "locking", "lockedset")),
    Layer("set", ("lockedset._set",), may_import=("locking", "commit", "choice", "lockedset")),
    Layer("lockedset", ("lockedset",), may_import=("set", "locking", "choice", "version")),
    *(
        Layer(
            room,
            (f"lockproof.{room}.*",),
            may_import=(*named, *(["the package"] if room in ("cli", "audit.cluster") else [])),
        )
        for room, named in ROOMS.items()  # the command shows its version, workers compare it
    ),
    Layer("engines", ("lockproof.engines",)),
    Layer("the package", ("lockproof",), may_import=("core", "inference", "testing")),
    Layer("the command", ("lockproof.__main__",), may_import=("cli",)),
)

# Packages that may not know each other, in either direction.
STRANGERS = (("lockedset", "lockproof"),)

SOURCES = {name: path for package in PACKAGES for name, path in module_names(package).items()}
LONGEST = 500


def test_every_import_goes_down_in_the_table_of_layers() -> None:
    assert violations(import_graph(PACKAGES), LAYERS) == []


def test_the_table_of_the_documentation_is_read() -> None:
    assert ROOMS["core"] == () and ROOMS["judge"] == ("core",)
    assert {"engines.threads", "engines.control", "campaign.protocol"} <= set(ROOMS["campaign.worker"])


def test_no_room_has_the_name_of_a_public_function() -> None:
    # An import of the room would put the module into the place of the function.
    assert not set(lockproof.__all__) & {room.partition(".")[0] for room in ROOMS}


def test_the_two_halves_of_a_campaign_never_import_each_other() -> None:
    graph = import_graph(PACKAGES)
    parent = {name for name in graph if re.fullmatch(r"lockproof\.campaign\.\w+", name)} - {
        "lockproof.campaign.worker",
        "lockproof.campaign.protocol",
    }
    child = {name for name in graph if name.startswith("lockproof.campaign.worker")}
    assert parent and len(child) > 1
    assert not any(graph[name] & child for name in parent)
    assert not any(graph[name] & parent for name in child)


def test_the_imports_of_the_set_are_seen() -> None:
    # That the table is kept means little if the imports are not found.
    graph = import_graph(PACKAGES)
    assert {"lockedset._commit", "lockedset._locking"} <= graph["lockedset._set"]
    assert {"lockedset._set", "lockedset._locking"} <= graph["lockedset"]


TABLE = (
    Layer("0", ("p.errors",)),
    Layer("1", ("p.history", "p.schedule"), may_import=("0",), siblings=True),
    Layer("2", ("p.run.*", "p.judge"), may_import=("0", "1")),
)
GOOD: dict[str, set[str]] = {
    "p.errors": {"sys"},
    "p.history": {"p.errors", "p.schedule"},
    "p.schedule": set(),
    "p.run": {"p.run.real"},
    "p.run.real": {"p.history", "threading"},
    "p.judge": {"p.history", "p.errors"},
}


def test_imports_that_go_down_or_stay_where_they_may_are_no_violation() -> None:
    assert violations(GOOD, TABLE) == []


@pytest.mark.parametrize(
    ("module", "imported", "expected"),
    [
        ("p.errors", "p.judge", "p.errors (0) imports p.judge (2)"),
        ("p.schedule", "p.run.real", "p.schedule (1) imports p.run.real (2)"),
        ("p.judge", "p.run", "p.judge (2) imports p.run (2)"),
        ("p.run.real", "p.judge", "p.run.real (2) imports p.judge (2)"),
        ("p.schedule", "p.history", "imports in a circle: "),
        ("p.run.real", "p.run", "imports in a circle: "),
        ("p.new", "sys", "p.new stands in 0 layers, not in one"),
    ],
)
def test_an_import_that_leaves_the_table_is_reported(module: str, imported: str, expected: str) -> None:
    graph = GOOD | {module: GOOD.get(module, set()) | {imported}}
    found = violations(graph, TABLE)
    assert len(found) >= 1
    assert any(each.startswith(expected) for each in found)


def test_a_line_of_the_table_for_a_module_that_is_gone_is_reported() -> None:
    left = {name: imported for name, imported in GOOD.items() if name != "p.judge"}
    assert violations(left, TABLE) == ["2 names p.judge, which does not exist"]


def test_a_module_in_two_layers_is_reported() -> None:
    assert violations(GOOD, (*TABLE, Layer("3", ("p.judge",))))[0] == "p.judge stands in 2 layers, not in one"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import p.run.real", {"p.run.real"}),
        ("from p import judge, other", {"p.judge", "p"}),
        ("from p.judge import wgl", {"p.judge"}),
        ("from . import judge", {"p.judge"}),
        ("from .run import real", {"p.run.real"}),
        ("from .run.real import start", {"p.run.real"}),
        ("def f():\n    import p.judge as j", {"p.judge"}),
        ("if TYPE_CHECKING:\n    from p.judge import Wgl", {"p.judge"}),
        ("x = 'import p.judge'", set()),
    ],
)
def test_every_way_to_import_is_found(source: str, expected: set[str]) -> None:
    assert imports_of("p.here", source, GOOD) == expected


def test_a_relative_import_in_a_package_starts_at_the_package() -> None:
    assert imports_of("p.run", "from . import real\nfrom .. import judge", GOOD, is_package=True) == {
        "p.run.real",
        "p.judge",
    }


@pytest.mark.parametrize(("one", "other"), STRANGERS)
def test_packages_that_may_not_know_each_other_do_not_import_each_other(one: str, other: str) -> None:
    for module, imported in import_graph(PACKAGES).items():
        stranger = {one: other, other: one}.get(module.partition(".")[0], "")
        assert not any(each.partition(".")[0] == stranger for each in imported), module
        assert stranger not in SOURCES[module].read_text(encoding="utf-8")


FROM_ITS_CALLER = {"lockedset._set": {"pydantic_core"}}
"""What a module imports inside a function that the imported package alone calls (docs/adr/0024)."""


def test_the_package_for_deployments_imports_the_standard_library_alone() -> None:
    """That its import loads none of these, tests/lockedset/api/test_import.py shows."""
    others = {}
    for module, imported in import_graph(PACKAGES).items():
        if module.partition(".")[0] == "lockedset":
            roots = {each.partition(".")[0] for each in imported} - {"lockedset"}
            others[module] = roots - sys.stdlib_module_names
    assert {module: found for module, found in others.items() if found} == FROM_ITS_CALLER


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_no_module_is_longer_than_a_reader_can_take_in(module: str) -> None:
    assert len(SOURCES[module].read_text(encoding="utf-8").splitlines()) < LONGEST


IN_THE_CHILD = ("campaign.worker", "inference", "generate", "judge", "engines", "shrink")
"""Rooms whose code runs in the process of the subject, where `time` has the time of a run, which stands still."""

OF_A_RUN = {"lockproof.engines.control.install"}
"""What replaces the functions of `time`."""


def imports_time(source: str) -> bool:
    """Tell whether a module imports `time`, and not lockproof's real clock."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = any(isinstance(node, ast.Import) and any(each.name == "time" for each in node.names) for node in nodes)
    return plain or any(isinstance(node, ast.ImportFrom) and node.module == "time" for node in nodes)


@pytest.mark.parametrize("room", IN_THE_CHILD)
def test_what_runs_beside_the_subject_reads_the_real_clock(room: str) -> None:
    modules = {each for each in SOURCES if each.startswith(f"lockproof.{room}")} - OF_A_RUN
    assert modules
    assert [each for each in sorted(modules) if imports_time(SOURCES[each].read_text(encoding="utf-8"))] == []


def test_the_clock_of_a_run_would_be_noticed() -> None:
    assert imports_time("import time") and imports_time("def f():\n from time import monotonic")
    assert not imports_time("from lockproof.core.own_time import real as time")


def sleeps(source: str) -> list[int]:
    """Return the lines that name a `sleep`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute) and node.attr == "sleep")
        or (isinstance(node, ast.Name) and node.id == "sleep")
        or (isinstance(node, ast.ImportFrom) and any(each.name == "sleep" for each in node.names))
    ]


# Three give `sleep` a meaning in the time of a run; the last one waits for nobody: a thread that wakes up is given a
# processor.
SLEEPING = {
    "lockproof.core.own_time",
    "lockproof.engines.control.install",
    "lockproof.engines.control.primitives",
    "lockproof.engines.control.processor",
}


@pytest.mark.parametrize("module", sorted(SOURCES.keys() - SLEEPING))
def test_no_module_sleeps(module: str) -> None:
    assert sleeps(SOURCES[module].read_text(encoding="utf-8")) == []


def test_a_module_that_sleeps_is_noticed() -> None:
    assert sleeps("import time\ntime.sleep(1)") == [2]
    assert sleeps("from time import sleep\nsleep(1)") == [1, 2]
    assert sleeps("'time.sleep'") == []
