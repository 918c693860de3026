"""A check under ThreadSanitizer: what it adds to a check on real threads.

The parent stays as it is, and the processes that run the subject are of the interpreter that the user names. The
search goes on to the end of the budget, since one scenario shows several races; then each becomes a finding.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.findings import Findings
from lockproof.campaign.protocol.child import Child, Died, Launch
from lockproof.campaign.protocol.messages import LookAtNatives
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.race_findings import Prober, RaceFindings
from lockproof.campaign.race_log import RaceLog, RaceWatch
from lockproof.core.environment import Environment
from lockproof.core.evidence import Doubt, Doubted
from lockproof.core.native_code import Natives
from lockproof.core.options import CheckOptions
from lockproof.engines.sanitizer.runtime import MEMORY, SLOWER, Runtime, private_folder, runtime_for
from lockproof.engines.sanitizer.tsan_python import examined

SANITIZED_LOOK: Final = 0.3
"""Seconds for a scenario that runs for the first time: some hundred runs, as without a sanitizer."""

NO_SUPPRESSIONS: Final = (
    "CPython's own suppressions are not beside the interpreter (Tools/tsan/suppressions*.txt of its sources), so races "
    "that it knows of may be findings: give them with --suppressions"
)

SEARCH: Final = "search"
PROBE: Final = "probe"
"""The beginnings of the names of the files into which the processes report."""


@dataclass
class Sanitized:
    """The processes of one check under ThreadSanitizer, and what they have reported.

    `child` searches: it reports a pair of stacks once. `prober` makes small: it reports them each time.
    """

    runtime: Runtime
    child: Child
    prober: Child
    natives: Natives = field(default_factory=Natives)
    watch: RaceWatch | None = None
    made: RaceFindings | None = None

    def begin(self, clock: Clock) -> RaceWatch:
        """Watch what is reported from now on."""
        self.watch = RaceWatch(RaceLog(self.runtime.folder, SEARCH), lambda: clock.elapsed)
        return self.watch

    def pass_over(self) -> None:
        """Take what was reported until now as something that no scenario did.

        What machine code is loaded is asked here too, and not at the end alone: an interruption may come before it.
        """
        assert self.watch is not None
        self.look()
        self.watch.pass_over()

    def look(self) -> None:
        """Ask what machine code is loaded."""
        with suppress(Died):
            self.natives = self.child.ask(LookAtNatives())

    def launch_prober(self) -> None:
        """Start the process that makes pairs small, if there are some: it takes seconds to import what it needs."""
        if self.watch is not None and self.watch.pairs:
            self.prober.launch()

    def add_findings(self, findings: Findings, clock: Clock, left: Callable[[], float]) -> None:
        """Make a finding of each pair of accesses that the search has shown; `left` returns the seconds for that."""
        self._made(findings, clock).add(self.natives, left)

    def add_rest(self, findings: Findings, clock: Clock) -> None:
        """Make a finding of each pair that has none yet, as it was seen: the check ended early."""
        self._made(findings, clock).add_rest(self.natives)

    def _made(self, findings: Findings, clock: Clock) -> RaceFindings:
        if self.made is None:
            assert self.watch is not None
            probing = Prober(self.prober, RaceLog(self.runtime.folder, PROBE), clock)
            self.made = RaceFindings(self.watch, probing, findings, clock, self.runtime.interpreter.own)
        return self.made

    def doubts(self, facts: Environment) -> list[Doubted]:
        """Return why there could be races that ThreadSanitizer did not see."""
        found = []
        if facts.gil:
            about = "the GIL is on, since an import turned it on or PYTHON_GIL=1 is set; it orders all accesses"
            step = "set PYTHON_GIL=0, and declare Py_MOD_GIL_NOT_USED in the extension"
            found.append(Doubted(Doubt.SANITIZER_BLIND, 1, about, step))
        blind = [each for each in self.natives.extensions if each.own and not each.instrumented]
        if blind:
            about = f"{blind[0].file} was compiled without -fsanitize=thread"
            found.append(Doubted(Doubt.SANITIZER_BLIND, len(blind), about))
        return found

    def notes(self) -> list[str]:
        """Return what limits the verdict, and what was left out."""
        interpreter = self.runtime.interpreter
        notes = [f"the scenarios ran under ThreadSanitizer, on {interpreter.path}, some 10 times as slowly as usual"]
        others = [each for each in self.natives.extensions if not each.own and not each.instrumented]
        if others:
            names = ", ".join(each.name for each in others[:3]) + (", ..." if len(others) > 3 else "")
            notes.append(f"compiled without -fsanitize=thread, so their races are not seen: {names}")
        if self.made is not None and self.made.own_races:
            races = self.made.own_races
            many = f"{len(races)} race{'s' if len(races) > 1 else ''} of the interpreter itself"
            notes.append(f"{many}, which it has without a shared object, like {' and '.join(races[0].key)}")
        if self.made is not None and self.made.unsure:
            count = len(self.made.unsure)
            notes.append(
                f"{count} of the data races may be the interpreter's own: there was no time for the control that tells "
                "(a larger --budget gives it)"
            )
        if self.watch is not None:
            others_said = "no race between two accesses, so no finding"
            notes += [f"{what}, {count} times: {others_said}" for what, count in self.watch.log.others.most_common()]
            if self.watch.elsewhere:
                count = len(self.watch.elsewhere)
                notes.append(f"{count} race{'s' if count > 1 else ''} before the first scenario: no finding")
        if not interpreter.suppressions:
            notes.append(NO_SUPPRESSIONS)
        if self.runtime.suppressions:
            count = self.suppressed()
            files = ", ".join(self.runtime.suppressions)
            notes.append(f"{count:,} report{'' if count == 1 else 's'} suppressed by {files}")
        return notes

    def suppressed(self) -> int:
        """Return how many reports were suppressed. The processes say so at their ends, so they end here."""
        self.child.close()
        self.prober.close()
        return sum(RaceLog(self.runtime.folder, name).suppressed() for name in (SEARCH, PROBE))

    def close(self) -> None:
        """End the processes."""
        self.child.close()
        self.prober.close()


@contextmanager
def sanitized(setup: Setup, options: CheckOptions) -> Iterator[Sanitized]:
    """Yield the processes for a check under ThreadSanitizer; end them afterwards.

    Raises:
        LockproofError: ThreadSanitizer could see nothing in the interpreter, or a file of suppressions is wrong.

    """
    interpreter = examined(options.python or sys.executable)
    with private_folder() as folder:
        runtime = runtime_for(interpreter, options.suppressions, Path(folder))
        there = replace(setup, path=_portable(setup.path), sanitized=True, slower=SLOWER, hang=SLOWER * setup.hang)

        def child(name: str, *, repeating: bool) -> Child:
            started = Launch(interpreter.path, {**runtime.variables(name, repeating=repeating), **_quiet()})
            return Child(there, memory=MEMORY * options.memory, launch=started)

        both = Sanitized(runtime, child(SEARCH, repeating=False), child(PROBE, repeating=True))
        try:
            yield both
        finally:
            both.close()


def slowed(options: CheckOptions) -> CheckOptions:
    """Return the options with the times that processes need under the sanitizer."""
    return replace(options, hang=SLOWER * options.hang, memory=MEMORY * options.memory)


def _quiet() -> dict[str, str]:
    return {"PYTHONHOME": ""} if os.environ.get("PYTHONHOME") else {}


def _portable(path: list[str]) -> list[str]:
    """Return the entries of the path without this interpreter's library, and without what is installed for it."""
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {*site.getsitepackages(), site.getusersitepackages()}
    library = tuple(each for each in places if each)
    kept = []
    for entry in path:
        zipped = entry.endswith(".zip") and Path(entry).parent == Path(sysconfig.get_path("stdlib")).parent
        if not zipped and not any(Path(entry).is_relative_to(each) for each in library):
            kept.append(entry)
    return kept
