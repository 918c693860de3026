"""Runs of pytest in a process and a directory of their own, with the plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import lockproof

SOURCES = Path(lockproof.__file__).parents[1]
LONGEST = 100
REGISTERED = any(each.value == "lockproof.testing.pytest_plugin" for each in entry_points(group="pytest11"))
"""Whether the plugin comes with an installed distribution; if not, pytest is told to load it."""

CLASSES = """\
import os
import threading

import lockproof


class Claims:
    def __init__(self) -> None:
        self._taken = set()

    def taken(self, x: int) -> bool:
        return self._taken.__contains__(x)

    def claim(self, x: int) -> bool:
        if self.taken(x):
            return False
        getattr(os, "sched_yield", int)()
        self._taken.add(x)
        return True


class LockedClaims(Claims):
    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def taken(self, x: int) -> bool:
        with self._lock:
            return super().taken(x)

    def claim(self, x: int) -> bool:
        with self._lock:
            return super().claim(x)
"""
"""A broken class and a sound one. The broken one calls C code where a standard build may switch threads."""

# Under control the first scenarios show the race on every build; real threads need luck on a build with the GIL.
BROKEN = f'{CLASSES}\n\ndef test_broken():\n    lockproof.check(Claims, budget=10, engine="schedules")\n'
SOUND = f"{CLASSES}\n\ndef test_sound():\n    lockproof.check(LockedClaims, schedules=100)\n"


def pytest_in(
    place: Path, source: str, *words: str, alone: bool = True, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest on `source`. `alone`: without other plugins, which the environment would load by itself."""
    (place / "test_it.py").write_text(source, encoding="utf-8")
    (place / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    # TOX_: under tox, pytest keeps its cache in the environment of tox.
    outer = ("PYTEST_", "COV", "TOX_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    environment |= {"PYTHONPATH": str(SOURCES), "PYTHONIOENCODING": "utf-8", **more}
    if alone:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugin = ["-p", "lockproof.testing.pytest_plugin"] if alone or not REGISTERED else []
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-rA", "--color=no", "--tb=short", *words],
        cwd=place, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=LONGEST, check=False,
    )  # fmt: skip
