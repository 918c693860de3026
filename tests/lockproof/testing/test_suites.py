"""Are tests explored as other people write them? Each kind here was met in a suite of PyPI (docs/tried.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lockproof.testing.running import pytest_in
from tests.lockproof.testing.test_parallel import summary

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]
NIGHTLY = pytest.mark.nightly("further cases of a detector that the push tests show")

FEW = ("--lockproof-parallel=2", "--lockproof-parallel-budget=20s", "--lockproof-parallel-schedules=6", "-v")
MORE = ("--lockproof-parallel=2", "--lockproof-parallel-budget=20s", "--lockproof-parallel-schedules=60", "-v")

EXPLORED = """\
import logging
import unittest
import weakref

import pytest


class Box:
    pass


class Boxes:
    def __init__(self):
        self.known = {}

    def add(self, box):
        self.known[id(box)] = weakref.ref(box, lambda _: self.known.clear())


def test_a_registry_by_id_drops_what_died():
    boxes, box = Boxes(), Box()
    boxes.add(box)
    del box
    assert not boxes.known


def test_a_weak_dictionary_of_ids_drops_what_died():
    boxes, box = weakref.WeakValueDictionary(), Box()
    boxes[id(box)] = box
    del box
    assert not boxes


def test_a_finalizer_of_what_has_a_number_runs():
    ended, box = [], Box()
    weakref.finalize(box, ended.append, id(box))
    del box
    assert len(ended) == 1


def test_a_logger_logs():
    logging.getLogger("a").warning("%s", 1)


def test_a_logger_gets_a_level():
    logging.getLogger("b").setLevel(logging.INFO)
    assert logging.getLogger("b.c").isEnabledFor(logging.INFO)


def test_a_log_is_read(caplog):
    logging.getLogger("c").warning("seen")
    assert "seen" in caplog.text


@pytest.mark.parametrize("name", ["mock", "doctest", "signal"])
def test_attributes_with_names_of_modules(name):
    box = Box()
    box.mock = box.doctest = box.signal = name
    assert box.mock is box.doctest is box.signal


@pytest.mark.parametrize("name", ["a::b", "c[d]-", "e f\\n"])
def test_names_that_pytest_does_not_take_back(name):
    assert name


class TestSound(unittest.TestCase):
    def setUp(self):
        self.calls = []

    def tearDown(self):
        self.assertIn(len(self.calls), (1, 2))

    def test_asserts(self):
        self.calls.append(1)
        with self.assertRaises(KeyError):
            {}[1]

    def test_has_subtests(self):
        self.calls.append(1)
        for number in range(2):
            with self.subTest(number=number):
                self.assertLess(number, 2)

    def test_skips_its_copy(self):
        self.calls.append(1)
        if len(self.calls) == 2:
            self.skipTest("the first one has come")
"""

NOT_EXPLORED = """\
import contextlib
import doctest
import os
import random
import unittest


class TestNot(unittest.TestCase):
    def test_logs(self):
        with self.assertLogs("d"):
            import logging
            logging.getLogger("d").warning("1")

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    async def never(self):
        pass


class TestAsync(unittest.IsolatedAsyncioTestCase):
    async def test_waits(self):
        pass


def test_replaces_stdout():
    with contextlib.redirect_stdout(None):
        pass


def test_runs_doctests():
    doctest.testmod(contextlib)


def test_changes_directory():
    os.chdir(os.getcwd())


def test_draws_much():
    assert len("".join(random.choice("ab") for _ in range(15_000))) == 15_000


def test_computes_much():
    assert sum(number for number in range(15_000) if number % 2) > 0


def test_stores_much():
    kept = []
    for number in range(12_000):
        kept.append(number)
    assert len(kept) == 12_000
"""

BROKEN = """\
import unittest


class Counter:
    def __init__(self):
        self.value = 0

    def add(self):
        self.value += 1


class TestBroken(unittest.TestCase):
    def setUp(self):
        self.counter, self.calls = Counter(), []
        self.addCleanup(self.check)

    def check(self):
        self.assertEqual(self.counter.value, len(self.calls))

    def test_in_a_cleanup(self):
        self.calls.append(1)
        self.counter.add()

    def test_in_a_copy(self):
        before = self.counter.value
        self.calls.append(1)
        self.counter.add()
        self.assertGreater(self.counter.value, before)
        self.assertEqual(self.counter.value, len(self.calls))

    def test_in_a_subtest(self):
        with self.subTest("of both"):
            self.calls.append(1)
            self.counter.add()
            self.assertEqual(self.counter.value, len(self.calls))
