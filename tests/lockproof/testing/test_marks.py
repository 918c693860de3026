"""Is a mark refused that says what nobody would heed, with what to write instead, and a right one heeded?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lockproof.testing.running import pytest_in

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

SOURCE = """\
import pytest

from lockproof.core.settings import settings


@pytest.mark.lockproof_explore(budgt=3)
def test_0(): ...


@pytest.mark.lockproof_explore(nonsense=3)
def test_1(): ...


@pytest.mark.lockproof_explore(2)
def test_2(): ...


@pytest.mark.lockproof_explore(budget="soon")
def test_3(): ...


@pytest.mark.lockproof_explore(bound=True)
def test_4(): ...


@pytest.mark.lockproof(skp=["close"])
def test_5(): ...


@pytest.mark.lockproof(["close"])
def test_6(): ...


@pytest.mark.lockproof(skip=3)
def test_7(): ...


@pytest.mark.lockproof(skip="close")
class TestRight:
    @pytest.mark.lockproof(skip=["announce"])
    def test_8(self):
        assert set(settings.skip) == {"close", "announce"}

    @pytest.mark.thread_unsafe
    @pytest.mark.lockproof_explore(budget="2s", bound=3, schedules=9)
    def test_9(self): ...
"""

REFUSALS = [
    "@pytest.mark.lockproof_explore takes no budgt",
    "@pytest.mark.lockproof_explore takes no nonsense",
    "@pytest.mark.lockproof_explore has 2 without a name",
    "@pytest.mark.lockproof_explore has no use for budget='soon'",
    "@pytest.mark.lockproof_explore has no use for bound=True",
    "@pytest.mark.lockproof takes no skp",
    "@pytest.mark.lockproof has ['close'] without a name",
    "@pytest.mark.lockproof has no use for skip=3",
]


def test_marks_are_read_or_refused(tmp_path: Path) -> None:
    markers = ("-o", "markers=thread_unsafe: for the plugin of others")
    ran = pytest_in(tmp_path, SOURCE, *markers)
    assert "8 failed, 2 passed" in ran.stdout, ran.stdout
    failures = ran.stdout.partition("FAILURES")[2].partition("PASSES")[0]
    for number, words in enumerate(REFUSALS):
        told = re.search(rf"_ test_{number} _+\n(.*?)\n_", failures + "\n_", re.DOTALL)
        assert told is not None and told[1].startswith(words) and "next step: " in told[1], failures
    assert "did you mean budget?" in failures and "did you mean skip?" in failures
    assert "Traceback" not in failures and "plugin" not in failures


SIGNAL = """\
import signal
import threading

import pytest


@pytest.mark.lockproof_explore
def test_signal():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    signal.signal(signal.SIGTERM, before)
"""


@pytest.mark.nightly("the same by lockproof.explore is in tests/lockproof/campaign/test_stories.py")
def test_a_marked_test_that_needs_the_main_thread_is_not_explored_and_passes(tmp_path: Path) -> None:
    ran = pytest_in(tmp_path, SIGNAL)
    assert "1 passed" in ran.stdout and "1 it needs the main thread of the process" in ran.stdout, ran.stdout
