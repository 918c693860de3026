"""Does the child keep its requests and answers to itself, whatever the subject reads and prints?"""

from __future__ import annotations

import os
import sys
import threading

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Verdict

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


class Reads:
    """Reads and closes the input of its process, as `shlex.shlex()` and `code.InteractiveConsole` do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read = 0

    def text(self) -> str:
        return sys.stdin.readline()

    def octets(self) -> bytes:
        return os.read(0, 1000)

    def count(self) -> int:
        with self._lock:
            self._read += 1
            return self._read


@pytest.mark.parametrize("engine", ["threads", "schedules"])
def test_a_subject_that_reads_the_input_finds_it_empty_and_takes_no_request(engine: str) -> None:
    counts = {"threads": {"runs": 500}, "schedules": {"schedules": 200}}[engine]
    options = CheckOptions(**counts, seed=1)
    report = check_target("tests.lockproof.campaign.worker.test_process:Reads", options)
    assert report.verdict is Verdict.HELD and report.evidence.deaths == 0
    assert {"a.text()", "a.octets()", "a.count()"} <= set(report.coverage.kinds)
