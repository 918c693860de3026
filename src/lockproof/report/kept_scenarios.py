"""The file of scenarios that failed once, which people read in a diff and commit: checks try these scenarios first.

It is TOML with a table for each target, and a line for each scenario, with why it failed:

    ["bag.py:Bag"]
    "a.add(1) || a.add(1)" = "not linearizable"

Tables and lines are sorted and none comes twice, so two branches that add a scenario each seldom collide. Nothing else
is in it: a seed, a date or a count would change without need. What a person writes to the right of a scenario stays.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.verdict import Finding
from lockproof.report.output_file import write_whole

HEAD: Final = """\
# Scenarios that failed once. lockproof tries them first, and adds those that it finds. One that holds now stays, to be
# tried again; delete its line if nobody needs it. The text on the right is for readers. Comments are not kept.
"""

type Kept = dict[str, dict[str, str]]
"""For each target its scenarios as text, each with why it failed."""


def read_kept(path: Path) -> Kept:
    """Return what a file keeps; nothing if there is no file.

    Whether a scenario can still run is no question here: the check notes those that cannot.

    Raises:
        LockproofError: the file cannot be read or is no such file, or its directory does not exist.

    """
    try:
        document: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise LockproofError(
                f"there is no directory {path.parent} for the file of scenarios",
                "a misspelt path, or another working directory",
                "make it, or name another file with --scenarios",
            ) from None
        return {}
    except OSError as error:
        raise LockproofError(f"{path} cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LockproofError(
            f"{path} is no file of scenarios: {error}", "a merge that is not finished, or a slip", "correct it there"
        ) from None
    for target, scenarios in document.items():
        if not isinstance(scenarios, dict) or not all(isinstance(why, str) for why in scenarios.values()):
            raise LockproofError(
                f"{path} is no file of scenarios: {target!r} is not a table of texts",
                "another program wrote it, or a slip",
                'write ["module:Class"], and below it lines like "a.add(1) || a.add(1)" = "why"',
            )
    kept: Kept = document
    return kept


def failed(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the scenarios of findings that need threads, each with what was found."""
    several = [each for each in findings if each.concurrent and len(each.scenario.threads) > 1]
    return {str(each.scenario): each.kind.value for each in several}


def add_kept(path: Path, found: Mapping[str, Mapping[str, str]]) -> None:
    """Add scenarios to a file. What it has stays as it is, and a file that has all of them is not written.

    Raises:
        LockproofError: the file cannot be read or written.

    """
    kept = read_kept(path)
    merged = {target: {**found.get(target, {}), **kept.get(target, {})} for target in {*kept, *found}}
    if {target: each for target, each in merged.items() if each} != {t: each for t, each in kept.items() if each}:
        write_whole(as_toml(merged), path, "--scenarios")


def as_toml(kept: Mapping[str, Mapping[str, str]]) -> str:
    """Return the text of a file, in ASCII."""
    tables = [
        "\n".join(
            [f"\n[{_quoted(target)}]", *(f"{_quoted(text)} = {_quoted(why)}" for text, why in sorted(each.items()))]
        )
        for target, each in sorted(kept.items())
        if each
    ]
    return "\n".join([HEAD.rstrip("\n"), *tables]) + "\n"


def _quoted(text: str) -> str:
    """Return a text as a basic string of TOML, in ASCII."""
    return "".join(_escaped(each) for each in text).join('""')


def _escaped(character: str) -> str:
    if " " <= character <= "~":
        return f"\\{character}" if character in '\\"' else character
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
