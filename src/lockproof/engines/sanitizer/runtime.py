"""How a process is started under ThreadSanitizer: the options of its runtime, the suppressions, and where it writes.

The user's own TSAN_OPTIONS count, but for those that lockproof needs to see the reports. The suppressions of all
files come into one file, since the runtime reads one alone.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lockproof.core.errors import LockproofError
from lockproof.engines.sanitizer.tsan_python import Interpreter, symbolizer

VARIABLE: Final = "TSAN_OPTIONS"
"""The environment variable with the options of the runtime."""

DEFAULTS: Final = {
    # How far back the other access of a race may lie and still have a stack: as far as possible.
    "history_size": "7",
    "exitcode": "0",
    # What belongs to no race between two accesses: threads that are left, and locks taken in two orders.
    "report_thread_leaks": "0",
    "detect_deadlocks": "0",
    "die_after_fork": "0",
}
"""Options that the user may set otherwise."""

FORCED: Final = {
    "print_suppressions": "1", "atexit_sleep_ms": "0", "halt_on_error": "0", "report_bugs": "1", "color": "never",
    "symbolize": "1",
    # A signal ends the process as without the sanitizer: the runtime's own handlers would make it end by itself.
    **dict.fromkeys(("handle_segv", "handle_abort", "handle_sigbus", "handle_sigfpe", "handle_sigill"), "0"),
}  # fmt: skip
"""Options without which lockproof would not see the reports, or not all of them, or not a crash."""

SLOWER: Final = 5.0
"""How many times as long as usual work may take before it is called a hang. Measured: 10 to 20 times as long for code
of Python, and most bounds have room for a busy machine already."""

MEMORY: Final = 6
"""How many times as much memory as usual the process may use: the runtime keeps a shadow of it."""

KINDS: Final = re.compile(r"(race|race_top|thread|mutex|signal|deadlock|called_from_lib):.+")
"""A line of a file of suppressions."""


@dataclass(frozen=True)
class Runtime:
    """What starts a process under ThreadSanitizer. The reports go to files in `folder`, whose names have no end.

    `repeating`: the process reports a pair of stacks each time, and not once in its life.
    """

    interpreter: Interpreter
    folder: Path
    options: Mapping[str, str]
    suppressions: tuple[str, ...] = ()

    def variables(self, name: str, *, repeating: bool = False) -> dict[str, str]:
        """Return the environment of a process whose reports go to files with this name in front."""
        options = {**self.options, "log_path": str(self.folder / name)}
        if repeating:
            options["suppress_equal_stacks"] = "0"
        return {VARIABLE: ":".join(f"{key}={_quoted(value)}" for key, value in options.items())}


def runtime_for(
    interpreter: Interpreter, files: Sequence[str], folder: Path, environment: Mapping[str, str] = os.environ
) -> Runtime:
    """Return what starts processes of the interpreter, with suppressions of the user, of TSAN_OPTIONS and of CPython.

    Raises:
        LockproofError: a file of suppressions cannot be read, or there is no symbolizer.

    """
    given = parsed(environment.get(VARIABLE, ""))
    own = given.pop("suppressions", None)
    named = [*files, *([own] if own else []), *map(str, interpreter.suppressions)]
    lines = [line for name in dict.fromkeys(named) for line in _read(name)]
    path = folder / "suppressions.txt"
    path.write_text("".join(f"{line}\n" for line in dict.fromkeys(lines)), encoding="utf-8")
    found = symbolizer(given.get("external_symbolizer_path"), environment.get("PATH"))
    options = {**DEFAULTS, **given, **FORCED, "external_symbolizer_path": found, "suppressions": str(path)}
    return Runtime(interpreter, folder, options, tuple(dict.fromkeys(named)))


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new folder for the reports of one check."""
    return tempfile.TemporaryDirectory(prefix="lockproof-tsan-")


def parsed(text: str) -> dict[str, str]:
    """Return the options in a value of TSAN_OPTIONS. They are separated by spaces, commas or colons."""
    found: dict[str, str] = {}
    for match in re.finditer(r"""(\w+)=(?:"([^"]*)"|'([^']*)'|([^\s,:]*))""", text):
        found[match[1]] = next((part for part in match.groups()[1:] if part is not None), "")
    return found


def _quoted(value: str) -> str:
    return f"'{value}'" if re.search(r"[\s,:]", value) else value


def _read(name: str) -> Iterable[str]:
    try:
        text = Path(name).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LockproofError(
            f"the suppressions in {name} cannot be read: {getattr(error, 'strerror', None) or error}",
            "a misspelt path in --suppressions or in TSAN_OPTIONS",
            "name a file with lines like race:function_of_c",
        ) from None
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith("#")]
    wrong = next((line for line in kept if not KINDS.fullmatch(line)), None)
    if wrong is not None:
        raise LockproofError(
            f"{name} has the line {wrong!r}",
            "a suppression is a kind and a pattern; ThreadSanitizer would end the process at this line",
            "write lines like race:function_of_c, race_top:function_of_c or called_from_lib:name.so",
        )
    return kept
