"""Does a pytest run that does not use lockproof leave its directory as it would without the plugin?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lockproof.testing.running import pytest_in

PLAIN = "def test_plain():\n    pass\n"
USING = "import lockproof\n\n\ndef test_using():\n    lockproof.check('queue:Queue', budget=0.1)\n"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def files(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in place.rglob("*")}


@pytest.mark.parametrize("words", [["--collect-only"], ["--help"], ["-p", "no:cacheprovider"]])
def test_a_run_that_keeps_nothing_leaves_the_directory_as_it_was(tmp_path: Path, words: list[str]) -> None:
    done = pytest_in(tmp_path, PLAIN, *words, PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert files(tmp_path) == {"test_it.py", "pytest.ini"}


def test_a_run_without_a_check_keeps_only_what_pytest_keeps(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, PLAIN, PYTHONDONTWRITEBYTECODE="1")
    assert "1 passed" in done.stdout
    kept = files(tmp_path)
    assert ".pytest_cache/v/cache/nodeids" in kept
    assert not [name for name in kept if "lockproof" in name or name.startswith(".pytest_cache/d")]


def test_a_run_with_a_check_keeps_what_lockproof_needs_in_pytest_s_cache(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, USING, PYTHONDONTWRITEBYTECODE="1")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert ".pytest_cache/d/lockproof" in files(tmp_path)
