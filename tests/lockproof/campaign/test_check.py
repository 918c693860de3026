"""Does a whole check find what a subject does wrong, or to its process, and hold for the twin that does not?"""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.verdict import FindingKind, Report, Verdict

HERE = "tests.lockproof.campaign.subjects"
GIL = sys._is_gil_enabled()

LONG = 10.0  # for what must be found: the check ends when it is

pytestmark = pytest.mark.thread_unsafe(reason="starts processes that use all processors")


def checked(name: str, budget: float, **options: object) -> Report:
    options = {"hang": 1.0, **options}
    return check_target(f"{HERE}:{name}", CheckOptions(budget=budget, seed=1, **options))  # type: ignore[arg-type]


@cache
def claims() -> Report:
    return checked("Claims", LONG)


@pytest.mark.two_builds
@pytest.mark.all_processors
def test_a_check_then_act_is_found_made_small_and_confirmed() -> None:
    report = claims()
    (finding,) = report.findings
    assert report.verdict is Verdict.VIOLATION
    assert finding.kind is FindingKind.NOT_LINEARIZABLE
    assert [len(thread) for thread in finding.scenario.threads] == [1, 1]
    assert "claim" in str(finding.scenario)
    assert 0 < finding.failures <= finding.tries
    assert finding.outcome is not None and finding.outcome.verdict is Verdict.VIOLATION
    assert finding.explanation.why
    assert sum(outcome.count for outcome in finding.histogram) == finding.tries


@pytest.mark.two_builds
def test_its_twin_holds_in_the_same_scenario() -> None:
    scenario = "a.claim(1) || a.claim(1)"
    report = checked("LockedClaims", 0.5, scenario=scenario, runs=2_000, schedules=200)
    assert report.verdict is Verdict.HELD, [(each.detail, each.stacks) for each in report.findings]
    assert report.coverage.invocations > 0
    assert "in each every behaviour (4 traces)" in report.coverage.explored[0]


@pytest.mark.nightly(reason="so many real runs need a quiet machine")
@pytest.mark.two_builds
@pytest.mark.all_processors
def test_its_twin_holds() -> None:
    for budget in (0.5, 2.0, 8.0, 25.0):  # the later ones for a machine that is busy
        report = checked("LockedClaims", budget, engine="threads")
        if report.verdict is Verdict.HELD and report.coverage.invocations > 1000 and report.coverage.scenarios > 5:
            break
    assert report.verdict is Verdict.HELD
    assert report.findings == ()
    assert report.coverage.scenarios > 5
    assert report.coverage.invocations > 1000
    assert {"a.claim", "a.taken"} <= {kind.partition("(")[0] for kind in report.coverage.kinds}


@pytest.mark.two_builds
@pytest.mark.all_processors
def test_the_command_of_a_finding_repeats_it() -> None:
    (finding,) = claims().findings
    words = finding.command.split(" --scenario ")
    assert words[0] == f"lockproof check {HERE}:Claims"
    again = checked("Claims", LONG, scenario=str(finding.scenario))
    # A scenario without a final part ends with what observes the subject.
    repeated = again.findings[0].scenario
    assert (repeated.init, repeated.threads) == (finding.scenario.init, finding.scenario.threads)


ENDINGS = [
    ("Crashes", "a.enter() || a.enter()", FindingKind.CRASH, "SIGSEGV"),
    ("Exits", "a.enter() || a.enter()", FindingKind.EXIT, "status 7"),
    ("Grows", "a.enter() || a.enter()", FindingKind.MEMORY, "allowed"),
    ("Crossed", "a.forth() || a.back()", FindingKind.HANG, "no operation returned"),
]

# Two threads that exit at once can crash a tracer while it saves its data.
UNTRACED = {FindingKind.EXIT: pytest.mark.untraced}


@pytest.mark.two_builds
@pytest.mark.parametrize(
    ("name", "scenario", "kind", "detail"),
    [pytest.param(*each, marks=UNTRACED.get(each[2], ())) for each in ENDINGS],
)
def test_what_ends_or_stops_the_process_is_a_finding(name: str, scenario: str, kind: FindingKind, detail: str) -> None:
    hang = 5.0 if kind is FindingKind.MEMORY else 1.0
    report = checked(name, LONG, memory=150, hang=hang, engine="threads", scenario=scenario)
    (finding,) = report.findings
    assert finding.kind is kind and detail in finding.detail and finding.concurrent and finding.seconds > 0
    assert ("subjects.py" in finding.stacks) or kind is not FindingKind.HANG
    assert ("Fatal Python error" in finding.stacks) == (kind is FindingKind.CRASH)


@pytest.mark.two_builds
@pytest.mark.all_processors
@pytest.mark.parametrize(
    ("name", "kind", "detail"),
    [pytest.param(name, kind, detail, marks=() if name == "Crashes" else pytest.mark.nightly(reason="one is enough"))
     for name, _, kind, detail in (getattr(each, "values", each) for each in ENDINGS)],
)  # fmt: skip
def test_it_is_found_and_made_small_and_the_check_goes_on(name: str, kind: FindingKind, detail: str) -> None:
    hang = 5.0 if kind is FindingKind.MEMORY else 1.0
    # Under control the same is a deadlock, and whichever engine comes first tells of it.
    engine = "threads" if kind is FindingKind.HANG else "both"
    report = checked(name, LONG, memory=400, hang=hang, engine=engine)
    assert report.verdict is Verdict.VIOLATION
    finding = next(each for each in report.findings if each.kind is kind)
    assert detail in finding.detail
    assert finding.concurrent
    assert len(finding.scenario.threads) == 2


