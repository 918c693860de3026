"""A pytest plugin: a free-threaded build must stay free-threaded, from the first import to the last test.

A compiled module that does not declare itself safe switches the GIL back on for the whole process, without an
error. Every race would then pass unseen, so such a run is worth nothing and ends as a failure. Load it with
`-p ci.gil_plugin`.
"""

from __future__ import annotations

import sys
import sysconfig
from typing import Any

import pytest


def gil_problem(free_threaded: bool, gil_enabled: bool) -> str:
    """What is wrong with the state of the GIL, or "" when it is as the build promises."""
    if free_threaded and gil_enabled:
        return (
            "the GIL is on although this is a free-threaded build: an imported extension module that is not "
            "marked as safe without the GIL has switched it on, or PYTHON_GIL / -X gil is set; "
            "run with -W error::RuntimeWarning to see which import did it"
        )
    if not free_threaded and not gil_enabled:
        return "the GIL is off although this is a standard build"
    return ""


def current_problem() -> str:
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    return gil_problem(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), enabled)


def pytest_report_header() -> str:
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return (
        f"GIL: {'off' if free_threaded else 'on'} as promised ({sys.version.split()[0]}{'t' if free_threaded else ''})"
    )


def pytest_sessionstart() -> None:
    problem = current_problem()
    if problem:
        raise pytest.UsageError("before the tests: " + problem)


_PROBLEM = pytest.StashKey[str]()
# A process of pytest-xdist tells the one that started it by this name.
_TOLD = "gil_problem"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    problem = session.config.stash.get(_PROBLEM, "") or current_problem()
    if problem:
        # An exception here would be reported as an internal error of pytest; a status says it plainly.
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.config.stash[_PROBLEM] = problem
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_TOLD] = problem


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a process of pytest-xdist found: its own exit status reaches nobody."""
    problem = getattr(node, "workeroutput", {}).get(_TOLD, "")
    if problem:
        node.config.stash[_PROBLEM] = problem


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    problem = config.stash.get(_PROBLEM, "") or current_problem()
    if problem:
        terminalreporter.section("GIL", red=True)
        terminalreporter.line("after the tests: " + problem)
