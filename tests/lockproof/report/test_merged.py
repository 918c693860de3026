"""Do several reports on one target say together what they say, and no more?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockproof.core.evidence import Doubt, Doubted, Evidence, LeftOut, Omission, Tally, Verdict
from lockproof.core.verdict import Coverage, Masking, Report
from lockproof.report.merged import merged_report
from tests.lockproof.report.samples import DIFFERENT, HANG, HELD, LOST_UPDATE, MASKED, STANDARD, UNKNOWN, report

pytestmark = pytest.mark.one_build

NEVER = Doubted(Doubt.MEMBER_NEVER_CALLED, 1, "peek: no scenario that ran calls it")


def seen(
    *doubts: Doubted, called: tuple[str, ...] = ("add",), uncalled: tuple[str, ...] = (), runs: int = 10
) -> Report:
    coverage = Coverage(3, runs, ("a.add(x)",), 1.5, 7, called=called, uncalled=uncalled)
    return report(Evidence(Tally(runs, runs, runs), doubts=doubts), coverage=coverage)


def test_one_report_is_itself() -> None:
    assert merged_report([LOST_UPDATE]) is LOST_UPDATE


def test_runs_add_up_and_coverage_is_united() -> None:
    one, other = seen(called=("add", "pop")), seen(called=("add", "peek"), uncalled=("pop", "drain"))
    both = merged_report([one, other])
    assert both.evidence.threads == Tally(20, 20, 20)
    assert (both.coverage.scenarios, both.coverage.invocations, both.coverage.outcomes) == (6, 20, 7)
    assert (both.coverage.called, both.coverage.uncalled) == (("add", "pop", "peek"), ("drain",))
    assert both.coverage.seconds == 3.0 and both.seed == one.seed


def test_a_finding_of_several_reports_is_one_and_others_stay() -> None:
    same = replace(LOST_UPDATE, seed=8)
    both = merged_report([LOST_UPDATE, HELD, same, HANG])
    assert len(both.findings) == len(LOST_UPDATE.findings) + len(HANG.findings)
    assert both.verdict is Verdict.VIOLATION and both.evidence.findings == len(both.findings)
    assert len(merged_report([DIFFERENT, DIFFERENT]).nonconformances) == len(DIFFERENT.nonconformances)


@pytest.mark.parametrize("order", [1, -1])
def test_of_one_finding_the_example_counts_that_the_gil_does_not_mask(order: int) -> None:
    (finding,) = MASKED.findings
    assert finding.control is not None and finding.control.masking is Masking.MASKED
    shown = replace(MASKED, findings=(replace(finding, control=replace(finding.control, masking=Masking.SHOWN)),))
    alone = replace(MASKED, findings=(replace(finding, control=None),))
    (kept,) = merged_report([MASKED, shown, alone][::order]).findings
    assert kept.control is not None and kept.control.masking is Masking.SHOWN
    (kept,) = merged_report([MASKED, alone][::order]).findings
    assert kept.control is not None and kept.control.masking is Masking.MASKED


def test_a_member_that_one_report_calls_is_no_doubt_and_one_that_none_calls_is() -> None:
    without = seen(NEVER, uncalled=("peek",))
    assert merged_report([without, seen(called=("add", "peek"))]).verdict is Verdict.HELD
    assert merged_report([without, without]).verdict is Verdict.UNKNOWN
    assert merged_report([without, seen()]).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("doubt", [Doubt.NOTHING_CHANGED, Doubt.NOTHING_OBSERVED, Doubt.TOO_FEW_RUNS])
def test_a_health_check_that_a_held_report_has_passed_is_no_doubt(doubt: Doubt) -> None:
    ill = seen(Doubted(doubt))
    assert merged_report([ill, seen()]).verdict is Verdict.HELD
    assert merged_report([ill, ill]).verdict is Verdict.UNKNOWN
    assert merged_report([ill, UNKNOWN]).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("doubt", [each for each in Doubt if each not in (Doubt.NOTHING_CHANGED, Doubt.NOTHING_OBSERVED,
                                                                          Doubt.TOO_FEW_RUNS)])  # fmt: skip
def test_each_other_doubt_stays_beside_a_held_report(doubt: Doubt) -> None:
    assert merged_report([seen(), seen(Doubted(doubt, about="x"))]).verdict is Verdict.UNKNOWN


def test_omissions_of_one_kind_add_up() -> None:
    parts = [LeftOut(Omission.TOO_SLOW, 2, "a.f()"), LeftOut(Omission.TOO_SLOW, 3, "a.g()")]
    reports = [report(replace(HELD.evidence, left_out=(each,))) for each in parts]
    assert merged_report(reports).left_out == (LeftOut(Omission.TOO_SLOW, 5, "a.f()"),)


@pytest.mark.parametrize("change", [{"subject": "other"}, {"environment": STANDARD}])
def test_reports_of_several_subjects_or_builds_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        merged_report([HELD, replace(HELD, **change)])  # type: ignore[arg-type]
