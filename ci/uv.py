"""Interpreters that uv downloads, with uv from PATH or from a private environment.

They go into the cache directory; nothing is put on the user's PATH or into the registry of Windows.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci import toolbox
from ci.builds import Build, clean_environment
from ci.console import CiError, Reporter, run_captured

WAYS_TO_THE_NETWORK = (
    "UV_CACHE_DIR",
    "UV_CONCURRENT_",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_HTTP_",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_LINK_MODE",
    "UV_NATIVE_TLS",
    "UV_OFFLINE",
    "UV_PYTHON_DOWNLOADS_JSON_URL",
    "UV_PYTHON_INSTALL_MIRROR",
    "UV_SYSTEM_CERTS",
)
"""Which of the caller's variables for uv are kept, by their beginning: those that say where things come from.

The others (`UV_PYTHON`, `UV_PYTHON_PREFERENCE`, `UV_RESOLUTION`, ...) would choose other interpreters and packages.
"""


def environment(cache: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables for uv, and for tox, which calls it. uv does not read pip's, so an index is handed on to it."""
    given = clean_environment() if variables is None else variables
    kept = {
        name: value
        for name, value in given.items()
        if not name.startswith("UV_") or name.startswith(WAYS_TO_THE_NETWORK)
    }
    if given.get("PIP_INDEX_URL") and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & kept.keys():
        kept["UV_DEFAULT_INDEX"] = given["PIP_INDEX_URL"]
    if given.get("PIP_CERT"):
        kept.setdefault("SSL_CERT_FILE", given["PIP_CERT"])
    kept.setdefault("UV_CACHE_DIR", str(cache / "uv"))
    return kept


def install_directory(cache: Path) -> Path:
    return cache / "uv-python"


def directories(cache: Path) -> list[tuple[str, Path]]:
    """Where the interpreters lie that uv installed for us."""
    roots = sorted(install_directory(cache).glob("*"), reverse=True)
    return [("uv", folder) for root in roots for folder in (root / "bin", root) if folder.is_dir()]


def install(cache: Path, builds: Sequence[Build], report: Reporter, log: Path) -> str:
    """Ask uv for the newest release of the builds; "" when it says that it has installed them, else why not."""
    command = shutil.which("uv")
    if command is None:
        try:
            command = str(toolbox.tool(cache, "uv", toolbox.UV, Path(sys.executable), report, log))
        except CiError as problem:
            return f"it is not on PATH, and {problem.fact.partition(';')[0]} ({problem.next_step})"
    env = {
        **environment(cache),
        "UV_PYTHON_INSTALL_DIR": str(install_directory(cache)),
        "UV_PYTHON_INSTALL_BIN": "0",
        "UV_PYTHON_INSTALL_REGISTRY": "0",
    }
    # Without a network each retry only makes a certain refusal slower.
    env.setdefault("UV_HTTP_RETRIES", "1")
    names = [build.name for build in builds]
    with report.step(f"asking uv for CPython {' and '.join(names)}", usual=10):
        status, _, err = run_captured([command, "python", "install", *names], env=env, timeout=900)
    return "" if status == 0 else "python install failed: " + last_cause(err)


def last_cause(err: str) -> str:
    """The innermost cause in what uv printed: the outer lines only repeat addresses."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    for line in reversed(lines):
        lowered = line.lower()
        for label in ("caused by:", "cause:", "error:"):
            if lowered.startswith(label):
                return line[len(label) :].strip()
    return lines[-1] if lines else "no reason given"
