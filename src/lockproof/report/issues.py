"""What a report has to say, one issue at a time: the form that SARIF, JUnit XML and annotations are made from.

An issue has a rule, a level, sentences, and the lines of source that it is about, the accesses that collided first.
Its fingerprint names the same issue in another run, so it has nothing that differs from run to run: no seed, line
number, argument, count or schedule. It is made of the subject, the rule, and the methods whose calls met.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lockproof.core.evidence import Doubt, Reason
from lockproof.core.mutation_report import Fate, Judged, MutationReport
from lockproof.core.verdict import Finding, FindingKind, Nonconformance, Report, TracedStep, Verdict
from lockproof.report.definition import definition_of
from lockproof.report.places import SourceLine, place_of
from lockproof.report.race_stacks import race_lines
from lockproof.report.text import kind_words
from lockproof.report.words import clean, scenario_stacks


class Level(StrEnum):
    """How grave an issue is. The values are those of SARIF.

    ERROR: something was found. WARNING: something was not judged, or a mutant survived. NOTE: the rest.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Issue:
    """One thing that a report has to say.

    Attributes:
        rule: the name of the rule, one of `RULES`.
        level: how grave it is.
        subject: the class or function.
        title: it in a few words.
        message: it in sentences.
        places: the lines of source that it is about, the most telling one first.
        steps: what the threads did, in their order.
        fingerprint: what names it in other runs too.
        command: the shell command that repeats it; "" for none.
        accepted: why it is accepted; "" if it is not.

    """

    rule: str
    level: Level
    subject: str
    title: str
    message: str
    places: tuple[SourceLine, ...]
    steps: tuple[TracedStep, ...]
    fingerprint: str
    command: str = ""
    accepted: str = ""


DIFFERENCE: Final = "difference"
"""The rule of what one thread alone does otherwise than the model."""

NOT_CHECKED: Final = "not-checked"
"""The rule of a target that was refused or lost, and of a module that does not import."""

NOT_EQUIVALENT: Final = "mutant-not-equivalent"
"""The rule of a mutant that a reviewed file calls equivalent, and that was killed."""

_MUTANTS: Final = {
    Fate.SURVIVED: (Level.WARNING, "A mutant of the synchronization survived the check."),
    Fate.UNDECIDED: (Level.NOTE, "The check of a mutant came to no verdict."),
    Fate.TIMED_OUT: (Level.NOTE, "The check of a mutant did not end."),
}

RULES: Final[dict[str, str]] = {
    **{
        kind.value.replace(" ", "-"): text
        for kind, text in {
            FindingKind.NOT_LINEARIZABLE: "No order of the calls explains the results.",
            FindingKind.HANG: "Threads made no progress.",
            FindingKind.CRASH: "A signal ended the process.",
            FindingKind.EXIT: "The process ended by itself.",
            FindingKind.MEMORY: "The process used too much memory.",
            FindingKind.DATA_RACE: "Threads accessed the same memory in C code, and nothing orders the accesses.",
            FindingKind.EXCEPTION: "An exception ended a thread.",
            FindingKind.DEADLOCK: "All threads wait for each other.",
            FindingKind.LEFT_BEHIND: "A thread still waits after the function has ended.",
            FindingKind.LOCK_HELD: "A lock was never released.",
            FindingKind.NO_PROGRESS: "All threads spin.",
        }.items()
    },
    DIFFERENCE: "On one thread already, the subject differs from its model.",
    **{f"unknown/{doubt.value}": f"Not judged: {doubt.value.replace('-', ' ')}." for doubt in Doubt},
    **{f"mutant-{fate.value.replace(' ', '-')}": text for fate, (_, text) in _MUTANTS.items()},
    NOT_CHECKED: "A target of a package could not be checked.",
    NOT_EQUIVALENT: "A mutant that is called equivalent was killed.",
}
"""Each rule with the sentence that describes it."""


def issues_of(report: Report | MutationReport) -> tuple[Issue, ...]:
    """Return what the report has to say, the gravest first."""
    if isinstance(report, MutationReport):
        return tuple(issue for each in report.judged if (issue := issue_of_mutant(report.subject, each)) is not None)
    return (
        *(_of_finding(report, each) for each in report.findings),
        *(_of_difference(report, each) for each in report.nonconformances if each.decides),
        *(_of_reason(report, each) for each in report.unknown),
    )


def fingerprint_of(subject: str, finding: Finding) -> str:
    """Return what names a finding in every run: the same subject, kind, and methods that met.

    A finding without a scenario is told apart by the type of its exception instead, and a data race by the functions
    of its two accesses.
    """
    if finding.race is not None:
        met = [each.frame for each in finding.race.accesses]
        names = sorted("" if each is None else f"{each.function} {each.file.rpartition('/')[2]}" for each in met)
        return fingerprint_from(subject, finding.kind.value, *names)
    parts = sorted({part for thread in finding.scenario.threads for each in thread for part in each.parts})
    if not parts and finding.kind is FindingKind.EXCEPTION:
        parts = [finding.detail.partition(":")[0]]
    return fingerprint_from(subject, finding.kind.value, "" if finding.concurrent else "alone", *parts)


