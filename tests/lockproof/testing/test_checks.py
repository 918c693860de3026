"""Does a check in a test pass, fail and refuse as it should, wherever the class stands and however pytest imports?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lockproof.testing.running import BROKEN, CLASSES, SOUND, pytest_in

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

SEVERAL = f"""{CLASSES}

def test_local_broken():
    class Local(Claims):
        def claim(self, x: int) -> bool:
            return not self.taken(x) and (self._taken.add(x) or True)

    lockproof.check(Local, budget=10, engine="schedules")


def test_local_sound():
    class Local(LockedClaims):
        pass

    report = lockproof.check(Local, runs=200, schedules=100)
    assert report.verdict is lockproof.Verdict.HELD and report.coverage.invocations > 0


def test_by_name():
    lockproof.check("queue:SimpleQueue", runs=200, schedules=100)


def test_no_class():
    lockproof.check(5)


def test_no_model():
    lockproof.check(LockedClaims, model="bagg")
"""


def test_each_check_ends_as_its_class_deserves(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, SEVERAL)
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("local_sound", "by_name"):
        assert f"PASSED test_it.py::test_{name}\n" in done.stdout
    assert "FAILED test_it.py::test_local_broken - lockproof.testing.checks.Violation" in done.stdout
    assert "a.claim(0) -> True" in done.stdout
    for name in ("no_class", "no_model"):
        assert f"FAILED test_it.py::test_{name} - lockproof.core.errors.LockproofError" in done.stdout
    assert "next step: " in done.stdout


@pytest.mark.parametrize(
    "mode", [pytest.param("importlib", marks=pytest.mark.nightly(reason="as the other one")), "prepend"]
)
def test_a_class_of_the_test_module_is_found_in_each_import_mode(tmp_path: Path, mode: str) -> None:
    source = BROKEN + SOUND.removeprefix(CLASSES)
    done = pytest_in(tmp_path, source, f"--import-mode={mode}")
    assert "FAILED test_it.py::test_broken - lockproof.testing.checks.Violation" in done.stdout, (
        done.stdout + done.stderr
    )
    assert "PASSED test_it.py::test_sound\n" in done.stdout


UNCLEAR = f"""{CLASSES}

class Waits(LockedClaims):
    def wait(self) -> None:
        threading.Event().wait()


class Model:
    def wait(self) -> None:
        lockproof.block()


def test_unclear():
    waits = lockproof.op("a.wait()", blocking=True)
    lockproof.check(lockproof.Specification(Waits, [waits], model=Model), budget=0.3, hang=0.5)
"""


def test_what_cannot_be_told_is_no_pass(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, UNCLEAR)
    assert "FAILED test_it.py::test_unclear - lockproof.testing.checks.NotShown" in done.stdout, (
        done.stdout + done.stderr
    )
    assert "UNKNOWN" in done.stdout and "1 unknown (nothing-run)" in done.stdout
    assert "next step: read what was left out" in done.stdout
