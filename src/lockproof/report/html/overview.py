"""Arranges reports for the page: by subject, with the builds side by side, and each finding once for all builds.

Two findings are the same if they have the same subject, the same kind and the same smallest scenario. Builds may differ
in the schedule, in the outcomes and in the label of the GIL; each keeps its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lockproof.core.history_report import HistoryReport
from lockproof.core.mutation_report import Fate, Judged, MutationReport
from lockproof.core.verdict import Finding, FindingKind, Nonconformance, Report, Verdict
from lockproof.report.documents import Document, LoadedReport
from lockproof.report.text import kind_words, rate_words


class ReportForm(StrEnum):
    """The form of a report, by what made it."""

    SEARCH = "search"
    MUTATION = "mutation"
    HISTORY = "history"


@dataclass(frozen=True)
class Entry:
    """A report on the page.

    Attributes:
        label: what tells it from the others of its subject: the build, if need be with the seed or the file.
        anchor: the identifier of its part of the page.
        build: the version of Python, with a `t` for a free-threaded build.
        environment: the line on the interpreter and the machine.
        document: the report.

    """

    label: str
    anchor: str
    build: str
    environment: str
    document: Document


@dataclass(frozen=True)
class SameFinding:
    """A finding, and the reports that have it.

    Attributes:
        anchor: the identifier of its part of the page.
        kind: what went wrong, in words.
        title: the scenario, or what ended the run where there is none.
        scenario: whether the title is a scenario.
        variants: the reports that have it, each with its own form of the finding.
        others: the other reports on the subject.

    """

    anchor: str
    kind: str
    title: str
    scenario: bool
    variants: tuple[tuple[Entry, Finding], ...]
    others: tuple[Entry, ...]

    @property
    def rates(self) -> list[str]:
        """How often each variant failed, and when first."""
        return [rate_words(finding) for _, finding in self.variants]


@dataclass(frozen=True)
class Subject:
    """All reports of one form on one class, function or history.

    Attributes:
        name: the class or function as `module:name`, or the file of the history.
        form: the form of its reports.
        anchor: the identifier of its part of the page.
        entries: its reports, by build.
        findings: its findings, each once.

    """

    name: str
    form: ReportForm
    anchor: str
    entries: tuple[Entry, ...]
    findings: tuple[SameFinding, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The gravest verdict of its reports; None for mutants, which have a score."""
        verdicts = [each.document.verdict for each in self.entries if not isinstance(each.document, MutationReport)]
        return max(verdicts, key=_GRAVITY.index, default=None)

    def on(self, build: str) -> tuple[Entry, ...]:
        """Return the reports of one build."""
        return tuple(each for each in self.entries if each.build == build)

    def link(self, entry: Entry) -> str:
        """Return where the page says most of a report: at its first finding, or where it says what was covered."""
        for finding in self.findings:
            for number, (having, _) in enumerate(finding.variants, 1):
                if having is entry:
                    return f"{finding.anchor}-v{number}"
        return entry.anchor

    @property
    def differences(self) -> list[tuple[Nonconformance, list[str]]]:
        """What one thread alone shows, each once, with the labels of the reports that have it."""
        found: dict[Nonconformance, list[str]] = {}
        for entry in self.entries:
            if isinstance(entry.document, Report):
                for each in entry.document.nonconformances:
                    found.setdefault(each, []).append(entry.label)
        return list(found.items())


@dataclass(frozen=True)
class Overview:
    """The whole page: the subjects, the gravest first, and the builds in the order of their versions."""

    subjects: tuple[Subject, ...]
    builds: tuple[str, ...]

    @property
    def findings(self) -> int:
        """How many different findings there are."""
        return sum(len(each.findings) for each in self.subjects)

    @property
    def reports(self) -> int:
        """How many reports the page has."""
        return sum(len(each.entries) for each in self.subjects)

    @property
    def many(self) -> bool:
        """Whether there are so many subjects that what was covered is folded."""
        return len(self.subjects) > _MANY

    @property
    def verdicts(self) -> list[tuple[Verdict, int]]:
        """How many subjects have which verdict, the gravest first; of several builds, the gravest of a subject."""
        counts = Counter(each.verdict for each in self.subjects)
        return [(each, counts[each]) for each in reversed(_GRAVITY) if counts[each]]


