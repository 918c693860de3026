"""What every test has: bounded waits, a seed that is printed, and a set of locking rules that is at rest afterwards."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Derandomized: the same examples on every run, and the command that failed is the command that repeats.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("few", derandomize=True, deadline=None, max_examples=10)
settings.register_profile("long", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

CLOCKS = time.monotonic, time.perf_counter


def pytest_configure(config: pytest.Config) -> None:
    """Choose few examples where every test runs many times at once: there the point is the threads."""
    if config.getoption("--parallel-threads", default=1) not in (1, "1") and "HYPOTHESIS_PROFILE" not in os.environ:
        settings.load_profile("few")


def pytest_collection_finish() -> None:
    """Refuse a clock that an import has replaced: each budget and each limit of this process would be another one."""
    for clock in CLOCKS:
        if getattr(time, clock.__name__) is not clock:
            raise pytest.UsageError(f"the import of a test has replaced time.{clock.__name__}")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which build this is and how Hypothesis chooses."""
    gil = "on" if sys._is_gil_enabled() else "off"
    return f"GIL: {gil}; Hypothesis profile: {settings.get_current_profile_name()}"


@pytest.fixture
def at_rest() -> Iterator[None]:
    """Afterwards nobody waits, and no thread is inside `locked`. For tests that no other test runs beside."""
    from tests.lockedset.implementations import at_rest

    yield
    assert at_rest()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-")]
