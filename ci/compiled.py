"""CPython compiled from its source archive into the cache, and taken as good only when verified.

Nobody but the project's own tests uses these builds, and whoever runs them for the first time waits for them. So
what takes long and serves nothing here is left out: profile-guided optimisation (half an hour), debug information,
CPython's test modules in C, and byte code of its tests and for `-O` and `-OO`. CPython's tests in Python are there,
since the tests of this project borrow from them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ci.builds import Build, Interpreter, Release
from ci.console import CiError, Reporter, run_captured, run_child, tail
from ci.prefixes import processors, site

ORIGIN = "built from source"

OPTIMISATION = "-O3"
"""CPython's own level, without its `-g`. `-O2` saves an eighth of the time to compile, and runs a quarter slower."""

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


NEEDS_A_COMPILER = "building CPython needs a compiler and these headers"


def install_headers(
    report: Reporter, log: Path, packages: Sequence[str] = HEADERS, why: str = NEEDS_A_COMPILER
) -> None:
    """See to the compiler and the headers, or to other packages: installed when we are root, else named."""
    missing = missing_packages(packages)
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if sys.platform == "win32" or os.geteuid() != 0:
        raise CiError(
            f"the packages {', '.join(missing)} are not installed",
            f"{why}, and only root can install them",
            f"run: sudo {' '.join(command)}",
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patience = ["-o", "DPkg::Lock::Timeout=300"]
    with report.step(f"installing {', '.join(missing)}", usual=30):
        # The lists may be old or absent: ask for new ones only when the first try fails.
        for steps in ([command], [["apt-get", "update"], command]):
            for step in steps:
                run_child([step[0], *patience, *step[1:]], env=env, log=log, timeout=1200, finish_seconds=300)
            if not missing_packages(packages):
                return
    raise CiError(
        f"apt-get could not install {', '.join(missing_packages(packages))}\n{tail(log)}",
        "the mirror is out of reach, or another package manager is at work",
        f"see {log}; then run: {' '.join(command)}",
    )


def configure_command(source: Path, prefix: Path, build: Build, options: Sequence[str] = ()) -> list[str]:
    """The command; `options` come last, so they win over what is here."""
    command = [str(source / "configure"), "--quiet", f"--prefix={prefix}", f"OPT={OPTIMISATION}"]
    command += ["--without-static-libpython", "--disable-test-modules", "--with-ensurepip=no"]
    if build.free_threaded:
        command.append("--disable-gil")
    return [*command, *options]


def compile_build(
    cache: Path,
    build: Build,
    release: Release,
    archive: Path,
    report: Reporter,
    *,
    options: Sequence[str] = (),
    lock_descriptor: int | None = None,
) -> Interpreter:
    """Compile one build and verify it. `options` are for configure; a build that has any need not make environments."""
    with site(cache, build, release, report, lock_descriptor) as here:
        source = here.work / "source"
        objects = here.work / "objects"
        source.mkdir()
        objects.mkdir()
        with report.step(f"{here.label}: unpack", 5):
            here.run("tar", "xf", archive, "--strip-components=1", "-C", source)
        with report.step(f"{here.label}: configure", 25):
            here.run(*configure_command(source, here.prefix, build, options), cwd=objects)
        with report.step(f"{here.label}: compile", 160 / processors()):
            here.run("make", "--silent", f"-j{processors()}", cwd=objects)
        library = here.prefix / "lib" / build.executable
        with report.step(f"{here.label}: install", 10):
            # It would compile all of the library's byte code three times; told to print its help, compileall ends.
            here.run("make", "--silent", "altinstall", "COMPILEALL_OPTS=--help", cwd=objects)
            here.run("cp", "-R", source / "Lib" / "test", library)
        return here.finish(library, ORIGIN, environments=not options)
