"""Is the flaw that one thread sees told as that, and is no mended class accused of one?

The comparison is the part of it that chance has no hand in: each operation alone, on no, one and several elements.
"""

from __future__ import annotations

from functools import cache

import pytest

from lockproof import infer
from lockproof.inference.conformance import ConformanceResult, conform
from lockproof.inference.target import load
from tests.corpus import PAIRS, Pair

BROKEN = {
    "Membership": "a.add(1); 1 in a",
    "Meaning": "a.remove(1)",
    "Copy": "pickle.loads(pickle.dumps(a))",
    "Shadow": "a.update([1, 2]); sorted(a)",
}
"""A program that shows each flaw, as the comparison makes it."""


@cache
def compared(target: str) -> ConformanceResult:
    return conform(infer(load(target)), seed=1, seconds=0.0)


@pytest.mark.parametrize("pair", [each for each in PAIRS if each.shows == "sequential"], ids=lambda pair: pair.name)
def test_the_flaw_that_one_thread_sees_is_told(pair: Pair) -> None:
    assert BROKEN[pair.name] in {"; ".join(each.lines) for each in compared(pair.broken).nonconformances}


def test_a_set_that_is_handed_out_is_told() -> None:
    (pair,) = [each for each in PAIRS if each.name == "Members"]
    broken, mended = compared(pair.broken), compared(pair.mended)
    assert [each.kind for each in broken.nonconformances] == ["state handed out"]
    assert mended.nonconformances == ()


ANSWERING = [pair for pair in PAIRS if pair.family not in ("waiting", "lending", "shared_locks")]
"""The pairs whose calls come back to one thread alone. Those of the others would keep it for ever."""


@pytest.mark.one_build
@pytest.mark.parametrize("pair", ANSWERING, ids=lambda pair: pair.name)
def test_the_mended_one_does_what_its_kind_does(pair: Pair) -> None:
    found = compared(pair.mended)
    assert [each for each in found.nonconformances if each.decides] == []
    assert found.specification.operations


@pytest.mark.parametrize("pair", [each for each in PAIRS if each.family == "alike"], ids=lambda pair: pair.name)
def test_a_class_that_only_looks_like_a_kind_is_compared_with_itself_and_wholly_tried(pair: Pair) -> None:
    before, found = infer(load(pair.mended)), compared(pair.mended)
    assert before.model is not None and found.specification.model is None
    assert found.nonconformances and not any(each.decides for each in found.nonconformances)
    assert len(found.specification.operations) == len(before.operations)
    assert any("--model" in note for note in found.specification.notes)
