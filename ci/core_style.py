"""`python -m ci.core_style`: is the compiled core formatted, and free of what two compilers warn of?

The compiler of this Python, which is gcc on most Linux machines, compiles the core with -Wall and -Wextra. So does
clang, as part of clang-tidy, which comes from the package index and adds its analyzer. Each reads both variants of the
source, with and without the GIL. A tool that is missing is an error: what was not checked never passes.

exit status: 0 nothing to complain of, 1 something is, 2 a problem with the set-up
"""

from __future__ import annotations

import os
import shlex
import shutil
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from ci.console import CiError, run_captured, run_main

NATIVE = Path(__file__).resolve().parent.parent / "src" / "lockedset" / "native"
SOURCE = NATIVE / "core.c"

OPTIONS = ("-std=c11", "-O3", "-Wall", "-Wextra", '-DLOCKEDSET_VERSION="0"')
GIL = {"with the GIL": (), "without the GIL": ("-DPy_GIL_DISABLED=1",)}
CHECKS = (
    "-*",
    "clang-diagnostic-*",  # the warnings of clang
    "clang-analyzer-*",
    # It asks for memcpy_s, which neither glibc nor musl has.
    "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling",
)
WHEEL = "the package index, in the dependency group `lint`"
LONGEST = 300.0


def tool(name: str, from_where: str) -> str:
    """Return the path of a program.

    Raises:
        CiError: it is not on PATH.

    """
    found = shutil.which(name)
    if found is None:
        raise CiError(f"no {name} on PATH", f"it comes from {from_where}", "tox run -e lint, or install it")
    return found


def headers() -> list[str]:
    """Return the options by which a compiler finds Python.h, and complains of nothing in it."""
    include = Path(sysconfig.get_path("include"))
    if not (include / "Python.h").exists():
        raise CiError(
            f"no Python.h in {include}", "this Python came without headers", "install its development package"
        )
    return ["-isystem", str(include), "-isystem", str(include.parent)]


def formatting(source: Path = SOURCE) -> dict[str, list[str]]:
    """Return the check of the format, by its name."""
    files = [str(path) for path in sorted(source.parent.glob("*.[ch]"))]
    return {"clang-format": [tool("clang-format", WHEEL), "--dry-run", "-Werror", *files]}


def compiling(source: Path = SOURCE) -> dict[str, list[str]]:
    """Return the checks by the compiler of this Python, by their names."""
    name = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    command = [tool(name, "the system: gcc, or the compiler of the platform"), *OPTIONS, "-Werror", *headers()]
    return {f"{name}, {gil}": [*command, *define, "-c", "-o", os.devnull, str(source)] for gil, define in GIL.items()}


def analyzing(source: Path = SOURCE) -> dict[str, list[str]]:
    """Return the checks by clang and its analyzer, by their names."""
    command = [tool("clang-tidy", WHEEL), "--quiet", f"--checks={','.join(CHECKS)}", "--warnings-as-errors=*"]
    options = [*OPTIONS, *headers()]
    return {f"clang-tidy, {gil}": [*command, str(source), "--", *options, *define] for gil, define in GIL.items()}


def complaint(command: Sequence[str]) -> str:
    """Return what a check says that fails, and nothing for one that passes."""
    status, out, err = run_captured(command, timeout=LONGEST)
    return (out + err).strip() or f"ended with status {status}" if status != 0 else ""


def main() -> int:
    failed = 0
    for name, command in {**formatting(), **compiling(), **analyzing()}.items():
        found = complaint(command)
        failed += bool(found)
        print(f"{name}: {found or 'nothing to complain of'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    run_main(main)
