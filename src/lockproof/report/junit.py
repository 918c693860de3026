"""Reports as JUnit XML, in the form that Jenkins and its like read (junit-10.xsd of Jenkins' xUnit plugin).

A target is a test case: VIOLATION is a failure, and UNKNOWN an error, since a skipped test counts as no harm. Of
mutants, each is a test case: a survivor is a failure, one without a verdict an error; an equivalent or invalid one is
skipped, since no check can kill it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from lockproof.core.mutation_report import Fate, MutationReport
from lockproof.core.verdict import Report
from lockproof.report.issues import Issue, Level, issue_of_mutant, issues_of
from lockproof.report.mutants_text import mutation_as_text
from lockproof.report.text import as_text, headline

_SKIPPED: Final = (Fate.EQUIVALENT, Fate.INVALID)
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document can contain, not even as references."""


@dataclass(frozen=True)
class _Problem:
    """A child of a test case: its tag, the type and the message of it, and its text."""

    tag: str
    kind: str
    message: str
    text: str


def as_junit(
    reports: Sequence[Report | MutationReport],
    issues: Callable[[Report], Sequence[Issue]] = issues_of,
    not_checked: Sequence[Issue] = (),
) -> str:
    """Return the reports as the text of a JUnit XML file, in ASCII, with a test suite for each report.

    `issues` returns what a report on a search has to say. One whose findings are all accepted is skipped. Targets that
    were `not_checked` are errors.
    """
    root = ElementTree.Element("testsuites", name="lockproof")
    for report in reports:
        root.append(_mutants(report) if isinstance(report, MutationReport) else _search(report, issues(report)))
    for each in not_checked:
        suite = _suite(each.subject, 0.0)
        _case(suite, "lockproof", each.subject, 0.0, [_Problem("error", each.rule, each.title, _text(each))])
        root.append(_counted(suite))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return data.decode("ascii") + "\n"


def _search(report: Report, issues: Sequence[Issue]) -> ElementTree.Element:
    problems = [
        _Problem("failure" if each.level is Level.ERROR else "error", each.rule, each.title, _text(each))
        for each in issues
        if each.level is not Level.NOTE and not each.accepted
    ]
    accepted = [f"{each.title}: {each.accepted}" for each in issues if each.accepted]
    if accepted and not problems:
        problems = [_Problem("skipped", "", f"accepted: {'; '.join(accepted)}", "")]
    suite = _suite(report.subject, report.coverage.seconds)
    case = _case(suite, "lockproof", report.subject, report.coverage.seconds, problems)
    out = ElementTree.SubElement(case, "system-out")
    out.text = _xml(headline(report) if not problems else as_text(report))
    return _counted(suite)


def _mutants(report: MutationReport) -> ElementTree.Element:
    suite = _suite(report.subject, report.seconds)
    for judged in report.judged:
        problems = []
        if judged.fate in _SKIPPED:
            problems = [_Problem("skipped", "", f"{judged.fate.value}: {judged.why}", "")]
        elif (issue := issue_of_mutant(report.subject, judged)) is not None:
            tag = "error" if issue.level is Level.NOTE else "failure"
            problems = [_Problem(tag, issue.rule, issue.title, f"{_text(issue)}\n{judged.mutant.diff}")]
        _case(suite, report.subject, judged.mutant.id, judged.seconds, problems)
    ElementTree.SubElement(suite, "system-out").text = _xml(mutation_as_text(report))
    return _counted(suite)


def _text(issue: Issue) -> str:
    places = "".join(f"\n{each.file}:{each.line}" for each in issue.places)
    return f"{issue.message}{places}\n"


def _suite(name: str, seconds: float) -> ElementTree.Element:
    return ElementTree.Element("testsuite", name=_xml(name), time=f"{seconds:.3f}")


def _case(
    suite: ElementTree.Element, group: str, name: str, seconds: float, problems: Sequence[_Problem]
) -> ElementTree.Element:
    case = ElementTree.SubElement(suite, "testcase", classname=_xml(group), name=_xml(name), time=f"{seconds:.3f}")
    for each in problems:
        attributes = (
            {"type": each.kind, "message": _xml(each.message)} if each.kind else {"message": _xml(each.message)}
        )
        ElementTree.SubElement(case, each.tag, attributes).text = _xml(each.text) or None
    return case


def _counted(suite: ElementTree.Element) -> ElementTree.Element:
    """Set the counts of a suite: a test case with several failures is one that failed."""
    cases = suite.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    wrong = [case for case in cases if case.find("error") is not None and case.find("failure") is None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    for name, some in (("tests", cases), ("failures", failed), ("errors", wrong), ("skipped", skipped)):
        suite.set(name, str(len(some)))
    return suite


def _xml(text: str) -> str:
    """Return text in which each character that XML cannot have is escaped, as `clean` does."""
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
