"""Given nothing but a class, does lockproof find the broken one, and say nothing about the mended one?

On every push a few pairs are checked on real threads of a free-threaded build, where they need no luck; all pairs are
explored under control (`test_under_control.py`). The nightly run checks all of them with the default budget on every
build, and runs each race on real threads. docs/corpus.md has the measurements.
"""

from __future__ import annotations

import sys

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import FindingKind, Report, Verdict
from tests.corpus import PAIRS, Pair

GIL = sys._is_gil_enabled()
SEED = 1

FEW = {
    "Tickets": FindingKind.NOT_LINEARIZABLE,
    "Members": FindingKind.NOT_LINEARIZABLE,
    "Directory": FindingKind.HANG,
}
"""What real threads show of some pairs at once: a lost update that the GIL covers, state that is handed out, and a
deadlock."""

CHECKED = [pair for pair in PAIRS if not (GIL and pair.flaw == "internal state handed out")]
"""The pairs whose broken class must be found on this build, given nothing but the class. State that is handed out
changes in the hands of the caller, and schedules read a result at once. So real threads have to show it, and with the
GIL that takes luck; `test_under_control.py` has both such pairs on every build."""

SELDOM_WITH_THE_GIL = frozenset({"KeyLocks", "Mailbox"})
"""A standard build can show them, and real threads have to be lucky: it takes a switch within a few microseconds."""

RACES = [
    pair
    for pair in PAIRS
    if pair.shows != "sequential"
    and pair.family not in ("waiting", "lending", "shared_locks")
    and not (GIL and (pair.shows == "free-threaded" or pair.name in SELDOM_WITH_THE_GIL))
]
"""The pairs whose race real threads of this build must show. Real threads do not run calls that wait."""

LAST = 40.0
"""Seconds for another try where the machine was too busy. A check of a whole class ends at its first violation."""

pytestmark = [
    pytest.mark.all_processors,
    pytest.mark.thread_unsafe(reason="starts processes that use all processors"),
]

nightly = pytest.mark.nightly(reason="minutes, and luck: real threads meet by chance")
hangs = pytest.mark.nightly(reason="a hang takes its time; a push asks for one of a smaller class")
few_pairs = pytest.mark.parametrize(
    "pair",
    [
        pytest.param(each, marks=hangs if FEW[each.name] is FindingKind.HANG else (), id=each.name)
        for each in PAIRS
        if each.name in FEW
    ],
)


def found(pair: Pair, budget: float = CheckOptions.budget, **options: object) -> Report:
    """Check the broken class, and once more if nothing was found."""
    for seconds in (budget, LAST):
        report = check_target(pair.broken, CheckOptions(budget=seconds, seed=SEED, **options))  # type: ignore[arg-type]
        if report.findings or (pair.shows == "sequential" and report.nonconformances):
            break
    return report


def held(pair: Pair, budget: float, engine: str) -> Report:
    """Check the mended class, and once more if nothing was run."""
    for seconds in (budget, LAST):
        report = check_target(pair.mended, CheckOptions(budget=seconds, seed=SEED, engine=engine))
        if report.verdict is not Verdict.UNKNOWN:
            break
    return report


@pytest.mark.skipif(GIL, reason="with the GIL it takes luck; test_under_control.py explores the pair on this build")
@few_pairs
def test_real_threads_find_the_broken_one(pair: Pair) -> None:
    report = found(pair, engine="threads", hang=1.0)
    assert report.findings and {each.kind for each in report.findings} == {FEW[pair.name]}, report.to_json()


@pytest.mark.skipif(GIL, reason="as for the broken one")
@few_pairs
def test_real_threads_do_not_accuse_the_mended_one(pair: Pair) -> None:
    report = held(pair, 0.5, "threads")
    assert (report.verdict, report.findings, report.evidence.differences) == (Verdict.HELD, (), 0)
    assert report.coverage.invocations


@nightly
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pair", CHECKED, ids=lambda pair: pair.name)
def test_the_broken_one_is_found(pair: Pair) -> None:
    report = found(pair)
    if pair.shows == "sequential":
        assert report.nonconformances or any(not finding.concurrent for finding in report.findings)
    else:
        assert report.findings, f"{pair.flaw} was not found in {report.coverage.invocations:,} runs"


@nightly
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_mended_one_is_not_accused(pair: Pair) -> None:
    report = held(pair, 3.0, "both")
    assert (report.verdict, report.findings, report.evidence.differences) == (Verdict.HELD, (), 0)


@nightly
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pair", RACES, ids=lambda pair: pair.name)
def test_real_threads_show_the_race(pair: Pair) -> None:
    report = found(pair, 2.0, engine="threads", scenario=pair.race, hang=1.5)
    assert report.findings, f"{pair.race} did not fail in {report.coverage.invocations:,} runs"
