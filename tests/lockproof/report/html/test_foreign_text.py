"""Can a subject change the page? What it says, by a result, a name, a source line or a message, stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from lockproof.core.history_report import HistoryReport
from lockproof.core.mutation_report import MutationReport
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Report
from lockproof.report.documents import LoadedReport, document_of
from lockproof.report.html.render import html_page
from tests.lockproof.report.html.parsed import Element, page_of, parsed, text_of_page
from tests.lockproof.report.html.samples_for_pages import MUTANTS, TIMED
from tests.lockproof.report.samples import HISTORIES, SAMPLES
from tests.lockproof.report.strategies import reports

HOSTILE = (
    "</script><script>alert(1)</script>",
    "</style></title></textarea><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "<!--",
    "]]><![CDATA[",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt; &amp;lt;",
)

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "h3", "h4", "span", "nav", "div",
    "table", "caption", "thead", "tbody", "tr", "th", "td", "main", "section", "details", "summary", "code", "pre",
    "small", "b", "strong", "ul", "li", "dl", "dt", "dd", "br", "figure", "figcaption", "button", "footer", "script",
    "svg", "defs", "marker", "path", "line", "g", "rect", "text", "circle", "polyline",
}  # fmt: skip


def check_harmless(text: str) -> Element:
    assert text.isascii()
    page = parsed(text)
    assert {each.tag for each in page.all()} <= ALLOWED
    assert len(page.all("script")) == len(page.all("style")) == 1
    for each in page.all():
        assert not [name for name in each.attributes if name.startswith("on") or name in ("src", "style", "srcdoc")]
        assert each.attributes.get("href", "#").startswith("#")
    return page


PLAIN_FIELDS = (
    "schema",
    "verdict",
    "fate",
    "kind",
    "masking",
    "consistency",
    "switching",
    "code",
    "by",
    "doubt",
    "omission",
)
"""Fields with the words of lockproof itself."""


def planted(value: Any, text: str, name: str = "") -> Any:
    """Return the JSON of a report in which every text of the subject is another one. Lines of Python stay Python."""
    if isinstance(value, dict):
        if value.keys() == {"init", "threads", "final"}:
            return json.loads(
                json.dumps(value).replace("a.", f"a[{text!r}].".replace("\\", "\\\\").replace('"', '\\"'))
            )
        return {key: planted(each, text, key) for key, each in value.items()}
    if isinstance(value, list):
        return [planted(each, text, name) for each in value]
    if isinstance(value, str) and name not in PLAIN_FIELDS and value and name not in ("python", "build", "undecided"):
        return f"{text}{value}"
    return value


CASES: dict[str, Report | MutationReport | HistoryReport] = {**SAMPLES, **HISTORIES, "mutants": MUTANTS, "timed": TIMED}


def without_repeat(document: dict[str, Any]) -> dict[str, Any]:
    """Return the report with a command that has the text of a test, which may be anything."""
    for finding in document.get("findings", ()):
        finding["repeat"] = {"words": ["pytest", "x"], "said": "of a test"}
    return document


@pytest.mark.parametrize("name", sorted(CASES))
def test_text_of_the_subject_never_becomes_markup(name: str) -> None:
    text = " ".join(HOSTILE)
    document = without_repeat(json.loads(json.dumps(CASES[name].to_json())))
    hostile = {**planted(document, text), "environment": document["environment"]}
    page = check_harmless(html_page([LoadedReport(text, document_of(hostile))], "1"))
    assert all(each in page.text for each in HOSTILE)


@pytest.mark.one_build
@settings(max_examples=settings().max_examples // 4)
@given(reports())
def test_any_report_has_a_harmless_page(report: Report) -> None:
    check_harmless(text_of_page(report))


def test_control_characters_and_what_turns_text_around_are_shown_escaped() -> None:
    report = replace(SAMPLES["masked"], subject="m:\x1b[2J\u202eevil\ud800")
    page = page_of(report)
    assert page.all("h1")[0].text.startswith(r"m:\x1b[2J\u202eevil\ud800")


def test_a_scenario_may_hold_any_string() -> None:
    report = SAMPLES["masked"]
    scenario = Scenario.parse("a.put('</script><b>') || a.put(\"'\")")
    page = page_of(replace(report, findings=tuple(replace(each, scenario=scenario) for each in report.findings)))
    assert page.all("table", cls="scenario")[0].all("code")[0].text == "a.put('</script><b>')"


def test_a_browser_runs_the_one_script_of_the_page_alone() -> None:
    page = page_of(SAMPLES["masked"])
    (policy,) = [each for each in page.all("meta") if each.attributes.get("http-equiv") == "Content-Security-Policy"]
    content = policy.attributes["content"]
    assert content.startswith("default-src 'none'; ") and "unsafe" not in content
    for tag in ("script", "style"):
        (element,) = page.all(tag)
        source = "".join(each for each in element.inside if isinstance(each, str))
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in content
        assert not re.search(rf"</?{tag}|<!--", source)
