"""Interpreters that this project sets up itself: each in a prefix of its own in the cache.

An installation prefix is written into the interpreter, so an installation cannot be made elsewhere and moved into
place. A marker file makes an installation valid instead: it is written last and in one step. A prefix without it is
the rest of an interrupted installation and is wiped.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.builds import (
    OWN_MODULES,
    Build,
    Interpreter,
    Release,
    clean_environment,
    probe,
    release_text,
    verify,
    verify_venv,
)
from ci.cache import write_atomically
from ci.console import CiError, Reporter, run_child, tail

RECIPE = 1
"""Goes up when prefixes that were made before are no good any more, so that they are made anew."""

MARKER = "lockedset-build.json"

WITHOUT_BYTE_CODE = r"/(test|idlelib|turtledemo|tkinter|lib2to3)/"
"""Parts of the standard library whose byte code nobody needs beforehand."""


def prefix_of(cache: Path, build: Build, release: Release) -> Path:
    return cache / "builds" / (release_text(release) + ("t" if build.free_threaded else ""))


def executable_of(prefix: Path, build: Build) -> Path:
    """The interpreter in a prefix: one compiled here is in `bin`, one of Debian in `usr/bin`."""
    unpacked = prefix / "usr" / "bin" / build.executable
    return unpacked if unpacked.exists() else prefix / "bin" / build.executable


def read_marker(prefix: Path) -> dict[str, object] | None:
    """What the marker of a finished installation says, or None when there is none."""
    try:
        note = json.loads((prefix / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and note.get("recipe") == RECIPE else None


def finished(cache: Path, builds: Sequence[Build]) -> list[Interpreter]:
    """The valid installations of the builds in the cache; an interrupted one is none."""
    kept: list[Interpreter] = []
    for prefix in sorted((cache / "builds").glob("*")):
        note = read_marker(prefix)
        for build in builds:
            if note is not None and note.get("build") == build.name:
                interpreter, _ = probe(executable_of(prefix, build), str(note.get("origin") or "built from source"))
                if interpreter is not None and interpreter.build == build:
                    kept.append(interpreter)
    return kept


@dataclass(frozen=True)
class Site:
    """Where one interpreter is set up: its prefix, a folder for the work, and a log."""

    build: Build
    release: Release
    prefix: Path
    work: Path
    log: Path
    report: Reporter
    lock_descriptor: int | None

    @property
    def label(self) -> str:
        return f"CPython {release_text(self.release)}{'t' if self.build.free_threaded else ''}"

    def run(self, *command: str | Path, cwd: Path | None = None) -> None:
        """Run a command that must succeed. It holds the cache's lock as well, in case this program is killed."""
        steering = ("CFLAGS", "LDFLAGS", "CPPFLAGS")
        env = {name: value for name, value in clean_environment().items() if name not in steering}
        held = () if self.lock_descriptor is None else (self.lock_descriptor,)
        words = [str(word) for word in command]
        status = run_child(words, env=env, cwd=cwd or self.work, log=self.log, timeout=5400, inherit_fds=held)
        if status != 0:
            last = tail(self.log, 8)
            raise CiError(
                f"{self.label}: {Path(words[0]).name} failed with status {status}; its last words:\n{last}",
                "a tool or header is missing, a package is not as expected, or the disk is full",
                f"read {self.log}, put the cause right, and run this command again",
            )

    def finish(self, library: Path, origin: str, *, environments: bool = True) -> Interpreter:
        """Compile the library's byte code, verify the interpreter, and declare it finished with the marker.

        `environments` says whether it has to make virtual environments, which takes a slow one many minutes.
        """
        python = executable_of(self.prefix, self.build)
        with self.report.step(f"{self.label}: verify", 10):
            self.run(python, "-I", "-m", "compileall", "-q", "-j0", "-x", WITHOUT_BYTE_CODE, library)
            interpreter, reason = probe(python, origin)
            if interpreter is not None:
                if (interpreter.build, interpreter.release) != (self.build, self.release):
                    reason = f"it says that it is {interpreter.build.name} of {release_text(interpreter.release)}"
                else:
                    reason = verify(interpreter, OWN_MODULES)
                    if environments and not reason:
                        reason = verify_venv(interpreter, self.work / "venv")
        if interpreter is None or reason:
            raise CiError(
                f"{self.label} ({origin}) is refused: {reason}",
                "a development header was missing when it was compiled, or a package is broken",
                f"read {self.log}, put the cause right, and run this command again",
            )
        note = {
            "recipe": RECIPE,
            "build": self.build.name,
            "release": release_text(self.release),
            "origin": origin,
            "made": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
        write_atomically(self.prefix / MARKER, json.dumps(note, indent=1) + "\n")
        return interpreter


@contextlib.contextmanager
def site(
    cache: Path, build: Build, release: Release, report: Reporter, lock_descriptor: int | None = None
) -> Iterator[Site]:
    """Clear the place for an installation, and remove the work's rest afterwards. The caller holds the cache's lock."""
    prefix = prefix_of(cache, build, release)
    work = cache / "work" / prefix.name
    log = cache / "logs" / f"build-{prefix.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(prefix, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield Site(build, release, prefix, work, log, report, lock_descriptor)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def processors() -> int:
    """How many processors we may use, which in a container can be fewer than there are."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
