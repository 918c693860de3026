"""Does `--lockproof-parallel` fail the tests whose copies disturb each other, and leave all others as they are?"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.lockproof.testing.running import pytest_in

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]
NIGHTLY = pytest.mark.nightly("further cases of a detector that the push tests show")

SUBJECTS = """\
import threading

import pytest


class Counter:
    def __init__(self):
        self.value = 0
        self.calls = []

    def add(self):
        self.value += 1


class LockedCounter(Counter):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def add(self):
        with self.lock:
            super().add()


@pytest.fixture(params=[Counter, LockedCounter], ids=["broken", "sound"])
def counter(request):
    counter = request.param()
    yield counter
    assert counter.value == len(counter.calls)


def test_lost_update(counter):
    counter.calls.append(1)
    counter.add()


class Accounts:
    def __init__(self, ordered):
        self.locks = threading.Lock(), threading.Lock()
        self.ordered, self.turns = ordered, iter(range(9))

    def move(self):
        turn = 0 if self.ordered else next(self.turns)
        with self.locks[turn % 2], self.locks[1 - turn % 2]:
            pass


@pytest.fixture(params=[False, True], ids=["broken", "sound"])
def accounts(request):
    return Accounts(request.param)


def test_order_of_locks(accounts):
    accounts.move()


