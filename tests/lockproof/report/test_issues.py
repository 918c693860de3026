"""Does a report say each thing once, at the right line, with a name that another run gives it too?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lockproof.core.evidence import Doubt
from lockproof.core.mutation_report import Fate, Judged
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind, Report
from lockproof.report.definition import definition_of
from lockproof.report.issues import RULES, Issue, Level, fingerprint_of, issues_of
from lockproof.report.places import Project, SourceLine, place_of
from tests.lockproof.cli.test_mutate import EQUIVALENT, KILLED, SURVIVED, WRONG, mutant
from tests.lockproof.cli.test_mutate import report as mutants
from tests.lockproof.report.samples import BAG, DIFFERENT, HANG, HELD, LOST_UPDATE, MASKED, SAMPLES, UNCALLED

pytestmark = pytest.mark.one_build


def only(report: Report) -> Issue:
    (issue,) = issues_of(report)
    return issue


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_finding_and_each_reason_is_one_issue_with_a_known_rule(name: str) -> None:
    report = SAMPLES[name]
    issues = issues_of(report)
    decisive = [each for each in report.nonconformances if each.decides]
    assert len(issues) == len(report.findings) + len(decisive) + len(report.unknown)
    assert all(issue.rule in RULES and issue.message and "\x1b" not in issue.message for issue in issues)


def test_each_kind_and_each_doubt_has_a_rule() -> None:
    assert {kind.value.replace(" ", "-") for kind in FindingKind} <= RULES.keys()
    assert {f"unknown/{doubt.value}" for doubt in Doubt} <= RULES.keys()


def test_what_held_is_no_issue() -> None:
    assert issues_of(HELD) == ()


def test_a_finding_and_a_difference_are_errors_and_what_was_not_judged_is_a_warning() -> None:
    assert {each.level for each in issues_of(HANG)} == {Level.ERROR}
    assert {each.level for each in issues_of(DIFFERENT)} == {Level.ERROR}
    assert {each.level for each in issues_of(UNCALLED)} == {Level.WARNING}


def test_what_was_not_judged_beside_a_finding_is_a_note() -> None:
    both = replace(UNCALLED, findings=LOST_UPDATE.findings, evidence=replace(UNCALLED.evidence, findings=1))
    assert {each.level for each in issues_of(both)} == {Level.ERROR, Level.NOTE}


def test_the_lines_that_collided_come_first() -> None:
    assert only(MASKED).places == (SourceLine(BAG, 13), SourceLine(BAG, 12))


def test_a_hang_on_real_threads_has_the_lines_of_its_stacks() -> None:
    assert issues_of(HANG)[0].places == (SourceLine("/srv/shop/bags.py", 31),)


def with_scenario(finding: Finding, text: str) -> Finding:
    return replace(finding, scenario=Scenario.parse(text), seconds=9.0, failures=3, repeat=None)


def test_the_fingerprint_of_a_finding_depends_on_what_met_and_not_on_the_run() -> None:
    (finding,) = LOST_UPDATE.findings
    same = with_scenario(finding, "a.try_add(7) || a.add(2) -> len(a)")
    again = with_scenario(finding, "a.add(3) -> a.add(5) || a.try_add(8)")
    assert fingerprint_of("m:Bag", same) == fingerprint_of("m:Bag", again)
    others = [
        fingerprint_of("m:Bag", with_scenario(finding, "a.try_add(7) || a.discard(2)")),
        fingerprint_of("m:Other", same),
        fingerprint_of("m:Bag", replace(same, kind=FindingKind.HANG)),
        fingerprint_of("m:Bag", replace(same, concurrent=False)),
    ]
    assert len({fingerprint_of("m:Bag", same), *others}) == 5


def test_the_fingerprint_is_the_same_in_every_process() -> None:
    (finding,) = LOST_UPDATE.findings
    seven = " || ".join(f"a.{name}()" for name in ("pop", "add", "clear", "copy", "drain", "take", "swap"))
    assert fingerprint_of("m:Bag", with_scenario(finding, seven)) == "dcac75164ad9ea6c"


def test_the_fingerprint_of_a_function_has_the_type_of_its_exception() -> None:
    finding = Finding(FindingKind.EXCEPTION, Scenario((), ()), detail="AssertionError: 3 of 4, in main thread")
    assert fingerprint_of("m:f", finding) == fingerprint_of("m:f", replace(finding, detail="AssertionError: 1 of 4"))
    assert fingerprint_of("m:f", finding) != fingerprint_of("m:f", replace(finding, detail="KeyError: 4"))


def test_mutants_that_no_check_noticed_are_issues_at_their_lines_and_killed_ones_are_none() -> None:
    undecided = Judged(mutant(5), Fate.UNDECIDED, 1.0, why="cut off")
    issues = issues_of(mutants(KILLED, SURVIVED, EQUIVALENT, WRONG, undecided))
    assert [(each.rule, each.level) for each in issues] == [
        ("mutant-survived", Level.WARNING), ("mutant-not-equivalent", Level.ERROR), ("mutant-undecided", Level.NOTE),
    ]  # fmt: skip
    assert [each.places for each in issues] == [(SourceLine("bag.py", line),) for line in (2, 4, 5)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/a/b.py:12", SourceLine("/a/b.py", 12)), ("C:\\a\\b.py:1", SourceLine("C:\\a\\b.py", 1)), ("", None),
        ("<operation a.add(1)>:1", None), ("/a/b.py", None), ("/a/b.py:0", None), ("/a/b.py:x", None), (":3", None),
    ],
)  # fmt: skip
def test_a_place_is_a_file_and_a_line(text: str, place: SourceLine | None) -> None:
    assert place_of(text) == place


def test_the_definition_is_found_without_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "raise SystemExit\n\nclass Bag:\n    class Inner:\n        pass\n\ndef f():\n    pass\nx = 3\n"
    (tmp_path / "shop").mkdir()
    file = tmp_path / "shop" / "bags.py"
    file.write_text(source, encoding="utf-8")
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    lines = {"Bag": 3, "Bag.Inner": 4, "f": 7, "x": 1, "gone": 1}
    assert {name: definition_of(f"{file}:{name}") for name in lines} == {
        name: SourceLine(str(file), line) for name, line in lines.items()
    }
    assert definition_of("shop.bags:f") == SourceLine(str(file), 7)
    assert definition_of("shop.bags") == SourceLine(str(file), 1)
    assert definition_of("shop.gone:f") is definition_of("no such name") is None


def test_the_project_is_the_workspace_of_the_job_or_what_has_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "repository" / "package"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    (tmp_path / "repository" / ".git").touch()
    (inner / "pyproject.toml").touch()
    project = Project.here({})
    assert project.root == tmp_path / "repository"
    assert Project.here({"GITHUB_WORKSPACE": str(tmp_path)}).root == tmp_path
    assert Project.here({"GITHUB_WORKSPACE": str(tmp_path / "elsewhere")}).root == tmp_path / "repository"
    assert project.name("bag.py") == project.name(str(inner / "bag.py")) == "package/bag.py"
    assert project.name(str(tmp_path / "other.py")) is None
    inside, outside = SourceLine("bag.py", 3), SourceLine(str(tmp_path / "other.py"), 9)
    assert project.first([outside, inside]) == (inside, outside)
