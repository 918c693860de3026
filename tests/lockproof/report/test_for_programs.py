"""Are the reports for other programs as these read them: SARIF, JUnit XML, annotations of GitHub?

SARIF is validated against a schema that is written for these tests, of the part that lockproof writes: the official one
may be copied only with its notices.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from lockproof.core.mutation_report import Fate, Judged
from lockproof.core.verdict import Report
from lockproof.report.annotations import as_annotations
from lockproof.report.issues import Issue, Level, issues_of
from lockproof.report.junit import as_junit
from lockproof.report.places import Project, SourceLine
from lockproof.report.sarif import as_sarif
from tests.lockproof.cli.test_mutate import EQUIVALENT, KILLED, SURVIVED, WRONG, mutant
from tests.lockproof.cli.test_mutate import report as mutants
from tests.lockproof.report.samples import DIFFERENT, HANG, HELD, LOST_UPDATE, MASKED, SAMPLES, UNCALLED, UNKNOWN

pytestmark = pytest.mark.one_build

SHOP = Project(Path("/srv/shop"))
OTHER = Project(Path("/srv/other"))
SARIF = Draft202012Validator(
    json.loads((Path(__file__).parent / "sarif-written.schema.json").read_text(encoding="utf-8"))
)
MUTANTS = mutants(KILLED, SURVIVED, EQUIVALENT, WRONG, Judged(mutant(5), Fate.UNDECIDED, 1.0, why="cut off"))


def sarif(issues: tuple[Issue, ...], project: Project = SHOP) -> Any:
    text = as_sarif(issues, project, "0.1.0")
    assert text.isascii()
    log = json.loads(text)
    SARIF.validate(log)
    return log["runs"][0]


@pytest.mark.parametrize("name", [*sorted(SAMPLES), "mutants"])
@pytest.mark.parametrize("project", [SHOP, OTHER], ids=["inside", "outside"])
def test_each_sample_is_as_the_schema_of_sarif_says(name: str, project: Project) -> None:
    issues = issues_of(MUTANTS if name == "mutants" else SAMPLES[name])
    run = sarif(issues, project)
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert [rules[each["ruleIndex"]] for each in run["results"]] == [each.rule for each in issues]


def test_the_schema_refuses_what_is_no_sarif() -> None:
    log = json.loads(as_sarif(issues_of(MASKED), SHOP, "0.1.0"))
    log["runs"][0]["results"][0]["level"] = "grave"
    with pytest.raises(ValidationError):
        SARIF.validate(log)


def test_the_interleaving_is_a_flow_for_each_thread_whose_steps_have_one_order() -> None:
    (result,) = sarif(issues_of(MASKED))["results"]
    (flow,) = result["codeFlows"]
    assert [each["id"] for each in flow["threadFlows"]] == ["thread 1", "thread 2"]
    steps = sorted(
        (step["executionOrder"], each["id"], step["location"]["physicalLocation"]["region"]["startLine"],
         step["importance"])
        for each in flow["threadFlows"] for step in each["locations"]
    )  # fmt: skip
    assert steps == [
        (1, "thread 1", 12, "important"), (2, "thread 1", 13, "essential"), (3, "thread 2", 12, "important"),
        (4, "thread 2", 13, "essential"), (5, "thread 1", 13, "important"),
    ]  # fmt: skip


def test_paths_in_the_project_are_relative_and_the_file_says_nothing_of_the_machine() -> None:
    text = as_sarif(issues_of(MASKED), SHOP, "0.1.0")
    (result,) = json.loads(text)["runs"][0]["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "bags.py", "uriBaseId": "SRCROOT"}, "region": {"startLine": 13},
    }  # fmt: skip
    assert [each["physicalLocation"]["region"]["startLine"] for each in result["relatedLocations"]] == [12]
    assert "/srv" not in text


def test_a_file_outside_of_the_project_has_its_whole_path() -> None:
    (result,) = sarif(issues_of(MASKED), OTHER)["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///srv/shop/bags.py"}


def test_what_held_is_a_run_without_results() -> None:
    assert sarif(issues_of(HELD))["results"] == []


texts = st.text(st.characters(), max_size=30)


def issue(text: str, file: str = "bags.py") -> Issue:
    return Issue(
        "hang", Level.ERROR, text, text, text or "-", (SourceLine(f"/srv/shop/{file}", 3),), (), "0" * 16, text
    )


@given(texts)
@example("\ud800\x00\x1b\u2028é%,:")
def test_any_text_is_a_sarif_file(text: str) -> None:
    sarif((issue(text),))


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8))
@example("a b%:#?é")
def test_any_file_name_is_a_uri_that_leads_back(name: str) -> None:
    if name in (".", ".."):
        return
    (result,) = sarif((issue("x", name),))["results"]
    assert unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) == name


COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^,:\r\n]*)(?:,[a-z]+=[^,:\r\n]*)*)::([^\r\n]*)\n")


def unescaped(text: str) -> str:
    for escape, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def annotations(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as GitHub does."""
    assert text.isascii()
    found = [COMMAND.fullmatch(line) for line in text.splitlines(keepends=True)]
    return [
        (each[1], {key: unescaped(value) for key, _, value in (part.partition("=") for part in each[2].split(","))},
         unescaped(each[3]))
        for each in found if each is not None
    ] if None not in found else pytest.fail(text)  # fmt: skip


