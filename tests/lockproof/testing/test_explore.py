"""Does `lockproof.explore` in a test pass, fail and refuse as it should, and a check under control too?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lockproof.testing.running import pytest_in

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

FUNCTIONS = """\
import threading
from contextlib import nullcontext

import lockproof


class Money:
    guard = nullcontext

    def __init__(self) -> None:
        self._money, self._lock = 0, self.guard()

    def pay(self) -> int:
        with self._lock:
            self._money += 1
            return self._money


class LockedMoney(Money):
    guard = threading.Lock


def pays(made):
    money = made()
    threads = [threading.Thread(target=money.pay) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert money._money == 2


def lost():
    pays(Money)


def locked():
    pays(LockedMoney)


def exits():
    import os

    os._exit(3)


def test_lost():
    lockproof.explore(lost)


def test_locked():
    report = lockproof.explore(locked, strategy="preemptions")
    assert report.verdict is lockproof.Verdict.HELD and report.coverage.explored[0].startswith("all ")


def test_local_lost():
    made = Money

    def local():
        pays(made)

    lockproof.explore(local)


def test_local_locked():
    made = LockedMoney

    def local():
        pays(made)

    lockproof.explore(local, strategy="preemptions", budget=8)


def test_exits():
    lockproof.explore(exits)


def test_no_function():
    lockproof.explore(Money)


def test_no_threads():
    lockproof.explore(lambda: None)


def test_class_lost():
    lockproof.check(Money, engine="schedules", budget=8)


def test_class_locked():
    report = lockproof.check(LockedMoney, schedules=100)
    assert report.coverage.schedules > 0 and report.coverage.invocations == 0
"""


def test_each_ends_as_it_deserves_and_the_summary_says_what_was_run(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, FUNCTIONS, "--lockproof-seed=7", "--lockproof-budget=8s")
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("locked", "local_locked", "class_locked"):
        assert f"PASSED test_it.py::test_{name}\n" in done.stdout, done.stdout
    for name in ("lost", "local_lost", "exits", "class_lost"):
        assert f"FAILED test_it.py::test_{name} - lockproof.testing.checks.Violation" in done.stdout, done.stdout
    for name in ("no_function", "no_threads"):
        assert f"FAILED test_it.py::test_{name} - lockproof.core.errors.LockproofError" in done.stdout, done.stdout
    assert done.stdout.count("GIL-masked: ") == 3
    assert "pytest --lockproof-seed=7 --lockproof-budget=8s test_it.py::test_lost\n" in done.stdout
    assert re.search(
        r"^lockproof: 7 checks, .*[\d,]+ schedules in .* s: 3 held, 4 violation; --lockproof-seed=7$",
        done.stdout,
        re.MULTILINE,
    )