_MANY = 12
"""Subjects above which a reader looks for one of them, and does not read all."""

_GRAVITY = (Verdict.HELD, Verdict.UNKNOWN, Verdict.VIOLATION)

SURVIVORS_FIRST = (
    Fate.SURVIVED,
    Fate.TIMED_OUT,
    Fate.UNDECIDED,
    Fate.KILLED,
    Fate.EQUIVALENT,
    Fate.INVALID,
)
"""The order of mutants on the page: first those that need a reader."""


def overview_of(sources: Iterable[LoadedReport]) -> Overview:
    """Arrange reports."""
    grouped: dict[tuple[ReportForm, str], list[LoadedReport]] = {}
    for each in sources:
        grouped.setdefault((_form(each.document), _name(each.document)), []).append(each)
    subjects = [_subject(number, *key, found) for number, (key, found) in enumerate(grouped.items(), 1)]
    subjects.sort(key=lambda each: -_GRAVITY.index(each.verdict) if each.verdict else -0.5)
    builds = {entry.build for subject in subjects for entry in subject.entries}
    return Overview(tuple(subjects), tuple(sorted(builds, key=_by_version)))


def arranged(judged: Sequence[Judged]) -> list[Judged]:
    """Return mutants with the survivors first."""
    return sorted(judged, key=lambda each: SURVIVORS_FIRST.index(each.fate))


def _form(document: Document) -> ReportForm:
    if isinstance(document, MutationReport):
        return ReportForm.MUTATION
    return ReportForm.HISTORY if isinstance(document, HistoryReport) else ReportForm.SEARCH


def _name(document: Document) -> str:
    return document.source if isinstance(document, HistoryReport) else document.subject


def _by_version(build: str) -> tuple[list[int], str]:
    return [int(each) for each in re.findall(r"\d{1,9}", build)], build


def _subject(number: int, form: ReportForm, name: str, sources: Sequence[LoadedReport]) -> Subject:
    anchor = f"s{number}"
    ordered = sorted(sources, key=lambda each: _by_version(each.document.environment.build))
    entries = tuple(
        Entry(label, f"{anchor}-r{place}", document.environment.build, str(document.environment), document)
        for place, (document, label) in enumerate(
            zip((each.document for each in ordered), _labels(ordered), strict=True), 1
        )
    )
    return Subject(name, form, anchor, entries, tuple(_findings(anchor, entries)))


def _labels(sources: Sequence[LoadedReport]) -> list[str]:
    """Return the shortest labels that tell the reports apart: build, seed, file, number."""
    several = Counter(each.document.environment.build for each in sources)
    labels = []
    for number, each in enumerate(sources, 1):
        label = each.document.environment.build
        if several[label] > 1:
            seed = getattr(each.document, "seed", None)
            alike = [other for other in sources if other.document.environment.build == label]
            seeds = Counter(getattr(other.document, "seed", None) for other in alike)
            files = Counter(other.file for other in alike)
            if seed is not None and seeds[seed] == 1:
                label += f", seed {seed}"
            else:
                label += f", {each.file}" if each.file and files[each.file] == 1 else f", report {number}"
        labels.append(label)
    return labels


def _findings(anchor: str, entries: Sequence[Entry]) -> Iterable[SameFinding]:
    found: dict[tuple[FindingKind, str, str], list[tuple[Entry, Finding]]] = {}
    for entry in entries:
        if isinstance(entry.document, Report):
            for each in entry.document.findings:
                scenario = str(each.scenario) if each.scenario.threads else ""
                # One scenario shows several data races: their accesses tell them apart.
                told = "; ".join(each.race.key) if each.race is not None else "" if scenario else each.detail
                key = each.kind, scenario, told
                found.setdefault(key, []).append((entry, each))
    for number, ((_, scenario, detail), variants) in enumerate(found.items(), 1):
        first = variants[0][0].document
        assert isinstance(first, Report)
        having = {id(entry) for entry, _ in variants}
        yield SameFinding(
            f"{anchor}-f{number}",
            kind_words(first.consistency, variants[0][1]),
            scenario or detail,
            bool(scenario),
            tuple(variants),
            tuple(each for each in entries if id(each) not in having),
        )
