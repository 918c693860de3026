"""Are the runs of `ci/validate` that docs/validation.md and docs/lockedset.md show a success, and of today's checks?"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from ci.verdicts import COMPILED, IMPLEMENTATIONS, PYTHON, Implementation
from tests.lockedset.stress import twins_in_c, twins_in_python
from tests.lockedset.stress.properties import PROPERTIES

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHORT = (ROOT / "docs" / "lockedset.md").read_text(encoding="utf-8")
TWINS: dict[Implementation, Iterable[str]] = {COMPILED: twins_in_c.TWINS, PYTHON: twins_in_python.TWINS}

importlib.import_module("tests.lockedset.stress.__main__")  # enters all properties

each = pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda each: each.name)


def _table(implementation: Implementation) -> str:
    """Return the table of an implementation in the output that the page shows."""
    (output,) = re.findall(r"```text\n\$ \./ci/validate\n(.*?)```", PAGE, re.DOTALL)
    places = sorted(output.index(each.heading) for each in IMPLEMENTATIONS)
    begin = output.index(implementation.heading)
    end = next((place for place in places if place > begin), len(output))
    return str(output[begin:end])


def _rows(table: str) -> dict[str, list[str]]:
    """Return the cells of each row by the name of the property or twin: the lines with several columns."""
    split = (re.split(r"\s{2,}", line.strip()) for line in table.splitlines())
    return {cells[0]: cells[1:] for cells in split if len(cells) > 2 and set(cells[0]) != {"-"}}


@each
def test_the_table_has_the_rows_that_are_run_and_no_others(implementation: Implementation) -> None:
    rows = _rows(_table(implementation))
    heads = ["property", "twin (a protection removed)"]
    assert [name for name in rows if name not in heads] == [*PROPERTIES, *TWINS[implementation]]


@each
def test_the_table_shows_a_success_on_all_builds_that_are_required(implementation: Implementation) -> None:
    rows = _rows(_table(implementation))
    columns = rows["property"]
    ran = [columns.index(name) for name in ("3.13", "3.13t", "3.14", "3.15")]
    for name in PROPERTIES:
        limited = {"3.14"} if (name, "3.14") in implementation.known_limits else set[str]()
        assert [rows[name][place] for place in ran] == [
            "known limit" if columns[place] in limited else "held" for place in ran
        ]
    for name in TWINS[implementation]:
        assert rows[name][columns.index("3.13t")] == "caught"
        assert {rows[name][place] for place in ran} <= {"caught", "hidden by the GIL"}
    assert "problem:" not in _table(implementation)


def test_the_page_of_lockedset_shows_lines_of_the_first_table_that_have_both_kinds_of_twins() -> None:
    (shown,) = re.findall(r"```text\n\$ \./ci/validate\n(.*?)```", SHORT, re.DOTALL)
    whole = iter(_table(COMPILED).splitlines())
    for line in shown.splitlines():
        assert line == "..." or line in whole, f"not in docs/validation.md, or not in this order: {line}"
    rows = _rows(shown)
    names = list(TWINS[COMPILED])
    assert len([name for name in rows if name in PROPERTIES]) >= 4
    first = {rows[name][0] for name in rows if name in names}
    assert first == {"caught", "hidden by the GIL"}, "the twins on the build with a GIL"


def test_readme_and_the_page_of_lockedset_link_to_the_whole() -> None:
    assert "](docs/validation.md)" in README
    assert "](validation.md)" in SHORT
