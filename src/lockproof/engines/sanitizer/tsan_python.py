"""Examines the interpreter that `--python` names: can ThreadSanitizer see there what threads do?

Each fact comes from the interpreter itself, which is asked in a process of its own, without its site packages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lockproof.core.errors import LockproofError

OLDEST: Final = (3, 13)
"""The oldest version of CPython that lockproof supports."""

ASKING: Final = 60.0
"""Seconds for the interpreter to say what it is. Under ThreadSanitizer, on a busy machine, it starts slowly."""

MAKING: Final = "python -m ci.sanitize --python"
"""The command of lockproof's repository that makes such an interpreter and prints its path."""

QUESTION: Final = """
import json, os, sys, sysconfig
have = sysconfig.get_config_var
flags = " ".join(str(have(name) or "") for name in ("CONFIG_ARGS", "PY_CFLAGS", "OPT", "CC"))
folder = have("DESTSHARED") or ""
print(json.dumps({
    "name": sys.implementation.name,
    "version": list(sys.version_info[:2]),
    "free_threaded": bool(have("Py_GIL_DISABLED")),
    "sanitized": "--with-thread-sanitizer" in flags or "-fsanitize=thread" in flags,
    "executable": os.path.realpath(sys.executable),
    "prefix": sys.base_prefix,
    "source": os.path.abspath(os.path.join(have("abs_srcdir") or have("srcdir") or sys.base_prefix)),
    "own": sorted({os.path.basename(os.path.realpath(sys.executable)), str(have("LDLIBRARY")), str(have("INSTSONAME")),
                   *(os.listdir(folder) if os.path.isdir(folder) else [])}),
}))
"""
"""What the interpreter runs to say what it is."""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter that was built with ThreadSanitizer.

    Attributes:
        path: how the user names it.
        own: the names of the files with its machine code: the program, its library, and its extension modules.
        suppressions: the files of suppressions that CPython itself has, where they lie beside the interpreter.

    """

    path: str
    own: frozenset[str]
    suppressions: tuple[Path, ...]


def examined(path: str) -> Interpreter:
    """Return what is to know of the interpreter.

    Raises:
        LockproofError: it does not exist or does not run, or ThreadSanitizer could see nothing in it.

    """
    found = shutil.which(os.path.expanduser(path))
    if found is None:
        exists = Path(path).expanduser().exists()
        raise LockproofError(
            f"--python {path}: {'it is no program' if exists else 'there is no such file'}",
            "a misspelt path, or the interpreter is not built yet",
            f"name a free-threaded CPython built with ThreadSanitizer; in lockproof's repository, {MAKING} makes one",
        )
    said = _answer_of(found)
    if said.get("name") != "cpython" or tuple(said["version"]) < OLDEST:
        version = ".".join(map(str, said["version"]))
        raise LockproofError(
            f"--python {path} is {said.get('name')} {version}",
            f"lockproof supports CPython {'.'.join(map(str, OLDEST))} and newer",
            f"name one of these; in lockproof's repository, {MAKING} makes one",
        )
    if not said["sanitized"]:
        raise LockproofError(
            f"--python {path} is not built with ThreadSanitizer",
            "an ordinary build reports no race",
            f"configure CPython with --disable-gil --with-thread-sanitizer, or run {MAKING} in lockproof's repository",
        )
    if not said["free_threaded"]:
        raise LockproofError(
            f"--python {path} has the GIL",
            "it is a standard build: the GIL orders all accesses, so ThreadSanitizer has nothing to report",
            "configure CPython with --disable-gil --with-thread-sanitizer",
        )
    folders = (Path(said["prefix"]), Path(said["executable"]).parent, Path(said["source"]))
    return Interpreter(found, frozenset(said["own"]), _suppressions_in(folders))


def _answer_of(path: str) -> dict[str, Any]:
    environment = {**os.environ, "TSAN_OPTIONS": "report_bugs=0 exitcode=0 atexit_sleep_ms=0"}
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", QUESTION],
            capture_output=True,
            text=True,
            timeout=ASKING,
            env=environment,
            check=True,
        )
        answer = json.loads(done.stdout)
        assert isinstance(answer, dict) and "version" in answer, answer
    except (OSError, subprocess.SubprocessError, ValueError, AssertionError) as error:
        said = getattr(error, "stderr", "") or str(error)
        last = str(said).strip().splitlines()[-1:] or [type(error).__name__]
        raise LockproofError(
            f"--python {path} does not say what it is: {last[0]}",
            "it is no Python, or it cannot start here",
            "try it by hand: PATH -c 'import sys; print(sys.version)'",
        ) from None
    return answer


def _suppressions_in(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files of suppressions in the first of these folders that has some, where CPython's sources have them.

    The file of the free-threaded build has those of the other build in it.
    """
    for folder in folders:
        files = sorted((folder / "Tools" / "tsan").glob("sup*.txt"))
        free = [each for each in files if "free" in each.name]
        if files:
            return tuple(free or files)
    return ()


def symbolizer(given: str | None, path: str | None = None) -> str:
    """Return the program that turns addresses into lines of source: the one that is given, or one on PATH.

    Raises:
        LockproofError: there is none.

    """
    names = ["llvm-symbolizer", *(f"llvm-symbolizer-{version}" for version in range(29, 13, -1))]
    found = (
        shutil.which(given, path=path)
        if given
        else next(filter(None, (shutil.which(n, path=path) for n in names)), None)
    )
    if found is None:
        raise LockproofError(
            f"there is no {given or 'llvm-symbolizer on PATH'}",
            "ThreadSanitizer needs it: without it, stacks have neither names nor lines, and no suppression matches",
            "install LLVM (on Debian: apt-get install llvm), or name it: TSAN_OPTIONS=external_symbolizer_path=PATH",
        )
    return found
