"""What a project gets: its configuration, an environment of tox, a workflow, and a first test."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lockproof.cli.configuration import TABLE
from lockproof.cli.starter.class_choice import choose_class
from lockproof.cli.starter.file_plan import FilePlan
from lockproof.cli.starter.package_search import Package
from lockproof.cli.starter.project import PYPROJECT, ProjectFiles, read_ini, texts, value
from lockproof.cli.starter.templates import filled
from lockproof.cli.starter.tox_environment import add_toml, plan_environment
from lockproof.core.import_path import SOURCE_FOLDERS

WORKFLOW: Final = ".github/workflows/lockproof.yml"
TEST_NAMES: Final = ("test_lockproof.py", "lockproof_test.py", "check_lockproof.py", "tests_lockproof.py")
"""Names of the file of the first test: the first that pytest would collect counts."""


def target_of(project: ProjectFiles, package: Package) -> str:
    """Return the target that a check of the whole package has.

    It is the import name, or the path where only a path leads to it before it is installed.
    """
    if package.root in (".", *SOURCE_FOLDERS):
        return package.name
    return package.path.relative_to(project.folder).as_posix()


def plan_files(project: ProjectFiles, package: Package) -> FilePlan:
    """Return all changes of a project.

    Raises:
        LockproofError: a file cannot be read, or has no place for what is added.

    """
    plan = FilePlan(project.folder)
    target = target_of(project, package)
    if value(project.pyproject, "tool", "lockproof") is None:
        add_toml(plan, PYPROJECT, f"[{TABLE}]", filled("configuration.toml", target=target))
    else:
        plan.leave(PYPROJECT, f"[{TABLE}]")
    test = _test_file(project, package)
    plan_environment(plan, project, package, test)
    _plan_whole(plan, WORKFLOW, "workflow", filled("workflow.yml", requirements=_requirements(project)))
    found = choose_class(package)
    if found is None:
        test_name = _snake(package.name)
        text = filled("test_package", package=package.name, target=target, test_name=test_name)
    else:
        text = filled(
            "test_class", package=package.name, module=found.module, class_name=found.name, test_name=_snake(found.name)
        )
    _plan_whole(plan, test, f"test of {found.name if found else package.name}", text)
    return plan


def _plan_whole(plan: FilePlan, file: str, part: str, text: str) -> None:
    if plan.content(file) is None:
        plan.add(file, part, text)
    else:
        plan.leave(file, part.partition(" ")[0])


def _requirements(project: ProjectFiles) -> str:
    """Return the line of the workflow that says what pip installs beside lockproof."""
    if project.installable:
        return "      requirements: .\n"
    return "      requirements: -r requirements.txt\n" if (project.folder / "requirements.txt").is_file() else ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|\.", "_", name).lower().strip("_")


def _test_file(project: ProjectFiles, package: Package) -> str:
    """Return the file of the first test, where pytest looks for tests."""
    settings = list(_pytest_settings(project))
    patterns = [each for table in settings for each in texts(table.get("python_files"))]
    name = next((each for each in TEST_NAMES if any(fnmatch.fnmatch(each, how) for how in patterns)), TEST_NAMES[0])
    told = [each.rstrip("/") for table in settings for each in texts(table.get("testpaths"))]
    inner = [(package.path / each).relative_to(project.folder).as_posix() for each in ("tests", "test")]
    for each in [*told, "tests", "test", *inner]:
        if (project.folder / each).is_dir() and (project.folder / each).resolve().is_relative_to(project.folder):
            return (Path(each) / name).as_posix()
    return f"tests/{name}"


def _pytest_settings(project: ProjectFiles) -> Iterator[Any]:
    """Yield the settings of pytest in each file that can have them."""
    tool = value(project.pyproject, "tool", "pytest") or {}
    yield tool.get("ini_options", tool)
    for file, section in (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        found = read_ini(project.folder / file)
        if found.has_section(section):
            yield found[section]
