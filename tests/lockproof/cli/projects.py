"""Projects as people have them, for `lockproof init`: by their names, the texts of their files."""

from __future__ import annotations

from pathlib import Path

LOCKED = '''\
"""Things that threads share."""
import threading


class Unlocked:
    def __init__(self):
        self.items = []

    def add(self, item: int) -> None:
        self.items.append(item)


class Counter:
    def __init__(self):
        self._lock = threading.Lock()
        self._count = 0

    def add(self, number: int) -> int:
        with self._lock:
            self._count += number
            return self._count

    def count(self) -> int:
        with self._lock:
            return self._count
'''
FUNCTIONS = '''\
from threading import Lock

from .locked import Counter as Counter

_lock, _numbers = Lock(), {}


def register(name: str) -> int:
    """Return the number of a name."""
    with _lock:
        return _numbers.setdefault(name, len(_numbers))
'''

HATCHLING = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "company-thing"
version = "1"

[tool.hatch.build.targets.wheel]
packages = ["src/thing"] # no newline at the end"""
SETUPTOOLS = """\
[build-system]
requires = ["setuptools>=80"]
build-backend = "setuptools.build_meta"
[project]
name = "thing"
version = "1"
[tool.setuptools]
packages = ["thing"]
[tool.tox]
env_list = ["py"]
[tool.tox.env_run_base]
deps = ["pytest>=8"]
commands = [["pytest"]]
"""
TOX_INI = "[tox]\nenv_list = py\n\n[testenv]\ndeps = pytest>=8\ncommands = pytest\n"

PROJECTS: dict[str, dict[str, str]] = {
    "src and tox.ini": {
        "pyproject.toml": HATCHLING, "tox.ini": TOX_INI,
        "src/thing/__init__.py": FUNCTIONS, "src/thing/locked.py": LOCKED,
    },
    "flat and tool.tox": {
        "pyproject.toml": SETUPTOOLS, "thing/__init__.py": FUNCTIONS, "thing/locked.py": LOCKED,
        "test/test_other.py": "def test_other():\n    pass\n",
    },
    "one module and nothing": {
        "thing.py": FUNCTIONS.replace("from .locked import Counter as Counter\n", LOCKED.partition("\n")[2]),
    },
}  # fmt: skip


def written(place: Path, files: dict[str, str]) -> Path:
    """Write files below a directory, and return it."""
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(text.encode())
    return place
