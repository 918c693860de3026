"""A session of pytest whose run loop answers requests: to choose a test, to explore it, to replay a schedule."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from lockproof.campaign.protocol.messages import Describe, Description, EndTests, Request, UseTest
from lockproof.campaign.protocol.setup import CollectedTest, Named, Setup
from lockproof.campaign.worker.controlled import ControlledWorker
from lockproof.campaign.worker.exploring import Problem, needs_main_thread, seen_in
from lockproof.campaign.worker.process import Connection, serve
from lockproof.campaign.worker.watchdog import Watchdog
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.schedule import Switching
from lockproof.core.settings import settings
from lockproof.core.verdict import ASSERTIONS
from lockproof.engines.control.engine import MOST_STEPS
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import FunctionProgram
from lockproof.engines.control.task import Result
from lockproof.engines.strategies.exhaustive import ScheduleReplay
from lockproof.testing.under_control.copied_test import Copies
from lockproof.testing.under_control.module_state import ModuleState

_SETTING_UP: Final = 60.0
"""Seconds that the fixtures of a test may take."""

_TOO_LONG: Final = f"it takes more than {MOST_STEPS:,} steps"

_OFF: Final = {
    "xmlpath": None, "lf": False, "failedfirst": False, "newfirst": False, "stepwise": False, "cacheshow": None,
    "cacheclear": False, "usepdb": False, "trace": False, "collectonly": False, "setupshow": False,
    "setuponly": False, "setupplan": False, "pastebin": None, "durations": None,
}  # fmt: skip
"""Options that ask for another order of tests, for files or for a debugger, with what they are in the child."""


_SWITCHED_OFF: Final = ("_run-parallel", "unraisableexception", "threadexception")
"""The first starts threads, which would be copies of copies. The others keep what a run could not raise, for instance
in a callback of a weak reference when the run was given up, and raise it in a later one."""


class TestSession:
    """The plugin that takes the run loop of pytest over. `served`: it came to its run loop."""

    __test__ = False  # pytest collects no classes of plugins, but a reader may think so

    def __init__(
        self, connection: Connection, setup: Setup, subject: CollectedTest, state: Callable[[], ModuleState]
    ) -> None:
        self._connection, self._setup, self._subject = connection, setup, subject
        self._state = state
        self.served = False
        self.worker: TestWorker | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Collect what the user's command collects; leave files of the user's run alone."""
        settings.exploring = True
        for name, value in _OFF.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        for plugin, _ in config.pluginmanager.list_plugin_distinfo():
            file = getattr(plugin, "__file__", None) or ""
            if "site-packages" in file:  # hooks of other plugins call the test, and are none of it
                instrumentation.leave_alone(file)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests to explore. To ask pytest for them by their names would end it where it refuses one name."""
        wanted = set(self._subject.tests)
        items[:] = [item for item in items if item.nodeid in wanted]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Switch plugins off that see threads, or exceptions of one run in the next run."""
        for name in _SWITCHED_OFF:
            if session.config.pluginmanager.has_plugin(name):
                session.config.pluginmanager.unregister(name=name)
        sys.unraisablehook = sys.__unraisablehook__

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answer requests, until the parent says that the tests end."""
        self.served = True
        items = {item.nodeid: item for item in session.items}

        def worker() -> TestWorker:
            self.worker = TestWorker(self._setup, self._subject, items, self._state)
            return self.worker

        serve(self._connection, worker, EndTests)
        if self.worker is not None:
            self.worker.leave()
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Keep the exception of a subtest: for no other a report is asked here. To make its text would be steps."""
        if self.worker is not None and call.excinfo is not None:
            self.worker.caught(call.excinfo.value)
        return pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call")


class TestWorker(ControlledWorker):
    """A worker whose function is a test with its fixtures, in several copies."""

    __test__ = False

    def __init__(
        self, setup: Setup, subject: CollectedTest, items: dict[str, pytest.Item], state: Callable[[], ModuleState]
    ) -> None:
        self._items, self._new_state = items, state
        self._copies: Copies | None = None
        super().__init__(replace(setup, subject=Named("")))
        if subject.test:
            self._use(subject.test, subject.copies)

    def _load(self, target: Any, model: Any, factory: Any, name: str = "") -> None:
        """Load nothing: pytest has imported the tests."""

    def answer(self, request: Request[Any]) -> object:
        """Return the answer to a request."""
        match request:
            case Describe():
                return self.describe()
            case UseTest(test, copies):
                self._use(test, copies)
                return self.describe()
        return super().answer(request)

    def describe(self) -> Description:
        """Describe the test."""
        return Description("" if self._copies is None else self._copies.item.nodeid, ASSERTIONS, environment.current())

    def caught(self, error: BaseException) -> None:
        """Take note of an exception that a subtest has caught."""
        if self._copies is not None:
            self._copies.caught.append(error)

    def _function_program(self) -> FunctionProgram:
        assert self._copies is not None
        return self._copies

    def _use(self, test: str, copies: int) -> None:
        """Choose a test, and see that it passes where no two threads run beside each other.

        Raises:
            LockproofError: the test cannot be explored.

        """
        item = self._items.get(test)
        if not isinstance(item, pytest.Function):
            raise LockproofError(f"pytest does not collect {test} in the process under control")
        self.leave(item)
        self._explorations.clear()
        state = self._new_state()
        chosen = Copies(item, copies, state)
        with Watchdog(self._hang + _SETTING_UP):
            chosen.set_up_what_is_shared()
        self._copies = chosen
        state.take()
        self._function = chosen
        try:
            self._refuse_if_it_fails(chosen, 1, "it fails under control, even alone")
            if copies > 1:
                self._refuse_if_it_fails(chosen, copies, "its copies fail one after the other")
                self._refuse_if_it_is_long(chosen)
        finally:
            chosen.number = copies
        state.narrow(instrumentation.files())

    def _refuse_if_it_fails(self, chosen: Copies, number: int, fact: str) -> None:
        chosen.number = number
        result = self._one_after_the_other(chosen, Switching.SYNC)
        if result.bounded:
            raise LockproofError(_TOO_LONG)
        if number == 1 and needs_main_thread(result):
            return  # the exploration says so
        if problem := seen_in(result, chosen):
            raise LockproofError(f"{fact}: {_first_line(problem)}")
        if chosen.skipped:
            raise LockproofError(f"it skips itself under control: {chosen.skipped}")

    def _refuse_if_it_is_long(self, chosen: Copies) -> None:
        """Refuse a test whose copies take too many steps even where none waits for another.

        Each of its runs would be given up, and a long computation would look like threads that go round in loops.
        """
        if self._one_after_the_other(chosen, Switching.FREE).bounded:
            raise LockproofError(_TOO_LONG)

    def _one_after_the_other(self, chosen: Copies, switching: Switching) -> Result:
        instrumentation.switch(switching)
        strategy = ScheduleReplay((), strict=False)
        strategy.begin()
        return engine.run(chosen, strategy)

    def leave(self, following: pytest.Item | None = None) -> None:
        """Leave the chosen test: modules get back what they had, and shared fixtures that `following` lacks end."""
        if self._copies is not None:
            self._copies.leave(following)
            self._copies = None


def _first_line(problem: Problem) -> str:
    lines = problem.detail.splitlines()
    return lines[0] if lines else problem.kind.value
