"""Does a check find the races of an extension in C, and crashes, and hold for the twin that takes locks?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Finding, FindingKind, Report, Verdict

pytestmark = [
    pytest.mark.nightly(reason="it needs a CPython that is built with ThreadSanitizer"),
    pytest.mark.thread_unsafe(reason="starts processes that use all processors"),
]

INSTRUMENTED = ("-fsanitize=thread",)
MENDED = ("-fsanitize=thread", "-DMENDED")
BUDGET = 8.0

type Check = Callable[..., Report]


@pytest.fixture
def check(python: Path, compiled: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Check:
    def checked(name: str, *flags: str, **options: object) -> Report:
        monkeypatch.syspath_prepend(compiled(*flags))
        given = {"budget": BUDGET, "seed": 1, "sanitizer": "thread", "python": str(python), **options}
        return check_target(f"tally:{name}", CheckOptions(**given))  # type: ignore[arg-type]

    return checked


def functions(finding: Finding) -> frozenset[str]:
    """Return the functions of the two accesses; none for a finding of another kind."""
    accesses = finding.race.accesses if finding.race is not None else ()
    return frozenset(each.frame.function for each in accesses if each.frame is not None)


def races(report: Report) -> set[frozenset[str]]:
    """Return the functions of each pair of accesses."""
    return {functions(each) for each in report.findings if each.race is not None}


def test_a_race_that_no_result_shows_is_found_and_made_small(check: Check) -> None:
    report = check("Tally", *INSTRUMENTED)
    assert report.verdict is Verdict.VIOLATION
    assert frozenset({"tally_add"}) in races(report)
    (finding,) = [each for each in report.findings if functions(each) == {"tally_add"}]
    assert finding.kind is FindingKind.DATA_RACE and finding.race is not None
    assert str(finding.scenario) == "a.add() || a.add()"
    assert "--sanitizer thread --python" in finding.command and "a.add() || a.add()" in finding.command
    assert all("tally.c:" in access.place for access in finding.race.accesses)


def test_the_command_below_a_finding_shows_the_pair_again(check: Check) -> None:
    report = check("Tally", *INSTRUMENTED, scenario="a.add() || a.add()", budget=3.0)
    assert frozenset({"tally_add"}) in races(report)
    assert report.coverage.scenarios == 1


@pytest.mark.parametrize("name", ["Tally", "Letter", "Door", "Total"])
def test_the_mended_twin_holds(check: Check, name: str) -> None:
    report = check(name, *MENDED)
    assert report.findings == () and report.verdict is Verdict.HELD, report.unknown
    assert report.coverage.invocations > 0


def test_an_extension_without_instrumentation_is_never_held(check: Check) -> None:
    report = check("Tally")
    assert report.findings == () and report.verdict is Verdict.UNKNOWN
    assert Doubt.SANITIZER_BLIND in [each.code for each in report.unknown]


def test_state_that_all_objects_share_is_a_finding_although_the_control_shows_it_too(
    check: Check,
) -> None:
    report = check("Total", *INSTRUMENTED)
    assert races(report) == {frozenset({"total_add"})}


def test_a_crash_is_made_small_under_the_sanitizer(check: Check) -> None:
    report = check("Door", *INSTRUMENTED)
    (crash,) = [each for each in report.findings if each.kind is FindingKind.CRASH]
    assert "SIGABRT" in crash.detail
    assert [len(thread) for thread in crash.scenario.threads] == [1, 1]
    assert frozenset({"door_pass"}) in races(report)


def test_a_suppression_of_the_user_hides_the_race_and_is_counted(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text("# known\nrace_top:tally_add\nrace_top:tally_value\n", encoding="utf-8")
    report = check("Tally", *INSTRUMENTED, suppressions=(str(file),))
    assert report.findings == ()
    (note,) = [each for each in report.notes if "suppressed by" in each]
    assert str(file) in note and not note.startswith("0 ")
