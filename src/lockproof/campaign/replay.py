"""Repeats a finding from the file of a report, if the Python and the sources are the same as then."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from lockproof.campaign.explore import explore_target
from lockproof.core import environment
from lockproof.core.codec import decode
from lockproof.core.errors import LockproofError
from lockproof.core.options import ExploreOptions, Tell
from lockproof.core.repeat import RepeatTarget
from lockproof.core.verdict import Control, Finding, Report


def replay_file(path: Path, times: int, hang: float | None = None, progress: Tell | None = None) -> Report:
    """Run the schedule of the first finding that has one, and return the report of that.

    Model, factory, teardown and memory are those that the finding was found with, and so is `hang`, unless it gives
    the seconds.

    Raises:
        LockproofError: the file is no report or has no schedule, or a source or the Python has changed.

    """
    finding = _read(path)
    assert finding.control is not None
    _refuse_changes(finding.control)
    if not isinstance(finding.repeat, RepeatTarget):
        raise LockproofError(
            f"{path} does not name the target of its schedule; {finding.command!r} repeats it",
            "it was found by a test, or the file was edited",
            "run that test again, or find it with lockproof explore TARGET --json FILE",
        )
    found_with = finding.repeat.options
    options = ExploreOptions(
        seed=found_with.seed,
        consistency=found_with.consistency,
        model=found_with.model,
        factory=found_with.factory,
        teardown=found_with.teardown,
        scenario=str(finding.scenario) if finding.scenario.threads else None,
        schedule=str(finding.control.schedule),
        times=times,
        hang=found_with.hang if hang is None else hang,
        memory=found_with.memory,
    )
    return explore_target(finding.repeat.target, options, progress)


def _read(path: Path) -> Finding:
    """Return the first finding with a schedule in the file of a report."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if "findings" not in document and ("reports" in document or "mutants" in document):
            raise _other_report(path, document)
        findings = [
            decode(Finding, {name: part for name, part in each.items() if name != "command"})
            for each in document["findings"]
        ]
    except OSError as error:
        raise LockproofError(f"{path} cannot be read: {error.strerror or error}", "a misspelt name") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockproofError(
            f"{path} is no report: {error!r}",
            "it was written by something else, or cut off",
            "write one with: lockproof check TARGET --json FILE",
        ) from None
    found = [each for each in findings if each.control is not None]
    if not found:
        raise LockproofError(
            f"{path} has no finding with a schedule",
            "nothing was found, or real threads alone have found it",
            "find it under control: lockproof check TARGET --engine schedules --json FILE",
        )
    return found[0]


def _other_report(path: Path, document: dict[str, Any]) -> LockproofError:
    """Return the error for a report of lockproof that is not about one target."""
    if "mutants" in document:
        return LockproofError(
            f"{path} is a report of lockproof mutate",
            "the schedules of mutants are not kept",
            "show what kills a mutant with its scenario: lockproof check TARGET --scenario SCENARIO --json FILE",
        )
    found = [each["command"] for report in document["reports"] for each in report["findings"] if each["command"]]
    return LockproofError(
        f"{path} is a report of several targets, and replay takes that of one",
        "lockproof check wrote it for a package, or for the targets of the configuration",
        f"repeat its first finding: {found[0]}"
        if found
        else "nothing was found in it; check one target: lockproof check TARGET --json FILE",
    )


def _refuse_changes(control: Control) -> None:
    now = environment.current().build
    if control.python != now:
        raise LockproofError(
            f"the schedule belongs to CPython {control.python}, and this is {now}",
            "a schedule counts instructions, and another Python has other ones",
            "replay it there, or find it again with this one",
        )
    for file, digest in control.sources:
        path = Path(file)
        if not path.is_file():
            raise LockproofError(f"the schedule belongs to {file}, which is not there", "it was moved", "find it again")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise LockproofError(
                f"{file} has changed since the schedule was found",
                "a schedule counts the instructions of the class, and somebody has edited them",
                "check the class again; if it is fixed, no schedule shows the finding",
            )
