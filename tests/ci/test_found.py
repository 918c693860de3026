"""Are the interpreters of the machine found, and shims passed over?"""

from __future__ import annotations

import os
from pathlib import Path

from ci import found
from ci.builds import Build

from .fakes import fake_python, posix_only

STANDARD, FREE = Build.parse("3.13"), Build.parse("3.13t")


def test_shims_are_told_from_real_directories() -> None:
    assert found.is_shim_directory(Path("/home/u/.pyenv/shims"))
    assert found.is_shim_directory(Path("/home/u/.pyenv/plugins/pyenv-virtualenv/shims"))
    assert not found.is_shim_directory(Path("/home/u/.pyenv/versions/3.13.5/bin"))
    assert not found.is_shim_directory(Path("/usr/shims"))


def test_path_is_read_in_order_without_shims_and_repetitions(tmp_path: Path) -> None:
    parts = [tmp_path / "b", tmp_path / ".pyenv" / "shims", tmp_path / "a", tmp_path / "b"]
    path = os.pathsep.join(["", *map(str, parts)])
    assert found.path_directories({"PATH": path}) == [tmp_path / "b", tmp_path / "a"]
    assert found.path_directories({}) == []


def test_directories_of_pyenv_and_uv(tmp_path: Path) -> None:
    for folder in (".pyenv/versions/3.13.5t/bin", "uv/cpython-3.13.5/bin", ".local/share/uv/python/cpython-3.14.0/bin"):
        (tmp_path / folder).mkdir(parents=True)
    env = {"HOME": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv")}
    assert tmp_path / ".pyenv/versions/3.13.5t/bin" in found.pyenv_directories(env)
    folders = found.uv_directories(env)
    assert tmp_path / "uv/cpython-3.13.5/bin" in folders
    assert tmp_path / ".local/share/uv/python/cpython-3.14.0/bin" in folders


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
