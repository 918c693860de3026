"""Does the table of many checks tell the story: the graver first, what failed, and what to do about the rest?"""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from lockproof.core.audited import Audit, DoneUnit, digest_of, merged, plan_of
from lockproof.core.options import CheckOptions
from lockproof.core.survey import FoundTarget, NoTarget, Survey
from lockproof.core.unit import Ending, Refusal, Unit, UnitOutcome
from lockproof.core.verdict import Report
from lockproof.report.batch import Batch, Status
from lockproof.report.batch_text import print_batch
from lockproof.report.documents import LoadedReport, read_batches
from lockproof.report.html.render import html_page
from lockproof.report.jsonfile import write_json
from lockproof.report.markdown import as_markdown
from lockproof.report.page import plain_text
from tests.lockproof.report.samples import DIFFERENT, HELD, LOST_UPDATE, UNKNOWN

pytestmark = pytest.mark.one_build

REFUSED = Refusal("Desk cannot be made without arguments", "'till' is missing", "give it: --factory module:function")


def done(number: int, target: str, came: Report | Refusal | str) -> DoneUnit:
    unit = Unit(target, CheckOptions(seed=1))
    match came:
        case Report():
            return DoneUnit(number, UnitOutcome(unit, Ending.CHECKED, replace(came, subject=target)))
        case Refusal():
            return DoneUnit(number, UnitOutcome(unit, Ending.REFUSED, refusal=came))
    return DoneUnit(number, UnitOutcome(unit, Ending.FAILED, trace=came))


def batch(*came: Report | Refusal | str, broken: tuple[NoTarget, ...] = (), planned: int = 0) -> Batch:
    """Return a batch of a package whose targets are p:0, p:1 and so on."""
    names = [f"p:{number}" for number in range(len(came))]
    survey = Survey(
        "p", tuple(map(FoundTarget, names)), (NoTarget("p:E", "exceptions"), NoTarget("p:F", "exceptions")), broken
    )
    parts = tuple(done(number, name, each) for number, (name, each) in enumerate(zip(names, came, strict=True)))
    return Batch((Audit("3.14.2, Linux", "d", planned or len(parts), parts, (), (survey,)),))


def text(made: Batch, *, verbose: bool = False) -> str:
    return plain_text(lambda each, console: print_batch(each, console, verbose=verbose), made, 120)


@pytest.mark.parametrize(
    ("came", "status"),
    [
        ([HELD, HELD], Status.HELD),
        ([HELD, UNKNOWN], Status.UNKNOWN),
        ([HELD, REFUSED], Status.UNKNOWN),
        ([UNKNOWN, "Traceback\nValueError: x"], Status.FAILED),
        (["Traceback\nValueError: x", LOST_UPDATE, REFUSED], Status.VIOLATION),
        ([], Status.UNKNOWN),
    ],
)
def test_the_gravest_decides(came: list[Report | Refusal | str], status: Status) -> None:
    assert batch(*came).status is status


def test_what_was_not_run_or_does_not_import_is_no_pass() -> None:
    assert batch(HELD, planned=2).status is Status.UNKNOWN
    assert batch(HELD, broken=(NoTarget("p.x", "it does not import"),)).status is Status.UNKNOWN


def test_a_target_that_was_named_and_refused_is_wrong_usage() -> None:
    audit = Audit("b", "d", 1, (done(0, "m:Named", REFUSED),))
    assert Batch((audit,)).status is Status.WRONG_TARGET


def test_the_table_has_the_graver_first_and_the_rest_is_told_below() -> None:
    made = batch(
        HELD, UNKNOWN, LOST_UPDATE, REFUSED, "Traceback\nValueError: x", broken=(NoTarget("p.x", "its import ended"),)
    )
    lines = text(made).splitlines()
    assert lines[0].startswith("5 targets: VIOLATION 1, UNKNOWN 1, HELD 1, FAILED 1, not checked 1; ")
    rows = [line for line in lines if line.startswith("p:")]
    assert [row.split()[:2] for row in rows] == [
        ["p:2", "VIOLATION"], ["p:4", "FAILED"], ["p:1", "UNKNOWN"], ["p:0", "HELD"],
    ]  # fmt: skip
    assert "not linearizable: a.try_add(1) || a.try_add(1)" in rows[0] and "ValueError: x" in rows[1]
    assert '  target = "p:3"' in lines and "  - p.x: its import ended" in lines and "  exceptions 2" in lines
    assert "p:2: VIOLATION" not in text(made) and "p:2: VIOLATION" in text(made, verbose=True)
    assert "p:0: HELD" not in text(made, verbose=True)


