"""The scenarios that `lockproof check` keeps in a file: read before each target, and written once, at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from lockproof.core.options import CheckOptions, Tell
from lockproof.core.verdict import InternalError, Interrupted, Report
from lockproof.report.issues import fingerprint_of
from lockproof.report.kept_scenarios import Kept, add_kept, failed, read_kept


class KeptScenarios:
    """Checks targets with the scenarios that their files keep, and adds what fails at the end of its `with` block.

    An accepted finding is not added: it would be the first of each check, and hide others.

    Args:
        check: checks a target, with the scenarios first that it gets as the last argument.
        accepted: returns the fingerprints of findings that are accepted; called at the end.

    """

    def __init__(self, check: Callable[..., Report], accepted: Callable[[], Iterable[str]] = tuple) -> None:
        self._check, self._accepted = check, accepted
        self._reports: list[tuple[Path, str, Report]] = []

    def check(self, target: str, options: CheckOptions, tell: Tell) -> Report:
        """Check a target, with the scenarios first that its file keeps.

        Raises:
            LockproofError: the target, an option or the file is wrong.
            Interrupted: Ctrl-C; what was found until then is collected.
            InternalError: lockproof failed; what was found until then is collected.

        """
        if options.scenarios is None:
            return self._check(target, options, tell)
        path = Path(options.scenarios)
        kept = tuple(read_kept(path).get(target, ()))
        try:
            report = self._check(target, options, tell, kept)
        except (Interrupted, InternalError) as stopped:
            self._reports.append((path, target, stopped.report))
            raise
        self._reports.append((path, target, report))
        return report

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Add what failed to the files.

        Raises:
            LockproofError: a file cannot be written.

        """
        known = frozenset(self._accepted()) if self._reports else frozenset()
        found: defaultdict[Path, Kept] = defaultdict(dict)
        for path, target, report in self._reports:
            new = [each for each in report.findings if fingerprint_of(report.subject, each) not in known]
            found[path].setdefault(target, {}).update(failed(new))
        for path, scenarios in found.items():
            add_kept(path, scenarios)
