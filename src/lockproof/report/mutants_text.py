"""The report on mutants as text: a table by operator, the mutants that were not killed, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lockproof.core.evidence import next_step
from lockproof.core.mutant import Mutant
from lockproof.core.mutation_report import Fate, Judged, MutationReport
from lockproof.core.verdict import Masking
from lockproof.report.page import plain_text
from lockproof.report.words import clean, counted, seconds

if TYPE_CHECKING:
    from rich.syntax import Syntax

FIXED_COLUMNS: Final = (Fate.KILLED, Fate.SURVIVED)
"""Fates that always have a column. Others have one only if a mutant has met them: all together are too wide."""

SURVIVOR_ADVICE: Final = (
    "A survivor is a lock that nobody needs, or a check that cannot see. Look at the line: if the class is right "
    "without it, take it away; if another thread could tell, show it with --scenario in lockproof check, or give the "
    "mutants a larger --budget. If nobody can ever tell, say why in the file of --equivalents:"
)
"""What to do about mutants that survived. The lines of a file for --equivalents follow."""


def print_mutation(report: MutationReport, console: Console) -> None:
    """Print the report."""
    console.print(_table(report))
    for note in report.notes:
        console.print(Text(f"note: {clean(note)}"), soft_wrap=True)
    for each in report.judged:
        if each.fate is Fate.KILLED and each.why:
            console.print(Text(f"wrong: {each.mutant.id} is {clean(each.why)}: {_how(each)}"), soft_wrap=True)
    for each in report.judged:
        if each.fate in (Fate.SURVIVED, Fate.UNDECIDED, Fate.TIMED_OUT):
            console.print()
            for line in _not_killed(each):
                console.print(line, soft_wrap=True)
            console.print(diff_of(each.mutant, console))
    if left := [each for each in report.judged if each.fate in (Fate.SURVIVED, Fate.TIMED_OUT)]:
        console.print(Text(SURVIVOR_ADVICE), soft_wrap=True)
        example = left[0].mutant.id
        console.print(Text(f'  [[equivalent]]\n  mutants = ["{example}"]\n  reason = "..."'), soft_wrap=True)
        console.print()
    for text in _ending(report):
        console.print(Text(text), soft_wrap=True)


def mutation_as_text(report: MutationReport, width: int = 100) -> str:
    """Return the report as plain text. Lines have at most `width` characters, except those with paths or diffs."""
    return plain_text(print_mutation, report, width)


def print_mutants(subject: str, mutants: tuple[Mutant, ...], console: Console) -> None:
    """Print mutants of the class `subject` with their diffs, before any of them is run."""
    for mutant in mutants:
        console.print(Text(f"{mutant.id}  {_place(mutant)}: {clean(mutant.said)}"), soft_wrap=True)
        console.print(diff_of(mutant, console))
    console.print(Text(f"{counted(len(mutants), 'mutant')} of {subject}, none of them run"), soft_wrap=True)


def diff_of(mutant: Mutant, console: Console) -> Syntax | Text:
    """Return the diff of a mutant: in colours on a terminal that has them, else as plain text."""
    diff = mutant.diff.rstrip().replace(mutant.file, _from_here(mutant.file), 2)
    if console.is_terminal and console.color_system:
        from rich.syntax import Syntax

        return Syntax(diff, "diff", background_color="default", word_wrap=True)
    return Text(diff)


def _place(mutant: Mutant) -> str:
    return f"{_from_here(mutant.file)}:{mutant.line}"


def _from_here(file: str) -> str:
    """Return the path relative to the working directory if the file is below it, else the path as it is."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _table(report: MutationReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("operator", no_wrap=True)
    fates = [fate for fate in Fate if fate in FIXED_COLUMNS or report.count(fate)]
    masked = [Masking.MASKED.value] if report.masked else []
    for head in ("mutants", *(fate.value for fate in fates), *masked):
        table.add_column(head, justify="right")
    for name in dict.fromkeys(each.mutant.operator for each in report.judged):
        of_it = tuple(each for each in report.judged if each.mutant.operator == name)
        table.add_row(name, *_cells(replace(report, judged=of_it), fates, bool(masked)))
    table.add_row("all", *_cells(report, fates, bool(masked)))
    return table


def _cells(report: MutationReport, fates: Sequence[Fate], masked: bool) -> list[str]:
    counts = [len(report.judged), *map(report.count, fates), *([report.masked] if masked else [])]
    return [str(count or "") for count in counts]


def _not_killed(judged: Judged) -> Iterator[Text]:
    mutant = judged.mutant
    yield Text(f"{judged.fate.value} after {seconds(judged.seconds)}: {mutant.id}", style="bold")
    yield Text(f"  {_place(mutant)}: {clean(mutant.said)}")
    if judged.why:
        yield Text(f"  {clean(judged.why)}")
    for step in dict.fromkeys(map(next_step, judged.undecided)):
        yield Text(f"  next step: {step}")


def _how(judged: Judged) -> str:
    return f"{judged.by}{': ' + clean(judged.scenario) if judged.scenario else ''}"


def _ending(report: MutationReport) -> Iterator[str]:
    times = sorted(each.seconds for each in report.judged if each.fate is Fate.KILLED)
    if times:
        killed_after = f"killed after {seconds(times[len(times) // 2])} in the median, {seconds(times[-1])} at most"
        yield f"{killed_after}; {report.masked} of {len(times)} by what a standard build does not show"
    if report.left:
        yield f"{counted(report.left, 'mutant')} not run yet: the same command goes on with them"
    if report.score is None:
        why = "no valid mutant was judged yet" if report.left else f"no mutant of {report.subject} could be killed"
        yield f"no score: {why}"
        return
    if undecided := report.count(Fate.UNDECIDED):
        yield f"{counted(undecided, 'mutant')} could not be judged: not known whether a check would notice"
    killed, valid = report.count(Fate.KILLED), report.valid
    how = f"CPython {report.environment.build}, seed {report.seed}, {seconds(report.budget)} for each"
    took = seconds(report.seconds)
    yield f"score {report.score:.1%}: {killed} of {valid} mutants of {report.subject} killed in {took}; {how}"
