"""Hatchling's hook: compile the core into the wheel, or say why the wheel is pure Python.

`LOCKEDSET_PURE` means in a build what it means to `lockedset._choice`: 1 asks for Python; 0 asks for the core, without
which the build fails; without the variable the wheel has the core if the core compiles. A release builds its wheels
with 0, so that none of them is pure by accident.

setuptools knows the compiler of each Python and platform, and its options. Nothing else of it takes part in the build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path(__file__).resolve().with_name("core.c")
PACKAGE = SOURCE.parents[1]
FILE = f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"

OPTIONS = {
    # No symbols for a debugger: they name the directory of the build, and two builds of one source would differ.
    "unix": ["-std=c11", "-O3", "-g0"],
    "msvc": ["/std:c11", "/experimental:c11atomics", "/O2"],
}


class NoCore(Exception):
    """The core does not compile here: the reason and its likely cause."""

    def __str__(self) -> str:
        reason, cause = self.args
        return f"lockedset: the compiled core was not built: {reason}.\n  Likely cause: {cause}."


def compiled(version: str, place: Path) -> Path:
    """Compile the core for the Python that runs this, into a directory, and return the file.

    Raises:
        NoCore: there is no compiler, there are no headers of this Python, the compiler fails, or setuptools is missing.

    """
    try:
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext
        from setuptools.errors import BaseError, CCompilerError
    except ImportError as error:
        raise NoCore(str(error), "--no-build-isolation without what pyproject.toml requires") from error

    class Compile(build_ext):  # type: ignore[misc]  # setuptools has no types
        def build_extensions(self) -> None:
            kind = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
            self.extensions[0].extra_compile_args = OPTIONS[kind]
            super().build_extensions()

    extension = Extension(
        "_core",
        [str(SOURCE)],
        define_macros=[("LOCKEDSET_VERSION", f'"{version}"')],
        # Debian's pyconfig.h names another one from the directory above, which need not be /usr/include.
        include_dirs=[str(Path(sysconfig.get_path("include")).parent)],
    )
    command = Compile(Distribution({"name": "lockedset", "ext_modules": [extension]}))
    command.build_lib, command.build_temp = str(place), str(place / "objects")
    try:
        command.ensure_finalized()
        command.run()
    except (BaseError, CCompilerError) as error:
        failed = error.__context__
        if isinstance(failed, subprocess.CalledProcessError):  # its text has all words of the command
            reason = f"`{failed.cmd[0]}` ended with status {failed.returncode}, for the reason above"
        else:
            reason = str(error)
        raise NoCore(reason, "no C compiler (C11 with atomics), or no headers of this Python (Python.h)") from error
    return place / FILE


class CoreHook(BuildHookInterface[Any]):
    """Adds the core to a wheel, which then has the tag of the platform."""

    place: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the core. `version` is hatchling's word for the kind of wheel: "standard" or "editable"."""
        asked = os.environ.get("LOCKEDSET_PURE", "")
        if asked not in ("", "0", "1"):
            self.app.abort(
                f"lockedset: LOCKEDSET_PURE is {asked!r}: 1 asks for a wheel in pure Python, 0 for one with the"
                " compiled core, and without it the wheel has the core if the core compiles."
            )
        in_place = PACKAGE / FILE
        if version == "editable":  # it imports from the sources, where an earlier build may have left a core
            in_place.unlink(missing_ok=True)
        if asked == "1":
            self.app.display_info("lockedset: the wheel is pure Python, as LOCKEDSET_PURE=1 asks.")
            return
        self.place = tempfile.TemporaryDirectory(prefix="lockedset-core-")
        try:
            core = compiled(self.metadata.version, Path(self.place.name))
        except NoCore as error:
            self._clean()
            if asked == "0":
                self.app.abort(
                    f"{error}\n  LOCKEDSET_PURE=0 asks for the core, so there is no wheel. Install what is missing, or"
                    " unset LOCKEDSET_PURE for a wheel in pure Python."
                )
            self.app.display_warning(
                f"{error}\n  The wheel is pure Python, which does the same and is slower. For the core, install what is"
                " missing and build again; pip keeps wheels, so give it --no-cache-dir."
            )
            return
        self.app.display_info("lockedset: the wheel has the compiled core.")
        if version == "editable":
            shutil.copyfile(core, in_place)
        else:
            build_data["force_include"][str(core)] = f"lockedset/{FILE}"
            build_data["infer_tag"], build_data["pure_python"] = True, False

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what the compiler made."""
        self._clean()

    def _clean(self) -> None:
        if self.place is not None:
            self.place.cleanup()
