"""Which implementation serves, and what does `import lockedset` say where it cannot do what is asked?

Each test asks a fresh interpreter about a copy of the package with another core, or with none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import lockedset
from tests.lockedset.implementations import in_c

PACKAGE = Path(lockedset.__file__).parent
FILE = f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"
LONGEST = 60

pytestmark = pytest.mark.thread_unsafe(reason="starts interpreters, of which one at a time is enough")


class Copy:
    """A copy of the package without its core."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.package = place / "lockedset"
        self.package.mkdir()
        for path in PACKAGE.glob("*.py"):
            shutil.copy(path, self.package)

    def ask(self, pure: str | None = None, program: str = "print(lockedset.implementation)") -> tuple[int, str, str]:
        """Import the copy, with LOCKEDSET_PURE set or not; return the status, the output and the errors."""
        environment = {name: value for name, value in os.environ.items() if name != "LOCKEDSET_PURE"}
        if pure is not None:
            environment["LOCKEDSET_PURE"] = pure
        source = f"import sys; sys.path.insert(0, {str(self.place)!r}); import lockedset; {program}"
        # No -I and no -E, which would hide the variable; PYTHONPATH cannot come before the inserted path.
        done = subprocess.run(
            [sys.executable, "-s", "-S", "-B", "-c", source],
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        return done.returncode, done.stdout.strip(), done.stderr

    def refused(self, pure: str | None = None) -> str:
        """Return the message of the ImportError."""
        status, _, said = self.ask(pure)
        assert status == 1
        *_, last = said.strip().splitlines()
        assert last.startswith("ImportError: "), said
        return last.removeprefix("ImportError: ")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


@pytest.mark.parametrize("pure", [None, "", "1"])
def test_python_serves_in_silence_where_no_core_was_built(copy: Copy, pure: str | None) -> None:
    assert copy.ask(pure) == (0, "pure", "")


@in_c
@pytest.mark.parametrize(("pure", "served"), [(None, "compiled"), ("", "compiled"), ("0", "compiled"), ("1", "pure")])
def test_the_core_serves_where_it_was_built_unless_python_is_asked_for(
    copy: Copy, pure: str | None, served: str
) -> None:
    shutil.copy(PACKAGE / FILE, copy.package)
    program = "print(lockedset.implementation, 'lockedset._core' in sys.modules)"
    assert copy.ask(pure, program) == (0, f"{served} {served == 'compiled'}", "")


def test_another_value_of_the_variable_is_refused(copy: Copy) -> None:
    assert copy.refused("nonsense") == (
        "LOCKEDSET_PURE is 'nonsense': 1 asks for the implementation in Python, 0 for the compiled one, and without it"
        " lockedset takes the compiled one where it was built"
    )


def test_the_core_is_refused_where_it_was_not_built(copy: Copy) -> None:
    assert copy.refused("0") == (
        "LOCKEDSET_PURE=0 asks for the compiled core of lockedset, which does not import: No module named"
        " 'lockedset._core'. Install lockedset from a wheel for this Python, or with a C compiler; or unset"
        " LOCKEDSET_PURE."
    )


@pytest.mark.parametrize("pure", [None, "0"])
def test_a_core_of_another_version_is_refused_and_both_versions_are_named(copy: Copy, pure: str | None) -> None:
    core = copy.package / "_core.py"
    core.write_text("version = '0.0.1'\n", encoding="utf-8")
    assert copy.refused(pure) == (
        f"lockedset {lockedset.__version__} has found the compiled core of version 0.0.1 at {core}: two installations"
        " are mixed. Reinstall lockedset, or set LOCKEDSET_PURE=1."
    )
    assert copy.ask("1") == (0, "pure", "")


def test_python_serves_with_a_warning_where_the_core_does_not_load(copy: Copy) -> None:
    (copy.package / FILE).write_bytes(b"no library")
    status, served, said = copy.ask()
    assert (status, served) == (0, "pure")
    assert said.startswith("<string>:1: RuntimeWarning: the compiled core of lockedset does not import, so Python")
    assert said.strip().endswith("Reinstall lockedset, or set LOCKEDSET_PURE=1.") and FILE in said
    assert "which does not import" in copy.refused("0") and copy.ask("1") == (0, "pure", "")


def test_a_core_that_lacks_something_else_is_no_core_that_was_not_built(copy: Copy) -> None:
    (copy.package / "_core.py").write_text("import lockedset._missing\n", encoding="utf-8")
    status, served, said = copy.ask()
    assert (status, served) == (0, "pure")
    assert "RuntimeWarning" in said and "No module named 'lockedset._missing'" in said
