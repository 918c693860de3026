"""Do counts end a check exactly, and is its result then the same on a slow machine?

A clock that runs 20 times as fast stands for a slow machine.
"""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lockproof.campaign import clock
from lockproof.campaign.check_target import check_target
from lockproof.campaign.clock import MOST_IDLE, Clock, Work
from lockproof.campaign.protocol.child import Child
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.pace import DEATH, RUN, SCHEDULE
from lockproof.core.verdict import Report, Verdict
from tests.lockproof.campaign.fast_clock.faster_clock import faster
from tests.lockproof.campaign.rare import RACE

HERE = "tests.lockproof.campaign.rare"
FAST = Path(__file__).parent / "fast_clock"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes, replaces a clock"), pytest.mark.two_builds]


def checked(target: str, **options: Any) -> Report:
    return check_target(target, CheckOptions(seed=3, hang=60.0, **options))


def slowly(monkeypatch: pytest.MonkeyPatch, target: str, **options: Any) -> Report:
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", str(FAST))
        patched.setattr(clock, "time", SimpleNamespace(monotonic=faster(time.monotonic)))
        return checked(target, **options)


def timeless(value: Any) -> Any:
    """Return a JSON value without its times."""
    if isinstance(value, dict):
        return {name: timeless(each) for name, each in value.items() if name != "seconds"}
    return [timeless(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "verdict"), [("Counter", Verdict.VIOLATION), ("MendedCounter", Verdict.HELD)])
def test_a_slow_machine_gives_the_same_report(monkeypatch: pytest.MonkeyPatch, name: str, verdict: Verdict) -> None:
    here = checked(f"{HERE}:{name}", schedules=120)
    there = slowly(monkeypatch, f"{HERE}:{name}", schedules=120)
    assert here.verdict is verdict
    assert timeless(here.to_json()) == timeless(there.to_json())


