"""Does lockproof find what is broken in the corpus, and accuse nothing that is mended?

On a standard build the GIL covers some flaws entirely and makes others rare: one that is not found there in short time
is an expected failure that says so. `python -m tests.corpus` measures all of it with the default budget, on either
build; docs/corpus.md has the tables.
"""

from __future__ import annotations

import sys

import pytest

from lockproof.campaign.check import check_target
from lockproof.campaign.options import CheckOptions
from lockproof.verdict import Verdict
from tests.corpus import PAIRS, Pair

GIL = sys._is_gil_enabled()
SEED = 1

RARE = frozenset({"Length", "Comparison", "PeekQueue", "WaitingQueue", "RowCache", "Lookup", "Taking", "Slots"})
"""Few runs of even the best scenario show them, so here they are given that scenario and need not be searched for."""

pytestmark = [
    pytest.mark.all_processors,
    pytest.mark.thread_unsafe(reason="starts processes that use all processors"),
    pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name),
]


def test_the_broken_one_is_found(pair: Pair) -> None:
    scenario = pair.race if pair.name in RARE and not GIL else None
    # A check ends at its first violation, and goes on after a hang. On a busy machine it may need the second budget.
    for budget in (1.0,) if GIL else (3.0, 40.0):
        report = check_target(pair.broken, CheckOptions(budget=budget, seed=SEED, scenario=scenario, hang=1.5))
        if report.findings or report.nonconformances:
            break
    if pair.shows == "sequential":
        assert report.nonconformances or any(not finding.concurrent for finding in report.findings)
        return
    if not report.findings and GIL:
        pytest.xfail(reason=f"hidden by the GIL, or rare with it: {pair.flaw} ({report.coverage.invocations:,} runs)")
    assert report.findings, f"{pair.flaw} was not found in {report.coverage.invocations:,} runs"


def test_the_mended_one_is_not_accused(pair: Pair) -> None:
    for budget in (0.4, 5.0):  # the second for a machine so busy that nothing was run in the first
        report = check_target(pair.mended, CheckOptions(budget=budget, seed=SEED))
        if report.verdict is not Verdict.UNKNOWN:
            break
    assert (report.verdict, report.findings, report.nonconformances) == (Verdict.HELD, (), ())
