"""CPython compiled from its source archive into the cache, and taken as good only when verified.

An installation prefix is compiled into the interpreter, so a build cannot be made elsewhere and moved into place.
What makes an installation valid is a marker file instead, written last and in one step; a prefix without it is
the rest of an interrupted build and is wiped.

The builds are plain: no profile-guided optimisation (which would take half an hour) and the tests of the
standard library left in, since the tests of this project borrow from them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ci.builds import (
    COMPILED_MODULES,
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
from ci.console import CiError, Reporter, run_captured, run_child, tail

RECIPE = 1
"""Goes up when the way of building changes, so that older builds are made anew."""

MARKER = "lockedset-build.json"

HEADERS = (
    "build-essential",
    "pkg-config",
    "xz-utils",
    "libssl-dev",
    "libffi-dev",
    "zlib1g-dev",
    "libbz2-dev",
    "liblzma-dev",
    "libreadline-dev",
    "libncurses-dev",
    "libsqlite3-dev",
    "uuid-dev",
)
"""Debian's packages without which configure leaves modules out and says nothing."""


def missing_packages(packages: Sequence[str] = HEADERS) -> list[str]:
    """Those of the packages that are not installed, by dpkg's own word."""
    command = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages]
    _, out, _ = run_captured(command)
    return unmet(packages, out)


def unmet(packages: Sequence[str], listing: str) -> list[str]:
    """The packages that a `NAME STATUS` listing does not show as installed."""
    installed = {line.split()[0] for line in listing.splitlines() if line.split()[1:] == ["installed"]}
    return [name for name in packages if name not in installed]


def install_headers(report: Reporter, log: Path) -> None:
    """See to the compiler and the headers: installed when we are root, else named."""
    missing = missing_packages()
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if sys.platform == "win32" or os.geteuid() != 0:
        raise CiError(
            f"the packages {', '.join(missing)} are not installed",
            "building CPython needs a compiler and these headers, and only root can install them",
            f"run: sudo {' '.join(command)}",
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patience = ["-o", "DPkg::Lock::Timeout=300"]
    with report.step(f"installing {', '.join(missing)}", usual=30):
        # The lists may be old or absent: ask for new ones only when the first try fails.
        for steps in ([command], [["apt-get", "update"], command]):
            for step in steps:
                run_child([step[0], *patience, *step[1:]], env=env, log=log, timeout=1200, finish_seconds=300)
            if not missing_packages():
                return
    raise CiError(
        f"apt-get could not install {', '.join(missing_packages())}\n{tail(log)}",
        "the mirror is out of reach, or another package manager is at work",
        f"see {log}; then run: {' '.join(command)}",
    )


def prefix_of(cache: Path, build: Build, release: Release) -> Path:
    return cache / "builds" / (release_text(release) + ("t" if build.free_threaded else ""))


def read_marker(prefix: Path) -> dict[str, object] | None:
    """What the marker of a finished build says, or None when there is no such build."""
    try:
        note = json.loads((prefix / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and note.get("recipe") == RECIPE else None


def executable_of(prefix: Path, build: Build) -> Path:
    return prefix / "bin" / build.executable


def finished(cache: Path, builds: Sequence[Build]) -> list[Interpreter]:
    """The valid builds in the cache; an interrupted one is none."""
    kept: list[Interpreter] = []
    folder = cache / "builds"
    if not folder.is_dir():
        return kept
    for prefix in sorted(folder.iterdir()):
        if read_marker(prefix) is None:
            continue
        for build in builds:
            path = executable_of(prefix, build)
            if prefix.name.endswith("t") == build.free_threaded and path.exists():
                interpreter, _ = probe(path, "built from source")
                if interpreter is not None and interpreter.build == build:
                    kept.append(interpreter)
    return kept


def processors() -> int:
    """How many processors we may use, which in a container can be fewer than there are."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def configure_command(source: Path, prefix: Path, build: Build) -> list[str]:
    command = [str(source / "configure"), "--quiet", "--without-static-libpython", f"--prefix={prefix}"]
    if build.free_threaded:
        command.append("--disable-gil")
    return command


def compile_build(
    cache: Path,
    build: Build,
    release: Release,
    archive: Path,
    report: Reporter,
    *,
    lock_descriptor: int | None = None,
) -> Interpreter:
    """Compile one build and verify it. The caller holds the cache's lock."""
    label = f"CPython {release_text(release)}{'t' if build.free_threaded else ''}"
    prefix = prefix_of(cache, build, release)
    log = cache / "logs" / f"build-{prefix.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    work = cache / "work" / prefix.name
    inherited = () if lock_descriptor is None else (lock_descriptor,)
    env = {name: value for name, value in clean_environment().items() if name not in ("CFLAGS", "LDFLAGS", "CPPFLAGS")}

    def run(title: str, usual: float, command: Sequence[str], cwd: Path) -> None:
        with report.step(f"{label}: {title}", usual):
            status = run_child(command, env=env, cwd=cwd, log=log, timeout=5400, inherit_fds=inherited)
            if status != 0:
                raise CiError(
                    f"{label}: {title} failed with status {status}; the last lines of its log:\n{tail(log)}",
                    "a tool or header is missing, or the disk is full",
                    f"read {log}, put the cause right, and run this command again",
                )

    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(prefix, ignore_errors=True)
    source = work / "source"
    objects = work / "objects"
    source.mkdir(parents=True)
    objects.mkdir()
    try:
        slowness = 2.0 / max(processors(), 1)
        run("unpack", 5, ["tar", "xf", str(archive), "--strip-components=1", "-C", str(source)], work)
        run("configure", 35, configure_command(source, prefix, build), objects)
        run("compile", 120 * slowness, ["make", "--silent", f"-j{processors()}"], objects)
        run("install", 40, ["make", "--silent", "install"], objects)
        with report.step(f"{label}: verify", 8):
            interpreter = _accept(prefix, build, release, work, log)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    write_marker(prefix, build, release, archive)
    return interpreter


def _accept(prefix: Path, build: Build, release: Release, work: Path, log: Path) -> Interpreter:
    interpreter, reason = probe(executable_of(prefix, build), "built from source")
    if interpreter is not None:
        if (interpreter.build, interpreter.release) != (build, release):
            reason = f"it says that it is {interpreter.build.name} of {release_text(interpreter.release)}"
        else:
            reason = verify(interpreter, COMPILED_MODULES) or verify_venv(interpreter, work / "venv")
    if interpreter is None or reason:
        raise CiError(
            f"the build of CPython {build.name} is refused: {reason}",
            "a development header was missing when it was configured, so modules were left out",
            f"read the summary of missing modules in {log}, install the headers, and run this command again",
        )
    return interpreter


def write_marker(prefix: Path, build: Build, release: Release, archive: Path) -> None:
    """Declare an installation finished; the last step of all."""
    note = {
        "recipe": RECIPE,
        "build": build.name,
        "release": release_text(release),
        "source": archive.name,
        "built": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
    write_atomically(prefix / MARKER, json.dumps(note, indent=1) + "\n")
