"""Does lockproof find each broken class of the corpus by its race, and nothing in the mended one?

A push asks on the builds of `two_builds`, and on each other build for a third of the groups; every night on all.
Nothing here depends on the clock: the schedules are those within two preemptions, in a fixed order, and their number
ends the search.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Explore
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.core.interpreter import VERSION
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind
from tests.corpus import PAIRS, Pair
from tests.corpus.large import LARGE
from tests.lockproof.engines.control.running import answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

GROUPS: Final = (
    "sets builtin_sets counters",
    "caches dicts lists",
    "queues registries pools",
    "clocks alike observed handed tokens arguments",
    "beside prepared bounds texts",
    "waiting lending shared_locks class_state",
)
"""Families whose pairs one process explores: few processes, and enough to keep two processors busy."""

ALSO: Final = {
    "3.13": ("queues registries pools",),
    "3.15": ("sets builtin_sets counters", "caches dicts lists"),
}
"""Groups that a push explores on a third build: on 3.15 those whose numbers of schedules differ there (`large`)."""

ALONE: Final = [pair for pair in PAIRS if pair.kind is FindingKind.HANG]


def accusation(pair: Pair, seen: dict[str, Any]) -> str:
    """Return what is wrong with what was seen of a pair; "" where the broken class was found and the mended one held.

    No answer, a scenario that was not run, and an outcome that could not be judged are wrong as well.
    """
    broken, mended = seen["broken"], seen["mended"]
    held = not (mended["skipped"] or mended["kind"] or mended["unknown"])
    if not held or mended["complete"] != (pair.name not in LARGE):
        return f"{pair.mended} with {pair.race}: {mended}"
    found = broken is None or (not broken["skipped"] and (broken["kind"], broken["replays"]) == (pair.kind, [10, 10]))
    return "" if found else f"{pair.broken} with {pair.race}: {broken}"


@pytest.mark.timeout(320)
@pytest.mark.parametrize(
    "families",
    [pytest.param(each, marks=() if each in ALSO.get(VERSION, ()) else pytest.mark.two_builds) for each in GROUPS],
)
def test_each_broken_class_is_found_by_its_race_and_each_mended_one_holds(families: str) -> None:
    answered = answers("tests.corpus.under_control", longest=300.0, FAMILIES=families)
    pairs = [pair for pair in PAIRS if pair.family in families.split() and pair.shows != "sequential"]
    assert len(pairs) >= 7
    wrong = [accusation(pair, answered[pair.name]) for pair in pairs]
    assert not list(filter(None, wrong))


def test_every_family_is_in_a_group() -> None:
    assert sorted(" ".join(GROUPS).split()) == sorted({pair.family for pair in PAIRS})
    assert {group for groups in ALSO.values() for group in groups} <= {*GROUPS}


def ended(pair: Pair) -> Died | None:
    """Explore the race of a broken class in a process of its own, and return how that process ended."""
    with Child(Setup(list(sys.path), Named(pair.broken), controlled=True, hang=2.0), memory=1024) as child:
        try:
            child.ask(Explore(Scenario.parse(pair.race), 60.0, 1, 0, "preemptions"), 60.0)
        except Died as died:
            return died
    return None


@pytest.mark.two_builds
def test_a_class_that_waits_for_itself_is_a_hang_of_one_thread_alone() -> None:
    with ThreadPoolExecutor(len(ALONE)) as pool:
        ends = dict(zip(ALONE, pool.map(ended, ALONE), strict=True))
    for pair, died in ends.items():
        assert died is not None, f"{pair.broken} came back"
        assert died.kind is FindingKind.HANG and died.announced == (pair.race,), (pair.broken, died)
        assert f"corpus/{pair.family}.py" in died.stacks.replace("\\", "/"), (pair.broken, died.stacks)