def test_a_finding_is_an_error_on_its_line_with_a_notice_on_the_other_lines_that_collided() -> None:
    assert MASKED.findings[0].control is not None
    steps = MASKED.findings[0].control.steps
    control = replace(MASKED.findings[0].control, steps=(replace(steps[0], marked=True), *steps[1:]))
    both = replace(MASKED, findings=(replace(MASKED.findings[0], control=control),))
    error, notice = annotations(as_annotations(issues_of(both), SHOP))
    title = "shop.bags:Bag: not linearizable"
    assert error[:2] == ("error", {"file": "bags.py", "line": "12", "title": title})
    assert error[2].startswith(f"{title}.\nScenario: a.put(1) || a.put(2)\nBoth `a.put(1)`")
    assert notice[:2] == ("notice", {"file": "bags.py", "line": "13", "title": title})


def test_a_file_that_github_does_not_have_is_not_named() -> None:
    ((kind, properties, _),) = annotations(as_annotations(issues_of(MASKED), OTHER))
    assert (kind, set(properties)) == ("error", {"title"})


def test_what_was_not_judged_is_a_warning_and_what_held_is_nothing() -> None:
    assert {each[0] for each in annotations(as_annotations(issues_of(UNCALLED), SHOP))} == {"warning"}
    assert as_annotations(issues_of(HELD), SHOP) == ""


@given(texts)
@example("a\n::error::b")
@example("100%, a:b\r\n%0A")
def test_no_text_can_be_a_command_of_its_own(text: str) -> None:
    ((_, properties, message),) = annotations(as_annotations((issue(text),), SHOP))
    plain = "".join(
        each if " " <= each <= "~" or each in "\r\n" else each.encode("unicode_escape").decode("ascii") for each in text
    )
    assert (properties["title"], message) == (plain, plain or "-")


def junit(*reports: Any) -> ElementTree.Element:
    text = as_junit(reports)
    assert text.isascii()
    return ElementTree.fromstring(text)


def counts(element: ElementTree.Element) -> tuple[str | None, ...]:
    return tuple(element.get(name) for name in ("tests", "failures", "errors"))


@pytest.mark.parametrize(
    ("report", "expected", "tags"),
    [
        (HELD, ("1", "0", "0"), set()),
        (LOST_UPDATE, ("1", "1", "0"), {"failure"}),
        (HANG, ("1", "1", "0"), {"failure"}),
        (DIFFERENT, ("1", "1", "0"), {"failure"}),
        (UNKNOWN, ("1", "0", "1"), {"error"}),
    ],
)
def test_a_target_is_a_test_case_and_unknown_is_no_pass(
    report: Report, expected: tuple[str, ...], tags: set[str]
) -> None:
    root = junit(report)
    assert root.tag == "testsuites" and counts(root) == counts(root[0]) == expected
    (case,) = root.iter("testcase")
    assert case.get("name") == "shop.bags:Bag" and case.get("time") is not None
    assert {child.tag for child in case} == tags | {"system-out"}


def test_a_failure_has_the_sentences_and_the_lines() -> None:
    failure = junit(MASKED).find("testsuite/testcase/failure")
    assert failure is not None and failure.get("type") == "not-linearizable"
    assert (
        failure.text is not None and "/srv/shop/bags.py:13" in failure.text and "a.put(1) || a.put(2)" in failure.text
    )


def test_each_mutant_is_a_test_case() -> None:
    (suite,) = junit(MUTANTS)
    assert (*counts(suite), suite.get("skipped")) == ("5", "2", "1", "1")
    assert [[child.tag for child in case] for case in suite.iter("testcase")] == [
        [], ["failure"], ["skipped"], ["failure"], ["error"],
    ]  # fmt: skip


def test_several_reports_are_several_suites_with_one_sum() -> None:
    assert counts(junit(HELD, LOST_UPDATE, UNKNOWN)) == ("3", "1", "1")


@given(texts)
@example("\x00\x1b[31m\ufffe\ud800]]><&\"'\n")
def test_any_text_is_well_formed_xml(text: str) -> None:
    (finding,) = LOST_UPDATE.findings
    root = junit(replace(LOST_UPDATE, subject=text, findings=(replace(finding, detail=text, stacks=text),)))
    assert root.find("testsuite/testcase/failure") is not None
