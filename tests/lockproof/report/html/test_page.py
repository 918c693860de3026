"""Does the page say what the reports say, of one build or of several, and can a reader use it without a mouse?"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from lockproof.core.evidence import Verdict
from lockproof.report.html.render import PLACE
from tests.lockproof.report.html.parsed import Element, page_of, text_of_page
from tests.lockproof.report.html.samples_for_pages import MUTANTS, TIMED, on
from tests.lockproof.report.samples import (
    DEADLOCK,
    DIFFERENT,
    HELD,
    HISTORIES,
    LOST_UPDATE,
    MASKED,
    SAMPLES,
    UNCALLED,
    UNKNOWN,
)

EVERYTHING = {**SAMPLES, **HISTORIES, "mutants": MUTANTS, "timed": TIMED}


def only(page: Element, tag: str = "", **attributes: str) -> Element:
    (found,) = page.all(tag, **attributes)
    return found


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_every_form_of_report_has_a_page(name: str) -> None:
    report = EVERYTHING[name]
    page = page_of(report)
    assert only(page, "h1").text.startswith(getattr(report, "subject", None) or getattr(report, "source", ""))
    verdicts = {each.text for each in page.all("span", cls="badge")}
    assert verdicts == ({report.verdict.upper()} if hasattr(report, "verdict") else set())


def test_a_finding_has_its_scenario_its_reason_its_outcomes_and_its_command() -> None:
    page = page_of(LOST_UPDATE)
    (finding,) = LOST_UPDATE.findings
    text = only(page, "details", cls="finding").text
    assert finding.explanation.why[0].replace("`", "") in text
    assert only(page, "table", cls="scenario").text.count("a.try_add(1)") == 2
    groups = page.all("tr", cls="group")
    assert [each.text.split()[0] for each in groups] == ["forbidden", "not", "allowed"]
    assert only(page, "tbody", cls="violation").text.startswith("forbidden 812 runs, 4.1 % 812 4.1 %")
    assert only(page, "div", cls="command").all("code")[0].text == finding.command
    assert "Failed in 812 of 20,000 runs, 4.1 %; first seen after 0.3 s." in text


def test_the_lanes_have_a_column_for_each_thread_and_a_row_for_each_step() -> None:
    table = only(page_of(MASKED), "table", cls="steps")
    assert [each.text for each in table.all("th", scope="col")] == ["step", "thread 1", "thread 2"]
    rows = table.all("tr", cls="step")
    lanes = [[bool(cell.text) for cell in row.all("td")] for row in rows]
    assert lanes == [[True, False], [True, False], [False, True], [False, True], [True, False], [True, False]]
    (third,) = [row for row in rows if row.all("th")[0].text == "4"]
    cell = third.all("td", cls="here")[0]
    assert cell.text == "self.size += 1 bags.py:13 reads self.size 0 writes self.size 1 collides it ends"
    assert third.attributes["data-say"] == (
        "thread 2, bags.py:13: self.size += 1. It reads self.size: 0 and writes self.size: 1. "
        "This access collides with another thread's. Then it ends."
    )


def test_the_label_of_the_gil_stands_with_what_it_rests_on() -> None:
    label = only(page_of(MASKED), "div", cls="gil")
    control = MASKED.findings[0].control
    assert control is not None and control.masking is not None
    assert label.text == f"{control.masking.value} {control.rests_on}" and "masked" in label.attributes["class"]


def test_a_deadlock_is_drawn_and_said() -> None:
    figure = only(page_of(DEADLOCK), "figure", cls="waits")
    said = "forth waits at bags.py:31 for the lock made at bags.py:7, which back has since bags.py:35"
    assert said in [each.text for each in figure.all("li")]
    assert said in only(figure, "svg").all("title")[0].text
    assert [each.text for each in figure.all("g", cls="thread")][:2] == [
        "forth, waits at bags.py:31 forth waits at bags.py:31",
        "back, waits at bags.py:36 back waits at bags.py:36",
    ]


BUILDS = (on(LOST_UPDATE, "3.13.15"), on(LOST_UPDATE, "3.13.15", free_threaded=True), on(HELD, "3.14.2"))


def test_builds_stand_side_by_side() -> None:
    page = page_of(*reversed(BUILDS))
    matrix = only(page, "table", cls="matrix")
    assert [each.text for each in matrix.all("th", scope="col")] == ["subject", "3.13.15", "3.13.15t", "3.14.2"]
    cells = [each.text for each in matrix.all("td")]
    assert cells == ["VIOLATION 1 finding", "VIOLATION 1 finding", "HELD 412,000 runs, 3,943 schedules"]
    (finding,) = page.all("details", cls="finding")
    rows = [row.text for row in only(finding, "table", cls="builds").all("tr")]
    assert [row.split()[:2] for row in rows[1:]] == [["3.13.15", "found"], ["3.13.15t", "found"], ["3.14.2", "not"]]
    assert rows[3].endswith("the verdict there is HELD")
    assert [each.attributes["data-label"] for each in finding.all("section", cls="variant")] == ["3.13.15", "3.13.15t"]


def test_the_gravest_verdict_is_that_of_a_subject_and_comes_first() -> None:
    held, unknown, broken = (replace(each, subject=f"m:{n}") for n, each in enumerate((HELD, UNKNOWN, LOST_UPDATE)))
    page = page_of(held, unknown, broken, on(replace(held, subject="m:1"), "3.15.0"))
    headings = [each.text for each in page.all("h2")]
    assert headings == ["m:2 VIOLATION", "m:1 UNKNOWN", "m:0 HELD"]


def test_shards_of_one_build_are_told_apart() -> None:
    page = page_of(HELD, replace(HELD, seed=8), LOST_UPDATE)
    labels = [each.text for each in only(page, "table", cls="covered").all("th", scope="col")]
    assert labels == ["3.13.15t, report 1", "3.13.15t, seed 8", "3.13.15t, report 3"]
    assert len(only(page, "table", cls="matrix").all("a", cls="cell")) == 3


def test_survivors_come_first_and_are_open() -> None:
    page = page_of(MUTANTS)
    mutants = page.all("details", cls="mutant")
    assert [each.all("span", cls="fate")[0].text for each in mutants] == [
        "survived", "timed out", "killed", "killed", "equivalent",
    ]  # fmt: skip
    assert ["open" in each.attributes for each in mutants] == [True, True, False, False, False]
    diff = mutants[0].all("pre", cls="diff")[0]
    assert [each.text for each in diff.all("span", cls="removed")] == ["- with self._lock:", "- pass"]
    assert only(page, "p", cls="scoreline").text.startswith("50.0 % 2 of 4 mutants killed, 1 of them")


def test_what_was_covered_names_the_members_of_the_class() -> None:
    text = only(page_of(HELD), "table", cls="covered").text
    assert "members called 3 of 4 not called: opened excused by you: close , nothing-changed opened: it is" in text
    unknown = page_of(UNCALLED)
    assert "never called with success: clear: no operation calls it next step: excuse it: --skip clear" in unknown.text


def test_a_difference_on_one_thread_stands_apart_from_findings() -> None:
    page = page_of(DIFFERENT)
    assert len(page.all("section", cls="difference")) == 2 and page.all("details", cls="finding") == []


def test_what_a_function_cannot_have_is_left_out() -> None:
    assert "members called" in only(page_of(HELD), "table", cls="covered").text
    assert "members called" not in only(page_of(DEADLOCK), "table", cls="covered").text


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_identifiers_are_unique_and_links_lead_somewhere(name: str) -> None:
    for reports in ([EVERYTHING[name]], [EVERYTHING[name], HELD, MASKED, on(MASKED, "3.15.0")]):
        page = page_of(*reports)
        names = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
        assert len(names) == len(set(names))
        for each in page.all("a"):
            assert each.attributes["href"].removeprefix("#") in names
        for attribute in ("aria-labelledby", "aria-controls"):
            assert {each.attributes[attribute] for each in page.all() if attribute in each.attributes} <= {*names}


def test_a_screen_reader_finds_its_way() -> None:
    page = page_of(MASKED, on(MASKED, "3.15.0"))
    assert only(page, "html").attributes["lang"] == "en" and only(page, "title").text
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1] * 5
    for table in page.all("table"):
        assert table.all("th", scope="col") or table.all("th", scope="row")
    for section in page.all("section"):
        assert section.attributes.get("aria-label") or section.attributes.get("aria-labelledby")
    for button in page.all("button"):
        assert button.attributes["type"] == "button" and (button.text or button.attributes.get("aria-label"))
    for say in page.all(cls="say"):
        assert say.attributes["aria-live"] == "polite"
    for picture in page.all("svg"):
        hidden = picture.attributes.get("aria-hidden") == "true"
        assert hidden or (picture.attributes["role"] == "img" and picture.attributes.keys() & {"aria-labelledby"})


def test_headings_skip_no_level() -> None:
    for reports in ([MASKED], [MASKED, on(MASKED, "3.15.0"), replace(HELD, subject="m:x"), MUTANTS]):
        levels = [int(each.tag[1]) for each in page_of(*reports).all() if re.fullmatch(r"h\d", each.tag)]
        assert levels[0] == 1
        assert all(there <= here + 1 or len(reports) == 1 for here, there in pairwise(levels))


def test_the_same_reports_give_the_same_file() -> None:
    assert text_of_page(MASKED, HELD) == text_of_page(MASKED, HELD)


def test_the_files_of_the_package_need_no_other_file() -> None:
    for path in [*PLACE.glob("page.*"), *PLACE.glob("templates/*.html")]:
        text = path.read_text(encoding="ascii")
        assert not re.search(r"https?:|//[\w.]+\.\w+/|@import|url\((?!#)|\bfetch\(|XMLHttp|innerHTML|eval\(", text), (
            path
        )
        assert "|safe" not in text, path


def test_of_many_findings_none_is_open() -> None:
    (finding,) = MASKED.findings
    many = tuple(replace(finding, detail=f"{n}", scenario=replace(finding.scenario, threads=())) for n in range(30))
    page = page_of(replace(MASKED, findings=many, evidence=replace(MASKED.evidence, findings=30)))
    assert ["open" in each.attributes for each in page.all("details", cls="finding")] == [False] * 30


def test_every_verdict_has_its_colour() -> None:
    style = (PLACE / "page.css").read_text(encoding="ascii")
    assert all(f".badge.{verdict.value} " in style for verdict in Verdict)


@pytest.mark.parametrize(("count", "folded"), [(12, False), (13, True)])
def test_of_many_subjects_the_verdicts_are_counted_and_what_was_covered_is_folded(count: int, folded: bool) -> None:
    reports = [replace(HELD, subject=f"m:{number}") for number in range(count - 1)]
    page = page_of(*reports, replace(UNKNOWN, subject="m:unknown"))
    assert [each.text for each in page.all("p", cls="verdicts")] == [f"UNKNOWN 1 HELD {count - 1}"] * folded
    covered = page.all("details", cls="coverage")
    assert len(covered) == count and {"open" in each.attributes for each in covered} == {not folded}
