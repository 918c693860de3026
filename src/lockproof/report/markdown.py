"""Many checks as Markdown, for the page of a job on GitHub: the table, and what was not checked.

Text of the subject stays text: what Markdown or HTML would read as markup is written as character references.
"""

from __future__ import annotations

import re
from typing import Final

from lockproof.report.batch import Batch, Status, last_line
from lockproof.report.batch_rows import HEADINGS, cells_of
from lockproof.report.words import clean

_MARKUP: Final = re.compile(r"[^A-Za-z0-9 .,:;/()+=-]")

_WORDS: Final = {
    Status.HELD: "Held, or nothing new.",
    Status.VIOLATION: "**Violation.**",
    Status.FAILED: "**lockproof itself failed.**",
    Status.UNKNOWN: "**Unknown: not everything was judged.**",
    Status.WRONG_TARGET: "**A target could not be checked.**",
}


def as_markdown(batch: Batch) -> str:
    """Return the batch as Markdown, in ASCII."""
    lines = ["### lockproof", "", _WORDS[batch.status], ""]
    rows = cells_of(batch)
    if rows:
        lines += [f"| {' | '.join(HEADINGS)} |", f"|{' --- |' * len(HEADINGS)}"]
        for each in rows:
            cells = (each.target, each.verdict, each.tried, each.flaw, each.masked)
            lines.append(f"| {' | '.join(map(_text, cells))} |")
        lines.append("")
    for row in batch.rows:
        if row.refusal is not None:
            lines.append(f"- not checked: {_text(row.target)}: {_text(row.refusal.fact)}")
        elif row.trace and row.report is None:
            lines.append(f"- failed: {_text(row.target)}: {_text(last_line(row.trace))}")
    lines += [f"- does not import: {_text(each.name)}: {_text(each.why)}" for each in batch.broken]
    lines += [f"- {_text(each)}" for each in batch.gaps()]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", clean(text))
