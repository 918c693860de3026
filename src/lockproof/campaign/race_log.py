"""The reports that ThreadSanitizer writes while scenarios run: each pair of accesses, with the scenario that ran.

The runtime writes a report at the moment in which it sees the race. So what is new in the files after a request
belongs to the scenario of this request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lockproof.core.race import Race
from lockproof.core.scenario import Scenario
from lockproof.engines.sanitizer.reports import complete, reports_in, suppressed_in

DUMPING: Final = frozenset(("dump_frame", "dump_traceback", "_Py_DumpTracebackThreads", "_Py_DumpTraceback"))
"""Functions by which a process that crashes or hangs writes the stacks of its threads. They read what the threads go on
to write, and it is lockproof that asks for them."""


def _of_a_dump(race: Race) -> bool:
    """Tell whether one of the accesses only writes a stack."""
    return any(frame.function in DUMPING for access in race.accesses for frame in access.frames)


@dataclass
class RaceLog:
    """Reads the files with this name in front in a folder. One process writes each of them.

    `others` counts reports that are no races between two accesses, by their names.
    """

    folder: Path
    name: str
    others: Counter[str] = field(default_factory=Counter)
    _read: dict[Path, int] = field(default_factory=dict)

    def new(self) -> list[Race]:
        """Return the races that were reported since the last call."""
        found: list[Race] = []
        for path in sorted(self.folder.glob(f"{self.name}.*")):
            begin = self._read.get(path, 0)
            with path.open("rb") as file:
                file.seek(begin)
                raw = file.read()
            text = raw.decode("latin-1")  # one character for each byte, so that counts of both agree
            end = complete(text)
            self._read[path] = begin + end
            for each in reports_in(text[:end].encode("latin-1").decode("utf-8", "replace")):
                if isinstance(each, Race):
                    found += [] if _of_a_dump(each) else [each]
                else:
                    self.others[each.what] += 1
        return found

    def suppressed(self) -> int:
        """Return how many reports were suppressed, in the processes that have ended by themselves."""
        return sum(
            suppressed_in(path.read_text(encoding="utf-8", errors="replace"))
            for path in self.folder.glob(f"{self.name}.*")
        )


@dataclass
class SeenRace:
    """A pair of accesses: the first report on it, the scenario that ran, and after how many seconds that was."""

    race: Race
    scenario: Scenario
    seconds: float


@dataclass
class RaceWatch:
    """Keeps each pair of accesses that a search shows, in the order in which they came.

    `elsewhere` has the keys of the pairs that came before the first scenario; `last` is the scenario that ran last.
    """

    log: RaceLog
    elapsed: Callable[[], float]
    pairs: dict[tuple[str, ...], SeenRace] = field(default_factory=dict)
    elsewhere: set[tuple[str, ...]] = field(default_factory=set)
    last: Scenario | None = None

    def pass_over(self) -> None:
        """Take what is new as something that no scenario did."""
        self.elsewhere |= {each.key for each in self.log.new()}

    def ran(self, scenario: Scenario) -> None:
        """Take what is new as something that this scenario did."""
        self.last = scenario
        for each in self.log.new():
            known = self.pairs.get(each.key)
            if known is None or (not known.race.whole and each.whole):
                self.pairs[each.key] = SeenRace(each, scenario, self.elapsed())

    def read_again(self) -> None:
        """Read all reports once more, since an interruption may have come while they were read."""
        self.log = RaceLog(self.log.folder, self.log.name)
        if self.last is None:
            self.pass_over()
            return
        known = set(self.pairs)
        self.ran(self.last)
        self.pairs = {key: seen for key, seen in self.pairs.items() if key in known or key not in self.elsewhere}

    def whole_pairs(self) -> list[SeenRace]:
        """Return the pairs, without those of which one half is lost and the other is that of another pair too."""
        places = {place for seen in self.pairs.values() if seen.race.whole for place in seen.race.key}
        return [
            seen
            for seen in self.pairs.values()
            if seen.race.whole or not places & {each.place for each in seen.race.accesses if each.frames}
        ]
