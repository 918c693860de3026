"""Do the options reach the checks, and does the summary say what was covered and how to repeat it?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.lockproof.testing.running import BROKEN, CLASSES, SOUND, pytest_in

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

PRINTS = f"""{CLASSES}

def test_prints():
    report = lockproof.check(LockedClaims)
    print(f"seed {{report.seed}}, {{report.coverage.seconds < 5}}")
"""


@pytest.mark.two_builds
def test_budget_and_seed_are_for_checks_that_say_none(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, PRINTS, "--lockproof-budget=300ms", "--lockproof-seed=7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seed 7, True\n" in done.stdout
    (line,) = re.findall("^lockproof: .*", done.stdout, re.MULTILINE)
    assert re.fullmatch(
        r"lockproof: 1 check, 2 of 2 methods, [\d,]+ scenarios?, [\d,]+ runs?, [\d,]+ schedules? in [\d.]+ s: 1 held; "
        r"--lockproof-seed=7",
        line,
    )


@pytest.mark.one_build
@pytest.mark.parametrize("word", ["--lockproof-budget=soon", "--lockproof-budget=-1s", "--lockproof-seed=x"])
def test_a_wrong_value_is_wrong_usage(tmp_path: Path, word: str) -> None:
    done = pytest_in(tmp_path, SOUND, word)
    assert done.returncode == 4
    assert word.split("=")[0] in done.stderr and "Traceback" not in done.stderr


@pytest.mark.one_build
def test_what_failed_is_kept_and_the_report_says_how_to_repeat_it(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, BROKEN, "--lockproof-seed=7")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "pytest --lockproof-seed=7 test_it.py::test_broken" in done.stdout
    (kept,) = (tmp_path / ".pytest_cache" / "d" / "lockproof").iterdir()
    (text,) = json.loads(kept.read_text(encoding="utf-8"))
    assert "a.claim(" in text and " || " in text
    assert "1 violation; --lockproof-seed=7" in done.stdout


@pytest.mark.nightly(reason="it runs a check; a push asks what is kept")
@pytest.mark.one_build
def test_without_a_cache_nothing_is_kept(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, BROKEN, "-p", "no:cacheprovider")
    assert done.returncode == 1
    assert "FAILED test_it.py::test_broken - lockproof.testing.checks.Violation" in done.stdout
    assert not (tmp_path / ".pytest_cache").exists()


@pytest.mark.nightly(reason="it starts six processes")
@pytest.mark.one_build
def test_xdist_adds_up_what_its_workers_did_with_one_seed(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    done = pytest_in(tmp_path, BROKEN + SOUND.removeprefix(CLASSES), "-n", "2", "--lockproof-seed=11", alone=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"^lockproof: 2 checks, .*: 1 held, 1 violation; --lockproof-seed=11$", done.stdout, re.MULTILINE)
    assert "pytest --lockproof-seed=11 test_it.py::test_broken" in done.stdout


@pytest.mark.two_builds
def test_a_test_that_runs_in_several_threads_checks_in_each(tmp_path: Path) -> None:
    pytest.importorskip("pytest_run_parallel")
    done = pytest_in(tmp_path, SOUND, "--parallel-threads=2", alone=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^lockproof: 2 checks, .*: 2 held; ", done.stdout, re.MULTILINE)


LIGHT = """\
import sys

HEAVY = ("lockproof.campaign", "lockproof.testing.checks", "click", "rich", "cloudpickle", "hypothesis")


def test_nothing_heavy_is_loaded():
    import lockproof

    assert "lockproof.testing.pytest_plugin" in sys.modules
    assert [name for name in HEAVY if name in sys.modules] == []
    {line}
"""


@pytest.mark.one_build
def test_a_run_without_checks_imports_nothing_heavy_and_says_nothing(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, LIGHT.format(line=""))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lockproof: " not in done.stdout


@pytest.mark.one_build
def test_that_test_would_notice(tmp_path: Path) -> None:
    line = "lockproof.check; assert [name for name in HEAVY if name in sys.modules] == []"
    done = pytest_in(tmp_path, LIGHT.format(line=line))
    assert done.returncode == 1
    assert "lockproof.campaign" in done.stdout
