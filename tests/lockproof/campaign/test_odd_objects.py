"""Does lockproof judge objects whose special methods raise, instead of failing itself?"""

from __future__ import annotations

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.core.errors import LockproofError
from lockproof.core.foreign import arguments_of, attribute, formatted, has_attribute, is_a, message_of, told
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.values import Raised, canonical
from lockproof.core.verdict import FindingKind, Verdict
from lockproof.report.text import as_text
from tests.lockproof.campaign import odd_objects
from tests.lockproof.campaign.odd_objects import Classless, ClasslessError, Closed, ClosedError, Speechless, Unreadable

HERE = "tests.lockproof.campaign.odd_objects"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]
NIGHTLY = pytest.mark.nightly("further cases of what the push tests show")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("raises_speechless", "Speechless: its message cannot be read, since __str__ raises ValueError, in main"),
        pytest.param(
            "raises_no_text",
            "NoText: its message cannot be read, since __str__ raises TypeError, in main",
            marks=NIGHTLY,
        ),
        pytest.param("raises_classless", "ClasslessError, in main", marks=NIGHTLY),
        ("raises_closed", "ClosedError, in main"),
    ],
)
def test_an_exception_that_cannot_be_read_is_a_finding(name: str, words: str) -> None:
    report = explore_target(f"{HERE}:{name}", ExploreOptions(seed=1, schedules=50))
    (finding,) = report.findings
    assert finding.kind is FindingKind.EXCEPTION and finding.detail.startswith(words)
    assert "odd_objects.py" in finding.stacks and words.partition(",")[0].partition(":")[0] in as_text(report)


def test_its_twin_holds() -> None:
    assert explore_target(f"{HERE}:catches_its_own", ExploreOptions(seed=1)).verdict is Verdict.HELD


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("RaisesForNames", Verdict.VIOLATION),
        ("RaisesForNamesLocked", Verdict.HELD),
        pytest.param("ClasslessCounter", Verdict.VIOLATION, marks=NIGHTLY),
        pytest.param("GivesUnreadable", Verdict.VIOLATION, marks=NIGHTLY),
        ("RaisesUnreadable", Verdict.VIOLATION),
    ],
)
def test_a_class_with_objects_that_cannot_be_read_is_judged(name: str, verdict: Verdict) -> None:
    report = check_target(f"{HERE}:{name}", CheckOptions(engine="schedules", seed=1, schedules=300))
    assert report.verdict is verdict
    assert all(each.kind is FindingKind.NOT_LINEARIZABLE for each in report.findings)


def test_what_cannot_be_looked_at_is_refused_with_the_line_that_raises() -> None:
    with pytest.raises(
        LockproofError, match=r"__(hash|eq)__ at .*odd_objects.py:\d+ raises RuntimeError: nobody"
    ) as no:
        check_target(f"{HERE}:Incomparable", CheckOptions(engine="schedules", seed=1, schedules=300))
    assert no.value.cause and no.value.step


def test_a_look_does_not_raise() -> None:
    for value in (Unreadable(), Classless(), Closed()):
        assert not is_a(value, (list, dict)) and is_a(value, type(value))
        assert "cannot be read" in str(canonical(value)) or type(value).__name__ in str(canonical(value))
    assert attribute(Closed(), "x", 3) == 3 and not has_attribute(Closed(), "x") and has_attribute([], "append")
    for error in (Speechless(1), ClasslessError(1), ClosedError(1)):
        assert arguments_of(error) == (1,) and Raised.of(error).name == type(error).__name__
        assert "".join(formatted(error, None)).rstrip().startswith(("Traceback", "tests"))
    assert told(KeyError("x")) == "KeyError: 'x'" and told(KeyError()) == "KeyError"
    assert "cannot be read" in message_of(Speechless()) and odd_objects.Counter().bump() == 1