@pytest.mark.two_builds
def test_locks_in_one_order_hold() -> None:
    report = checked("Ordered", 0.5, scenario="a.forth() || a.back()")
    assert report.verdict is Verdict.HELD and report.coverage.invocations > 0


@pytest.mark.two_builds
def test_an_exit_in_a_thread_is_a_result_that_the_model_does_not_allow() -> None:
    (finding,) = checked("Leaves", LONG, engine="threads", scenario="a.enter() || a.enter()").findings
    assert finding.outcome is not None
    assert "raises SystemExit" in str(finding.outcome) and finding.seconds > 0


@pytest.mark.one_build  # without the GIL, tests/corpus asks for such a hang
def test_a_hang_of_one_thread_alone_is_reported_as_that() -> None:
    report = checked("HangsAlone", 0.3, engine="threads")
    finding = report.findings[0]
    assert finding.kind is FindingKind.HANG
    assert not finding.concurrent and finding.seconds > 0
    assert [str(each) for each in finding.scenario.operations] == ["a.again()"]
    assert "in again" in finding.stacks


@pytest.mark.two_builds
def test_a_wait_that_spins_is_a_hang_too() -> None:
    report = checked("Spins", LONG, hang=0.5, engine="threads", scenario="a.spin() || a.spin()")
    assert FindingKind.HANG in {finding.kind for finding in report.findings}


@pytest.mark.two_builds
def test_what_the_subject_started_does_not_outlive_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "pid"
    monkeypatch.setenv("LOCKPROOF_TEST_NOTE", str(note))
    checked("Parent", 0.3)
    process = int(note.read_text())
    end = time.monotonic() + 10
    while time.monotonic() < end and Path(f"/proc/{process}").exists():
        if Path(f"/proc/{process}/stat").read_text().split()[2] == "Z":
            break
    else:
        assert not Path(f"/proc/{process}").exists()


@pytest.mark.two_builds
def test_objects_that_share_state_are_no_violation() -> None:
    report = checked("Shares", 0.3)
    assert report.verdict is not Verdict.VIOLATION and report.findings == ()


@pytest.mark.two_builds
def test_what_one_thread_does_wrong_is_told_apart_and_the_check_goes_on() -> None:
    report = checked("Silent", 0.3)
    assert report.verdict is Verdict.VIOLATION
    assert any(each.lines[-1].endswith(" in a") for each in report.nonconformances)
    assert report.coverage.invocations > 0


@pytest.mark.two_builds
def test_what_the_subject_prints_does_not_disturb() -> None:
    assert checked("Prints", 0.3).verdict is Verdict.HELD


@pytest.mark.two_builds
def test_a_specification_can_be_the_target() -> None:
    report = checked("BOX", LONG, engine="schedules")
    assert report.verdict is Verdict.VIOLATION
    assert str(report.findings[0].scenario).startswith("a.swap(") or "-> a.swap(" in str(report.findings[0].scenario)


@pytest.mark.two_builds
def test_a_factory_makes_the_subjects() -> None:
    report = checked("NeedsArguments", 0.3, factory=f"{HERE}:made")
    assert report.coverage.invocations > 0


@pytest.mark.two_builds
def test_progress_is_reported_and_never_goes_back() -> None:
    reports: list[Progress] = []
    check_target(f"{HERE}:Shares", CheckOptions(budget=0.3, seed=1), reports.append)
    assert {"starting", "checking"} <= {each.phase for each in reports}
    assert [each.invocations for each in reports] == sorted(each.invocations for each in reports)


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("tests.lockproof.campaign.nowhere:X", {}, "no module tests.lockproof.campaign.nowhere"),
        (f"{HERE}:Claim", {}, "did you mean"),
        (f"{HERE}:NOT_A_CLASS", {}, "not a class but int"),
        (f"{HERE}:NeedsArguments", {}, "factory"),
        (f"{HERE}.Claims", {}, "module:Class"),
        ("no/such/file.py:X", {}, "no file"),
        (f"{HERE}:Claims", {"threads": 1}, "one thread shows nothing"),
        (f"{HERE}:Claims", {"model": f"{HERE}:Ordered"}, "model"),
        (f"{HERE}:Claims", {"scenario": "a.claim(1)"}, "one thread"),
        (f"{HERE}:Claims", {"scenario": "a.claim(1) || "}, "without operations"),
        ("queue:Queue", {"scenario": "a.get() || a.get()"}, "wait for ever"),
    ],
)
def test_a_wrong_use_is_refused_with_a_reason(target: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(LockproofError, match=message):
        check_target(target, CheckOptions(budget=1.0, seed=1, **options))  # type: ignore[arg-type]


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_of_the_kind", "does not import: ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError.*:1"),
        ("class X(:", "SyntaxError"),
        ("import sys; sys.exit(4)", "ended the process"),
        ("import os; os._exit(4)", "importing the target, or making"),
        ("class X:\n def __init__(self):\n  import os; os._exit(1)\n def f(self): pass", "making a first subject"),
    ],
)
def test_a_module_that_does_not_import_is_reported_with_the_place(tmp_path: Path, source: str, message: str) -> None:
    file = tmp_path / "broken_subject.py"
    file.write_text(source)
    with pytest.raises(LockproofError, match=message):
        check_target(f"{file}:X", CheckOptions(budget=1.0, seed=1))


@pytest.mark.two_builds
def test_no_file_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    checked("Shares", 0.2)
    assert os.listdir(tmp_path) == []


@pytest.mark.two_builds
def test_a_result_about_the_calling_thread_is_no_violation() -> None:
    report = checked("AsksWhoAsks", 0.3)
    assert report.findings == ()
    assert report.verdict is Verdict.UNKNOWN
    assert Doubt.ALONE_DIFFERS in {reason.code for reason in report.unknown}
