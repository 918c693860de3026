"""Reads what ThreadSanitizer has written: its reports on races, and how many reports it suppressed.

The form is that of `tsan_report.cpp` of LLVM, in the default format of stacks:

    WARNING: ThreadSanitizer: data race (pid=17)
      Write of size 8 at 0x7f5a24387bb0 by thread T1:
        #0 cycle_next /source/Modules/itertoolsmodule.c:1330:14 (python3.13t+0x528dd0) (BuildId: 54f9)

      Previous write of size 8 at 0x7f5a24387bb0 by thread T2:
        [failed to restore the stack]

Text that is not complete yet, since the process is about to write it, is left for the next look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lockproof.core.race import CFrame, MemoryAccess, Race

RULE: Final = "=================="
"""The line before and after each report."""

EVALUATION: Final = "_PyEval_EvalFrameDefault"
"""The function of CPython that runs code of Python. What called it is the interpreter, again and again."""

SOURCE_TREE: Final = re.compile(r"^.*?/(?=(?:Modules|Objects|Python|Include|Parser|Programs)/)")
"""What stands before the path of a file in the sources of CPython. A build is seldom made where one looks for it."""

_BEGIN = re.compile(r"WARNING: ThreadSanitizer: (?P<what>[^(]+?) \(pid=\d+\)")
_ACCESS = re.compile(
    r"^  (?:Previous )?(?P<what>(?:atomic )?(?:read|write)) of size (?P<size>\d+) at 0x", re.IGNORECASE
)
_FRAME = re.compile(r"^    #\d+ (?P<rest>.*)$")
_MODULE = re.compile(r" \((?P<module>[^()]*)\+(?P<offset>0x[0-9a-f]+)\)(?: \(BuildId: \w+\))?$")
_PLACE = re.compile(r"^(?P<function>.*?) (?P<file>/.*?|<null>|[^ ]+\.\w+)(?::(?P<line>\d+))?(?::\d+)?$")
_LOCATION = re.compile(r"^  (?P<what>Location is .*?)(?: at)?:?$")
_MATCHED = re.compile(r"^ThreadSanitizer: Matched (?P<count>\d+) suppressions", re.MULTILINE)


@dataclass(frozen=True)
class OtherReport:
    """A report that is no race between two accesses, like a thread that leaked: its name."""

    what: str


def complete(text: str) -> int:
    """Return how many characters of the text are whole reports: each has a rule before it and one after it."""
    last = text.rfind(f"{RULE}\n")
    if last < 0:
        return 0
    return last if text.count(f"{RULE}\n") % 2 else last + len(RULE) + 1


def reports_in(text: str) -> list[Race | OtherReport]:
    """Return the reports in a text, in their order."""
    found: list[Race | OtherReport] = []
    blocks = _BEGIN.split(text)
    for what, body in zip(blocks[1::2], blocks[2::2], strict=True):
        accesses = list(_accesses(body.splitlines()))
        if len(accesses) < 2:
            found.append(OtherReport(what))
            continue
        place = next((match["what"] for line in body.splitlines() if (match := _LOCATION.match(line))), "")
        location = re.sub(r" at 0x[0-9a-f]+| \(main thread\)", "", place).removeprefix("Location is ")
        found.append(Race(what, (accesses[0], accesses[1]), location))
    return found


def suppressed_in(text: str) -> int:
    """Return how many reports were suppressed. A process says so at its end, if it was asked to."""
    return sum(int(match["count"]) for match in _MATCHED.finditer(text))


def _accesses(lines: Sequence[str]) -> Iterator[MemoryAccess]:
    for number, line in enumerate(lines):
        if match := _ACCESS.match(line):
            what = f"{match['what'].lower()} of size {match['size']}"
            yield MemoryAccess(what, trimmed(tuple(_frames(lines[number + 1 :]))))


def _frames(lines: Sequence[str]) -> Iterator[CFrame]:
    for line in lines:
        match = _FRAME.match(line)
        if match is None:
            return
        yield _frame(match["rest"])


def _frame(text: str) -> CFrame:
    module = _MODULE.search(text)
    named = text[: module.start()] if module else text
    where = (module["module"], module["offset"]) if module else ("", "")
    place = _PLACE.match(named)
    if place is None:
        return CFrame(_known(named), "", 0, *where)
    file = SOURCE_TREE.sub("", _known(place["file"]))
    return CFrame(_known(place["function"]), file, int(place["line"] or 0), *where)


def _known(text: str) -> str:
    return "" if text == "<null>" else text


def trimmed(frames: tuple[CFrame, ...]) -> tuple[CFrame, ...]:
    """Return the frames without those in which the interpreter calls itself.

    Kept are the frames up to the first that runs code of Python; then only those of other modules than its own, which
    are an extension that has called Python from C.
    """
    first = next((number for number, each in enumerate(frames) if each.function == EVALUATION), None)
    if first is None:
        return frames
    interpreter = frames[first].module
    rest = (each for each in frames[first + 1 :] if each.module != interpreter and not _of_system(each))
    return (*frames[: first + 1], *rest)


def _of_system(frame: CFrame) -> bool:
    return frame.module.startswith(("libc.", "ld-linux", "libpthread"))
