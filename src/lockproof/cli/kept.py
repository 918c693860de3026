"""The scenarios that `lockproof check` keeps in a file: read before each target, and written once, at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from pathlib import Path

from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Report
from lockproof.report.issues import fingerprint_of
from lockproof.report.kept_scenarios import Kept, add_kept, failed, read_kept


def kept_for(target: str, options: CheckOptions) -> tuple[str, ...]:
    """Return the scenarios that the file of the options keeps for a target; none without a file.

    Raises:
        LockproofError: the file is wrong.

    """
    return () if options.scenarios is None else tuple(read_kept(Path(options.scenarios)).get(target, ()))


def keep_failed(checked: Iterable[tuple[str, CheckOptions, Report]], accepted: Container[str] = ()) -> None:
    """Add the scenarios that failed to the files of the options.

    Args:
        checked: each target with its options and its report.
        accepted: fingerprints of findings that are accepted. These are not added: they would be the first of each
            check, and hide others.

    Raises:
        LockproofError: a file cannot be written.

    """
    found: defaultdict[Path, Kept] = defaultdict(dict)
    for target, options, report in checked:
        if options.scenarios is not None:
            new = [each for each in report.findings if fingerprint_of(report.subject, each) not in accepted]
            found[Path(options.scenarios)].setdefault(target, {}).update(failed(new))
    for path, scenarios in found.items():
        add_kept(path, scenarios)
