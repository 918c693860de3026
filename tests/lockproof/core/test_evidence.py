"""Does the one function that decides say HELD only of what was run and judged, with nothing left undecided?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockproof.core.codec import decode, encode
from lockproof.core.evidence import (
    RUN_DOUBTS,
    Decision,
    Doubt,
    Doubted,
    Evidence,
    LeftOut,
    Omission,
    Tally,
    next_step,
    verdict_of,
)
from lockproof.core.verdict import Masking, Verdict

pytestmark = pytest.mark.one_build

COUNTS = st.integers(0, 3) | st.integers(0, 10**6)
TEXTS = st.sampled_from(["", "a.add(1) || a.add(1)", "judge", "{}", "\x1b[2J", "漢字"])
TALLIES = st.tuples(COUNTS, COUNTS, COUNTS).map(lambda counts: Tally(*sorted(counts, reverse=True)))
DOUBTS = st.builds(Doubted, st.sampled_from(Doubt), st.integers(1, 10**6), TEXTS)
LEFT_OUT = st.builds(LeftOut, st.sampled_from(Omission), st.integers(1, 10**6), TEXTS)


def several(items: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    """Return tuples that are mostly empty. Otherwise Hypothesis would draw evidence for HELD once in a thousand."""
    return st.just(()) | st.lists(items, max_size=3).map(tuple)


MOSTLY_NONE = st.just(0) | st.integers(0, 3)
WHOLE = st.integers(1, 10**6).map(lambda runs: Tally(runs, runs, runs))
EVIDENCE = st.builds(
    Evidence,
    st.none() | WHOLE | TALLIES,
    st.none() | WHOLE | TALLIES,
    several(DOUBTS),
    MOSTLY_NONE,
    MOSTLY_NONE,
    several(LEFT_OUT),
    MOSTLY_NONE,
    MOSTLY_NONE,
)

type Decide = Callable[[Evidence], Decision]


def broken_rule(evidence: Evidence, decide: Decide = verdict_of) -> str:
    """Return the rule that the verdict on this evidence breaks; nothing if it breaks none."""
    verdict, reasons = decide(evidence)
    tallies = [tally for tally in (evidence.threads, evidence.schedules) if tally is not None]
    if (evidence.findings or evidence.differences) and verdict is not Verdict.VIOLATION:
        return "what was found is no violation"
    if not (evidence.findings or evidence.differences) and verdict is Verdict.VIOLATION:
        return "a violation of which nothing was found"
    if verdict is Verdict.UNKNOWN and not reasons:
        return "unknown without a reason"
    if verdict is not Verdict.HELD:
        return ""
    if evidence.doubts or reasons:
        return "held, and something is undecided"
    if not tallies or any(tally.judged < 1 for tally in tallies):
        return "held, and an engine that was asked for has judged nothing"
    if any(tally.judged < tally.ran for tally in tallies):
        return "held, and runs were not judged"
    if not any(tally.returned for tally in tallies):
        return "held, and no call returned"
    if evidence.deaths > evidence.deaths_found:
        return "held, and a process died of which nothing tells"
    return ""


@given(EVIDENCE)
def test_held_needs_something_judged_and_nothing_undecided(evidence: Evidence) -> None:
    assert broken_rule(evidence) == ""


WORSE: dict[str, Callable[[Evidence, Doubted], Evidence]] = {
    "a doubt": lambda evidence, doubt: replace(evidence, doubts=(*evidence.doubts, doubt)),
    "a death": lambda evidence, _: replace(evidence, deaths=evidence.deaths + 1),
    "a run on threads": lambda evidence, _: evidence + Evidence(threads=Tally(1, 0, 0)),
    "a run under control": lambda evidence, _: evidence + Evidence(schedules=Tally(1, 0, 0)),
    "an engine": lambda evidence, _: replace(evidence, schedules=evidence.schedules or Tally()),
}


@pytest.mark.parametrize("what", WORSE)
@given(EVIDENCE, DOUBTS)
def test_one_more_doubt_makes_nothing_held(what: str, evidence: Evidence, doubt: Doubted) -> None:
    before, after = verdict_of(evidence), verdict_of(WORSE[what](evidence, doubt))
    assert after.verdict is not Verdict.HELD or before.verdict is Verdict.HELD
    if what == "a doubt":
        assert after.verdict is (Verdict.VIOLATION if before.verdict is Verdict.VIOLATION else Verdict.UNKNOWN)
        assert doubt.doubt in {reason.code for reason in after.reasons}


@given(EVIDENCE, EVIDENCE)
def test_two_checks_together_hold_only_if_neither_left_a_doubt(one: Evidence, other: Evidence) -> None:
    together = verdict_of(one + other)
    assert broken_rule(one + other) == ""
    if Verdict.VIOLATION in {verdict_of(one).verdict, verdict_of(other).verdict}:
        assert together.verdict is Verdict.VIOLATION
    elif one.doubts or other.doubts:
        assert together.verdict is Verdict.UNKNOWN


@given(EVIDENCE, several(LEFT_OUT))
def test_what_was_left_out_decides_nothing(evidence: Evidence, left_out: tuple[LeftOut, ...]) -> None:
    assert verdict_of(replace(evidence, left_out=left_out)) == verdict_of(evidence)


@given(EVIDENCE)
def test_each_reason_has_one_sentence_and_a_next_step(evidence: Evidence) -> None:
    reasons = verdict_of(evidence).reasons
    texts = [reason.text for reason in reasons]
    assert len(set(texts)) == len(texts)
    assert all(reason.text and reason.step and reason.count > 0 for reason in reasons)
    for reason in reasons:
        assert reason.code is Doubt.NOTHING_RUN or [each.code for each in reasons].count(reason.code) == 1


@given(EVIDENCE)
def test_evidence_goes_through_json(evidence: Evidence) -> None:
    assert decode(Evidence, json.loads(json.dumps(encode(evidence)))) == evidence


@given(EVIDENCE)
def test_the_label_of_the_gil_is_the_verdict_on_its_schedules(evidence: Evidence) -> None:
    label, reasons = Masking.by(evidence)
    labels = {Verdict.HELD: Masking.MASKED, Verdict.VIOLATION: Masking.SHOWN, Verdict.UNKNOWN: Masking.UNKNOWN}
    assert (labels[verdict_of(evidence).verdict], verdict_of(evidence).reasons) == (label, reasons)


HOLDS = Evidence(Tally(9, 9, 9), Tally(4, 4, 2))


@pytest.mark.parametrize(
    ("evidence", "verdict", "codes"),
    [
        (HOLDS, Verdict.HELD, []),
        (Evidence(Tally(9, 9, 1)), Verdict.HELD, []),
        (Evidence(), Verdict.UNKNOWN, [Doubt.NOTHING_RUN]),
        (Evidence(Tally(9, 9, 9), Tally()), Verdict.UNKNOWN, [Doubt.NOTHING_RUN]),
        (Evidence(Tally(), Tally()), Verdict.UNKNOWN, [Doubt.NOTHING_RUN] * 2),
        (Evidence(Tally(9, 0, 0)), Verdict.UNKNOWN, [Doubt.OUTCOMES_UNDECIDED]),
        (Evidence(Tally(9, 8, 8)), Verdict.UNKNOWN, [Doubt.OUTCOMES_UNDECIDED]),
        (Evidence(Tally(9, 9, 0)), Verdict.UNKNOWN, [Doubt.NOTHING_RETURNED]),
        (replace(HOLDS, deaths=1), Verdict.UNKNOWN, [Doubt.CHILD_LOST]),
        (replace(HOLDS, deaths=1, deaths_found=1), Verdict.HELD, []),
        (replace(HOLDS, findings=1, doubts=(Doubted(Doubt.CUT_OFF),)), Verdict.VIOLATION, [Doubt.CUT_OFF]),
        (replace(HOLDS, differences=1), Verdict.VIOLATION, []),
        (replace(HOLDS, left_out=(LeftOut(Omission.TOO_SLOW),)), Verdict.HELD, []),
    ],
)
def test_cases_counted_by_hand(evidence: Evidence, verdict: Verdict, codes: list[Doubt]) -> None:
    decision = verdict_of(evidence)
    assert (decision.verdict, [reason.code for reason in decision.reasons]) == (verdict, codes)


@pytest.mark.parametrize("doubt", RUN_DOUBTS)
def test_a_run_that_was_not_judged_is_counted_once(doubt: Doubt) -> None:
    (reason,) = verdict_of(Evidence(Tally(9, 6, 6), doubts=(Doubted(doubt, 3),))).reasons
    assert (reason.code, reason.count) == (doubt, 3)


def test_the_same_doubt_twice_is_told_once_with_its_first_example() -> None:
    doubts = (Doubted(Doubt.ALONE_DIFFERS, 2, "a.f() || a.g()"), Doubted(Doubt.ALONE_DIFFERS, 3, "a.h() || a.h()"))
    (reason,) = verdict_of(replace(HOLDS, doubts=doubts)).reasons
    assert (reason.count, reason.text.startswith("5 scenarios"), "a.f() || a.g()" in reason.text) == (5, True, True)


def test_every_code_has_a_sentence_and_is_read_back() -> None:
    codes = [each.value for each in (*Doubt, *Omission)]
    assert len(set(codes)) == len(codes)  # so that a doubt and an omission are never mistaken for each other
    for doubt in Doubt:
        (reason,) = verdict_of(replace(HOLDS, doubts=(Doubted(doubt, 2, "example"),))).reasons
        assert (reason.code, reason.step, reason.text.count("example")) == (doubt, next_step(doubt), 1)
    for omission in Omission:
        assert "2 " in str(LeftOut(omission, 2, "example")) and "example" in str(LeftOut(omission, 2, "example"))


# The rules can be broken: deciders that a careless hand might write, each with the rule that must notice.


def by_a_word(evidence: Evidence) -> Decision:
    """Decide by a word inside a sentence. A doubt whose sentence has another word then does not count."""
    verdict, reasons = verdict_of(evidence)
    ran = any(tally and tally.ran for tally in (evidence.threads, evidence.schedules))
    if verdict is not Verdict.UNKNOWN or not ran:
        return Decision(verdict, reasons)
    doubtful = any("judge did not" in reason.text for reason in reasons)
    return Decision(Verdict.UNKNOWN if doubtful else Verdict.HELD, reasons)


def by_doubts_alone(evidence: Evidence) -> Decision:
    """Decide by the recorded doubts alone, and ignore the counts."""
    verdict, reasons = verdict_of(evidence)
    found = verdict is Verdict.VIOLATION
    return Decision(verdict if found or evidence.doubts else Verdict.HELD, reasons if evidence.doubts else ())


def by_the_sum(evidence: Evidence) -> Decision:
    """Add up the runs of both engines, so that one engine can stand for the other."""
    tallies = [tally for tally in (evidence.threads, evidence.schedules) if tally is not None and tally.ran]
    whole = replace(evidence, threads=sum(tallies, Tally()) if tallies else evidence.threads, schedules=None)
    return verdict_of(whole)


@pytest.mark.parametrize("decide", [by_a_word, by_doubts_alone, by_the_sum])
def test_a_careless_decision_is_noticed(decide: Decide) -> None:
    few = [Tally(9, 9, 9), Tally(9, 0, 0), Tally(), None]
    doubts = [(), (Doubted(Doubt.CHILD_LOST),)]
    tried = [Evidence(*each) for each in product(few, few, doubts)]
    assert all(broken_rule(each) == "" for each in tried)
    assert any(broken_rule(each, decide) for each in tried)
