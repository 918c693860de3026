"""Explores the scenarios of the corpus in one process under control, for `test_under_control`.

The environment variable FAMILIES names the modules whose pairs are explored. Only the exhaustive search within two
preemptions runs, because the number of schedules alone ends it. The portfolio gives each strategy a turn of some
tenths of a second, so a busy machine would change what it runs.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any, Final

from lockproof.campaign.protocol.messages import Conform, Explore
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.campaign.worker.controlled import ControlledWorker
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind
from tests.corpus import PAIRS, Pair
from tests.corpus.large import LARGE

BOUND: Final = 2
"""Preemptions of a schedule. Each race of the corpus needs one or two."""

BROKEN: Final = 400
"""Schedules of a broken class; the race that needs most of them needs a tenth of these."""

MENDED: Final = 200
SOME: Final = 60
"""Schedules of a mended class: all there are within the bound, but for the few largest scenarios."""

UNREPEATED: Final = (
    "tests.corpus.arguments:BrokenLockers",
    "tests.corpus.arguments:MendedLockers",
    "tests.corpus.tokens:",
)
"""Classes whose results differ in each run: the comparison on one thread finds out what of them can be compared."""

HANG: Final = 30.0
"""Seconds without progress that a busy machine does not reach; a true hang ends this process after them."""


def _explored(target: str, text: str, most: int) -> dict[str, Any]:
    """Explore one scenario of a class; return what was found, and how much was run and left undecided."""
    descriptor, note = tempfile.mkstemp(prefix="lockproof-")
    os.close(descriptor)
    worker = ControlledWorker(Setup(list(sys.path), Named(target), controlled=True, hang=HANG, note=note))
    if worker.specification.guessed or target.startswith(UNREPEATED):
        worker.conform(Conform(0.0))
    answer = worker.explore(Explore(Scenario.parse(text), math.inf, most, BOUND, "preemptions"))
    os.unlink(note)
    if answer.skipped:
        return {"skipped": answer.skipped}
    found = answer.found
    return {
        "kind": found and found.kind,
        "replays": found and [found.control.replayed, found.control.replays],
        "schedules": answer.schedules,
        "complete": answer.complete,
        "unknown": answer.counts.undecided,
        "skipped": "",
    }


def _question(pair: Pair) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        # Where one thread alone waits for ever, the broken class would end this process.
        broken = None if pair.kind is FindingKind.HANG else _explored(pair.broken, pair.race, BROKEN)
        return {"broken": broken, "mended": _explored(pair.mended, pair.race, SOME if pair.name in LARGE else MENDED)}

    return ask


globals().update(
    (f"ask_{pair.name}", _question(pair))
    for pair in PAIRS
    if pair.family in os.environ["FAMILIES"].split() and pair.shows != "sequential"
)