def test_what_is_to_be_added_to_the_configuration_is_toml_on_a_narrow_terminal() -> None:
    made = batch(replace(REFUSED, cause="Desk.__init__() missing 2 required positional arguments: 'till' and 'clerk'"))
    lines = plain_text(lambda each, console: print_batch(each, console), made, 60).splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("  # "))
    tables = tomllib.loads("\n".join(lines[begin : begin + 4]))
    assert tables == {"tool": {"lockproof": {"target": [{"target": "p:0", "factory": "tests.factories:0"}]}}}


def test_the_name_of_a_class_is_not_broken_within() -> None:
    name = "shop.serializers:FileSystemSerializer"
    part = done(0, name, LOST_UPDATE)
    made = Batch((Audit("b", "d", 1, (part,), (), (Survey("shop", (FoundTarget(name),), (), ()),)),))
    lines = plain_text(lambda each, console: print_batch(each, console), made, 80).splitlines()
    assert any(line.split()[0] == ":FileSystemSerializer" for line in lines if line.strip())


def test_commands_below_the_table_are_few_and_each_is_there_once() -> None:
    (finding,) = LOST_UPDATE.findings
    assert finding.repeat is not None

    def lines(*targets: str) -> list[str]:
        repeats = [replace(finding.repeat, target=each) for each in targets]
        made = batch(*(replace(LOST_UPDATE, findings=(replace(finding, repeat=each),)) for each in repeats))
        return [line.split(" --")[0].strip() for line in text(made).splitlines()]

    assert lines("x", "x").count("lockproof check x") == 1
    many = lines(*(f"x{number}" for number in range(30)))
    assert sum(line.startswith("lockproof check x") for line in many) == 24
    assert "and 6 more, which the reports have" in many


def test_a_difference_on_one_thread_is_told_by_its_sentence() -> None:
    row = next(line for line in text(batch(DIFFERENT)).splitlines() if line.startswith("p:0"))
    (first, *_) = [each for each in DIFFERENT.nonconformances if each.decides]
    assert f"on one thread: {first.detail}"[:40] in row


def test_text_of_a_subject_is_no_markup_on_the_page_of_a_job() -> None:
    made = batch("Traceback\nValueError: </td>|`[x](y)\n", broken=(NoTarget("p.<b>", "*why*"),))
    for each in ("<b>", "|`", "[x]", "*why*"):
        assert each not in as_markdown(made).replace("**", "")
    assert as_markdown(made).isascii()


def test_the_page_says_what_was_not_checked() -> None:
    made = batch(HELD, REFUSED, broken=(NoTarget("p.<b>", "*why*"),), planned=3)
    sources = [LoadedReport("", each) for each in made.reports]
    page = html_page(sources, "1", [*(each.message for each in made.not_checked()), *made.gaps()])
    assert "Desk cannot be made" in page and "*why*" in page and "1 unit of 3 did not come to an end" in page
    assert "Not checked" not in html_page(sources, "1")


def test_a_batch_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = batch(HELD, LOST_UPDATE, REFUSED, "Traceback")
    path = tmp_path_factory.mktemp("batch") / "all.json"
    write_json(made.to_json(), path)
    assert read_batches([path]) == (made.audits, ())


def test_shards_share_the_work_alike_and_no_unit_is_lost() -> None:
    units = plan_of([Unit(f"m:{each}", CheckOptions(seed=1, budget=each % 5 + 1)) for each in range(40)], 3)
    whole = Audit("b", digest_of(units, ()), len(units))
    parts = [replace(whole, shards=((number, 7),)) for number in range(1, 8)]
    assert sorted(each for part in parts for each in part.numbers) == sorted(whole.numbers)
    loads = [sum(units[number].options.budget for number in part.numbers) for part in parts]
    assert max(loads) - min(loads) <= max(each.options.budget for each in units)
    assert parts[0].missing_shards == tuple((number, 7) for number in range(2, 8))
    assert merged(parts) == (whole,)


def test_a_unit_that_was_interrupted_in_one_file_counts_from_another() -> None:
    stopped = done(0, "p:0", HELD)
    stopped = replace(stopped, outcome=replace(stopped.outcome, ending=Ending.INTERRUPTED))
    first, second = Audit("b", "d", 1, (stopped,)), Audit("b", "d", 1, (done(0, "p:0", LOST_UPDATE),))
    assert first.missing == 1 and second.missing == 0
    for order in ([first, second], [second, first]):
        assert merged(order) == (second,)
