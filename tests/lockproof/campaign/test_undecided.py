"""Is whatever was not judged UNKNOWN, with its code and a next step, and is the twin that was judged HELD?"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

import lockproof
from lockproof.campaign.check import Check
from lockproof.campaign.check_target import check_target
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.explore import explore_target
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Conform, Explored, Found, Label, Labelled, Request, RunLines, RunResult
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions, ExploreOptions, Progress
from lockproof.core.repeat import RepeatTest
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import Control, FindingKind, InternalError, Interrupted, Masking, Report, Verdict
from tests.lockproof.campaign.undecided import BUMPS

HERE = "tests.lockproof.campaign.undecided"
ROOT = str(Path(__file__).resolve().parents[3])

# What a parent decides is the same on every build.
pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def checked(name: str, **options: Any) -> Report:
    """Check a subject; that nothing reads the count of a counter is another question (`test_called.py`)."""
    given = {"seed": 1, "skip": ("nothing-observed",), **options}
    if "budget" not in options:  # by time, a busy machine may make too few
        engine = options.get("engine", "both")
        given |= {each: 200 for each, other in (("runs", "schedules"), ("schedules", "threads")) if engine != other}
    return check_target(f"{HERE}:{name}", CheckOptions(**given))


def explored(name: str, **options: Any) -> Report:
    return explore_target(f"{HERE}:{name}", ExploreOptions(**{"budget": 60.0, "seed": 1, **options}))


def codes(report: Report) -> set[Doubt]:
    assert all(reason.step for reason in report.unknown)
    return {reason.code for reason in report.unknown}


# The judge.


@pytest.mark.parametrize(
    "engine", ["schedules", pytest.param("both", marks=pytest.mark.nightly(reason="as the other"))]
)
def test_outcomes_that_the_judge_did_not_decide_are_not_held(engine: str) -> None:
    report = checked("hidden_choices", engine=engine, scenario=BUMPS, budget=1.5)
    assert report.verdict is Verdict.UNKNOWN
    assert codes(report) == {Doubt.OUTCOMES_UNDECIDED}
    (covered,) = report.coverage.explored
    assert "all schedules" not in covered and " runs were not judged" in covered
    tally = report.evidence.schedules
    assert tally is not None and tally.judged < tally.ran


@pytest.mark.parametrize("engine", ["schedules", "threads"])
def test_the_same_scenario_with_a_model_that_has_no_choices_holds(engine: str) -> None:
    report = checked("no_choices", engine=engine, scenario=BUMPS)
    assert (report.verdict, report.unknown) == (Verdict.HELD, ())
    assert "not judged" not in str(report.coverage.explored)


# Processes that end or hang.


def test_a_signal_from_elsewhere_during_the_schedules_is_no_finding_and_no_pass() -> None:
    report = checked("KilledUnderControl", scenario="a.bump() || a.bump()")
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.CHILD_LOST, Doubt.NOTHING_RUN})
    assert report.evidence.threads is not None and report.evidence.threads.judged > 0


def test_a_crash_during_the_schedules_is_a_finding() -> None:
    report = checked("CrashesUnderControl", scenario="a.bump() || a.bump()")
    assert [(each.kind, each.concurrent) for each in report.findings] == [(FindingKind.CRASH, False)]


def test_a_class_that_does_not_start_under_control_has_not_held_there() -> None:
    report = checked("NotMadeUnderControl")
    assert report.verdict is Verdict.UNKNOWN
    assert Doubt.NOTHING_RUN in codes(report) and codes(report) & {Doubt.NO_CONTROL, Doubt.CHILD_LOST}
    assert checked("NotMadeUnderControl", engine="threads").verdict is Verdict.HELD


def checking(name: str, child: Child, **options: Any) -> Check:
    setup = Setup([*sys.path, ROOT], Named(f"{HERE}:{name}"), hang=1.0, seed=1)
    given = CheckOptions(**{"hang": 1.0, "seed": 1, "scenario": "a.bump() || a.bump()", **options})
    return Check(child, ControlledChild(setup, 1024), setup, given, lambda _: RepeatTest(()), lambda _: None)


NONE = Scenario((), ())
HUNG = Died(FindingKind.HANG, "no thread made a step", "", ())


@pytest.mark.parametrize(
    ("again", "verdict", "found"),
    [
        (RunResult(NONE, 10, returned=10), Verdict.UNKNOWN, []),
        (RunResult(NONE, 10, failures=3, returned=10), Verdict.VIOLATION, ["followed"]),
        (Died(FindingKind.HANG, "again", "", ()), Verdict.VIOLATION, [FindingKind.HANG]),
        (Died(FindingKind.CRASH, "otherwise", "", ()), Verdict.VIOLATION, [FindingKind.CRASH]),
    ],
    ids=["holds", "fails", "hangs", "crashes"],
)
def test_a_hang_under_control_is_what_real_threads_make_of_it_or_not_known(
    again: RunResult | Died, verdict: Verdict, found: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Child(Setup([*sys.path, ROOT], Named(f"{HERE}:LockedCounter"), hang=1.0), memory=1024) as child:
        run = checking("LockedCounter", child, engine="schedules")
        description = run.start()
        followed: list[object] = []

        def follow(scenario: Scenario, result: RunResult) -> None:
            followed.append("followed")
            run.findings.add_death(HUNG, scenario, 0.0)

        monkeypatch.setattr(run.thread_failures, "after_violation", follow)
        monkeypatch.setattr(run.deaths, "again", lambda *_: again)
        run.schedule_search.deaths.append((Scenario.parse("a.bump() || a.bump()"), HUNG))
        run.schedule_failures.after_deaths()
        report = run.report(description)
    assert report.verdict is verdict
    assert (followed or [each.kind for each in report.findings]) == found
    if not found:
        assert codes(report) == {Doubt.CHILD_LOST, Doubt.NOTHING_RUN}


@pytest.mark.parametrize(
    ("again", "announced", "verdict"),
    [
        (RunResult(NONE, 10, returned=10), ("a.bump()",), Verdict.HELD),
        (RunResult(NONE, 10, returned=10), (), Verdict.UNKNOWN),
        (RunResult(NONE, 10, doubts={Doubt.OUTCOMES_UNDECIDED: 1}, returned=9), ("a.bump()",), Verdict.UNKNOWN),
        (RunResult(NONE, skipped=Doubt.MODEL_TOO_WIDE), ("a.bump()",), Verdict.UNKNOWN),
    ],
    ids=["one thread was slow", "threads hung", "not judged then", "not run then"],
)
def test_only_one_thread_that_was_slow_before_the_threads_meet_leaves_no_doubt(
    again: RunResult, announced: tuple[str, ...], verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Child(Setup([*sys.path, ROOT], Named(f"{HERE}:LockedCounter"), hang=1.0), memory=1024) as child:
        run = checking("LockedCounter", child, engine="threads")
        description = run.start()
        run.evidence.add_runs(RunResult(NONE, 5, returned=5))
        monkeypatch.setattr(run.deaths, "again", lambda *_: again)
        died = Died(FindingKind.HANG, "did not come back within 1 s", "", announced, certain=False)
        run.thread_failures.after_death(died, Scenario.parse("a.bump() || a.bump()"))
        report = run.report(description)
    assert (report.verdict, bool(report.unknown)) == (verdict, verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize("scenario", [None, "a.bump() || a.bump()"])
def test_a_class_whose_control_hangs_each_time_is_not_held(
    scenario: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*_: object) -> Explored:
        raise HUNG

    monkeypatch.setattr(ControlledChild, "look", hangs)
    report = checked("LockedCounter", scenario=scenario)
    assert (report.verdict, report.coverage.schedules) == (Verdict.UNKNOWN, 0)
    assert codes(report) == {Doubt.CHILD_LOST, Doubt.NOTHING_RUN}


def test_a_comparison_on_one_thread_that_never_ends_leaves_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    with Child(Setup([*sys.path, ROOT], Named(f"{HERE}:LockedCounter"), hang=1.0), memory=1024) as child:
        run = checking("LockedCounter", child, engine="threads")
        description = run.start()
        monkeypatch.setattr(run.deaths, "avoid", lambda lines: None)
        monkeypatch.setattr(run.deaths, "restart", lambda: None)
        monkeypatch.setattr(run.deaths, "small_program", lambda died, _: (("a.bump()",), None))

        def dies(*_: object) -> NoReturn:
            raise Died(FindingKind.HANG, "one thread alone did not come back", "", ("a.bump()",), certain=False)

        monkeypatch.setattr(child, "ask", dies)
        run.conformance.compare(0.01)
        assert run.conformance.reserved == 1.0
        run.conformance.confirm_hangs()
        run.evidence.add_runs(RunResult(NONE, 5, returned=5))
        report = run.report(description)
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.CONFORMANCE_UNFINISHED})
    assert [each.count for each in report.left_out] == [1]  # the same operation each time


@pytest.mark.parametrize(("kind", "held"), [(FindingKind.HANG, True), (FindingKind.EXIT, False)])
def test_a_comparison_that_a_busy_machine_made_late_is_made_again(
    kind: FindingKind, held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, lost = Child.ask, [Died(kind, "it was lost", "", ())]

    def loses_one(self: Child, request: Request[Any], *more: Any) -> Any:
        if isinstance(request, Conform) and lost:
            raise lost.pop()
        return ask(self, request, *more)

    monkeypatch.setattr(Child, "ask", loses_one)
    report = check_target("tests.lockproof.campaign.uncalled:Shelf", CheckOptions(runs=200, seed=1))
    assert not lost and codes(report) == (set() if held else {Doubt.CHILD_LOST})


def test_a_class_of_which_everything_is_left_out_has_not_held() -> None:
    try:
        report = checked("EndsOnOneThread", hang=0.5)
    except LockproofError as error:
        pytest.fail(f"refused: {error}")
    assert report.verdict is Verdict.VIOLATION
    assert all(not each.concurrent for each in report.findings)


# Calls that show nothing.


def test_calls_that_all_raise_show_nothing() -> None:
    for options, more in (({}, {Doubt.MEMBER_NEVER_CALLED}), ({"scenario": "a.register(1) || a.register(2)"}, set())):
        report = checked("Refuses", **options)
        assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.NOTHING_RETURNED} | more)
    assert checked("Accepts").verdict is Verdict.HELD


def test_an_observer_that_always_raises_observes_nothing() -> None:
    report = checked("blind")
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.OBSERVER_NEVER_WORKED})
    assert "`state(a)` raised ZeroDivisionError" in report.unknown[0].text
    assert checked("seeing").verdict is Verdict.HELD


def test_a_name_that_only_the_runs_can_tell_to_be_misspelt_is_not_held() -> None:
    report = checked("Proxy", scenario="a.apend(1) || a.size()", engine="threads")
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.CALL_NEVER_WORKED})
    assert "`a.apend(1)` raised AttributeError" in report.unknown[0].text
    right = checked("Proxy", scenario="a.append(1) || a.size()", engine="threads")
    assert right.verdict is Verdict.HELD


# Explorations.


def test_an_exploration_that_its_time_cut_off_is_not_held() -> None:
    report = explored("many_steps", budget=0.05)
    assert report.verdict is Verdict.UNKNOWN
    assert Doubt.CUT_OFF in codes(report) <= {Doubt.CUT_OFF, Doubt.NOTHING_RUN}
    assert all("--budget" in reason.step for reason in report.unknown)
    assert explored("few_steps", strategy="preemptions").verdict is Verdict.HELD


def test_an_exploration_without_a_schedule_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ControlledChild, "look", lambda *_: Explored(threads=2))
    report = explored("few_steps")
    assert report.coverage.schedules == 0
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.NOTHING_RUN})


@pytest.mark.parametrize("died", [HUNG, Died(FindingKind.CRASH, "killed by SIGKILL", "", (), certain=False)])
def test_an_exploration_that_was_lost_once_is_not_held(died: Died, monkeypatch: pytest.MonkeyPatch) -> None:
    look = ControlledChild.look
    deaths = [died]

    def lost(child: ControlledChild, *arguments: Any) -> Explored:
        if deaths:
            raise deaths.pop()
        return look(child, *arguments)

    monkeypatch.setattr(ControlledChild, "look", lost)
    report = explored("few_steps", strategy="preemptions")
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.CHILD_LOST})
    assert report.coverage.schedules > 0


def test_a_process_that_is_killed_each_time_is_a_finding() -> None:
    report = explored("killed", budget=10.0)
    assert [each.kind for each in report.findings] == [FindingKind.CRASH]


def test_a_run_that_was_wrong_once_and_never_again_is_not_held() -> None:
    report = explored("wrong_once", strategy="preemptions")
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.SEEN_ONCE})


def test_runs_that_were_given_up_are_not_held() -> None:
    report = explored("endless", strategy="random", budget=1.0)
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.GIVEN_UP})
    assert any("were not judged" in covered for covered in report.coverage.explored)


def test_a_strategy_that_chooses_nothing_shows_nothing() -> None:
    report = explored("few_steps", strategy=f"{HERE}:NoSchedule")
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {Doubt.NOTHING_RUN})
    assert explored("few_steps", strategy=f"{HERE}:OneSchedule").verdict is Verdict.HELD


def test_a_function_is_not_judged_by_assertions_that_are_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    with pytest.raises(LockproofError, match="assertions are switched off"):
        explored("few_steps")


# What is interrupted.


@pytest.mark.parametrize("phase", ["checking", "exploring"])
def test_an_interrupted_check_has_not_held(phase: str) -> None:
    def stop(progress: Progress) -> None:
        if progress.phase == phase and (progress.invocations or phase == "exploring"):
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        check_target(f"{HERE}:LockedCounter", CheckOptions(budget=1.0, seed=1), stop)
    report = stopped.value.report
    assert report.verdict is Verdict.UNKNOWN and Doubt.INTERRUPTED in codes(report)
    assert any("of 1 s" in reason.text for reason in report.unknown)


def test_a_fault_of_lockproof_keeps_what_was_done_and_has_not_held() -> None:
    def fail(progress: Progress) -> None:
        if progress.phase == "exploring":
            raise ZeroDivisionError("oops")

    with pytest.raises(InternalError, match="oops") as failed:
        check_target(f"{HERE}:LockedCounter", CheckOptions(budget=1.0, seed=1), fail)
    report = failed.value.report
    assert report.verdict is Verdict.UNKNOWN and Doubt.INTERNAL_ERROR in codes(report)
    assert any("oops" in reason.text for reason in report.unknown) and report.coverage.invocations


def test_a_fault_of_lockproof_in_an_exploration_keeps_what_was_done_and_has_not_held() -> None:
    seen: list[str] = []

    def fail(progress: Progress) -> None:
        seen.append(progress.phase)
        if seen.count("exploring") == 3:
            raise ZeroDivisionError("oops")

    with pytest.raises(InternalError, match="oops") as failed:
        explore_target(f"{HERE}:many_steps", ExploreOptions(budget=30.0, seed=1, bound=1), fail)
    report = failed.value.report
    assert report.verdict is Verdict.UNKNOWN and Doubt.INTERNAL_ERROR in codes(report)
    assert report.coverage.schedules


def test_an_interrupted_exploration_has_not_held() -> None:
    seen: list[str] = []

    def stop(progress: Progress) -> None:
        seen.append(progress.phase)
        if seen.count("exploring") == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        explore_target(f"{HERE}:many_steps", ExploreOptions(budget=30.0, seed=1, bound=1), stop)
    assert stopped.value.report.verdict is Verdict.UNKNOWN
    assert Doubt.INTERRUPTED in codes(stopped.value.report)


# Options that leave nothing to do.


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ({"budget": 0.0}, "budget is 0 s"),
        ({"budget": -1.0}, "budget is -1 s"),
        ({"budget": math.nan}, "budget is nan s"),
        ({"budget": math.inf}, "budget is inf s"),
        ({"hang": 0.0}, "hang is 0 s"),
        ({"memory": 0}, "memory is 0 MiB"),
    ],
)
def test_options_that_leave_nothing_to_do_are_refused(options: dict[str, Any], fact: str) -> None:
    from tests.lockproof.campaign.undecided import LockedCounter, few_steps

    with pytest.raises(LockproofError, match=fact):
        lockproof.check(LockedCounter, **options)
    with pytest.raises(LockproofError, match=fact):
        lockproof.explore(few_steps, **options)


# The label of the GIL.


def test_the_label_says_why_it_is_not_known(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.lockproof.campaign.masking_labels"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    answers = json.loads(done.stdout)
    assert answers["masked"] == [Masking.MASKED.value, []]
    assert answers["shown"] == [Masking.SHOWN.value, []]
    assert answers["undecided"] == [Masking.UNKNOWN.value, [Doubt.OUTCOMES_UNDECIDED.value]]
    assert answers["given up"][0] == Masking.UNKNOWN.value and Doubt.GIVEN_UP.value in answers["given up"][1]
    assert answers["no time"][0] == Masking.UNKNOWN.value
    assert set(answers["no time"][1]) <= {Doubt.CUT_OFF.value, Doubt.NOTHING_RUN.value} and answers["no time"][1]


class AnsweringChild:
    """In the place of the child: answers a question about the label, or dies of it."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.requests = list(answers), list[type]()

    def ask(self, request: Request[Any], _: float = 0.0) -> object:
        self.requests.append(type(request))
        answer = self.answers.pop(0)
        if isinstance(answer, Died):
            raise answer
        return answer


