"""Private virtual environments for tools in the cache directory: tox with tox-uv, and uv where PATH has none.

Neither the machine's Python nor the user's own environments are touched.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ci.builds import clean_environment
from ci.cache import write_atomically
from ci.console import CiError, Reporter, run_child, tail

TOX = ("tox>=4.30,<5", "tox-uv>=1.28")
UV = ("uv>=0.9",)


def scripts_directory(environment: Path) -> Path:
    return environment / ("Scripts" if os.name == "nt" else "bin")


def _script(environment: Path, name: str) -> Path:
    return scripts_directory(environment) / (name + (".exe" if os.name == "nt" else ""))


def tool(cache: Path, name: str, requirements: Sequence[str], python: Path, report: Reporter, log: Path) -> Path:
    """The path of a tool in a virtual environment of its own, made with `python` when it is not there yet.

    The caller holds the cache's lock. As with the builds, a marker written last makes the environment valid.
    """
    environment = cache / "tools" / name
    marker = environment / "lockedset-tool.json"
    script = _script(environment, name)
    wanted = {"requirements": list(requirements)}
    try:
        made = json.loads(marker.read_text(encoding="utf-8"))
        # The environment's Python is a link, which dangles when the interpreter that made it is gone.
        if made == wanted and script.exists() and _script(environment, "python").exists():
            return script
    except (OSError, ValueError):
        pass
    shutil.rmtree(environment, ignore_errors=True)
    env = clean_environment()
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    steps = (
        ("making an environment", [str(python), "-I", "-m", "venv", str(environment)]),
        ("installing", [str(_script(environment, "python")), "-I", "-m", "pip", "install", "--quiet", *requirements]),
    )
    with report.step(f"setting up {name} in the cache", usual=15):
        for what, command in steps:
            if run_child(command, env=env, log=log, timeout=900) != 0:
                raise CiError(
                    f"{what} for {name} failed; the last lines of its log:\n{tail(log, 8)}",
                    "the package index is out of reach, or this Python cannot make virtual environments",
                    f"see {log}; on Debian the package python3-venv makes them possible",
                )
    write_atomically(marker, json.dumps(wanted) + "\n")
    return script
