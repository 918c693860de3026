"""Reports as workflow commands of GitHub, which shows them beside the lines of a change.

    ::error file=bag.py,line=7,title=bag.py%3ABag%3A not linearizable::No order of the calls explains ...

A line that begins with `::` is a command, wherever it stands in the output of a step. So text of the subject may never
begin a line: line feeds are written as %0A, as GitHub prescribes, and other characters that cannot be printed as
escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lockproof.report.issues import Issue, Level
from lockproof.report.places import Project, SourceLine, place_of

_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_ESCAPES: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def as_annotations(issues: Sequence[Issue], project: Project) -> str:
    """Return the issues as workflow commands, one a line, in ASCII; "" without issues.

    An issue stands on its first line of source. Its other lines whose accesses collided get a notice each, and a file
    outside of the project gets none: GitHub has no such file. An accepted issue is one notice.
    """
    return "".join(f"{line}\n" for issue in issues for line in _lines(issue, project))


def _lines(issue: Issue, project: Project) -> Iterator[str]:
    first = next(iter(project.first(issue.places)), None)
    if issue.accepted:
        message = f"Accepted: {issue.accepted}\n{issue.message}"
        yield _command("notice", first, issue.title, message, project)
        return
    yield _command(_COMMANDS[issue.level], first, issue.title, issue.message, project)
    collided = {place for step in issue.steps if step.marked and (place := place_of(step.place)) is not None}
    for place in (each for each in issue.places if each in collided and each != first):
        if project.name(place.file) is not None:
            yield _command("notice", place, issue.title, "An access on this line collided with another one.", project)


def _command(name: str, place: SourceLine | None, title: str, message: str, project: Project) -> str:
    properties = {"title": title}
    if place is not None and (file := project.name(place.file)) is not None:
        properties = {"file": file, "line": str(place.line), **properties}
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    """Return text with the escapes of GitHub for the message of a command. In ASCII, so that no encoding matters."""
    return "".join(
        _ESCAPES.get(each) or (each if " " <= each <= "~" else each.encode("unicode_escape").decode("ascii"))
        for each in text
    )


def _property(text: str) -> str:
    """Return text with the escapes of GitHub for the value of a property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
