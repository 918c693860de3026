"""Builds the trial with the C compiler of the machine, and loads it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Final

SOURCE: Final = Path(__file__).with_name("locked_core.c")
STRICT: Final = ("-std=c11", "-O3", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared")
LOOSE: Final = ("-std=c11", "-O3", "-w", "-fPIC", "-shared")
"""For twins: what they leave out leaves code that nothing reaches."""


class NoCompiler(Exception):
    """The machine has no C compiler, or this Python has no headers."""


def compiler() -> list[str]:
    """Return the words of the compiler's command.

    Raises:
        NoCompiler: there is none, or no headers.

    """
    for words in (shlex.split(sysconfig.get_config_var("CC") or ""), ["cc"], ["gcc"], ["clang"]):
        if words and shutil.which(words[0]):
            break
    else:
        raise NoCompiler("no C compiler was found: install gcc or clang")
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        raise NoCompiler(f"this Python has no headers in {headers}: install its development package")
    return words[:1]


def built(place: Path, twin: str = "") -> ModuleType:
    """Build the trial in a directory, or a twin of it, and return the module, which knows of forks from then on.

    A warning of the compiler about the trial itself is an error.

    Raises:
        NoCompiler: it cannot be built on this machine.
        subprocess.CalledProcessError: the source does not compile.

    """
    headers = Path(sysconfig.get_path("include"))
    target = place / f"locked_core{sysconfig.get_config_var('EXT_SUFFIX')}"
    # Debian's pyconfig.h names another one from the directory above.
    options = [*LOOSE, f"-DTWIN_{twin}"] if twin else STRICT
    words = [*compiler(), *options, f"-I{headers}", f"-I{headers.parent}", "-o", str(target), str(SOURCE)]
    subprocess.run(words, check=True)
    loader = importlib.machinery.ExtensionFileLoader("locked_core", str(target))
    spec = importlib.util.spec_from_loader("locked_core", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=module.before_fork,
            after_in_parent=module.after_fork_in_parent,
            after_in_child=module.after_fork_in_child,
        )
    return module
