"""Do classes of the standard library keep their specifications, and is it seen where one of their locks is missing?

Each push asks the cheapest of them; their mutants take minutes, and are for the nightly run. What `lockproof mutate`
does on each push is in `tests/lockproof/mutation/` and `tests/lockproof/campaign/`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lockproof
from lockproof.campaign.explore import explore_target
from lockproof.campaign.mutate import mutate_target
from lockproof.core.mutation_report import Fate
from lockproof.core.options import ExploreOptions, MutateOptions
from lockproof.core.verdict import FindingKind, Verdict
from tests.load_bearing import standard

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.timeout(600)]

FILE = Path(standard.__file__)
RACE = "a(1); a(1) -> calls(a) || a.cache_clear() ->"
"""What kills mutants of the cache (`lru_cache.toml`)."""

nightly = pytest.mark.nightly(reason="half a minute each: whole checks, and those of mutants")


@pytest.mark.parametrize(
    ("name", "budget"),
    [("lru_cache", 1.5), *(pytest.param(each, 3.0, marks=nightly) for each in ("condition", "barrier"))],
)
def test_it_keeps_its_specification(name: str, budget: float) -> None:
    assert lockproof.check(getattr(standard, name), budget=budget, seed=1).verdict is Verdict.HELD


def test_a_cache_without_its_lock_is_found_and_the_cache_is_not_accused() -> None:
    options = ExploreOptions(budget=60.0, seed=1, scenario=RACE, strategy="preemptions")
    mended, broken = (explore_target(f"{FILE}:{name}", options) for name in ("lru_cache", "unlocked_cache"))
    assert (mended.verdict, mended.unknown) == (Verdict.HELD, ())
    assert [each.kind for each in broken.findings] == [FindingKind.NOT_LINEARIZABLE]


@nightly
@pytest.mark.parametrize(
    ("name", "operator"), [("condition", "rlock-to-lock"), ("barrier", "split"), ("lru_cache", "end-early")]
)
def test_it_is_seen_what_its_locks_are_for(tmp_path: Path, name: str, operator: str) -> None:
    report = mutate_target(f"{FILE}:{name}", MutateOptions(budget=8.0, seed=1, operators=(operator,), store=tmp_path))
    assert report.count(Fate.KILLED) >= 1, report.to_json()
