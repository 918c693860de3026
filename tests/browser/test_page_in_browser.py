"""Can a reader step, choose a build, copy and print; does the page need no network, and open at once however long?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Report
from tests.browser.driven import opened
from tests.lockproof.report.html.samples_for_pages import MUTANTS, TIMED, on
from tests.lockproof.report.html.test_foreign_text import HOSTILE
from tests.lockproof.report.samples import DEADLOCK, HELD, HISTORIES, LOST_UPDATE, MASKED, SAMPLES

pytestmark = pytest.mark.nightly(reason="needs a browser, which ci/browser.py finds or installs")

FileOf = Callable[..., Path]
BUILDS = (on(MASKED, "3.13.15"), on(MASKED, "3.14.2"), on(HELD, "3.15.0"))
STEPS = 6


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*sorted(SAMPLES), *sorted(HISTORIES), "mutants", "timed", "builds"])
def test_a_page_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, file_of: FileOf, name: str, scheme: str
) -> None:
    more = {**SAMPLES, **HISTORIES, "mutants": MUTANTS, "timed": TIMED}
    path = file_of(*(BUILDS if name == "builds" else [more[name]]))
    with opened(browser, path, scheme=scheme) as it:
        assert it.requests == [path.as_uri()] and it.complaints == []
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert it.page.evaluate(wide)
    with opened(browser, path, scheme=scheme, width=360) as it:
        assert it.page.evaluate(wide)


def test_keys_go_through_the_steps(browser: Browser, file_of: FileOf) -> None:
    with opened(browser, file_of(MASKED)) as it:
        assert it.texts(".count") == [f"{STEPS} steps"] and it.texts(".now") == []
        for direction, position in (("Right", 1), ("Right", 2), ("Left", 1), ("Left", 0), ("Left", 0), ("Right", 1)):
            it.page.keyboard.press(f"Arrow{direction}")
            assert it.texts(".count") == [f"step {position} of {STEPS}" if position else f"{STEPS} steps"]
        it.page.locator("[data-go=on]").focus()
        for key, position in (("End", STEPS), ("ArrowRight", STEPS), ("Home", 1)):
            it.page.keyboard.press(key)
            assert it.texts(".count") == [f"step {position} of {STEPS}"]
        assert it.page.locator("[aria-current=step]").count() == 1


def test_a_step_is_said_with_its_values_and_its_switch(browser: Browser, file_of: FileOf) -> None:
    with opened(browser, file_of(MASKED)) as it:
        for _ in range(2):
            it.page.locator("[data-go=on]").click()
        assert it.texts(".say") == [
            "thread 1, bags.py:13: self.size += 1. It reads self.size: 0. This access collides with another thread's. "
            "Then another thread goes on."
        ]
        assert it.page.locator(".say").get_attribute("aria-live") == "polite"
        it.page.locator("[data-go=last]").click()
        assert it.texts(".count") == [f"step {STEPS} of {STEPS}"]


def test_keys_in_a_field_or_with_a_modifier_are_left_alone(browser: Browser, file_of: FileOf) -> None:
    with opened(browser, file_of(MASKED)) as it:
        it.page.keyboard.press("Control+ArrowRight")
        it.page.keyboard.press("Home")
        assert it.texts(".count") == [f"{STEPS} steps"]


def test_builds_are_tabs(browser: Browser, file_of: FileOf) -> None:
    with opened(browser, file_of(*BUILDS)) as it:
        assert it.texts("[role=tab]") == ["3.13.15", "3.14.2"]
        assert it.page.locator(".variant:visible").count() == 1
        it.page.locator("[role=tab]").first.focus()
        it.page.keyboard.press("ArrowRight")
        assert it.texts("[aria-selected=true]") == ["3.14.2"]
        assert it.page.locator(".variant:visible").get_attribute("data-label") == "3.14.2"
        it.page.locator("table.builds a").first.click()
        assert it.texts("[aria-selected=true]") == ["3.13.15"]


def test_the_command_is_copied_as_it_stands(browser: Browser, file_of: FileOf) -> None:
    command = "lockproof check m:C --scenario \"a.add('<b>') || a.add('&amp;')\" --seed 7"
    (finding,) = LOST_UPDATE.findings
    quoted = replace(finding.scenario, threads=Scenario.parse("a.add('<b>') || a.add('&amp;')").threads)
    report = replace(LOST_UPDATE, findings=(replace(finding, scenario=quoted, repeat=_said(command)),))
    with opened(browser, file_of(report)) as it:
        it.page.evaluate(
            "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
        )
        it.page.locator(".copy").click()
        it.page.wait_for_function("window.copied")
        assert it.page.evaluate("window.copied") == report.findings[0].command
        assert it.texts(".copy") == ["Copied"]


def _said(command: str) -> object:
    from lockproof.core.repeat import RepeatTest

    return RepeatTest((command,))


def test_a_link_opens_what_it_leads_to(browser: Browser, file_of: FileOf) -> None:
    path = file_of(MUTANTS, MASKED, DEADLOCK)
    with opened(browser, path, fragment="#s2-r1") as it:
        assert it.page.locator("#s2-r1").is_visible()
    with opened(browser, path) as it:
        it.page.locator("table.matrix a.cell").first.click()
        assert it.page.locator(it.page.evaluate("location.hash")).is_visible()


def test_paper_has_all_builds_and_what_is_closed(browser: Browser, file_of: FileOf) -> None:
    with opened(browser, file_of(*BUILDS)) as it:
        it.page.emulate_media(media="print")
        it.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert it.page.locator(".variant:visible").count() == 2
        assert it.page.locator("details:not([open])").count() == 0
        assert it.page.locator(".copy:visible, .stepper:visible, .tabs:visible").count() == 0
        it.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert it.page.locator("details:not([open])").count() > 0


def test_without_a_script_all_is_there(browser: Browser, file_of: FileOf) -> None:
    with opened(browser, file_of(*BUILDS), script=False) as it:
        assert it.page.locator(".variant:visible").count() == 2
        assert len(it.texts("tr.step")) == 2 * STEPS
        assert it.page.locator("button:visible").count() == 0


def test_text_of_the_subject_runs_nothing(browser: Browser, file_of: FileOf) -> None:
    text = " ".join(HOSTILE)
    (finding,) = MASKED.findings
    control = finding.control
    assert control is not None
    steps = tuple(
        replace(step, source=text, notes=(text, f"reads self.x: {text}"), switch=text) for step in control.steps
    )
    hostile = replace(finding, detail=text, stacks=text, control=replace(control, steps=steps, rests_on=text))
    with opened(browser, file_of(replace(MASKED, subject=text, findings=(hostile,)))) as it:
        for _ in range(STEPS):
            it.page.keyboard.press("ArrowRight")
        assert it.complaints == [] and len(it.requests) == 1
        assert it.page.locator("img, script").count() == 1
        assert HOSTILE[0] in it.texts("h1")[0] and HOSTILE[0] in it.texts(".say")[0]


def test_a_screen_reader_hears_the_parts_of_the_page(browser: Browser, file_of: FileOf) -> None:
    with opened(browser, file_of(*BUILDS)) as it:
        heard = it.page.locator("body").aria_snapshot()
    for part in (
        "- banner:", "- main:", "- contentinfo:", '- navigation "Subjects and builds":', '- tablist "Builds":',
        '- group "Go through the steps":', '- columnheader "thread 1"', '- region "How it came to that":',
    ):  # fmt: skip
        assert part in heard, part


def many(count: int) -> Report:
    (finding,) = MASKED.findings
    scenarios = [Scenario.parse(f"a.put({number}) || a.put(2)") for number in range(count)]
    found = tuple(
        replace(finding, scenario=each, histogram=LOST_UPDATE.findings[0].histogram[:0]) for each in scenarios
    )
    return replace(MASKED, findings=found, evidence=replace(MASKED.evidence, findings=count))


def test_a_thousand_findings_open_in_two_seconds(browser: Browser, file_of: FileOf) -> None:
    """Of processor time, which other work on the machine does not change."""
    path = file_of(many(1000))
    with opened(browser, path) as it:
        session = it.page.context.new_cdp_session(it.page)
        session.send("Performance.enable")
        measured = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        assert it.page.locator("details.finding").count() == 1000
    took = measured["ProcessTime"]
    assert 0 < took < 2, f"{took:.1f} s for {path.stat().st_size / 1e6:.1f} MB"
