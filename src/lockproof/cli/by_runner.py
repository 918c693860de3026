"""A check that a runner of units makes, as a function like `check_target`, and the runner of `--dask`."""

from __future__ import annotations

from collections.abc import Callable

import click

from lockproof.audit.cluster.driver import ClusterRunner
from lockproof.audit.runner import UnitRunner
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, Tell
from lockproof.core.unit import Ending, Unit, UnitOutcome
from lockproof.core.verdict import InternalError, Interrupted, Report


def cluster_runner(address: str, jobs: int, resource: str | None) -> UnitRunner:
    """Return the runner of `--dask`, which prints what is wrong with workers that join later."""
    return ClusterRunner(
        address, jobs=jobs, resource=resource, warn=lambda error: click.echo(f"lockproof: {error}", err=True)
    )


def checked_by(runner: UnitRunner) -> Callable[[str, CheckOptions, Tell], Report]:
    """Return the function that checks one target with `runner`, and returns and raises what `check_target` does."""

    def check(target: str, options: CheckOptions, tell: Tell) -> Report:
        unit = Unit(target, options.seeded())
        stopped: Report | None = None
        try:
            for outcome in runner.run_all([unit], lambda _, progress: tell(progress)):
                if outcome.ending is Ending.INTERRUPTED:
                    stopped = outcome.report
                else:
                    return _report_of(outcome)
        except KeyboardInterrupt:
            if stopped is None:
                raise
            raise Interrupted(stopped) from None
        if stopped is None:
            raise KeyboardInterrupt
        raise Interrupted(stopped)

    return check


def _report_of(outcome: UnitOutcome) -> Report:
    if outcome.ending is Ending.REFUSED and outcome.refusal is not None:
        raise LockproofError(outcome.refusal.fact, outcome.refusal.cause, outcome.refusal.step)
    if outcome.report is None:
        raise LockproofError(
            f"the check of {outcome.unit.target} was lost: {outcome.trace.rstrip()}",
            "its workers, or the cluster, ended while it ran",
            "see why they ended, in the logs of the workers, and run it again",
        )
    if outcome.ending is Ending.FAILED:
        raise InternalError(outcome.report, outcome.trace)
    return outcome.report
