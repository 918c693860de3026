"""Interpreters from `uv python install`: uv from PATH, else from a private environment.

They go into the cache directory; nothing is put on the user's PATH or into the registry of Windows.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ci import toolbox
from ci.builds import Build
from ci.console import CiError, Reporter, run_captured


def install_directory(cache: Path) -> Path:
    return cache / "uv-python"


def directories(cache: Path) -> list[tuple[str, Path]]:
    """Where the interpreters lie that uv installed for us."""
    try:
        installations = sorted(install_directory(cache).iterdir(), reverse=True)
    except OSError:
        return []
    return [("uv", folder) for root in installations for folder in (root / "bin", root) if folder.is_dir()]


def install(cache: Path, builds: Sequence[Build], report: Reporter, log: Path) -> str:
    """Ask uv for the newest release of the builds; "" when it says that it has installed them, else why not."""
    command = shutil.which("uv")
    if command is None:
        try:
            command = str(toolbox.tool(cache, "uv", toolbox.UV, Path(sys.executable), report, log))
        except CiError as problem:
            return "uv is not on PATH and cannot be installed: " + problem.fact.splitlines()[0]
    env = {
        **os.environ,
        "UV_PYTHON_INSTALL_DIR": str(install_directory(cache)),
        "UV_PYTHON_INSTALL_BIN": "0",
        "UV_PYTHON_INSTALL_REGISTRY": "0",
        "UV_NO_CONFIG": "1",
        # Without a network each retry only makes a certain refusal slower.
        "UV_HTTP_RETRIES": "1",
    }
    names = [build.name for build in builds]
    with report.step(f"asking uv for CPython {' and '.join(names)}", usual=10):
        status, _, err = run_captured([command, "python", "install", *names], env=env, timeout=900)
    return "" if status == 0 else "uv python install failed: " + last_cause(err)


def last_cause(err: str) -> str:
    """The innermost cause in what uv printed: the outer lines only repeat addresses."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    for line in reversed(lines):
        lowered = line.lower()
        for label in ("caused by:", "cause:", "error:"):
            if lowered.startswith(label):
                return line[len(label) :].strip()
    return lines[-1] if lines else "no reason given"
