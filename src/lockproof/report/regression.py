"""A finding as a test for a suite: it fails until the class is mended, and says what it is about."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise

from lockproof.report.words import clean
from lockproof.verdict import Finding, FindingKind, Report


def regression_test(report: Report, finding: Finding) -> str:
    """Return the source of a module with one test, which explores the finding's scenario, or its function, again."""
    words = shlex.split(finding.command)
    given = {name.removeprefix("--"): value for name, value in pairwise(words)}
    target = words[2] if len(words) > 2 else report.subject
    kind = _kind(finding)
    name = re.sub(r"\W+", "_", f"{target.rpartition(':')[2]}_{kind}").strip("_").lower()
    what = " ".join(finding.explanation.why) or finding.detail
    head = f"{clean(report.subject)}: {kind}, found by lockproof on {report.environment['build']}."
    lines = ['"""' + head.replace("\\", r"\\").replace('"', r"\"") + '"""', ""]
    lines += ["from __future__ import annotations", "", "import lockproof", "", "", f"def test_{name}() -> None:"]
    lines += [f"    # {line}" for line in _wrapped(clean(what))]
    if finding.control is not None and finding.control.masking is not None:
        lines += [f"    # {line}" for line in _wrapped(f"{finding.control.masking.value}: {finding.control.rests_on}")]
    arguments = [repr(target)]
    call = "check" if finding.scenario.threads else "explore"
    if finding.scenario.threads and finding.concurrent:  # a check refuses scenarios of one thread, and needs none
        lines += ["    scenario = (", *(f"        {piece!r}" for piece in _pieces(str(finding.scenario))), "    )"]
        arguments.append("scenario=scenario")
        if finding.control is not None:
            arguments.append('engine="schedules"')
    arguments += [f"{option}={given[option]!r}" for option in ("model", "factory", "consistency") if option in given]
    return "\n".join([*lines, f"    lockproof.{call}({', '.join(arguments)})", ""])


def _kind(finding: Finding) -> str:
    return "not linearizable" if finding.kind is FindingKind.NOT_LINEARIZABLE else finding.kind.value


def _wrapped(text: str, width: int = 100) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines


def _pieces(text: str, width: int = 90) -> list[str]:
    """Return the text in pieces that fit on a line, cut where a thread ends."""
    pieces = re.split(r"(?<=\|\| )|(?<=-> )", text)
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + len(piece) > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    return lines
