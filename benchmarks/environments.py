"""A virtual environment for each interpreter, in the user's cache directory.

A peer is installed in its newest release, compiled if need be; where that fails, in the newest that has a wheel;
where there is none, that it was not measured is the result. The package under test is not installed but taken from
a copy of `src`, so that what is measured is the tree one works in, as it was when the run began; its core is compiled
for each interpreter from that copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.subjects import DISTRIBUTIONS
from ci.builds import Interpreter, clean_environment, release_text
from ci.cache import process_lock, write_atomically
from ci.console import CiError, Reporter, run_captured
from ci.toolbox import scripts_directory

MEASURING = ("pyperf>=2.8",)
REPORTING = ("rich>=13", "matplotlib>=3.9")
PIP_SECONDS = 900
COMPILE_SECONDS = 300
NO_COMPILER = 2
"""The status of `ci.native` where there is no compiler, or no header."""
COMPILED = "compiled"
"""The directory in the copied tree that has lockedset for each build."""
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Environment:
    """An interpreter with what it needs, and the reasons why some of it could not be had."""

    build: str
    python: Path
    missing: Mapping[str, str]


def child_environment(tree: Path, build: str = "") -> dict[str, str]:
    """The variables for a child that runs a module of this package, from a copy of the tree.

    On a build whose core was compiled the child finds that; the core serves unless the child asks for Python.
    """
    compiled = tree / COMPILED / build
    package = compiled if build and compiled.exists() else tree / "src"
    variables = clean_environment()
    variables["PYTHONPATH"] = os.pathsep.join((str(package), str(tree)))
    if package == compiled:
        variables["LOCKEDSET_PURE"] = "0"
    return variables


def compile_core(tree: Path, environment: Environment) -> str:
    """Compile the core of the copied lockedset for an interpreter; "" when done, else why it cannot be compiled here.

    Raises:
        CiError: there is a compiler, and the source does not compile.

    """
    target = tree / COMPILED / environment.build
    target.parent.mkdir(exist_ok=True)
    command = [str(environment.python), "-m", "ci.native", str(target)]
    variables = child_environment(tree)
    status, out, err = run_captured(command, env=variables, cwd=tree, timeout=COMPILE_SECONDS)
    said = (err or out).strip()
    if status == NO_COMPILER:
        return said.partition("error: ")[2] or said
    if status:
        raise CiError(
            f"the core of lockedset does not compile for {environment.python}:\n{said or f'status {status}'}",
            "the compiler warns of something that other compilers do not, or the source is wrong",
            f"run it by hand: {environment.python} -m ci.native DIRECTORY",
        )
    return ""


def copy_tree(tree: Path) -> str:
    """Copy what is measured and what measures, and return a digest of what is measured.

    A run takes minutes, and whoever works in the tree meanwhile must not have two states of it mixed in one table.
    """
    leave_out = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
    shutil.copytree(ROOT / "src" / "lockedset", tree / "src" / "lockedset", ignore=leave_out)
    for package in ("benchmarks", "ci"):
        shutil.copytree(ROOT / package, tree / package, ignore=leave_out)
    digest = hashlib.sha256()
    for path in sorted((tree / "src" / "lockedset").rglob("*")):
        if path.suffix in (".py", ".c", ".h"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def reason_in(output: str) -> str:
    r"""The last complaint in what pip has said.

    >>> reason_in("WARNING: slow\nERROR: Could not find a version\nERROR: No matching distribution found for x")
    'No matching distribution found for x'
    """
    complaints = [line.partition("ERROR:")[2].strip() for line in output.splitlines() if line.startswith("ERROR:")]
    lines = complaints or output.strip().splitlines() or ["pip gave no reason"]
    return lines[-1]


def _install(python: Path, requirements: Sequence[str], *, compile_too: bool = False) -> str:
    """Install; "" when done, else why not."""
    variables = {**clean_environment(), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    problem = ""
    for kind in ([], ["--prefer-binary"]) if compile_too else (["--prefer-binary"],):
        command = [str(python), "-I", "-m", "pip", "install", "--quiet", *kind, *requirements]
        status, out, err = run_captured(command, env=variables, timeout=PIP_SECONDS)
        if status == 0:
            return ""
        problem = reason_in(err or out)
    return problem


def prepare(
    interpreter: Interpreter, cache: Path, report: Reporter, *, reporting: bool = False, refresh: bool = False
) -> Environment:
    """The environment of an interpreter, made when it is not there yet.

    A marker written last makes it valid, so that one left by an interrupted run is made anew.
    """
    kind = "report" if reporting else interpreter.build.name
    needed = (*MEASURING, *REPORTING[:1]) if reporting else MEASURING
    wished = REPORTING[1:] if reporting else DISTRIBUTIONS
    directory = cache / "benchmarks" / kind
    marker = directory / "lockedset-benchmarks.json"
    python = scripts_directory(directory) / ("python.exe" if os.name == "nt" else "python")
    wanted = {
        "python": str(interpreter.path),
        "release": release_text(interpreter.release),
        "requirements": [*needed, *wished],
    }
    with process_lock(cache / "benchmarks" / "lock", "preparing to run benchmarks", report):
        try:
            made = json.loads(marker.read_text(encoding="utf-8"))
            if made["wanted"] == wanted and python.exists() and not refresh:
                return Environment(kind, python, made["missing"])
        except (OSError, ValueError, KeyError):
            pass
        shutil.rmtree(directory, ignore_errors=True)
        with report.step(f"preparing an environment for {kind} in the cache", usual=15):
            command = [str(interpreter.path), "-I", "-m", "venv", str(directory)]
            status, out, err = run_captured(command, env=clean_environment(), timeout=300)
            problem = reason_in(err or out) if status else _install(python, needed)
            if problem:
                raise CiError(
                    f"an environment for {interpreter.path} cannot be made: {problem}",
                    "the package index is out of reach, or this Python cannot make virtual environments",
                    f"install {' '.join(needed)} into an interpreter yourself, and give it with --python and --as-is",
                )
            missing = {
                name: reason for name in wished if (reason := _install(python, [name], compile_too=not reporting))
            }
        write_atomically(marker, json.dumps({"wanted": wanted, "missing": missing}) + "\n")
    return Environment(kind, python, missing)
