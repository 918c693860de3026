"""Reports that Hypothesis makes up: every field takes every shape that its type allows, foreign text included."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from lockproof.core.environment import Environment
from lockproof.core.evidence import Doubt, Doubted, Evidence, LeftOut, Omission, Tally
from lockproof.core.operation import Operation
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.repeat import RepeatTarget, RepeatTest
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule, Switching
from lockproof.core.verdict import (
    BlockedThread,
    Consistency,
    Control,
    Coverage,
    Explanation,
    Finding,
    FindingKind,
    Masking,
    Nonconformance,
    Outcome,
    Report,
    TracedStep,
    Verdict,
)

COUNTS = st.integers(0, 10**7)
SECONDS = st.floats(0, 1e5)
# The __repr__ of a subject's author makes the text of results: control characters, lone surrogates, wide characters.
TEXTS = st.text(max_size=30) | st.sampled_from(["\x1b[2J", "line\nline", "\ud800", "漢字" * 20, "\t", "x" * 200])
OPERATIONS = st.sampled_from(
    ["a.add(1)", "len(a)", "a |= b", "a.update(x for x in [1, 2, 3, 4, 5, 6] if x not in a and x not in b)",
     "a.add(Meddling(a, 1))", "a.add('\\x1b[31m')", "list(slowly(a))"]
).map(Operation)  # fmt: skip


def tuples(items: st.SearchStrategy[object], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    threads = draw(st.lists(st.lists(OPERATIONS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4))
    return Scenario(
        tuple(draw(st.lists(OPERATIONS, max_size=2))), tuple(threads), tuple(draw(st.lists(OPERATIONS, max_size=2)))
    )


def outcomes(scenario: Scenario) -> st.SearchStrategy[Outcome]:
    threads = st.tuples(*(st.tuples(*[TEXTS] * len(thread)) for thread in scenario.threads))
    return st.builds(
        Outcome, threads, st.tuples(*[TEXTS] * len(scenario.final)), COUNTS, st.sampled_from(Verdict), st.booleans()
    )


WORDS = st.sampled_from(["thread 1", "bag.py:6", "self.n += 1", "\x1b[2J", "\ud800", "漢字" * 20, ""])
STEPS = st.builds(TracedStep, WORDS, WORDS, WORDS, tuples(WORDS, most=1), st.booleans(), WORDS)
SCHEDULES = st.builds(Schedule, st.sampled_from(Switching), tuples(st.tuples(st.integers(0, 9), st.integers(1, 99))))
BLOCKED = st.builds(BlockedThread, WORDS, WORDS, WORDS, WORDS, WORDS, COUNTS)
MASKINGS = st.none() | st.sampled_from(Masking)
CONTROLS = st.builds(
    Control, SCHEDULES, COUNTS, tuples(STEPS), tuples(BLOCKED, most=1), MASKINGS, WORDS, WORDS, COUNTS, COUNTS, COUNTS,
    WORDS, st.just((("bag.py", "0" * 64),)), tuples(st.sampled_from([*Doubt, *Omission]), most=2),
)  # fmt: skip


COMMON = {
    "budget": SECONDS, "seed": st.none() | COUNTS, "model": st.none() | TEXTS, "factory": st.none() | TEXTS,
    "teardown": st.none() | TEXTS,
    "hang": SECONDS, "memory": COUNTS, "consistency": st.sampled_from(Consistency), "scenario": st.none() | TEXTS,
}  # fmt: skip
CHECKS = st.builds(
    CheckOptions, **COMMON, threads=COUNTS, invocations=st.none() | COUNTS, engine=WORDS, conformance=WORDS
)
EXPLORATIONS = st.builds(
    ExploreOptions, **COMMON, bound=COUNTS, strategy=WORDS, schedule=st.none() | WORDS, times=COUNTS
)
REPEATS = (
    st.none() | st.builds(RepeatTarget, TEXTS, CHECKS | EXPLORATIONS) | st.builds(RepeatTest, tuples(TEXTS), TEXTS)
)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    scenario = draw(scenarios())
    several = st.lists(outcomes(scenario), max_size=4).map(tuple)
    return Finding(
        draw(st.sampled_from(FindingKind)),
        scenario,
        draw(st.none() | outcomes(scenario)),
        Explanation(draw(st.lists(TEXTS, max_size=2).map(tuple)), draw(several)),
        draw(several),
        draw(COUNTS),
        draw(COUNTS),
        draw(TEXTS),
        draw(TEXTS),
        draw(SECONDS),
        draw(REPEATS),
        draw(st.booleans()),
        draw(st.none() | CONTROLS),
    )


ENVIRONMENTS = st.builds(Environment, TEXTS, st.booleans(), st.booleans(), st.integers(1, 512), TEXTS)
NONCONFORMANCES = st.builds(Nonconformance, TEXTS, tuples(TEXTS), TEXTS, TEXTS, TEXTS, st.booleans())


TALLIES = st.builds(Tally, COUNTS, COUNTS, COUNTS)
DOUBTS = st.builds(Doubted, st.sampled_from(Doubt), st.integers(1, 10**6), TEXTS)
LEFT_OUT = st.builds(LeftOut, st.sampled_from(Omission), st.integers(1, 10**6), TEXTS)
EVIDENCE = st.builds(
    Evidence, st.none() | TALLIES, st.none() | TALLIES, tuples(DOUBTS), st.integers(0, 2), st.integers(0, 2),
    tuples(LEFT_OUT), st.integers(0, 3), st.integers(0, 3),
)  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> Report:
    found, differing = draw(st.lists(findings(), max_size=2)), draw(st.lists(NONCONFORMANCES, max_size=2))
    return Report(
        draw(TEXTS),
        draw(TEXTS),
        draw(st.sampled_from(Consistency)),
        replace(draw(EVIDENCE), findings=len(found), differences=sum(each.decides for each in differing)),
        draw(COUNTS),
        draw(ENVIRONMENTS),
        draw(
            st.builds(
                Coverage,
                COUNTS,
                COUNTS,
                tuples(TEXTS, most=60),
                SECONDS,
                COUNTS,
                COUNTS,
                tuples(TEXTS),
                tuples(TEXTS),
                tuples(TEXTS),
                tuples(TEXTS),
                tuples(TEXTS),
            )
        ),
        tuple(found),
        tuple(differing),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        draw(st.sampled_from([(2,), (2, 3), (2, 3, 4)])),
    )