def fingerprint_from(*parts: str) -> str:
    """Return what names an issue that these parts tell apart from all others."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _of_finding(report: Report, finding: Finding) -> Issue:
    words = kind_words(report.consistency, finding)
    scenario = str(finding.scenario)
    sentences = [
        f"{report.subject}: {words}{'' if finding.concurrent else ', with one thread alone'}.",
        f"Scenario: {scenario}" if scenario else "",
        *(finding.outcome.raised if finding.outcome is not None else ()),
        *finding.explanation.why,
        "" if finding.race is None else f"{finding.race}.",
        finding.detail,
        finding.control.masking.value if finding.control is not None and finding.control.masking is not None else "",
        f"Repeat it with: {finding.command}" if finding.command else "",
    ]
    return Issue(
        rule=finding.kind.value.replace(" ", "-"),
        level=Level.ERROR,
        subject=report.subject,
        title=clean(f"{report.subject}: {words}"),
        message="\n".join(clean(each) for each in sentences if each),
        places=_places(report.subject, _lines_of(finding)),
        steps=finding.control.steps if finding.control is not None else (),
        fingerprint=fingerprint_of(report.subject, finding),
        command=finding.command,
    )


def _lines_of(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding as `file:line`, the most telling ones first."""
    if finding.race is not None:
        yield from race_lines(finding.race)
    if finding.control is not None:
        yield from (each.place for each in finding.control.steps if each.marked)
        yield from (each.place for each in finding.control.blocked)
        yield from (each.place for each in finding.control.steps)
    frames = re.findall(r'File "([^"\n]+)", line (\d+)', scenario_stacks(finding.stacks))
    yield from (f"{file}:{line}" for file, line in frames)


def _of_difference(report: Report, found: Nonconformance) -> Issue:
    sentences = [
        f"{report.subject}: {found.kind} on one thread, after {'; '.join(found.lines)}.",
        f"subject: {found.subject}",
        f"model: {found.model}",
        found.detail,
    ]
    return Issue(
        rule=DIFFERENCE,
        level=Level.ERROR,
        subject=report.subject,
        title=clean(f"{report.subject}: {found.kind} on one thread"),
        message="\n".join(clean(each) for each in sentences if each),
        places=_places(report.subject, ()),
        steps=(),
        fingerprint=fingerprint_from(report.subject, DIFFERENCE, found.kind, *found.lines[-1:]),
    )


def _of_reason(report: Report, reason: Reason) -> Issue:
    return Issue(
        rule=f"unknown/{reason.code.value}",
        level=Level.WARNING if report.verdict is Verdict.UNKNOWN else Level.NOTE,
        subject=report.subject,
        title=clean(f"{report.subject}: not everything was judged"),
        message=f"{clean(reason.text)}\nNext step: {clean(reason.step)}",
        places=_places(report.subject, ()),
        steps=(),
        fingerprint=fingerprint_from(report.subject, reason.code.value, re.sub(r"\d[\d.,]*", "#", reason.text)),
    )


def issue_of_mutant(subject: str, judged: Judged) -> Issue | None:
    """Return what there is to say on a mutant; None if it was killed as it should be, or cannot be."""
    mutant = judged.mutant
    if judged.fate in _MUTANTS:
        rule, level = f"mutant-{judged.fate.value.replace(' ', '-')}", _MUTANTS[judged.fate][0]
    elif judged.fate is Fate.KILLED and judged.why:
        rule, level = NOT_EQUIVALENT, Level.ERROR
    else:
        return None
    sentences = [f"{mutant.function}: {mutant.said}. {RULES[rule]}", judged.why, f"Mutant: {mutant.id}"]
    return Issue(
        rule=rule,
        level=level,
        subject=subject,
        title=clean(f"{subject}: {mutant.operator} {judged.fate.value}"),
        message="\n".join(clean(each) for each in sentences if each),
        places=_places(subject, (f"{mutant.file}:{mutant.line}",)),
        steps=(),
        fingerprint=fingerprint_from(subject, rule, mutant.id),
    )


def _places(subject: str, lines: Iterable[str]) -> tuple[SourceLine, ...]:
    """Return each place once; without any, the line that defines the subject."""
    found = tuple(dict.fromkeys(place for each in lines if (place := place_of(each)) is not None))
    if found:
        return found
    definition = definition_of(subject)
    return () if definition is None else (definition,)
