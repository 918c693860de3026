"""Is the synchronization found where a module passes on what another module defines?"""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockproof.mutation.mutants import mutants_of_class

pytestmark = [
    pytest.mark.one_build,
    pytest.mark.thread_unsafe(reason="writes modules, and takes them out of sys.modules again"),
]

HOME = """
import threading

lock = threading.Lock()


def alone(function, *arguments):
    with lock:
        return function(*arguments)
"""

USER = """
{line}


class Counter:
    def __init__(self):
        self.count = 0

    def add(self, n: int):
        {name}(self._add, n)
        return self.count

    def _add(self, n):
        self.count += n
"""

DOORS = {
    "directly": ("", "from passed.home import alone", "alone"),
    "by another module": ("from passed.home import alone", "from passed.door import alone", "alone"),
    "under another name": ("from passed.home import alone", "from passed.door import alone as held", "held"),
    "by a condition": (
        "import sys\nif sys.maxsize:\n    from passed.home import alone\nelse:\n    alone = None",
        "from passed.door import alone",
        "alone",
    ),
    "by an assignment": ("from passed import home\nalone = home.alone", "from passed.door import alone", "alone"),
}


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "passed":
            del sys.modules[name]


def operators(tmp_path: Path, door: str, line: str, name: str) -> Counter[str]:
    package = tmp_path / "passed"
    package.mkdir()
    for module, text in (("__init__", ""), ("home", HOME), ("door", door), ("user", USER.format(line=line, name=name))):
        (package / f"{module}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    cls = importlib.import_module("passed.user").Counter
    return Counter(mutant.operator for each in mutants_of_class(cls) for mutant in each.mutants)


@pytest.mark.parametrize("how", DOORS)
def test_a_function_that_locks_is_known_however_it_is_imported(tmp_path: Path, how: str) -> None:
    assert operators(tmp_path, *DOORS[how])["remove-lock"] == 2  # in the function, and where it is called


def test_a_function_that_locks_nothing_is_not_taken_for_one_that_does(tmp_path: Path) -> None:
    door = "def alone(function, *arguments):\n    return function(*arguments)"
    assert not operators(tmp_path, door, "from passed.door import alone", "alone")
