"""Are the interpreters on PATH found, whatever their names are, and judged by their answers?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci import found
from ci.builds import Build
from tests.repository.ci.fakes import fake_python, posix_only

pytestmark = pytest.mark.one_build

STANDARD, FREE = Build.parse("3.13"), Build.parse("3.13t")


def test_path_is_read_in_order_without_repetitions(tmp_path: Path) -> None:
    parts = [tmp_path / "b", tmp_path / "a", tmp_path / "b"]
    path = os.pathsep.join(["", *map(str, parts)])
    assert found.path_directories({"PATH": path}) == [tmp_path / "b", tmp_path / "a"]
    assert found.path_directories({}) == []


@posix_only
def test_a_shim_that_does_not_answer_hides_nothing_and_one_that_does_tells_the_real_place(tmp_path: Path) -> None:
    real = fake_python(tmp_path / "versions" / "3.13.15t" / "bin" / "python3.13t", FREE, (3, 13, 15))
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "python3.13t").write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    (shims / "python3.13").write_text("#!/bin/sh\necho python3.13: command not found >&2\nexit 127\n")
    for shim in shims.iterdir():
        shim.chmod(0o755)
    standard = fake_python(tmp_path / "bin" / "python3.13", STANDARD, (3, 13, 15))
    pool, rejected = found.search([STANDARD, FREE], [("PATH", shims), ("PATH", tmp_path / "bin")])
    assert {item.path for item in pool} == {real, standard}
    assert "status 127: python3.13: command not found" in rejected["3.13"][0]


@posix_only
def test_search_finds_by_any_name_and_judges_by_the_answer(tmp_path: Path) -> None:
    fake_python(tmp_path / "a" / "python3.13", STANDARD, (3, 13, 5))
    free = fake_python(tmp_path / "b" / "python3", FREE, (3, 13, 5))
    fake_python(tmp_path / "c" / "python3", Build.parse("3.11"), (3, 11, 2))
    fake_python(tmp_path / "d" / "python3.13", STANDARD, (3, 13, 0))
    places = [("PATH", tmp_path / name) for name in "abcd"]
    pool, rejected = found.search([STANDARD, FREE], places)
    assert {(item.build.name, item.path) for item in pool} == {
        ("3.13", tmp_path / "a" / "python3.13"),
        ("3.13t", free),
    }
    assert "3.13.0 has bugs" in rejected["3.13"][0]
    assert all("3.11" not in reason for reasons in rejected.values() for reason in reasons)


@posix_only
def test_a_link_and_its_target_are_one_interpreter(tmp_path: Path) -> None:
    real = fake_python(tmp_path / "real" / "python3.13", STANDARD, (3, 13, 5))
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "python3.13").symlink_to(real)
    pool, _ = found.search([STANDARD], [("PATH", tmp_path / "links"), ("uv", tmp_path / "real")])
    assert len(pool) == 1
