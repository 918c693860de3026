"""The program of a test: its fixtures are set up, copies of it run in threads, the fixtures are torn down.

All of this happens in each run, by the hooks of pytest, so that no run finds what another has left in a fixture of
function scope. Fixtures of a wider scope stay, as they do between tests. What modules keep is put back before each run:
a cache that the first run has filled would hide the race to fill it from all others.

What the copies share is what pytest-run-parallel has them share: all fixtures, but for directories that pytest makes
for one test.
"""

from __future__ import annotations

import random
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

import pytest
from _pytest.tmpdir import tmppath_result_key

from lockproof.core.errors import LockproofError
from lockproof.engines.control.primitives import engine, turns
from lockproof.engines.control.program import FunctionProgram
from lockproof.testing.under_control.module_state import ModuleState

_LEFT_OFF: Final = (pytest.skip.Exception, pytest.xfail.Exception, unittest.SkipTest)


class Copies(FunctionProgram):
    """A test in `number` copies; 1: the test itself, in the main thread.

    `skipped`: why the last run was left off. `caught`: exceptions of subtests, which their `with` blocks have caught.
    """

    harmless = _LEFT_OFF

    def __init__(self, item: pytest.Function, number: int, state: ModuleState) -> None:
        super().__init__(self._run)
        self.item, self.number = item, number
        self.skipped = ""
        self.caught: list[BaseException] = []
        self._state = state
        self._test: Callable[..., object] = item.obj

    def set_up_what_is_shared(self) -> None:
        """Set the test up and down once, on a thread that is not under control: fixtures of a wider scope stay.

        Raises:
            LockproofError: a fixture fails or skips.

        """
        self._renew()
        try:
            self.item.ihook.pytest_runtest_setup(item=self.item)
        except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:
            self.leave(None)
            what = "skips it" if isinstance(error, pytest.skip.Exception) else "fails"
            first = (str(error).splitlines() or [""])[0]
            raise LockproofError(f"its setup {what} under control: {type(error).__name__}: {first}") from None
        with suppress(Exception, pytest.skip.Exception, pytest.fail.Exception):
            self._tear_down()  # the end of a fixture may ask for what the test has done, and the test has not run

    def leave(self, following: pytest.Item | None) -> None:
        """Put modules back, and end the shared fixtures that the following test lacks."""
        self._state.put_back()
        with suppress(Exception, pytest.skip.Exception, pytest.fail.Exception):
            self.item.session._setupstate.teardown_exact(following)  # the hooks expect a test that was set up

    @contextmanager
    def _in_copies(self) -> Iterator[None]:
        """Have pytest, or unittest, call copies of the test instead of the test itself."""
        if self.number == 1:
            yield
            return
        test, self.item.obj = self.item.obj, self._call
        self._test = test
        try:
            yield
        finally:
            self.item.obj = test

    def _call(self, **shared: Any) -> None:
        me = turns.me()
        assert me is not None
        tasks = [
            engine.spawn(partial(self._test, **self._of_copy(t, shared)), f"thread {t + 1}") for t in range(self.number)
        ]
        for task in tasks:
            engine.join(me, task)

    def _of_copy(self, t: int, shared: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a copy: the shared fixtures, and its own directory and number."""
        own = dict(shared)
        own |= {name: value for name, value in (("thread_index", t), ("iteration_index", 0)) if name in own}
        if "num_parallel_threads" in own:
            own["num_parallel_threads"] = self.number
        for name in ("tmp_path", "tmpdir"):
            if name in own:
                own[name] = (
                    own[name] / f"thread_{t}_iter_0" if name == "tmp_path" else own[name].join(f"thread_{t}_iter_0")
                )
                own[name].mkdir()
        return own

    def _run(self) -> None:
        self.skipped = ""
        self.caught.clear()
        self._state.put_back()
        random.seed(0)
        self._renew()
        hooks = self.item.ihook
        try:
            try:
                hooks.pytest_runtest_setup(item=self.item)
                with self._in_copies():
                    hooks.pytest_runtest_call(item=self.item)
                # unittest raises nothing: it hands the exceptions of a test to the item of pytest
                for each in [*self.caught, *(info.value for info in vars(self.item).pop("_excinfo", None) or ())]:
                    raise each
            finally:
                self._tear_down()
        except _LEFT_OFF as error:
            self.skipped = str(error) or "without a reason"

    def _renew(self) -> None:
        """Forget the fixtures and the instance of the run before, as pytest does before it runs an item again."""
        self.item._initrequest()
        self.item.stash[tmppath_result_key] = {"call": True}  # the directory goes, so that they do not pile up
        if self.item.cls is not None:
            for name in ("_instance", "_obj"):
                if hasattr(self.item, name):
                    delattr(self.item, name)

    def _tear_down(self) -> None:
        """Tear the test down, and nothing that is shared: its parent stands for the test itself in the next run."""
        self.item.ihook.pytest_runtest_teardown(item=self.item, nextitem=self.item.parent)
