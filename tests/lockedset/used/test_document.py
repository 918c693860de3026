"""Do the examples of docs/annotations.md give what they show, each with the library of its section?"""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from ci.documents import examples
from tests.lockedset.used.libraries import library

pytestmark = [
    pytest.mark.one_build,
    pytest.mark.thread_unsafe(reason="doctest catches what is printed in the whole process"),
]

TEXT = (Path(__file__).parents[3] / "docs" / "annotations.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))


def test_each_library_has_a_section() -> None:
    assert list(SECTIONS) == ["dataclasses", "pydantic", "attrs", "msgspec", "cattrs", "beartype and typeguard"]


@pytest.mark.parametrize("name", SECTIONS)
def test_the_example_gives_what_it_shows(name: str) -> None:
    library(name.split()[0])
    code = examples(SECTIONS[name])
    complaints: list[str] = []
    # pydantic reads annotations in the module of the class that has them.
    test = doctest.DocTestParser().get_doctest(code, {"__name__": __name__}, name, "annotations.md", 0)
    result = doctest.DocTestRunner(verbose=False).run(test, out=complaints.append)
    assert result.attempted > 3
    assert result.failed == 0, "".join(complaints)