"""


def test_tests_as_others_write_them_are_explored(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, f"{EXPLORED}\n\n{NOT_EXPLORED}", *FEW, "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    said = summary(done.stdout)
    assert said.startswith("15 tests explored in 2 copies, ") and "15 held, 0 failed; 8 not explored: " in said, said
    for reason in (
        "3 it takes more than 20,000 steps", "1 calls unittest.TestCase.assertLogs", "1 an async test",
        "1 calls contextlib.redirect_stdout", "1 calls doctest.*", "1 calls os.chdir",
    ):  # fmt: skip
        assert reason in said, said


@NIGHTLY
def test_races_in_a_unittest_fail_it_wherever_it_asserts(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, BROKEN, *MORE)
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("in_a_cleanup", "in_a_copy", "in_a_subtest"):
        assert f"FAILED test_it.py::TestBroken::test_{name} - Failed: " in done.stdout, done.stdout
    assert "3 failed" in summary(done.stdout)


REFUSING = {
    "raise RuntimeError('not here')": "RuntimeError: not here",
    "import pytest\n    def pytest_configure(config): raise pytest.UsageError('no such thing')": "no such thing",
    "def pytest_collection(session):\n        raise RuntimeError('none')": "RuntimeError: none",
}
"""What a conftest.py does where control is installed, and what the summary says then."""


@NIGHTLY
@pytest.mark.parametrize("does", REFUSING)
def test_where_pytest_does_not_start_the_summary_says_once_why(tmp_path: Path, does: str) -> None:
    here = "'lockproof.testing.under_control' in sys.modules"
    (tmp_path / "conftest.py").write_text(f"import sys\nif {here}:\n    {does}\n", encoding="utf-8")
    done = pytest_in(tmp_path, "def test_one(): pass\ndef test_two(): pass\n", *FEW)
    assert done.returncode == 0, done.stdout + done.stderr
    said = summary(done.stdout)
    assert re.search(r"2 not explored: 2 pytest does not start under control, it ends with status \d: ", said), said
    assert REFUSING[does] in said, said


@NIGHTLY
@pytest.mark.parametrize("plugin", ["cacheprovider", "tmpdir", "capture"])
def test_a_plugin_of_pytest_that_is_switched_off_is_not_asked_for_anything(tmp_path: Path, plugin: str) -> None:
    done = pytest_in(tmp_path, "def test_it(): pass\n", *FEW, "-p", f"no:{plugin}")
    assert summary(done.stdout).startswith("1 test explored in 2 copies, "), done.stdout + done.stderr


LEFT_OVER = """\
import gc
import itertools
import weakref


class Box:
    pass


turns = itertools.count()


def cannot_raise(*_):
    raise ValueError("in a callback")


def test_a_callback_of_a_weak_reference_raises():
    box = Box()
    reference = weakref.ref(box, cannot_raise if next(turns) else None)
    del box


class Ends:
    def __del__(self):
        if next(turns):
            cannot_raise()


def test_a_finalizer_raises():
    Ends()


def test_a_cycle_raises():
    ends = Ends()
    ends.itself = ends
"""


@NIGHTLY
def test_what_a_run_could_not_raise_is_no_failure_of_another(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, LEFT_OVER, *FEW, "-W", "ignore::pytest.PytestUnraisableExceptionWarning")
    assert done.returncode == 0 and "3 held, 0 failed" in summary(done.stdout), done.stdout + done.stderr


ELSEWHERE = """\
def test_it():
    kept = []
    for number in range({}):
        kept.append(number)
"""


@NIGHTLY
def test_a_schedule_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    wrong = pytest_in(tmp_path, ELSEWHERE.format(3), "--lockproof-parallel=2", "--lockproof-schedule", "zebra")
    assert wrong.returncode == 4 and "--lockproof-schedule" in wrong.stderr and "zebra" in wrong.stderr
    alone = pytest_in(tmp_path, ELSEWHERE.format(3), "--lockproof-schedule", "free:1x3")
    assert "no schedule was run: it needs a test that passes, and --lockproof-parallel=N" in alone.stdout
    other = pytest_in(
        tmp_path, ELSEWHERE.format(3), "--lockproof-parallel=2", "--lockproof-schedule", "free:1x3,2x9999,1x9"
    )
    assert "0 tests explored" in summary(other.stdout) and "1 the schedule leads elsewhere" in summary(other.stdout)
