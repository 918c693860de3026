"""Fills the templates: reports in, one HTML file out.

What the subject says is text and stays text. Every value passes `clean`, as on a terminal, and then the escaping of
Jinja2, which is on everywhere. The script of the page gets no data but what stands in the page as text. A policy in the
head of the page names its one script and its one style sheet by their hashes, so that a browser runs no other. The file
is ASCII: it reads the same whatever encoding a server or a browser assumes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lockproof.core.errors import LockproofError
from lockproof.core.mutation_report import Fate
from lockproof.core.verdict import ASSERTIONS, Coverage, Report, Verdict
from lockproof.report.documents import LoadedReport
from lockproof.report.html.lanes import lanes_of
from lockproof.report.html.outcomes import outcome_columns, outcome_groups
from lockproof.report.html.overview import Subject, arranged, overview_of
from lockproof.report.html.picture_history import picture_of_part
from lockproof.report.html.picture_waits import picture_of_waits
from lockproof.report.interleaving import replay_words, short_place
from lockproof.report.output_file import write_whole
from lockproof.report.race_stacks import race_stacks
from lockproof.report.tables import differences
from lockproof.report.text import VIOLATED, rate_words
from lockproof.report.words import clean, counted, listed, scenario_stacks, seconds, share

if TYPE_CHECKING:
    from jinja2 import Environment as Templates
    from markupsafe import Markup

PLACE: Final = Path(__file__).parent

_COUNTS: Final = ("scenarios", "invocations", "schedules", "outcomes")

TEMPLATES: Final = "Jinja2"
"""The distribution of the template engine. This works however lockproof was installed."""


def need_templates() -> None:
    """Refuse to go on without the template engine.

    Raises:
        LockproofError: Jinja2 is not installed.

    """
    if importlib.util.find_spec("jinja2") is None:
        raise LockproofError(
            "--html needs Jinja2, which this Python does not have",
            "lockproof was installed without its extra html",
            f"pip install {TEMPLATES}",
        )


def html_page(sources: Sequence[LoadedReport], version: str, gaps: Sequence[str] = ()) -> str:
    """Return the page on these reports as ASCII text. It names the `version` of lockproof.

    `gaps` are sentences on what was not checked.

    Raises:
        LockproofError: Jinja2 is not installed.

    """
    need_templates()
    templates = _templates()
    style, script = (_file(name) for name in ("page.css", "page.js"))
    page = templates.get_template("page.html").render(
        overview=overview_of(sources), gaps=gaps, style=style, script=script,
        style_hash=_hash(style), script_hash=_hash(script), version=version,
    )  # fmt: skip
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def write_html(sources: Sequence[LoadedReport], version: str, path: Path, gaps: Sequence[str] = ()) -> None:
    """Write the page on these reports to a file, as a whole or not at all.

    Raises:
        LockproofError: Jinja2 is not installed, or the file cannot be written.

    """
    write_whole(html_page(sources, version, gaps), path, "--html")


@cache
def _file(name: str) -> Markup:
    """Return a file of this package as text that needs no escaping."""
    from markupsafe import Markup

    return Markup((PLACE / name).read_text(encoding="ascii"))


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy names a script or a style sheet."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("ascii")).digest()).decode("ascii")


@cache
def _templates() -> Templates:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(PLACE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_cleaned,
    )  # fmt: skip
    made.filters |= {
        "seconds": seconds,
        "scenario_stacks": scenario_stacks,
        "capitalize_first": _capitalized,
        "prose": _prose,
        "listed": listed,
    }
    made.globals |= {
        "arranged": arranged,
        "ASSERTIONS": ASSERTIONS,
        "counted": counted,
        "details_of": _details,
        "differences": differences,
        "Fate": Fate,
        "lanes_of": lanes_of,
        "outcome_columns": outcome_columns,
        "outcome_groups": outcome_groups,
        "picture_of_part": picture_of_part,
        "picture_of_waits": picture_of_waits,
        "rate_words": rate_words,
        "race_stacks": race_stacks,
        "ran": _ran,
        "replay_words": replay_words,
        "share": share,
        "short_place": short_place,
        "sum_of": _sum_of,
        "Verdict": Verdict,
        "VIOLATED": VIOLATED,
    }
    return made


def _cleaned(value: object) -> object:
    """Return foreign text with its unprintable characters escaped, but for the ends of lines; other values as they are.

    Text that the templates made is no foreign text: it has the type of Jinja2 for that.
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    text = str(value)
    return text if text.isprintable() else "\n".join(map(clean, text.expandtabs(4).split("\n")))


def _details(document: Report) -> list[str]:
    """Return what the closed part below the table of what was covered has."""
    named = {
        "why the verdict is UNKNOWN"
        if document.verdict is Verdict.UNKNOWN
        else "what was not judged": document.unknown,
        "what was left out": document.left_out,
        "operations": document.coverage.kinds,
        "notes": document.notes,
    }
    return [name for name, part in named.items() if part]


def _ran(covered: Coverage) -> str:
    """Return in words how much was run, in short."""
    parts = [(covered.invocations, "run"), (covered.schedules, "schedule")]
    return ", ".join(counted(count, noun) for count, noun in parts if count) or "nothing run"


def _sum_of(subject: Subject) -> dict[str, int]:
    """Return how much was run in all reports on a subject. The page leaves out what is 0 in all of them."""
    found = [each.document.coverage for each in subject.entries if isinstance(each.document, Report)]
    return {
        "members": sum(len(each.called) + len(each.uncalled) for each in found),
        **{name: sum(getattr(each, name) for each in found) for name in _COUNTS},
    }


def _prose(text: str) -> Markup:
    """Return a sentence with its code, which stands between backticks, as code; odd backticks stay as they are."""
    from markupsafe import Markup, escape

    parts = text.split("`") if text.count("`") % 2 == 0 else [text]
    template = Markup("<code>{}</code>")
    pieces = [
        template.format(_cleaned(part)) if number % 2 else escape(_cleaned(part)) for number, part in enumerate(parts)
    ]
    return Markup("").join(pieces)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
