"""A check from beginning to end, of what is named on the command line or given as an object."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Sequence
from functools import partial

from lockproof.campaign.check import Checking
from lockproof.campaign.explore import ControlledChild
from lockproof.campaign.protocol.child import Child
from lockproof.campaign.protocol.messages import Setup
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, Tell, refuse_nonsense
from lockproof.core.repeat import check_command
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, Report


def check_target(target: str, options: CheckOptions, progress: Tell | None = None) -> Report:
    """Check what `target` names, and return the report.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    setup = Setup(
        list(sys.path), target, None, {}, options.model, options.factory,
        options.threads, seed, options.consistency, options.hang,
    )  # fmt: skip
    repeat = partial(check_command, target, options, seed)
    return check(setup, options, repeat=repeat, progress=progress)


def check(
    setup: Setup,
    options: CheckOptions,
    *,
    repeat: Callable[[Finding], str],
    first: Sequence[Scenario] = (),
    progress: Tell | None = None,
) -> Report:
    """Check what the setup says; `first` are scenarios to try before any others, `repeat` makes a finding's command.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    if options.threads < 2:
        raise LockproofError(f"--threads {options.threads}: one thread shows nothing", "", "ask for 2 or more")
    refuse_nonsense(options)
    controlled = ControlledChild(setup, options.memory)
    try:
        with Child(setup, memory=options.memory) as child:
            return Checking(child, controlled, setup, options, repeat, progress or (lambda _: None)).run(first)
    finally:
        controlled.child.close()
