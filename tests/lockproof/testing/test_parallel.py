"""Does `--lockproof-parallel` fail the tests whose copies disturb each other, and leave all others as they are?"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.lockproof.testing.running import pytest_in

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

SUBJECTS = '''\
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
'''

HONOURED = '''\
import contextlib
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
    return []


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


def test_random():
    import os

    if os.urandom(1)[0] % 2:
        shared.append(1)
        shared.pop()
    else:
        with threading.Lock():
            shared.append(2)
        shared.pop()
'''
HONOURED_INI = "thread_unsafe_fixtures = each_time_too\nthread_unsafe_functions = contextlib.nullcontext\n"

THREE = '''\
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
'''

OWN_THREADS = '''\
import threading

import pytest


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


@pytest.mark.lockproof_explore(budget=6, bound=1)
def test_lost():
    pays(NoLock())


@pytest.mark.lockproof_explore(budget="1s", bound=1)
def test_kept():
    pays(threading.Lock())


def test_without_mark():
    pays(threading.Lock())
'''


def summary(text: str) -> str:
    found = re.search(r"^lockproof: (.*); --lockproof-seed=\d+$", text, re.MULTILINE)
    assert found, text
    return found[1]


def test_races_fail_with_their_story_and_right_twins_pass(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, SUBJECTS, "--lockproof-parallel=2", "--lockproof-seed=1", "--lockproof-parallel-budget=3s")
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("test_lost_update", "test_cache", "test_order_of_locks"):
        assert f"FAILED test_it.py::{name}[broken] - Failed: " in done.stdout, done.stdout
        assert f"PASSED test_it.py::{name}[sound]\n" in done.stdout, done.stdout
    assert done.stdout.count("it showed the same in 10 of 10 replays") == 3
    assert "AssertionError: assert 1 == 2" in done.stdout
    assert "thread 1: test_it.py" in done.stdout or "│ thread 1" in done.stdout
    assert "threads that wait for ever:" in done.stdout and "no thread can go on" in done.stdout
    assert "GIL-masked: " in done.stdout and "lockproof/testing" not in done.stdout.replace("\\", "/")
    assert re.match(r"6 tests explored in 2 copies, .*: 3 held, 3 failed$", summary(done.stdout))
    commands = re.findall(r"^ +pytest (.*--lockproof-schedule.*)$", done.stdout, re.MULTILINE)
    assert len(commands) == 3
    again = pytest_in(tmp_path, SUBJECTS, *shlex.split(commands[0]))
    assert again.returncode == 1 and "10 of 10 replays" in again.stdout, again.stdout + again.stderr
    assert "failed in 10 of 10 runs" in again.stdout and "1 failed" in summary(again.stdout)


def test_what_is_not_for_threads_is_not_explored_and_the_summary_says_why(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    for name in ('thread_unsafe_fixtures', 'thread_unsafe_functions'):\n"
        "        parser.addini(name, '', type='linelist', default=[])\n"
    )
    (tmp_path / "tox.ini").write_text(f"[pytest]\n{HONOURED_INI}")
    done = pytest_in(tmp_path, HONOURED, "-c", "tox.ini", "--lockproof-parallel=2", "--lockproof-parallel-budget=300ms", "-v")
    assert "1 failed" in done.stdout and "ValueError: as usual" in done.stdout, done.stdout + done.stderr
    said = summary(done.stdout)
    assert said.startswith("3 tests explored in 2 copies, ") and "3 held, 0 failed; 8 not explored: " in said, said
    for reason in (
        "1 marked thread_unsafe (it counts)", "1 marked for one thread", "1 uses the fixture capsys",
        "1 uses the fixture each_time_too", "1 calls unittest.mock.*", "1 calls contextlib.nullcontext",
        "1 its copies fail one after the other", "1 its runs do not repeat",
    ):  # fmt: skip
        assert reason in said, said
    assert "::test_shares not explored: its copies fail one after the other: AssertionError: assert 2 == 1" in done.stdout


def test_a_race_of_three_needs_three_copies(tmp_path: Path) -> None:
    two = pytest_in(tmp_path, THREE, "--lockproof-parallel=2", "--lockproof-parallel-budget=1s")
    assert two.returncode == 0 and "1 held, 0 failed" in summary(two.stdout), two.stdout + two.stderr
    three = pytest_in(tmp_path, THREE, "--lockproof-parallel=3", "--lockproof-parallel-budget=6s")
    assert three.returncode == 1 and "1 failed" in summary(three.stdout), three.stdout + three.stderr


def test_a_test_that_starts_threads_is_explored_if_it_is_marked(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, OWN_THREADS)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "PASSED test_it.py::test_kept\n" in done.stdout and "PASSED test_it.py::test_without_mark\n" in done.stdout
    assert "FAILED test_it.py::test_lost - Failed: " in done.stdout
    assert re.match(r"2 tests explored, .*: 1 held, 1 failed$", summary(done.stdout))
    (command,) = re.findall(r"^ +pytest (.*--lockproof-schedule.*)$", done.stdout, re.MULTILINE)
    assert "--lockproof-parallel" not in command


@pytest.mark.parametrize("number", ["1", "0", "two"])
def test_fewer_than_two_copies_are_wrong_usage(tmp_path: Path, number: str) -> None:
    done = pytest_in(tmp_path, "def test_it(): pass\n", f"--lockproof-parallel={number}")
    assert done.returncode == 4 and "give 2 or more" in done.stderr
