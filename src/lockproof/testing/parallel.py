"""`--lockproof-parallel`: explores tests of a session in a child process under control, and fails those with a finding.

A test has passed in pytest's own run before it comes here. The child has a session of pytest of its own, and serves all
tests of this process, one after the other: with pytest-xdist each worker has one. A finding is confirmed in a fresh
child before it is reported.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import suppress
from typing import Final

import pytest

from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.explore import explore_on
from lockproof.campaign.protocol.child import Child, Died, HarnessFault, trace_of
from lockproof.campaign.protocol.messages import EndTests
from lockproof.campaign.protocol.setup import CollectedTest, Setup
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Omission
from lockproof.core.options import ExploreOptions
from lockproof.core.repeat import RepeatTest
from lockproof.core.settings import settings
from lockproof.core.verdict import Finding, InternalError, Report, Verdict
from lockproof.testing.eligible import MARK, threads_of, why_not
from lockproof.testing.marks import said

PROGRAM: Final = "lockproof.testing.under_control.pytest_process"

BUDGET: Final = 2.0
"""Seconds for the schedules of a test, unless an option or a mark says more."""

MEMORY: Final = 4096
"""The most memory of the child, in MiB: it holds a whole test suite."""

_STARTING: Final = 120.0
_ENDING: Final = 30.0
"""Seconds for the fixtures of a test, and for the end of the session, beside the patience for every answer."""

_NOT_EXPLORED: Final[dict[Doubt | Omission, str]] = {
    Doubt.NOT_REPEATABLE: "its runs do not repeat",
    Doubt.NOT_CONTROLLED: "it waits for what is not under control",
    Doubt.NEEDS_MAIN_THREAD: "it needs the main thread of the process",
    Doubt.SEEN_ONCE: "its failure does not repeat",
    Doubt.LED_ELSEWHERE: "the schedule leads elsewhere",
}
"""What a search may leave that makes it say little, with the reason not to count the test as explored."""

_STEPS: Final = {
    Doubt.CUT_OFF: "raise --lockproof-parallel-budget, or budget= in the mark of the test",
    Doubt.LED_ELSEWHERE: "find it again: run the test without --lockproof-schedule",
}
"""What to do next in pytest, for reasons that name options of the command otherwise."""

EXPLORED: Final = "explored"
HELD: Final = "held"
FAILED: Final = "failed"
SCHEDULES: Final = "schedules"
SECONDS: Final = "seconds"
FAULT: Final = "lockproof itself failed"
BECAUSE: Final = "not explored:"
"""The names of amounts in `settings.parallel`; a reason follows the last one."""


class Tests:
    """The tests that the session of pytest in this process explores, and the child that explores them."""

    __test__ = False

    def __init__(self, config: pytest.Config, asked: int) -> None:
        self._config, self._asked = config, asked
        self._child: Child | None = None
        self._setup: Setup | None = None
        self._place = ""
        self._refusal = ""

    def explore(self, item: pytest.Item) -> str:
        """Explore a test that has passed. Return the text of its failure; "" if none was found."""
        if getattr(item, "_excinfo", None):
            return ""  # a unittest.TestCase that has not passed: it raises nothing
        threads = threads_of(item, self._asked)
        reason = why_not(item, threads)
        if reason:
            self._not_explored(item, reason)
            return ""
        try:
            options = self._options(item)
            child, setup = self._started(item, options)
            child.use_test(item.nodeid, threads, _STARTING)
            report = explore_on(
                ControlledChild(setup, options.memory, given=child), options,
                lambda finding: _repeat(item, threads, finding), name=item.nodeid,
            )  # fmt: skip
        except LockproofError as error:
            if item.get_closest_marker(MARK) is not None:
                return str(error)
            self._not_explored(item, *([error.fact] if self._refusal else error.fact.split(": ", 1)))
            return ""
        except Died as died:
            self._not_explored(item, "its process ended", _last_words(died))
            return ""
        except (HarnessFault, InternalError) as fault:
            trace = fault.trace if isinstance(fault, InternalError) else trace_of(fault)
            self._not_explored(item, FAULT, f"please report this:\n{trace.rstrip()}")
            self.close()  # the next test begins in a fresh process
            return ""
        return self._judged(item, report)

    def close(self) -> None:
        """End the child, with the fixtures that its tests share."""
        child, self._child = self._child, None
        if child is not None:
            with suppress(Died, LockproofError):
                if child.running:
                    child.ask(EndTests(), _ENDING)
            child.close()
        if self._place:
            shutil.rmtree(self._place, ignore_errors=True)

    def _judged(self, item: pytest.Item, report: Report) -> str:
        settings.add_parallel({SCHEDULES: report.coverage.schedules, SECONDS: report.coverage.seconds})
        shown = [each for each in report.findings if each.control is not None and _again(each)]
        if report.verdict is Verdict.VIOLATION and shown:
            settings.add_parallel({EXPLORED: 1, FAILED: 1})
            return _text(report)
        if report.findings:
            finding = report.findings[0]
            ended = finding.control is None
            self._not_explored(item, "its process ended" if ended else "its failure does not repeat", finding.detail)
            return ""
        for reason in report.unknown:
            if words := _NOT_EXPLORED.get(reason.code):
                self._not_explored(item, words, reason.text)
                return ""
        settings.add_parallel({EXPLORED: 1, HELD: 1})
        return ""

    def _not_explored(self, item: pytest.Item, reason: str, detail: str = "") -> None:
        settings.unexplored[item.nodeid] = f"{reason}: {detail}" if detail else reason
        settings.add_parallel({BECAUSE + reason: 1})

    def _options(self, item: pytest.Item) -> ExploreOptions:
        """Return the options of a test: those of its mark, or else those of the command."""
        of_mark = said(item, MARK)
        return ExploreOptions(
            budget=of_mark.get("budget", self._config.getoption("--lockproof-parallel-budget") or BUDGET),
            seed=settings.seed or 0, bound=of_mark.get("bound", ExploreOptions.bound), memory=MEMORY,
            schedules=of_mark.get("schedules", self._config.getoption("--lockproof-parallel-schedules")),
            schedule=self._config.getoption("--lockproof-schedule"),
        )  # fmt: skip

    def _started(self, item: pytest.Item, options: ExploreOptions) -> tuple[Child, Setup]:
        """Return the child. One that pytest does not start in would not start for the next test either.

        Raises:
            LockproofError: pytest does not start there.

        """
        if self._refusal:
            raise LockproofError(self._refusal)
        if self._child is None or self._setup is None:
            self._place = tempfile.mkdtemp(prefix="lockproof-tests-")
            tests = tuple(
                each.nodeid for each in item.session.items if not why_not(each, threads_of(each, self._asked))
            )
            directory = str(self._config.invocation_params.dir)
            subject = CollectedTest("", 1, _words(self._config, self._place), directory, tests)
            self._setup = Setup(list(sys.path), subject, seed=options.seed or 0, hang=options.hang, controlled=True)
            self._child = Child(self._setup, memory=options.memory, program=PROGRAM)
            try:
                self._child.start()
            except (LockproofError, Died) as error:
                why = error.fact if isinstance(error, LockproofError) else _last_words(error)
                self._refusal = f"pytest does not start under control, {why}"
                raise LockproofError(self._refusal) from None
        return self._child, self._setup


def _last_words(died: Died) -> str:
    last = died.stacks.strip().rpartition("\n")[2]
    return f"{died.detail}: {last}" if last else died.detail


def _again(finding: Finding) -> bool:
    control = finding.control
    return control is not None and control.replayed == control.replays > 0


def _text(report: Report) -> str:
    from lockproof.report.text import as_text

    return as_text(report, steps=_STEPS)


def _words(config: pytest.Config, place: str) -> tuple[str, ...]:
    """Return the words of pytest's command, and those by which the child keeps its files in `place`.

    A plugin that the user has switched off knows none of its options, so those go only where their plugin is.
    """
    sent = getattr(config, "workerinput", {}).get("lockproof_words")
    words = list(config.invocation_params.args) if sent is None else list(sent)
    for plugins, more in (
        (("xdist",), ("-n0",)),
        (("_cov", "pytest_cov"), ("--no-cov",)),
        (("capture",), ("--capture=no",)),
        (("tmpdir",), (f"--basetemp={place}/files", "-o", "tmp_path_retention_policy=failed")),
        (("cacheprovider",), ("-o", f"cache_dir={place}/cache")),
    ):
        words += more if any(map(config.pluginmanager.hasplugin, plugins)) else ()
    return (*map(str, words), "-W", "ignore::pytest.PytestAssertRewriteWarning")


def _repeat(item: pytest.Item, threads: int, finding: Finding) -> RepeatTest:
    """Return the command that runs the test once more, and then the schedule of the finding."""
    copies = [] if item.get_closest_marker(MARK) is not None else [f"--lockproof-parallel={threads}"]
    if finding.control is None:
        return RepeatTest(("pytest", item.nodeid, *copies, f"--lockproof-seed={settings.seed}"))
    return RepeatTest(("pytest", item.nodeid, *copies, "--lockproof-schedule", str(finding.control.schedule)))


def summary(amounts: dict[str, float], threads: int | None) -> str:
    """Return the line for the end of a test run: how many tests were explored, and why others were not."""
    from lockproof.report.words import counted

    reasons = {name.removeprefix(BECAUSE): int(many) for name, many in amounts.items() if name.startswith(BECAUSE)}
    explored = int(amounts.get(EXPLORED, 0))
    copies = "" if threads is None else f" in {f'{threads} copies'}"
    text = (
        f"{counted(explored, 'test')} explored{copies}, {counted(int(amounts.get(SCHEDULES, 0)), 'schedule')} in "
        f"{amounts.get(SECONDS, 0.0):.1f} s: {int(amounts.get(HELD, 0))} held, {int(amounts.get(FAILED, 0))} failed"
    )
    if reasons:
        some = "; ".join(f"{many} {reason}" for reason, many in sorted(reasons.items(), key=lambda each: -each[1]))
        text += f"; {sum(reasons.values())} not explored: {some}"
    return text
