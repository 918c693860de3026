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


def _time(text: str) -> float:
    try:
        return seconds(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time; write 500ms, 30s or 2m") from None


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
    config.addinivalue_line(
        "markers", "lockproof(skip=[...]): what the checks of a test excuse, as lockproof.check(skip=...) does"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Let the checks of a test excuse what its marks name."""
    settings.skip = tuple(name for mark in item.iter_markers("lockproof") for name in mark.kwargs.get("skip", ()))
    try:
        return (yield)
    finally:
        settings.skip = ()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send the seed to a worker of pytest-xdist."""
    node.workerinput["lockproof_seed"] = settings.seed


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the totals of a worker of pytest-xdist to those of the run. A worker that crashed sends none."""
    sent = getattr(node, "workeroutput", {})
    settings.add(sent.get("lockproof", {}))
    for target, scenarios in sent.get("lockproof_failed", {}).items():
        settings.keep(target, scenarios)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the scenarios that failed. A worker of pytest-xdist sends them to the controller, with the totals."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
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