@pytest.mark.nightly("takes long")
@pytest.mark.parametrize(
    "target",
    [
        "tests.corpus.pools:BrokenPool", "tests.corpus.pools:MendedPool", "tests.corpus.waiting:BrokenTokens",
        "tests.corpus.waiting:MendedTokens", "tests.corpus.counters:BrokenHistogram",
        "tests.corpus.counters:MendedAccount",
        "tests.corpus.caches:BrokenLru", "tests.corpus.clocks:BrokenThrottle", f"{HERE}:Machine", "queue:Queue",
    ],
)  # fmt: skip
def test_a_slow_machine_gives_the_same_report_of_other_classes(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    reports = checked(target, schedules=500), slowly(monkeypatch, target, schedules=500)
    assert timeless(reports[0].to_json()) == timeless(reports[1].to_json())


@pytest.mark.nightly("a budget needs quiet processors")
def test_with_a_budget_a_slow_machine_does_less(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"budget": 4.0, "engine": "schedules"}
    here = checked(f"{HERE}:MendedCounter", **given)
    there = slowly(monkeypatch, f"{HERE}:MendedCounter", **given)
    assert here.coverage.schedules > 2 * there.coverage.schedules


def test_runs_on_real_threads_are_counted_exactly() -> None:
    report = checked(f"{HERE}:MendedCounter", runs=777)
    assert (report.verdict, report.coverage.invocations, report.coverage.schedules) == (Verdict.HELD, 777, 0)


@pytest.mark.nightly("takes long beside the others")
def test_one_scenario_has_all_of_the_count() -> None:
    report = checked(f"{HERE}:MendedMachine", schedules=4000, scenario=f"{RACE}; a.step() || a.step(); a.steps()")
    assert (report.verdict, report.coverage.schedules) == (Verdict.HELD, 4000)


@pytest.mark.nightly("takes long beside the others")
def test_with_both_counts_both_engines_run() -> None:
    report = checked(f"{HERE}:MendedCounter", runs=2000, schedules=200)
    assert (report.verdict, report.coverage.invocations) == (Verdict.HELD, 2000)
    assert 150 <= report.coverage.schedules <= 220


def made(**options: int) -> tuple[Clock, list[Progress]]:
    told: list[Progress] = []
    return Clock.of(CheckOptions(**options), told.append, lambda: (1, 2, 0)), told


@pytest.mark.one_build
def test_turns_divide_counts_as_they_divide_a_budget() -> None:
    made_clock, _ = made(runs=20_000, schedules=1000)
    assert made_clock.budget == pytest.approx(2.0)
    shares = made_clock.shares((0.1, 0.3, 0.35, 0.25))
    assert sum(shares[::2]) == pytest.approx(0.5) and sum(shares) == pytest.approx(1.0)
    first = made_clock.turn("threads", shares[0], 0.0, last=False)
    assert first.left() == pytest.approx(shares[0] * 2.0, abs=RUN)
    made_clock.threads.count += round(first.left() / RUN)
    assert first.left() <= 0 and made_clock.left() == pytest.approx(2.0 - shares[0] * 2.0, abs=RUN)
    assert made_clock.turn("threads", shares[2], 0.0, last=True).left() == pytest.approx(1.0 - shares[0] * 2.0, abs=RUN)


@pytest.mark.one_build
def test_a_turn_by_counts_ends_with_its_count_or_after_much_that_does_not_count() -> None:
    made_clock, _ = made(schedules=100)
    turn = made_clock.turn("schedules", 1.0, 0.0, last=True)
    assert turn.left() == turn.look(9.0) == pytest.approx(0.1)
    made_clock.schedules.count = 95
    assert turn.left() == 0.0
    made_clock.schedules.count = 0
    made_clock.schedules.idle += MOST_IDLE - DEATH
    assert turn.left() > 0.0
    made_clock.schedules.idle += DEATH
    assert turn.left() == 0.0


@pytest.mark.one_build
def test_the_progress_shows_counts_instead_of_a_time_limit() -> None:
    made_clock, told = made(schedules=500)
    made_clock.schedules.count = 60
    made_clock.progress("a.f()")
    assert (told[-1].counts, told[-1].budget) == ("60 of 500 schedules", 0.0)
    timed = Clock(10.0, told.append, lambda: (0, 0, 0))
    timed.progress("")
    assert (told[-1].counts, told[-1].budget) == ("", 10.0)


@pytest.mark.one_build
def test_at_least_one_fits() -> None:
    work = Work(SCHEDULE)
    assert [work.fitting(*each) for each in [(0.0, 60), (0.03, 60), (9.0, 60)]] == [1, 30, 60]


@pytest.mark.one_build
def test_an_engine_without_a_count_is_left_out() -> None:
    assert CheckOptions(runs=5).settled().engine == "threads"
    assert CheckOptions(schedules=50).settled().engine == "schedules"
    assert CheckOptions(runs=5, schedules=50).settled().engine == "both"
    assert CheckOptions().settled().engine == "both"


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"runs": 0}, "runs is 0"), ({"schedules": 9}, "schedules is 9"),
        ({"runs": 5, "engine": "schedules"}, "runs is about an engine that does not run"),
        ({"schedules": 50, "engine": "threads"}, "schedules is about an engine that does not run"),
    ],
)  # fmt: skip
def test_a_count_that_leaves_nothing_to_do_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(LockproofError) as caught:
        CheckOptions(**options).validate()
    assert says in caught.value.fact


@pytest.mark.one_build
def test_what_the_clock_cut_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that reports a cut: the report has a note of it."""
    answered = Child._answer

    def cutting(self: Child, *given: Any) -> Any:
        self.cuts["exploring a scenario"] = None
        return answered(self, *given)

    monkeypatch.setattr(Child, "_answer", cutting)
    report = check_target(f"{HERE}:MendedCounter", CheckOptions(seed=1, schedules=50))
    assert any("exploring a scenario took so long that the clock ended it" in note for note in report.notes)
