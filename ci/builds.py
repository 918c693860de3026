"""The vocabulary of interpreters: a build, a release, an interpreter; how one is probed and verified.

A *build* is a version with a variant, `3.13` or `3.13t`; a *release* is `3.13.15`. Two builds are compared only
when they are of one release, else a difference may be a bug that one of the two has fixed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.console import run_captured

Release = tuple[int, int, int]

FIRST_GOOD_RELEASE: Release = (3, 13, 1)
"""3.13.0 corrupts a set whose elements' `__eq__` re-enter it (gh-141805), and its locks are not those of 3.13.1."""

NEEDED_MODULES = ("ssl", "ctypes", "zlib", "bz2", "lzma", "sqlite3", "hashlib", "uuid", "venv", "ensurepip")
"""What the tests and tools import from any interpreter; a build without the headers leaves some out silently."""

OWN_MODULES = (*NEEDED_MODULES, "readline", "curses", "_uuid", "_decimal", "test.test_set", "test.lock_tests")
"""What an interpreter that this project sets up must have besides; a lack means that it was set up badly."""


@dataclass(frozen=True, order=True)
class Build:
    """A version of CPython with its variant: `3.13`, or `3.13t` for the free-threaded one."""

    version: tuple[int, int]
    free_threaded: bool = False

    @classmethod
    def parse(cls, text: str) -> Build:
        match = re.fullmatch(r"(3)\.(\d+)(t?)", text)
        if match is None:
            raise ValueError(f"{text!r} is not a build: write it like 3.13 or 3.13t")
        return cls((int(match[1]), int(match[2])), bool(match[3]))

    @property
    def minor(self) -> str:
        """`3.13` for both variants."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def name(self) -> str:
        return self.minor + ("t" if self.free_threaded else "")

    @property
    def tox_env(self) -> str:
        return "py" + self.name.replace(".", "")

    @property
    def executable(self) -> str:
        return "python" + self.name


PAIR = (Build.parse("3.13"), Build.parse("3.13t"))
"""The two builds that are compared with each other, so they must be of one release."""

REQUIRED = (*PAIR, Build.parse("3.14"), Build.parse("3.15"))
"""A run without one of these has not tested what the project promises."""

OPTIONAL = (Build.parse("3.14t"), Build.parse("3.15t"))
"""Used where uv can download them; Debian has no package of a free-threaded build."""


def release_text(release: Release) -> str:
    return ".".join(str(part) for part in release)


@dataclass(frozen=True)
class Interpreter:
    """A real interpreter: which build and release it said it is, where it lies, and who provided it."""

    build: Build
    release: Release
    path: Path
    origin: str

    def describe(self) -> str:
        return f"{self.path} ({release_text(self.release)}, {self.origin})"


_PROBE = """
import json, sys, sysconfig
info = sys.version_info
print(json.dumps({
    "implementation": sys.implementation.name,
    "release": [info.major, info.minor, info.micro],
    "final": info.releaselevel == "final",
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "gil_enabled": getattr(sys, "_is_gil_enabled", lambda: True)(),
    "path": getattr(sys, "_base_executable", None) or sys.executable,
}))
"""

_IMPORT = """
import importlib, json, sys
lacking = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as problem:
        lacking[name] = f"{type(problem).__name__}: {problem}"
enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
print(json.dumps({"lacking": lacking, "gil_enabled": enabled}))
"""


def clean_environment() -> dict[str, str]:
    """Our environment less what would make an interpreter lie about itself or load someone else's code."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in ("VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    }


def _last_json(text: str) -> dict[str, object] | None:
    lines = text.strip().splitlines()
    if not lines:
        return None
    try:
        value = json.loads(lines[-1])
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def probe(path: Path, origin: str) -> tuple[Interpreter | None, str]:
    """Ask an executable what it is; the interpreter, or None with the reason why it is none."""
    status, out, err = run_captured([str(path), "-I", "-c", _PROBE], env=clean_environment(), timeout=30)
    answer = _last_json(out)
    if status != 0 or answer is None:
        last = (err.strip() or out.strip() or "no output").splitlines()[-1]
        return None, f"{path}: does not run (status {status}: {last})"
    return read_probe(answer, path, origin)


def read_probe(answer: dict[str, object], path: Path, origin: str) -> tuple[Interpreter | None, str]:
    """Judge the answer to a probe, apart from how it was got."""
    parts = answer.get("release")
    if answer.get("implementation") != "cpython" or not isinstance(parts, list) or len(parts) != 3:
        return None, f"{path}: is not CPython"
    release: Release = (int(parts[0]), int(parts[1]), int(parts[2]))
    build = Build((release[0], release[1]), bool(answer.get("free_threaded")))
    if not answer.get("final"):
        return None, f"{path}: {release_text(release)} is a pre-release"
    if build.minor == "3.13" and release < FIRST_GOOD_RELEASE:
        return None, f"{path}: {release_text(release)} has bugs in set and locks that 3.13.1 and later have not"
    if bool(answer.get("gil_enabled")) == build.free_threaded:
        state = "on" if answer.get("gil_enabled") else "off"
        return None, f"{path}: a {build.name} build whose GIL is {state}"
    return Interpreter(build, release, Path(str(answer.get("path") or path)), origin), ""


def verify(interpreter: Interpreter, modules: Sequence[str] = NEEDED_MODULES) -> str:
    """Import every module that is expected; "" when all is well, else what is wrong."""
    modules = [name for name in modules if not (os.name == "nt" and name in ("readline", "curses", "_uuid"))]
    command = [str(interpreter.path), "-I", "-c", _IMPORT, *modules]
    status, out, err = run_captured(command, env=clean_environment(), timeout=120)
    answer = _last_json(out)
    if status != 0 or answer is None:
        last = (err.strip() or "no output").splitlines()[-1]
        return f"does not import its own modules (status {status}: {last})"
    return read_verification(answer, interpreter.build)


def read_verification(answer: dict[str, object], build: Build) -> str:
    """Judge what came of importing the modules: complete, and the GIL as promised even after all of them."""
    lacking = answer.get("lacking")
    if not isinstance(lacking, dict):
        return "gave no list of modules"
    if lacking:
        return "lacks " + ", ".join(sorted(str(name) for name in lacking))
    if bool(answer.get("gil_enabled")) == build.free_threaded:
        return f"is a {build.name} build whose GIL is {'on' if answer.get('gil_enabled') else 'off'} after its imports"
    return ""


def verify_venv(interpreter: Interpreter, scratch: Path) -> str:
    """Make a virtual environment with pip in it; "" when that works. Seconds, so only for a fresh build."""
    command = [str(interpreter.path), "-I", "-m", "venv", "--clear", str(scratch)]
    status, out, err = run_captured(command, env=clean_environment(), timeout=300)
    if status != 0:
        last = (err.strip() or out.strip() or "no output").splitlines()[-1]
        return f"cannot make a virtual environment with pip (status {status}: {last})"
    return ""


def order_releases(releases: Sequence[Release]) -> list[Release]:
    """Newest first, each once."""
    return sorted(set(releases), reverse=True)
