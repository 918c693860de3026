"""Checks a target that the command line names, or a subject that a test has set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from lockproof.campaign.check import Check
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.protocol.child import Child
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.sanitized import sanitized, slowed
from lockproof.core.options import CheckOptions, Tell
from lockproof.core.repeat import Repeat, repeat_of_check
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, Report


def check_target(target: str, options: CheckOptions, progress: Tell | None = None, kept: Sequence[str] = ()) -> Report:
    """Check what `target` names, and return the report. `kept` are scenarios to try first, as text.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    options = options.seeded().settled()

    # A sanitizer leaves real threads alone, so the command need not say so.
    given = options if options.sanitizer is None else replace(options, engine=CheckOptions.engine)

    def repeat(finding: Finding) -> Repeat:
        return repeat_of_check(target, given, finding.scenario)

    setup = Setup.of(target, options, threads=options.threads)
    return check(setup, options, repeat=repeat, kept=kept, progress=progress)


def check(
    setup: Setup,
    options: CheckOptions,
    *,
    repeat: Callable[[Finding], Repeat],
    first: Sequence[Scenario] = (),
    kept: Sequence[str] = (),
    progress: Tell | None = None,
) -> Report:
    """Check the subject of a setup.

    `kept` and `first` are scenarios to try before all others: those that people keep, as text, and others. `repeat`
    returns what repeats a finding.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    options.validate()
    options = options.settled()
    if options.sanitizer is not None:
        with sanitized(setup, options) as under:
            controlled = ControlledChild(setup, options.memory)
            own = slowed(options)
            whole = Check(under.child, controlled, setup, own, repeat, progress or (lambda _: None), sanitized=under)
            return whole.run(first, kept)
    controlled = ControlledChild(setup, options.memory)
    try:
        with Child(setup, memory=options.memory) as child:
            return Check(child, controlled, setup, options, repeat, progress or (lambda _: None)).run(first, kept)
    finally:
        controlled.child.close()
