"""Does a check under ThreadSanitizer make findings of its reports, and notes of what is the interpreter's own?

The interpreter is a stub that runs this Python, and the subjects write the reports; tests/tsan has the real ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import lockproof
from lockproof.campaign import check
from lockproof.campaign.check_target import check_target
from lockproof.campaign.findings import UNSHRUNK
from lockproof.campaign.race_findings import CUT_SHORT, UNCONTROLLED, with_own_subjects
from lockproof.campaign.race_log import RaceLog, RaceWatch
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions, Progress, Tell
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind, Interrupted, Report, Verdict
from lockproof.report.text import as_text
from tests.lockproof.campaign.sanitized_subjects import Racing
from tests.lockproof.engines.sanitizer.stubs import stub
from tests.lockproof.engines.sanitizer.test_runtime import tool
from tests.lockproof.engines.sanitizer.written import race

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.two_builds]

SUBJECTS = "tests.lockproof.campaign.sanitized_subjects"
SCENARIO = "a.add(); a.add() -> a.size(); a.add() || a.size(); a.add()"


@pytest.fixture(autouse=True)
def _symbolizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSAN_OPTIONS", f"external_symbolizer_path={tool(tmp_path)}")


def checked(name: str, folder: Path, tell: Tell | None = None, **options: object) -> Report:
    given = {"budget": 0.5, "seed": 1, "sanitizer": "thread", "python": stub(folder), "scenario": SCENARIO, **options}
    return check_target(f"{SUBJECTS}:{name}", CheckOptions(**given), tell)  # type: ignore[arg-type]


def interrupted(name: str, folder: Path, phase: str) -> Report:
    """Return the report of a check that Ctrl-C interrupts in this phase, after the first runs."""

    def stop(progress: Progress) -> None:
        if progress.phase == phase and progress.invocations:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        checked(name, folder, stop)
    return stopped.value.report


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


@pytest.mark.parametrize("phase", ["checking", "shrinking"])
def test_an_interruption_leaves_each_race_that_was_seen(tmp_path: Path, phase: str) -> None:
    report = interrupted("Racing", tmp_path, phase)
    (finding,) = report.findings
    assert report.verdict is Verdict.VIOLATION and Doubt.INTERRUPTED in [each.doubt for each in report.evidence.doubts]
    assert finding.race is not None and finding.race.key == ("bag_add at bag.c:30",) * 2
    assert str(finding.scenario) == f"{SCENARIO} -> a.size()" and finding.detail == CUT_SHORT and finding.command
    text = " ".join(as_text(report).split())
    assert "bag_add at bag.c:30, which nothing orders" in text and CUT_SHORT in text
    assert Report.from_json(report.to_json()).findings == report.findings


def test_an_interruption_before_the_control_leaves_the_race_and_says_what_is_not_known(tmp_path: Path) -> None:
    report = interrupted("Noisy", tmp_path, "control")
    (finding,) = report.findings
    assert finding.detail == f"{CUT_SHORT} {UNCONTROLLED}"
    assert [each for each in report.notes if "may be the interpreter's own" in each] == [
        "1 of the data races may be the interpreter's own: there was no time for the control that tells (a larger "
        "--budget gives it)"
    ]


def test_without_time_each_race_is_told_as_it_was_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "LEAST_FOR_SMALL", 0.0)
    monkeypatch.setattr(check, "PART_FOR_SMALL", 0.0)
    (own,) = checked("Racing", tmp_path).findings
    assert str(own.scenario) == f"{SCENARIO} -> a.size()" and own.detail == UNSHRUNK
    report = checked("Noisy", tmp_path)
    assert [each.detail for each in report.findings] == [f"{UNSHRUNK} {UNCONTROLLED}"]
    assert any("may be the interpreter's own" in each for each in report.notes)


def test_a_crash_at_the_end_of_the_budget_is_a_finding_that_nobody_made_small(tmp_path: Path) -> None:
    report = checked("Dying", tmp_path, scenario=None, budget=0.001)
    crashes = [each for each in report.findings if each.kind is FindingKind.CRASH]
    assert crashes and all("a.add(" in str(each.scenario) for each in crashes)
    assert all("SIGABRT" in each.detail and UNSHRUNK in each.detail for each in crashes)


@pytest.mark.parametrize("name", ["Quiet", "Early"])
def test_an_interruption_makes_no_finding_of_what_no_scenario_did(tmp_path: Path, name: str) -> None:
    report = interrupted(name, tmp_path, "checking")
    assert report.findings == () and report.verdict is Verdict.UNKNOWN


def test_what_an_interruption_kept_from_being_read_belongs_to_the_scenario_that_ran_last(tmp_path: Path) -> None:
    scenario, log = Scenario.parse("a.add() || a.add()"), RaceLog(tmp_path, "search")
    watch = RaceWatch(log, lambda: 1.0)
    watch.pass_over()
    (tmp_path / "search.1").write_text(race())
    log.new()  # read, and then the interruption came
    watch.ran(scenario)
    assert not watch.pairs
    watch.read_again()
    assert [each.scenario for each in watch.whole_pairs()] == [scenario]


@pytest.mark.parametrize("subject", [Racing, f"{SUBJECTS}:Racing"])
def test_a_test_suite_asks_for_the_same(tmp_path: Path, subject: type | str) -> None:
    with pytest.raises(lockproof.Violation) as stopped:
        lockproof.check(subject, budget=0.5, seed=1, scenario=SCENARIO, sanitizer="thread", python=stub(tmp_path))
    (finding,) = stopped.value.report.findings
    assert finding.kind is FindingKind.DATA_RACE


def test_what_another_interpreter_cannot_import_is_refused(tmp_path: Path) -> None:
    class Local(Racing):
        """A class without a name."""

    for subject, fact in ((lockproof.infer(Racing), "another interpreter"), (Local, "no name")):
        with pytest.raises(LockproofError, match=fact):
            lockproof.check(subject, sanitizer="thread", python=stub(tmp_path))


def test_the_stacks_of_a_process_that_ends_are_no_race(tmp_path: Path) -> None:
    dump = "dump_frame /build/source/Python/traceback.c:932:9 (python3.13t+0x1)"
    (tmp_path / "search.1").write_text(race(other=dump) + race(dump) + race())
    assert [each.key for each in RaceLog(tmp_path, "search").new()] == [
        ("cycle_next at itertoolsmodule.c:1330", "cycle_next at itertoolsmodule.c:1332")
    ]


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
