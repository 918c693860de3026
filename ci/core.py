"""Compile the core of lockedset beside a copy of the package: as it is, or with an edit that makes a faulty twin of it.

The distribution is built elsewhere, and is what users get. These copies are for looking at the core: with a sanitizer,
and with faults planted that a check must find.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.builds import clean_environment
from ci.console import CiError, run_captured

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "lockedset"

WARNINGS = ("-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True)
class Fault:
    """An edit of a file below `native/`: the text `old`, which must occur once, becomes `new`."""

    what: str
    file: str
    old: str
    new: str

    def plant(self, package: Path) -> None:
        """Edit the file in a copy of the package."""
        path = package / "native" / self.file
        text = path.read_text(encoding="utf-8")
        count = text.count(self.old)
        if count != 1:
            raise CiError(
                f"the fault {self.what!r} cannot be planted: its text occurs {count} times in {self.file}",
                "the source has changed",
                "give the fault the text that is there now",
            )
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def compiler() -> str | None:
    """The C compiler of this machine that takes options as gcc does, or None."""
    names = ("cc", "gcc", "clang")
    return next((path for name in names if (path := shutil.which(name))), None)


def _told(python: Path, expression: str) -> str:
    """What an interpreter says of its own configuration."""
    status, out, err = run_captured(
        [str(python), "-I", "-c", f"import sysconfig; print({expression})"], env=clean_environment()
    )
    if status != 0:
        raise CiError(f"{python} does not tell {expression}: {err.strip()}")
    return out.strip()


def include_of(python: Path) -> Path:
    """Where the headers of an interpreter are."""
    return Path(_told(python, "sysconfig.get_path('include')"))


def compile_module(python: Path, compiler: str, source: Path, folder: Path, name: str, flags: Sequence[str]) -> Path:
    """Compile an extension module from one file for an interpreter, into a folder."""
    include = include_of(python)
    if not (include / "Python.h").exists():
        raise CiError(
            f"{python} has no headers at {include}",
            "they are a package of their own",
            "install it, or take an interpreter of ci/interpreters.py",
        )
    target = folder / (name + _told(python, "sysconfig.get_config_var('EXT_SUFFIX')"))
    # Debian's pyconfig.h is named by a path from the folder above.
    command = [compiler, "-std=c11", "-fPIC", "-shared", f"-I{include}", f"-I{include.parent}"]
    status, out, err = run_captured([*command, *flags, "-o", str(target), str(source)], timeout=300)
    if status != 0:
        raise CiError(
            f"{source.name} does not compile: {(out + err).strip()}", "an edit of the source, or another compiler"
        )
    return target


def build(python: Path, compiler: str, folder: Path, flags: Sequence[str], fault: Fault | None = None) -> Path:
    """Copy the package into a folder, compile its core there, and return the folder: it goes into PYTHONPATH."""
    package = folder / "lockedset"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd"))
    if fault is not None:
        fault.plant(package)
    match = re.search(r'"([^"]+)"', (package / "_version.py").read_text(encoding="utf-8").partition("__version__ =")[2])
    assert match is not None, "lockedset/_version.py has no version"
    version = f'-DLOCKEDSET_VERSION="{match[1]}"'
    compile_module(python, compiler, package / "native" / "core.c", package, "_core", [version, *flags])
    return folder


def environment(folder: Path) -> dict[str, str]:
    """The variables for a process that uses the core in the folder, and the tests and `ci` from here."""
    path = os.pathsep.join(map(str, (folder, ROOT, ROOT / "src")))
    return {**clean_environment(), "PYTHONPATH": path, "LOCKEDSET_PURE": "0"}
