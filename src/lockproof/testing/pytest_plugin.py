"""The pytest plugin: options for `lockproof.check` in tests, findings kept between runs, a line in the summary.

pytest loads the plugin in every run, with or without checks. So it imports only the settings of lockproof, and writes
no file.
"""

from __future__ import annotations

import argparse
import functools
import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from lockproof.core.settings import REASON_PREFIX, seconds, settings

_TESTS: pytest.StashKey[Any] = pytest.StashKey()
"""The tests that this process explores."""


def _time(text: str) -> float:
    try:
        return seconds(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time; write 500ms, 30s or 2m") from None


def _copies(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r}: threads run beside each other, so give 2 or more")
    return int(text)


def _schedule(text: str) -> str:
    from lockproof.core.errors import LockproofError
    from lockproof.core.schedule import Schedule

    try:
        Schedule.parse(text)
    except LockproofError as error:
        raise argparse.ArgumentTypeError(f"{error}") from None
    return text


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options --lockproof-budget and --lockproof-seed."""
    group = parser.getgroup("lockproof", "checks of thread-safe classes by lockproof.check")
    group.addoption(
        "--lockproof-budget", metavar="TIME", type=_time,
        help="for checks without a budget of their own: 500ms, 30s, 2m (default 10s)",
    )  # fmt: skip
    group.addoption("--lockproof-seed", metavar="N", type=int, help="repeat the random choices of a run")
    group.addoption(
        "--lockproof-scenarios", metavar="FILE",
        help="try the scenarios first that this file keeps, and add those that fail (also as ini option)",
    )  # fmt: skip
    group.addoption(
        "--lockproof-parallel", metavar="N", type=_copies,
        help="run each test that passed in N threads beside copies of itself, in many schedules, under control",
    )  # fmt: skip
    group.addoption(
        "--lockproof-parallel-budget", metavar="TIME", type=_time,
        help="for the schedules of each test of --lockproof-parallel (default 2s)",
    )  # fmt: skip
    group.addoption(
        "--lockproof-parallel-schedules", metavar="N", type=int,
        help="end the schedules of each test by this count, if its time is not over before (default: no count)",
    )  # fmt: skip
    group.addoption(
        "--lockproof-schedule", metavar="SCHEDULE", type=_schedule,
        help="repeat this schedule of --lockproof-parallel, or of a test marked lockproof_explore",
    )  # fmt: skip
    parser.addini("lockproof_scenarios", "the file of --lockproof-scenarios, relative to the root directory")


def _scenarios(config: pytest.Config) -> Path | None:
    """Return the file of scenarios; None if nobody names one."""
    if (given := config.getoption("--lockproof-scenarios")) is not None:
        return config.invocation_params.dir / str(given)
    named = str(config.getini("lockproof_scenarios"))
    return config.rootpath / named if named else None


def pytest_configure(config: pytest.Config) -> None:
    """Set what all checks of this run share. The workers of pytest-xdist get the seed from their controller."""
    given = config.getoption("--lockproof-seed")
    inherited = getattr(config, "workerinput", {}).get("lockproof_seed")
    settings.seed = (
        given if given is not None else inherited if inherited is not None else random.SystemRandom().randrange(2**31)
    )
    settings.budget = config.getoption("--lockproof-budget")
    cache = getattr(config, "cache", None)
    settings.make_store = None if cache is None else functools.partial(cache.mkdir, "lockproof")
    settings.scenarios = _scenarios(config)
    settings.failed.clear()
    settings.totals.clear()
    settings.parallel.clear()
    settings.unexplored.clear()
    config.addinivalue_line(
        "markers", "lockproof(skip=[...]): what the checks of a test excuse, as lockproof.check(skip=...) does"
    )
    config.addinivalue_line(
        "markers",
        "lockproof_explore(budget=..., bound=..., schedules=...): the test starts threads; explore their schedules",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Let the checks of a test excuse what its marks name, and explore it afterwards if that is asked for."""
    if any(item.get_closest_marker(name) is not None for name in ("lockproof", "lockproof_explore")):
        from lockproof.testing.marks import refusal, skipped

        if refused := refusal(item):
            pytest.fail(refused, pytrace=False)
        settings.skip = skipped(item)
    try:
        yield
    finally:
        settings.skip = ()
    if failure := _explored(item):
        pytest.fail(failure, pytrace=False)


def _explored(item: pytest.Item) -> str:
    """Explore a test if that is asked for. Return the text of its failure; "" if there is none."""
    asked = item.config.getoption("--lockproof-parallel")
    if settings.exploring or (asked is None and item.get_closest_marker("lockproof_explore") is None):
        return ""
    from lockproof.testing.parallel import Tests

    tests = item.config.stash.setdefault(_TESTS, None) or Tests(item.config, asked or 1)
    item.config.stash[_TESTS] = tests
    return tests.explore(item)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send the seed, and the words of the command, to a worker of pytest-xdist."""
    node.workerinput["lockproof_seed"] = settings.seed
    node.workerinput["lockproof_words"] = list(map(str, node.config.invocation_params.args))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the totals of a worker of pytest-xdist to those of the run. A worker that crashed sends none."""
    sent = getattr(node, "workeroutput", {})
    settings.add(sent.get("lockproof", {}))
    settings.add_parallel(sent.get("lockproof_parallel", {}))
    settings.unexplored.update(sent.get("lockproof_unexplored", {}))
    for target, scenarios in sent.get("lockproof_failed", {}).items():
        settings.keep(target, scenarios)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the scenarios that failed. A worker of pytest-xdist sends them to the controller, with the totals."""
    if (tests := session.config.stash.get(_TESTS, None)) is not None:
        tests.close()
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["lockproof_parallel"], output["lockproof_unexplored"] = (
            dict(settings.parallel),
            dict(settings.unexplored),
        )
        output["lockproof"], output["lockproof_failed"] = dict(settings.totals), dict(settings.failed)
    elif settings.scenarios is not None and settings.failed:
        from lockproof.core.errors import LockproofError
        from lockproof.report.kept_scenarios import add_kept

        try:
            add_kept(settings.scenarios, settings.failed)
        except LockproofError as error:
            session.config.issue_config_time_warning(UserWarning(str(error)), stacklevel=1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write a line on what all checks covered, with the seed that repeats them; nothing if there was no check."""
    config = terminalreporter.config
    if settings.parallel:
        from lockproof.testing.parallel import FAULT, summary

        for test, reason in settings.unexplored.items():
            if config.get_verbosity() > 0 or reason.startswith(FAULT):
                terminalreporter.write_line(f"lockproof: {test} not explored: {reason}")
        words = summary(settings.parallel, config.getoption("--lockproof-parallel"))
        terminalreporter.write_line(f"lockproof: {words}; --lockproof-seed={settings.seed}")
    elif config.getoption("--lockproof-schedule") is not None:
        terminalreporter.write_line(
            "lockproof: no schedule was run: it needs a test that passes, and --lockproof-parallel=N or the mark "
            "lockproof_explore"
        )
    totals = {name: int(amount) for name, amount in settings.totals.items()}
    if not totals:
        return
    from lockproof.report.words import counted

    verdicts = [f"{totals[name]} {name}" for name in ("held", "violation", "unknown") if name in totals]
    if because := sorted(name.removeprefix(REASON_PREFIX) for name in totals if name.startswith(REASON_PREFIX)):
        verdicts[-1] += f" ({', '.join(because)})"
    terminalreporter.write_line(
        f"lockproof: {counted(totals['checks'], 'check')}, "
        f"{totals['called']:,} of {counted(totals['methods'], 'method')}, "
        f"{counted(totals['scenarios'], 'scenario')}, {counted(totals['invocations'], 'run')}, "
        f"{counted(totals['schedules'], 'schedule')}"
        f" in {settings.totals['seconds']:.1f} s: {', '.join(verdicts)}; --lockproof-seed={settings.seed}"
    )