def pays(lock):
    money = [0]

    def pay():
        with lock:
            money[0] += 1

    threads = [threading.Thread(target=pay) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert money == [2]


class NoLock:
    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


@pytest.mark.lockproof_explore(budget=30, bound=1)
def test_lost():
    pays(NoLock())


@pytest.mark.lockproof_explore(budget="30s", bound=1, schedules=30)
def test_kept():
    pays(threading.Lock())


def test_without_mark():
    pays(threading.Lock())
"""

CACHE = """\
import threading

import pytest

_made = None
_lock = threading.Lock()


def made_once():
    global _made
    if _made is None:
        _made = object()
    return _made


def made_once_under_a_lock():
    with _lock:
        return made_once()


@pytest.mark.parametrize("make", [made_once, made_once_under_a_lock], ids=["broken", "sound"])
def test_cache(make):
    assert make() is make()
"""

HONOURED = """\
import contextlib
import itertools
import threading
import unittest.mock
import warnings

import pytest

shared = []


@pytest.fixture(scope="module")
def module_wide():
    shared.append("module")
    yield len(shared)
    print("module fixture ended", shared)


@pytest.fixture
def each_time():
    made = []
    yield made
    assert made  # what the test has done, where it has run


@pytest.mark.thread_unsafe(reason="it counts")
def test_marked():
    pass


@pytest.mark.parallel_threads(1)
def test_marked_for_one():
    pass


def test_capsys(capsys):
    pass


def test_named_fixture(each_time_too):
    pass


@pytest.fixture
def each_time_too():
    return 1


def test_patches():
    with unittest.mock.patch("os.getcwd"):
        pass


def test_named_function():
    contextlib.nullcontext()


def test_fails():
    raise ValueError("as usual")


def test_shares(each_time):
    each_time.append(1)
    assert len(each_time) == 1


async def nothing():
    pass


@pytest.mark.parametrize("number", [1, 2])
def test_set_up_anew(number, each_time, module_wide, tmp_path):
    each_time.append(number)
    (tmp_path / "file").touch(exist_ok=False)
    assert len(each_time) <= 2 and module_wide == 1


class TestInClass:
    def setup_method(self):
        self.seen = []

    def test_new_instance(self):
        self.seen.append(1)
        assert len(self.seen) <= 2


calls = itertools.count()


def test_remembers_runs():
    if next(calls) // 2 % 2:
        with threading.Lock():
            shared.append(1)
    shared.append(2)
"""
HONOURED_INI = "thread_unsafe_fixtures = each_time_too\nthread_unsafe_functions = contextlib.nullcontext\n"

THREE = """\
import pytest


class Votes:
    def __init__(self):
        self.count = 0

    def vote(self):
        self.count += 1


@pytest.fixture
def votes():
    votes, called = Votes(), []
    yield votes, called
    assert votes.count > 1 or len(called) < 3


def test_needs_three(votes):
    votes[1].append(1)
    votes[0].vote()
"""

FEW = ("--lockproof-parallel-budget=8s", "--lockproof-parallel-schedules=40", "--lockproof-seed=1")
MORE = ("--lockproof-parallel-budget=60s", "--lockproof-parallel-schedules=300", "--lockproof-seed=1")


def summary(text: str) -> str:
    found = re.search(r"^lockproof: (.*); --lockproof-seed=\d+$", text, re.MULTILINE)
    assert found, text
    return found[1]


def commands(text: str) -> list[list[str]]:
    """Return the words of the commands that repeat a schedule, in the order of the findings."""
    return [shlex.split(each) for each in re.findall(r"^ +pytest (.*--lockproof-schedule.*)$", text, re.MULTILINE)]


def test_races_fail_with_their_story_and_right_twins_pass(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, SUBJECTS, "--lockproof-parallel=2", *FEW)
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("test_lost_update[broken]", "test_order_of_locks[broken]", "test_lost"):
        assert f"FAILED test_it.py::{name} - Failed: " in done.stdout, done.stdout
    for name in ("test_lost_update[sound]", "test_order_of_locks[sound]", "test_kept"):
        assert f"PASSED test_it.py::{name}\n" in done.stdout, done.stdout
    assert done.stdout.count("it showed the same in 10 of 10 replays") == 3
    assert "AssertionError: assert 1 == 2" in done.stdout and "self.value += 1" in done.stdout
    assert "threads that wait for ever:" in done.stdout and "no thread can go on" in done.stdout
    assert "GIL-masked: " in done.stdout and "/lockproof/testing/" not in done.stdout
    assert re.match(r"7 tests explored in 2 copies, .*: 4 held, 3 failed$", summary(done.stdout))
    lost, _, own = commands(done.stdout)
    assert "--lockproof-parallel=2" in lost and len(own) == 3  # the marked test needs no copies
    again = pytest_in(tmp_path, SUBJECTS, *lost)
    assert again.returncode == 1 and "10 of 10 replays" in again.stdout, again.stdout + again.stderr
    assert "failed in 10 of 10 runs" in again.stdout and "1 failed" in summary(again.stdout)


@NIGHTLY
def test_a_race_for_a_cache_of_a_module_is_found_in_later_runs_too(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, CACHE, "--lockproof-parallel=2", *MORE)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED test_it.py::test_cache[broken] - Failed: " in done.stdout
    assert re.match(r"2 tests explored in 2 copies, .*: 1 held, 1 failed$", summary(done.stdout))


def test_what_is_not_for_threads_is_not_explored_and_the_summary_says_why(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    for name in ('thread_unsafe_fixtures', 'thread_unsafe_functions'):\n"
        "        parser.addini(name, '', type='linelist', default=[])\n"
    )
    (tmp_path / "tox.ini").write_text(f"[pytest]\n{HONOURED_INI}")
    few = ("--lockproof-parallel-budget=8s", "--lockproof-parallel-schedules=15")
    done = pytest_in(tmp_path, HONOURED, "-c", "tox.ini", "--lockproof-parallel=2", "-v", *few)
    assert "1 failed" in done.stdout and "ValueError: as usual" in done.stdout, done.stdout + done.stderr
    said = summary(done.stdout)
    assert said.startswith("3 tests explored in 2 copies, ") and "3 held, 0 failed; 8 not explored: " in said, said
    for reason in (
        "1 marked thread_unsafe (it counts)", "1 marked for one thread", "1 uses the fixture capsys",
        "1 uses the fixture each_time_too", "1 calls unittest.mock.*", "1 calls contextlib.nullcontext",
        "1 its copies fail one after the other", "1 its runs do not repeat",
    ):  # fmt: skip
        assert reason in said, said
    assert (
        "::test_shares not explored: its copies fail one after the other: AssertionError: assert 2 == 1" in done.stdout
    )


@NIGHTLY
def test_a_race_of_three_needs_three_copies(tmp_path: Path) -> None:
    two = pytest_in(tmp_path, THREE, "--lockproof-parallel=2", *FEW)
    assert two.returncode == 0 and "1 held, 0 failed" in summary(two.stdout), two.stdout + two.stderr
    three = pytest_in(tmp_path, THREE, "--lockproof-parallel=3", *FEW)
    assert three.returncode == 1 and "1 failed" in summary(three.stdout), three.stdout + three.stderr


@NIGHTLY
def test_with_pytest_xdist_and_pytest_run_parallel_each_does_its_own(tmp_path: Path) -> None:
    others = ("-p", "xdist", "-p", "pytest_run_parallel.plugin", "-n2", "--parallel-threads=2")
    done = pytest_in(tmp_path, CACHE, "--lockproof-parallel=2", *MORE, *others)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.match(r"2 tests explored in 2 copies, .*: 1 held, 1 failed$", summary(done.stdout)), done.stdout
    assert "FAILED test_it.py::test_cache[broken]" in done.stdout


@pytest.mark.parametrize("number", ["1", "two"])
def test_fewer_than_two_copies_are_wrong_usage(tmp_path: Path, number: str) -> None:
    done = pytest_in(tmp_path, "def test_it(): pass\n", f"--lockproof-parallel={number}")
    assert done.returncode == 4 and "give 2 or more" in done.stderr
