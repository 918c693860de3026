"""Do classes of the standard library keep their specifications, and is it seen where one of their locks is missing?"""

from __future__ import annotations

from pathlib import Path

import pytest

import lockproof
from lockproof.campaign.mutating import mutate_target
from lockproof.campaign.options import MutateOptions
from lockproof.mutation import Fate
from tests.load_bearing import standard

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.timeout(600)]

FILE = Path(standard.__file__)


@pytest.mark.parametrize("name", ["condition", "barrier", "lru_cache"])
def test_it_keeps_its_specification(name: str) -> None:
    assert lockproof.check(getattr(standard, name), budget=3.0, seed=1).verdict is lockproof.Verdict.HELD


@pytest.mark.parametrize(
    ("name", "operator"), [("condition", "rlock-to-lock"), ("barrier", "split"), ("lru_cache", "end-early")]
)
def test_it_is_seen_what_its_locks_are_for(tmp_path: Path, name: str, operator: str) -> None:
    report = mutate_target(f"{FILE}:{name}", MutateOptions(8.0, 1, operators=(operator,), store=tmp_path))
    assert report.count(Fate.KILLED) >= 1, report.to_json()
