"""`python -m ci.native DIRECTORY`: lockedset with its core, compiled for this Python, as a wheel would have it.

Tests compile it with edits of its sources too: twins, from which one protection is taken out.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "lockedset"
STRICT = ("-O3", "-Wall", "-Wextra", "-Werror")
QUICK = ("-O1", "-w")
"""For twins: a protection that is gone leaves code that nothing reaches."""


@dataclass(frozen=True)
class Edit:
    """A change of the source of the package: in a function of a file, or in all of it, the one place with a text."""

    file: str
    function: str
    old: str
    new: str


def version() -> str:
    """The version of lockedset, which the core has to have."""
    found = re.search(r'^__version__ = "(.+)"', (SOURCES / "_version.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def compiler() -> list[str]:
    """Return the words of the compiler's command; [] if this machine has none, or this Python has no headers."""
    found = [shlex.split(sysconfig.get_config_var("CC") or ""), ["cc"], ["gcc"], ["clang"]]
    words = next((each[:1] for each in found if each and shutil.which(each[0])), [])
    return words if (Path(sysconfig.get_path("include")) / "Python.h").exists() else []


def edited(text: str, edit: Edit) -> str:
    """Return the text after the edit. Blanks and line breaks of the old text stand for any others.

    Raises:
        ValueError: the old text is not there exactly once.

    """
    begin, end = 0, len(text)
    if edit.function:
        found = re.search(rf"^{re.escape(edit.function)}\(.*?^}}", text, re.MULTILINE | re.DOTALL)
        if found is None:
            raise ValueError(f"{edit.file} has no function {edit.function}")
        begin, end = found.span()
    pattern = r"\s+".join(map(re.escape, edit.old.split()))
    places = [*re.finditer(pattern, text[begin:end])]
    if len(places) != 1:
        raise ValueError(f"{edit.file}: {edit.old!r} stands {len(places)} times in {edit.function or 'it'}")
    first, last = places[0].span()
    return text[: begin + first] + edit.new + text[begin + last :]


def compiled(target: Path, edits: Sequence[Edit] = (), options: Sequence[str] = QUICK) -> Path:
    """Copy the package to a directory, edit its sources, compile the core there, and return the directory.

    Raises:
        ValueError: an edit does not apply.
        subprocess.CalledProcessError: the sources do not compile.

    """
    package = target / "lockedset"
    shutil.copytree(SOURCES, package, ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    for edit in edits:
        place = package / edit.file
        place.write_text(edited(place.read_text(encoding="utf-8"), edit), encoding="utf-8")
    headers = Path(sysconfig.get_path("include"))
    core = package / f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"
    words = [*compiler(), "-std=c11", "-fPIC", "-shared", f'-DLOCKEDSET_VERSION="{version()}"', *options]
    # Debian's pyconfig.h includes another one by a path from the directory above.
    words += [f"-I{headers}", f"-I{headers.parent}", "-o", str(core)]
    subprocess.run([*words, str(package / "native" / "core.c")], check=True, capture_output=True, text=True)
    return target


def main() -> int:
    """Run the command, and return the exit status."""
    if not compiler():
        print("error: there is no C compiler, or this Python has no headers: install gcc or clang", file=sys.stderr)
        return 2
    try:
        compiled(Path(sys.argv[1]), options=STRICT)
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
