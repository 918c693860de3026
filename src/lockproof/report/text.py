"""The report of a check as text: the findings, why they are wrong, how to repeat them, and what was covered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from rich.console import Console

from lockproof.core.evidence import Doubt
from lockproof.core.verdict import (
    ASSERTIONS,
    Consistency,
    Coverage,
    Finding,
    FindingKind,
    Nonconformance,
    Report,
    Verdict,
)
from lockproof.report.interleaving import print_control
from lockproof.report.page import STYLES, Page, plain_text
from lockproof.report.race_stacks import race_stacks
from lockproof.report.tables import differences, print_histogram, print_scenario
from lockproof.report.words import clean, counted, listed, scenario_stacks, seconds, share

MOST_KINDS: Final = 40
"""The most kinds of operations that the text lists; the JSON report has all."""

VIOLATED: Final = {
    Consistency.LINEARIZABLE: "not linearizable",
    Consistency.SEQUENTIAL: "not sequentially consistent",
    Consistency.QUIESCENT: "not quiescently consistent",
}
"""The words for a violation of each condition."""


def as_text(report: Report, width: int = 100, *, steps: Mapping[Doubt, str] | None = None) -> str:
    """Return the report as plain text. Lines have at most `width` characters, except the first, commands and stacks.

    `steps` are other words for what to do next, for a reader who has other options than those of the command.
    """
    return plain_text(partial(print_report, steps=steps), report, width)


def print_report(report: Report, console: Console, *, steps: Mapping[Doubt, str] | None = None) -> None:
    """Print the report."""
    page = Page(console)
    _headline(page, report)
    for number, finding in enumerate(report.findings, 1):
        _finding(page, report, number, finding)
    _differences(page, report)
    if report.unknown:
        page.heading("Unknown because:" if report.verdict is Verdict.UNKNOWN else "Not judged:")
        for reason in report.unknown:
            page.item(clean(reason.text))
            page.say(f"next step: {(steps or {}).get(reason.code, reason.step)}", indent=4)
    if report.left_out:
        page.heading("Left out:")
        for each in report.left_out:
            page.item(clean(str(each)))
    _coverage(page, report)
    if report.notes:
        page.heading("Notes:")
        for note in report.notes:
            page.item(clean(note))


def _headline(page: Page, report: Report) -> None:
    page.whole(headline(report), style=STYLES[report.verdict])
    if report.verdict is Verdict.HELD:
        page.say("no violation was found in these; evidence, not proof")
    elif report.verdict is Verdict.UNKNOWN:
        page.say("no violation was found in these, and they are not enough to say that it held: this is not a pass")
    if report.coverage.excused and report.verdict is not Verdict.VIOLATION:
        page.say(f"not called, and not counted against it: {clean('; '.join(report.coverage.excused))}")
    consistency = "" if report.model == ASSERTIONS else f"; asked for: {report.consistency.value}"
    page.say(f"model: {clean(report.model)}{consistency}; seed: {report.seed}")
    page.say(clean(str(report.environment)))


def headline(report: Report) -> str:
    """Return the first line of a report: the verdict, and what it rests on."""
    rests_on = _found(report) if report.verdict is Verdict.VIOLATION else _amount(report.coverage)
    return f"{clean(report.subject)}: {report.verdict.value.upper()}: {rests_on}"


def _found(report: Report) -> str:
    """Return in words how much was found."""
    parts = []
    if report.findings:
        kinds = list(dict.fromkeys(kind_words(report.consistency, finding) for finding in report.findings))
        parts.append(f"{counted(len(report.findings), 'finding')} ({', '.join(kinds)})")
    if report.evidence.differences:
        parts.append(f"{counted(report.evidence.differences, 'difference')} from the model on one thread")
    return listed(parts) if parts else "a violation that the report does not describe"


def _amount(covered: Coverage) -> str:
    """Return in words how much was run: members of the class, scenarios, runs on real threads, schedules."""
    members = len(covered.called) + len(covered.uncalled)
    parts = [f"{len(covered.called)} of {counted(members, 'method')}"] if members else []
    parts += [f"{len(covered.skipped)} skipped"] if covered.skipped else []
    parts += [counted(covered.scenarios, "scenario")] if covered.scenarios or not covered.schedules else []
    parts += [counted(covered.invocations, "run")] if covered.invocations or not covered.schedules else []
    parts += [counted(covered.schedules, "schedule")] if covered.schedules else []
    return ", ".join(parts)


def kind_words(consistency: Consistency, finding: Finding) -> str:
    """Return in words what went wrong, when histories are judged by this condition."""
    if finding.kind is FindingKind.NOT_LINEARIZABLE:
        return VIOLATED[consistency]
    words = {FindingKind.MEMORY: "too much memory", FindingKind.DATA_RACE: "data race in C code"}
    return words.get(finding.kind, finding.kind.value)


def _finding(page: Page, report: Report, number: int, finding: Finding) -> None:
    alone = "" if finding.concurrent else ", with one thread alone"
    page.heading(f"Finding {number}: {kind_words(report.consistency, finding)}{alone}")
    if finding.scenario.threads:
        print_scenario(page, finding.scenario, finding.outcome)
    for sentence in finding.outcome.raised if finding.outcome is not None else ():
        page.say(clean(sentence), indent=2, hang=2)
    for sentence in finding.explanation.why:
        page.say(clean(sentence), indent=2)
    if finding.race is not None:
        page.say(clean(f"{finding.race}."), indent=2)
    if finding.detail:
        page.say(clean(finding.detail), indent=2)
    if finding.outcome and finding.explanation.nearest:
        page.say("nearest outcomes that the model allows, by what they have instead:", indent=2)
        for outcome in finding.explanation.nearest:
            page.item("; ".join(differences(finding.scenario, finding.outcome, outcome)), indent=4)
    if finding.histogram:
        page.blank()
        print_histogram(page, finding)
    if finding.stacks:
        page.blank()
        page.say("the exception:" if finding.kind is FindingKind.EXCEPTION else "stacks of the threads:", indent=2)
        page.verbatim(scenario_stacks(finding.stacks))
    if finding.race is not None:
        page.blank()
        page.say("stacks of the two accesses, innermost first:", indent=2)
        page.verbatim(race_stacks(finding.race))
    if finding.control is not None:
        print_control(page, finding.control)
    page.blank()
    page.say(rate_words(finding), indent=2)
    if finding.command:
        page.say("repeat it with:", indent=2)
        page.verbatim(finding.command)


def rate_words(finding: Finding) -> str:
    """Return how often the finding was seen, and when first."""
    first = f"first seen after {seconds(finding.seconds)}"
    if finding.tries <= 1:
        return first
    rate = share(finding.failures, finding.tries)
    return f"failed in {finding.failures:,} of {counted(finding.tries, 'run')}, {rate}; {first}"


def _differences(page: Page, report: Report) -> None:
    """Print what one thread does otherwise than the model, apart from the findings."""
    for decides, heading in (
        (True, "On one thread already (not a concurrency bug):"),
        (False, "Another question, what one thread does (no concurrency bug, and no reason for the verdict):"),
    ):
        some = [each for each in report.nonconformances if each.decides is decides]
        if some:
            page.heading(heading)
        for nonconformance in some:
            _nonconformance(page, nonconformance)


def _nonconformance(page: Page, found: Nonconformance) -> None:
    page.item(f"{clean(found.kind)}, after one thread runs:")
    for line in found.lines:
        page.say(clean(line), indent=6, hang=2)
    page.item(clean(found.subject), indent=4, mark="subject: ")
    page.item(clean(found.model), indent=4, mark="model:   ")
    if found.detail:
        page.say(clean(found.detail), indent=4)


def _coverage(page: Page, report: Report) -> None:
    covered = report.coverage
    most = max(report.threads, default=2)
    threads = f"{most} threads" if len(report.threads) < 2 else f"{min(report.threads)} to {most} threads"
    parts = [f"{counted(covered.scenarios, 'scenario')} of {threads}"] if covered.scenarios else []
    parts += [counted(covered.invocations, "run")] if covered.invocations or not covered.schedules else []
    parts += [counted(covered.schedules, "schedule")] if covered.schedules else []
    if covered.scenarios:
        parts.append(f"{counted(covered.outcomes, 'distinct outcome')}")
        parts.append(f"{counted(len(covered.kinds), 'kind')} of operations")
    page.heading(f"Covered: {', '.join(parts)}, in {seconds(covered.seconds)}", style="")
    for sentence in covered.explored:
        page.item(clean(sentence))
    if covered.kinds and report.verdict is not Verdict.VIOLATION:
        more = len(covered.kinds) - MOST_KINDS
        kinds = ", ".join(map(clean, covered.kinds[:MOST_KINDS]))
        page.say(f"operations: {kinds}{f', and {more} more' if more > 0 else ''}", indent=2, hang=2)
