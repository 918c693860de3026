"""Does a check under ThreadSanitizer make findings of its reports, and notes of what is the interpreter's own?

The interpreter is a stub that runs this Python, and the subjects write the reports; tests/tsan has the real ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.race_findings import with_own_subjects
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind, Report, Verdict
from tests.lockproof.engines.sanitizer.stubs import stub
from tests.lockproof.engines.sanitizer.test_runtime import tool

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.two_builds]

SCENARIO = "a.add(); a.add() -> a.size(); a.add() || a.size(); a.add()"


@pytest.fixture(autouse=True)
def _symbolizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSAN_OPTIONS", f"external_symbolizer_path={tool(tmp_path)}")


def checked(name: str, folder: Path, **options: object) -> Report:
    given = {"budget": 0.5, "seed": 1, "sanitizer": "thread", "python": stub(folder), "scenario": SCENARIO, **options}
    return check_target(f"tests.lockproof.campaign.sanitized_subjects:{name}", CheckOptions(**given))  # type: ignore[arg-type]


def test_a_race_is_a_finding_with_both_stacks_made_small_once_for_each_pair(tmp_path: Path) -> None:
    report = checked("Racing", tmp_path)
    (finding,) = report.findings
    assert report.verdict is Verdict.VIOLATION and finding.kind is FindingKind.DATA_RACE
    assert finding.race is not None and finding.race.key == ("bag_add at bag.c:30",) * 2
    assert [len(each) for each in finding.scenario.threads] == [1, 1] and "a.add()" in str(finding.scenario)
    assert not finding.scenario.init and not finding.scenario.final and not finding.detail
    assert f"--sanitizer thread --python {tmp_path / 'python'}" in finding.command and "--engine" not in finding.command


def test_a_race_of_the_interpreter_itself_is_a_note(tmp_path: Path) -> None:
    report = checked("Noisy", tmp_path)
    assert report.findings == ()
    (note,) = [each for each in report.notes if "of the interpreter itself" in each]
    assert note.startswith("1 race ") and "new_reference at object.c:7" in note


def test_what_is_reported_before_the_first_scenario_is_a_note(tmp_path: Path) -> None:
    report = checked("Early", tmp_path)
    assert report.findings == ()
    assert [each for each in report.notes if "before the first scenario" in each] == [
        "1 race before the first scenario: no finding"
    ]


def test_its_twin_without_a_race_holds_where_the_gil_is_off(tmp_path: Path) -> None:
    report = checked("Quiet", tmp_path)
    assert report.findings == () and report.coverage.invocations > 0
    codes = [each.code for each in report.unknown]
    assert codes == ([Doubt.SANITIZER_BLIND] if sys._is_gil_enabled() else [])


def test_the_control_has_a_subject_for_each_thread_all_prepared_alike() -> None:
    scenario = Scenario.parse("a.f(1) -> a.g(b) || a.h(); c.f(2) -> a.size()")
    control = with_own_subjects(scenario)
    assert str(control) == "a.f(1); b.f(1) -> a.g(a) || b.h(); b.f(2) ->"
    assert with_own_subjects(Scenario.parse("a.f() || a.f() || a.f() || a.f()")) is None


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ({"engine": "schedules"}, "--sanitizer needs real threads"),
        ({"schedules": 100}, "--sanitizer needs real threads"),
        ({"sanitizer": None}, "--python is about a sanitizer"),
        ({"sanitizer": None, "python": None, "suppressions": ("x",)}, "--suppressions is about a sanitizer"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, object], fact: str) -> None:
    with pytest.raises(LockproofError, match=fact) as caught:
        CheckOptions(**{"sanitizer": "thread", "python": "p", **options}).validate()  # type: ignore[arg-type]
    assert caught.value.cause and caught.value.step