KNOWN = Labelled(Masking.MASKED, "all 9 schedules")


def label(*answers: object, conforms: bool = False) -> tuple[AnsweringChild, Labelled]:
    controlled, child = ControlledChild(Setup(list(sys.path), Named("nobody:asks")), 100), AnsweringChild(*answers)
    controlled.child = child  # type: ignore[assignment]
    if conforms:
        controlled._conform = Conform(0.1)
    found = Found(FindingKind.DEADLOCK, Control(Schedule.parse("free:1x1"), 1))
    return child, controlled.label(Scenario.parse("a.f() || a.g()"), found, 1.0)


def test_a_schedule_of_a_standard_build_that_hangs_leaves_the_label_open() -> None:
    _, labelled = label(HUNG)
    assert (labelled.masking, labelled.undecided) == (Masking.UNKNOWN, (Doubt.CHILD_LOST,))
    assert "no thread made a step" in labelled.rests_on
    assert label(KNOWN)[1] == KNOWN


def test_a_fresh_process_that_cannot_judge_the_scenario_compares_first_or_leaves_the_label_open() -> None:
    skipped = Labelled(skipped=Doubt.ALONE_DIFFERS)
    child, labelled = label(skipped, None, KNOWN, conforms=True)
    assert (child.requests, labelled) == ([Label, Conform, Label], KNOWN)
    _, labelled = label(skipped)
    assert (labelled.masking, labelled.undecided) == (Masking.UNKNOWN, (Doubt.ALONE_DIFFERS,))
    assert "one thread" in labelled.rests_on


def test_a_killed_process_is_told_from_one_that_crashed() -> None:
    with Child(Setup([*sys.path, ROOT], Named(f"{HERE}:EndsOnOneThread"), hang=1.0), memory=1024) as child:
        with pytest.raises(Died) as crashed:
            child.ask(RunLines(("a.two()",), 1.0))
        assert crashed.value.certain
        child.start()
        assert child._process is not None
        child._process.kill()
        with pytest.raises(Died) as killed:
            child.ask(RunLines(("a.four()",), 1.0))
        assert not killed.value.certain
