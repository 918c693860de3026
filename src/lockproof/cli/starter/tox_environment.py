"""The environment `lockproof` of tox, in the file where tox looks for the project's environments.

That is the first of these: `tox.ini`; `setup.cfg` with a section `tox:tox`; `[tool.tox]` of `pyproject.toml`, as TOML
or as INI in `legacy_tox_ini`; `tox.toml`. A project without any gets a `tox.ini`.

lockproof and pytest come on top of what the tests of the project need: the first test may use their conftest.py.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lockproof.cli.starter.file_plan import FilePlan
from lockproof.cli.starter.package_search import Package
from lockproof.cli.starter.project import PYPROJECT, SETUP_CFG, ProjectFiles, read_ini, read_toml, texts, value
from lockproof.cli.starter.templates import filled
from lockproof.core.errors import LockproofError

NAME: Final = "lockproof"
TOX_INI: Final = "tox.ini"
TOX_TOML: Final = "tox.toml"

PYTHONS: Final = ("py314t", "py313t", "py314", "py313")
"""The interpreters of the environment; tox takes the first that is there. Builds without the GIL show most."""

NEEDED: Final = ("lockproof", "pytest")
TEST_GROUPS: Final = ("test", "tests", "testing")
"""Names of the extras and groups that tests need, by custom."""


@dataclass(frozen=True)
class _Wanted:
    """What the environment is for."""

    project: ProjectFiles
    package: Package
    test: str

    def settings(self) -> dict[str, str | bool | list[str] | dict[str, str]]:
        """Return what depends on the project, and is not the same in each environment."""
        if self.project.installable:
            return {}
        path = {"set_env": {"PYTHONPATH": self.package.root}} if self.package.root != "." else {}
        return {"skip_install": True, **path}

    def test_needs(self) -> dict[str, str | bool | list[str] | dict[str, str]]:
        """Return the extra or the group that the tests need: only where no environment says it."""
        for key, tables in (
            ("dependency_groups", value(self.project.pyproject, "dependency-groups")),
            ("extras", value(self.project.pyproject, "project", "optional-dependencies")),
        ):
            for name in TEST_GROUPS:
                if isinstance(tables, Mapping) and name in tables and (self.project.installable or key != "extras"):
                    return {key: [name]}
        return {}

    def more(self) -> list[str]:
        """Return what pip needs beside for a project that it cannot install."""
        file = "requirements.txt"
        return [f"-r {file}"] if not self.project.installable and (self.project.folder / file).is_file() else []


def plan_environment(plan: FilePlan, project: ProjectFiles, package: Package, test: str) -> None:
    """Plan the environment, unless the project has one of its name.

    Args:
        plan: the changes.
        project: the project.
        package: its package.
        test: the file of the first test.

    Raises:
        LockproofError: a file cannot be read, or has no place for the environment.

    """
    wanted = _Wanted(project, package, test)
    native = value(project.pyproject, "tool", "tox")
    legacy = value(native, "legacy_tox_ini")
    if plan.content(TOX_INI) is not None:
        _plan_ini(plan, TOX_INI, wanted)
    elif project.setup_cfg.has_section("tox:tox"):
        _plan_ini(plan, SETUP_CFG, wanted)
    elif isinstance(native, Mapping) and native.keys() - {"legacy_tox_ini"}:
        _plan_toml(plan, PYPROJECT, ("tool", "tox"), native, wanted)
    elif isinstance(legacy, str):
        _plan_legacy(plan, legacy, wanted)
    elif plan.content(TOX_TOML) is not None:
        _plan_toml(plan, TOX_TOML, (), read_toml(project.folder / TOX_TOML), wanted)
    else:
        settings = {**wanted.settings(), **wanted.test_needs()}
        text = f"[tox]\nenv_list = {NAME}\n\n{_ini(settings, [*wanted.more(), *NEEDED], wanted)}"
        plan.add(TOX_INI, f"[testenv:{NAME}]", text)


def _plan_ini(plan: FilePlan, file: str, wanted: _Wanted, legacy: str | None = None) -> None:
    text = _text_of_ini(plan, file, wanted, legacy)
    if text is None:
        plan.leave(file, f"[testenv:{NAME}]")
    else:
        plan.add(file, f"[testenv:{NAME}]", text)


def _text_of_ini(plan: FilePlan, file: str, wanted: _Wanted, legacy: str | None = None) -> str | None:
    """Return the environment as INI; None if the file has it."""
    found = read_ini(plan.folder / file, legacy)
    for section in found.sections():
        if section.startswith("testenv:") and NAME in re.split(r"[{},\s]+", section.removeprefix("testenv:")):
            return None
    common = set(found["testenv"]) if found.has_section("testenv") else set()
    needs = {} if common & {"deps", "extras", "dependency_groups"} else wanted.test_needs()
    settings = {key: each for key, each in (wanted.settings() | needs).items() if key not in common}
    return _ini(settings, [*(["{[testenv]deps}"] if "deps" in common else wanted.more()), *NEEDED], wanted)


def _ini(settings: Mapping[str, Any], deps: list[str], wanted: _Wanted) -> str:
    lines = []
    for key, each in settings.items():
        if isinstance(each, Mapping):
            lines += [f"{key} =", *(f"    {name} = {{tox_root}}{{/}}{path}" for name, path in each.items())]
        else:
            lines.append(f"{key} = {', '.join(each) if isinstance(each, list) else str(each).lower()}")
    return filled(
        "environment.ini", package=wanted.package.name, pythons=", ".join(PYTHONS), test=wanted.test,
        settings="".join(f"{line}\n" for line in lines), deps="\n    ".join(deps),
    )  # fmt: skip


def _plan_toml(plan: FilePlan, file: str, prefix: tuple[str, ...], table: Mapping[str, Any], wanted: _Wanted) -> None:
    full = ".".join((*prefix, "env", NAME))
    if value(table, "env", NAME) is not None:
        plan.leave(file, f"[{full}]")
        return
    common = value(table, "env_run_base") or {}
    needs = {} if {"deps", "extras", "dependency_groups"} & set(common) else wanted.test_needs()
    settings = {key: each for key, each in (wanted.settings() | needs).items() if key not in common}
    given = common.get("deps")
    if isinstance(given, list):
        where = json.dumps([*prefix, "env_run_base", "deps"])
        deps = [f'{{ replace = "ref", of = {where}, extend = true }}']
    else:
        deps = [json.dumps(each) for each in (texts([given]) or wanted.more())]
    lines = [f"{key} = {_toml(each)}\n" for key, each in settings.items()]
    text = filled(
        "environment.toml", table=full, package=wanted.package.name, pythons=", ".join(map(json.dumps, PYTHONS)),
        settings="".join(lines), deps=", ".join([*deps, *map(json.dumps, NEEDED)]), test=wanted.test,
    )  # fmt: skip
    add_toml(plan, file, f"[{full}]", text)


def _toml(each: Any) -> str:
    if isinstance(each, Mapping):
        return "{ " + ", ".join(f'{name} = "{{tox_root}}{{/}}{path}"' for name, path in each.items()) + " }"
    return json.dumps(each)


def _plan_legacy(plan: FilePlan, legacy: str, wanted: _Wanted) -> None:
    """Plan the environment within the text `legacy_tox_ini`, before the quotes that close it."""
    part = f"[testenv:{NAME}] in legacy_tox_ini"
    text = _text_of_ini(plan, PYPROJECT, wanted, legacy)
    if text is None:
        plan.leave(PYPROJECT, part)
        return
    before = (plan.content(PYPROJECT) or b"").decode("utf-8")
    text = ("\n" if legacy.endswith("\n") or not legacy else "\n\n") + text
    for start in re.finditer(r"legacy_tox_ini[\"']?\s*=\s*(\"\"\"|''')", before):
        ends = r"(?:[^\\]|\\.)*?(?=\"\"\")" if start[1] == '"""' else r".*?(?=''')"
        end = re.compile(ends, re.DOTALL).match(before, start.end())
        if end is None:
            continue
        try:
            after = tomllib.loads(before[: end.end()] + text + before[end.end() :])
        except tomllib.TOMLDecodeError:
            continue
        if value(after, "tool", "tox", "legacy_tox_ini") == legacy + text:
            plan.add(PYPROJECT, part, text, len(before[: end.end()].encode("utf-8")))
            return
    raise LockproofError(
        f"{PYPROJECT}: there is no place for [testenv:{NAME}] in legacy_tox_ini",
        "its text is not in triple quotes",
        'write it as legacy_tox_ini = """..."""',
    )


def add_toml(plan: FilePlan, file: str, part: str, text: str) -> None:
    """Plan that a TOML file gets tables at its end.

    Raises:
        LockproofError: the file would be no TOML then, or mean something else.

    """
    before = (plan.content(file) or b"").decode("utf-8")
    try:
        after = tomllib.loads(f"{before}\n{text}")
    except tomllib.TOMLDecodeError as error:
        raise LockproofError(
            f"{file} has no place for {part} at its end: {error}",
            "an outer table of it is written in one line, as {...}, which ends it",
            f"write that table with a header of its own, as {part} is",
        ) from None
    assert after == _merged(tomllib.loads(before), tomllib.loads(text))
    plan.add(file, part, text)


def _merged(one: Any, other: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return one | {key: _merged(one.get(key), each) for key, each in other.items()}
