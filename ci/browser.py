"""`tox run -e browser`: the tests of the report page in Chromium.

Debian's Chromium is used, which a machine may have already; Playwright drives it, and its own download of browsers is
not asked for. Where there is no Chromium, it is installed on Debian as root; elsewhere the command fails and says what
is missing. It never passes without a browser.

    tox run -e browser                  the tests
    tox run -e browser -- --pictures    draw docs/pictures anew
    tox run -e browser -- -k print      what follows -- goes to pytest
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci.cache import cache_directory
from ci.compiled import install_headers
from ci.console import CiError, Reporter, run_main

ROOT = Path(__file__).resolve().parent.parent

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""The commands under which systems have the browser."""

PACKAGE = "chromium"
"""Debian's package."""

VARIABLE = "REPORT_BROWSER"
"""The variable by which the tests learn the path of the browser. Without it they are not collected."""

PICTURES = "--pictures"


def browser_on(path: str | None) -> str | None:
    """Return the browser on a PATH, or None."""
    return next((found for name in NAMES if (found := shutil.which(name, path=path))), None)


def browser(environment: Mapping[str, str]) -> str:
    """Return the path of a browser, which is installed if need be.

    Raises:
        CiError: there is none, and it cannot be installed here.

    """
    path = environment.get("PATH")
    found = environment.get(VARIABLE) or browser_on(path)
    if found is None:
        if shutil.which("dpkg-query", path=path) is None:
            raise CiError(
                f"no browser: none of {', '.join(NAMES)} is on PATH",
                "the tests of the report page need Chromium",
                f"install it, or name another build of it: {VARIABLE}=PATH tox run -e browser",
            )
        log = cache_directory(environment) / "logs" / "browser.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        install_headers(Reporter(), log, (PACKAGE,), "the tests of the report page need a browser")
        found = browser_on(path)
    if found is None:
        raise CiError(f"{PACKAGE} is installed, and none of {', '.join(NAMES)} is on PATH")
    return found


def command(arguments: Sequence[str]) -> list[str]:
    """Return what to run with this Python: the tests, or what draws the pictures."""
    if PICTURES in arguments:
        return ["-m", "tests.browser.pictures"]
    return ["-m", "pytest", "tests/browser", *arguments]


def main() -> int:
    environment = {**os.environ, VARIABLE: browser(os.environ)}
    return subprocess.run([sys.executable, *command(sys.argv[1:])], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    run_main(main)
