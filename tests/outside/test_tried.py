"""Does docs/tried.md name the scripts that confirm its accusations, and do these scripts do what their helper says?

The scripts import packages that are not installed here, so they are compiled, and not run.
"""

from __future__ import annotations

import ast
import re
import threading
from inspect import isfunction
from pathlib import Path

import pytest

from docs.tried import confirm, two_threads
from tests.outside import packages

FOLDER = Path(confirm.__file__).parent
PAGE = (FOLDER.parent / "tried.md").read_text(encoding="utf-8")

nightly = pytest.mark.nightly(reason="packages by others change at night; nothing of a push does")
pytestmark = pytest.mark.one_build


def test_the_page_names_exactly_the_scripts_that_exist() -> None:
    assert sorted(set(re.findall(r"\(tried/(\w+)\.py\)", PAGE)) - confirm.HELPERS) == confirm.scripts()


def test_the_page_names_exactly_the_factories_that_exist() -> None:
    named = set(re.findall(r"^\| \S+ \S+ \| `[\w.]+:\w+` \| `(\w+)` \|", PAGE, re.MULTILINE))
    assert named == {name for name, value in vars(packages).items() if isfunction(value) and not name.startswith("_")}


@nightly
@pytest.mark.parametrize("name", confirm.scripts())
def test_a_script_compiles_and_says_what_it_shows(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    compile(tree, name, "exec", dont_inherit=True)
    assert ast.get_docstring(tree)
    assert "lockproof" not in source
    assert "sleep" not in source
    assert source.count("told(") == 1


class Tickets:
    """Sells each number twice, if two threads meet."""

    def __init__(self) -> None:
        self.sold, self.lock = 0, threading.Lock()

    def sell(self) -> int:
        number = self.sold + 1
        self.sold = number  # here
        return number

    def sell_safely(self) -> int:
        with self.lock:
            return self.sell()


def test_two_threads_meet_in_front_of_a_line() -> None:
    tickets = Tickets()
    assert two_threads.meet(tickets.sell, "sell", "# here", tickets.sell) == (1, 1)


def test_two_threads_do_not_meet_under_a_lock() -> None:
    tickets = Tickets()
    until = ("sell_safely", "with self.lock")
    assert two_threads.meet(tickets.sell_safely, "sell", "# here", tickets.sell_safely, until=until) == (1, 2)


def test_a_line_that_is_gone_is_an_error() -> None:
    tickets = Tickets()
    with pytest.raises(SystemExit, match="no thread came to the line"):
        two_threads.meet(tickets.sell, "sell", "# gone", tickets.sell)


@pytest.mark.parametrize(
    ("script", "fate"),
    [
        ("print('bug: twice'); raise SystemExit(1)", ("bug", "twice")),
        ("print('no bug: once')", ("no bug", "once")),
        ("import no_such_package", ("not run", "ModuleNotFoundError: No module named 'no_such_package'")),
        ("raise SystemExit(1)", ("not run", "nothing printed")),
    ],
)
def test_the_runner_tells_a_bug_from_a_script_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, fate: tuple[str, str]
) -> None:
    (tmp_path / "one.py").write_text(script)
    monkeypatch.setattr(confirm, "HERE", tmp_path)
    assert confirm.scripts() == ["one"]
    assert confirm.confirm("one") == fate
