"""A finding as a test for a test suite. The test fails until the class is mended."""

from __future__ import annotations

import re
from enum import StrEnum

from lockproof.core.options import ExploreOptions
from lockproof.core.repeat import RepeatTarget
from lockproof.core.schedule import Switching
from lockproof.core.verdict import Control, Finding, FindingKind, Report
from lockproof.report.words import clean


def regression_test(report: Report, finding: Finding) -> str:
    """Return the source of a module with one test, which checks the scenario or explores the function of the finding.

    Args:
        report: the report that has the finding.
        finding: the finding.

    """
    found = finding.repeat if isinstance(finding.repeat, RepeatTarget) else None
    target = report.subject if found is None else found.target
    kind = _kind(finding)
    name = re.sub(r"\W+", "_", f"{target.rpartition(':')[2]}_{kind}").strip("_").lower()
    what = " ".join(finding.explanation.why) or finding.detail
    head = f"{clean(report.subject)}: {kind}, found by lockproof on {report.environment.build}."
    lines = ['"""' + head.replace("\\", r"\\").replace('"', r"\"") + '"""', ""]
    lines += ["from __future__ import annotations", "", "import lockproof", "", "", f"def test_{name}() -> None:"]
    lines += [f"    # {line}" for line in _wrapped(clean(what))]
    if finding.control is not None and finding.control.masking is not None:
        lines += [f"    # {line}" for line in _wrapped(f"{finding.control.masking.value}: {finding.control.rests_on}")]
    arguments = [repr(target)]
    call = "check" if finding.scenario.threads else "explore"
    if finding.scenario.threads and finding.concurrent:  # every check does what one thread alone shows, by itself
        lines += ["    scenario = (", *(f"        {piece!r}" for piece in _pieces(str(finding.scenario))), "    )"]
        arguments.append("scenario=scenario")
        if finding.control is not None:
            arguments.append('engine="schedules"')
    if found is not None:
        defaults = type(found.options)()
        names = ("model", "factory", "teardown", "consistency", "hang", "memory")
        given = {name: getattr(found.options, name) for name in names}
        arguments += [f"{name}={_literal(value)}" for name, value in given.items() if value != getattr(defaults, name)]
    if call == "explore" and finding.control is not None:
        arguments += _search(finding.control)
    return "\n".join([*lines, f"    lockproof.{call}({', '.join(arguments)})", ""])


def _literal(value: object) -> str:
    return repr(value.value if isinstance(value, StrEnum) else value)


def _search(control: Control) -> list[str]:
    """Return the options of the smallest complete search that has the schedule: a mended program must get HELD."""
    if control.schedule.switching is Switching.SYNC:
        return ["strategy='orders'"]
    bound = [f"bound={control.preemptions}"] if control.preemptions != ExploreOptions.bound else []
    return ["strategy='preemptions'", *bound]


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
