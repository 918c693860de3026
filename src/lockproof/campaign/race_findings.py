"""From pairs of accesses to findings: is it the interpreter's own race, and which smallest scenario shows it?

Both questions are answered by a process that reports a pair of stacks each time, and not once in its life. What a
scenario has shown is kept, since pairs that one scenario shows become small in the same way.

**The interpreter's own races.** A race is no fault of the subject if threads that share no subject have it too. So the
scenario runs as a control, with a subject for each thread. A pair that shows there is left out if all functions of both
accesses belong to the interpreter, and none to the module of the subject: state of that module is shared by all
subjects, and a race on it is a fault of the module. docs/adr/0045 says what that rests on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.findings import UNSHRUNK, Findings
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Run
from lockproof.campaign.race_log import RaceLog, RaceWatch, SeenRace
from lockproof.core.errors import LockproofError
from lockproof.core.native_code import Natives
from lockproof.core.operation import SUBJECTS, renamed
from lockproof.core.race import CFrame, Race
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind
from lockproof.shrink.shrinker import UNFINISHED, shrink

RUNS: Final = (40, 200, 800)
"""Runs of a scenario in one request: few at first, since most races show at once."""

PROBING: Final = 1.5
"""Seconds for a scenario at most, to see whether it shows a pair."""

LEAST_RUNS: Final = 200
LEAST_LOOK: Final = 0.1
LATE: Final = 4.0
"""Runs of a scenario before it counts as one that does not show a pair, seconds of one request at least, and how many
times its seconds a scenario may take for these runs."""

CONTROLLING: Final = 3.0
"""Seconds for a control. It is run longer than what it excuses: a pair that it misses is an accusation."""

PART_FOR_SMALL: Final = 2.0
LEAST_FOR_SMALL: Final = 20.0
FOR_CONTROLS: Final = 0.5
"""Parts of the budget for what follows the search, `LEAST_FOR_SMALL` seconds at least; and which part of that the
controls may take at most, which come before anything is made small."""

HANG: Final = 3.0
"""Seconds without progress after which a scenario counts as one that shows nothing. Whether it hangs is not asked."""

ONCE: Final = "It was seen once: the scenario did not show it again in {:g} s."


CUT_SHORT: Final = "There may be a smaller case: the check ended early."

UNCONTROLLED: Final = (
    "It may be a race of the interpreter itself: there was no time for the control, in which threads share no object."
)


@dataclass
class Shown:
    """What a scenario has shown: each pair with its report. `seconds` and `runs`: how long and how often it has run."""

    races: dict[tuple[str, ...], Race] = field(default_factory=dict)
    seconds: float = 0.0
    runs: int = 0

    def enough(self, seconds: float) -> bool:
        """Tell whether it has run for so long; on a busy machine longer, until it has run a few times."""
        return self.seconds >= seconds and (self.runs >= LEAST_RUNS or self.seconds >= LATE * seconds)


@dataclass
class Prober:
    """Runs scenarios in a process that reports equal stacks again, and remembers what each has shown.

    `left` returns the seconds that are left for all of them.
    """

    child: Child
    log: RaceLog
    clock: Clock
    left: Callable[[], float] = lambda: math.inf
    shown: dict[str, Shown] = field(default_factory=dict)

    def shows(self, scenario: Scenario, key: tuple[str, ...], seconds: float) -> bool:
        """Tell whether a scenario shows a pair, in so many seconds at most; fewer where it has run before."""
        shown = self.shown.setdefault(str(scenario), Shown())
        self.clock.progress(str(scenario))
        tries = iter(RUNS)
        while key not in shown.races and not shown.enough(seconds) and self.left() > 0:
            self.log.new()
            left = max(min(seconds - shown.seconds, self.left()), LEAST_LOOK)
            try:
                request = Run(scenario, next(tries, RUNS[-1]), left, until_failure=False, hang=HANG)
                result = self.child.ask(request, left)
                shown.runs += result.invocations
                shown.seconds += max(result.seconds, LEAST_LOOK) if not result.skipped else LATE * seconds
            except (Died, LockproofError):
                shown.seconds = LATE * seconds
            for each in self.log.new():
                shown.races.setdefault(each.key, each)
        return key in shown.races

    def smaller(self, than: Scenario, key: tuple[str, ...]) -> Scenario:
        """Return the smallest scenario that is known to show a pair, and is smaller than this one; or this one."""
        known = [Scenario.parse(text) for text, shown in self.shown.items() if key in shown.races]
        return min([than, *known], key=lambda each: each.size)


@dataclass
class RaceFindings:
    """Makes findings of the pairs that a search has shown.

    `own` are the files with the machine code of the interpreter. `own_races` are the pairs that are left out, and
    `unsure` those of which the control would have said whether to leave them out, had there been time for it.
    """

    watch: RaceWatch
    prober: Prober
    findings: Findings
    clock: Clock
    own: frozenset[str]
    own_races: list[Race] = field(default_factory=list)
    unsure: list[Race] = field(default_factory=list)

    def add(self, natives: Natives, left: Callable[[], float]) -> None:
        """Add a finding for each pair, those in the code of the subject first; `left` returns the seconds for that."""
        pairs, whole = self._ordered(natives), left()
        self.prober.left = lambda: left() - (1 - FOR_CONTROLS) * whole
        for seen in [each for each in pairs if natives.distinct and self._within_interpreter(each.race, natives)]:
            if self._is_own(seen):
                self.own_races.append(seen.race)
            elif self.prober.left() <= 0:
                self.unsure.append(seen.race)
        self.prober.left = left
        own = {each.key for each in self.own_races}
        for seen in pairs:
            if seen.race.key not in own:
                self.findings.add(self._small(seen, lambda: left() > 0))

    def add_rest(self, natives: Natives) -> None:
        """Add a finding for each pair that has none, since the check ended early: as it was seen, without new runs.

        A pair whose control has not run is a finding too, with a sentence about that. To leave it out would lose what
        may be a fault of the subject, and the control excuses a pair, where it can: it accuses none.
        """
        self.watch.read_again()
        done = {each.race.key for each in self.findings.found if each.race is not None}
        done |= {each.key for each in self.own_races}
        for seen in self._ordered(natives):
            if (key := seen.race.key) in done:
                continue
            scenario = self.prober.smaller(seen.scenario, key)
            sentences = [] if is_smallest(scenario) else [CUT_SHORT]
            if natives.distinct and self._within_interpreter(seen.race, natives):
                self.unsure += [] if self._is_unsure(key) else [seen.race]
                sentences.append(UNCONTROLLED)
            self.findings.add(
                Finding(
                    FindingKind.DATA_RACE, scenario, detail=" ".join(sentences), seconds=seen.seconds, failures=1,
                    tries=1, race=seen.race,
                )
            )  # fmt: skip

    def _ordered(self, natives: Natives) -> list[SeenRace]:
        """Return the pairs, those in the code of the subject first."""
        return sorted(self.watch.whole_pairs(), key=lambda each: self._within_interpreter(each.race, natives))

    def _within_interpreter(self, race: Race, natives: Natives) -> bool:
        """Tell whether all functions of both accesses belong to the interpreter."""
        return all(self._of_interpreter(each, natives) for each in frames_of(race))

    def _is_unsure(self, key: tuple[str, ...]) -> bool:
        return any(each.key == key for each in self.unsure)

    def _is_own(self, seen: SeenRace) -> bool:
        """Tell whether a pair is a race of the interpreter itself: threads without a shared subject have it too."""
        control = with_own_subjects(seen.scenario)
        with self.clock.during("control"):
            return control is not None and self.prober.shows(control, seen.race.key, CONTROLLING)

    def _of_interpreter(self, frame: CFrame, natives: Natives) -> bool:
        """Tell whether a function belongs to the interpreter, and not to the module of the subject."""
        if frame.module and frame.module not in self.own and not frame.module.startswith(("libc.", "ld-linux")):
            return False
        return not of_module(frame, natives)

    def _small(self, seen: SeenRace, goes_on: Callable[[], bool]) -> Finding:
        key = seen.race.key
        scenario, detail = self.prober.smaller(seen.scenario, key), ""
        if goes_on() and not is_smallest(scenario):
            with self.clock.during("shrinking"):
                if self.prober.shows(scenario, key, CONTROLLING):
                    scenario = shrink(scenario, lambda each: self.prober.shows(each, key, PROBING), goes_on)
                    detail = "" if goes_on() else UNFINISHED
                else:
                    detail = ONCE.format(CONTROLLING)
        elif not is_smallest(scenario):
            detail = UNSHRUNK
        shown = self.prober.shown.get(str(scenario), Shown()).races.get(key, seen.race)
        race = shown if shown.whole else seen.race
        detail = "" if is_smallest(scenario) else detail
        detail = " ".join(filter(None, (detail, UNCONTROLLED))) if self._is_unsure(key) else detail
        return Finding(
            FindingKind.DATA_RACE, scenario, detail=detail, seconds=seen.seconds, failures=1, tries=1, race=race
        )


def is_smallest(scenario: Scenario) -> bool:
    """Tell whether nothing can be left out of a scenario: it has two threads of one operation."""
    return not scenario.init and not scenario.final and [len(each) for each in scenario.threads] == [1, 1]


def frames_of(race: Race) -> list[CFrame]:
    """Return the functions of both accesses."""
    return [frame for access in race.accesses for frame in access.frames]


def of_module(frame: CFrame, natives: Natives) -> bool:
    """Tell whether a function belongs to the module of the subject: by its machine code, or by the name of its file.

    CPython names the file of a module after it: `Modules/_csv.c`, `Modules/itertoolsmodule.c`, `Modules/_io/bytesio.c`.
    """
    if natives.file and frame.module == PurePosixPath(natives.file).name:
        return True
    name = natives.module.rpartition(".")[2]
    names = {name, f"_{name}", name.lstrip("_")} - {"", "builtins", "_builtins"}
    path = PurePosixPath(frame.file)
    stem = path.name.partition(".")[0]
    return any(stem in (each, f"{each}module") for each in names) or path.parent.name in names


def with_own_subjects(scenario: Scenario) -> Scenario | None:
    """Return the scenario with a subject for each thread, all prepared alike; None if there are too few names."""
    if len(scenario.threads) > len(SUBJECTS):
        return None
    owners = SUBJECTS[: len(scenario.threads)]
    mine: list[dict[str, str]] = [dict.fromkeys(SUBJECTS, owner) for owner in owners]
    init = tuple(renamed(each, names) for names in mine for each in scenario.init)
    threads = tuple(
        tuple(renamed(each, names) for each in thread) for names, thread in zip(mine, scenario.threads, strict=True)
    )
    return replace(scenario, init=init, threads=threads, final=())
