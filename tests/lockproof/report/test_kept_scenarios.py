"""Is the file of scenarios sorted and valid TOML, whatever is in it, and does it keep what it has?"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Operation
from lockproof.core.scenario import Scenario
from lockproof.report.kept_scenarios import HEAD, add_kept, as_toml, failed, read_kept
from tests.lockproof.report.samples import LOST_UPDATE

pytestmark = pytest.mark.one_build

TEXTS = some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(some.dictionaries(TEXTS, some.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3), max_size=3))
def test_any_text_comes_back(kept: dict[str, dict[str, str]]) -> None:
    text = as_toml(kept)
    assert text.isascii() and tomllib.loads(text) == kept


def test_tables_and_lines_are_sorted(tmp_path: Path) -> None:
    path = tmp_path / "kept.toml"
    add_kept(path, {"m:Z": {"a.g() || a.g()": "hang", "a.f() || a.f()": "not linearizable"}, "m:B": {}})
    add_kept(path, {"m:A": {"a.f(\"x\") || a.f('y')": "crash"}})
    assert path.read_text(encoding="ascii") == HEAD + (
        '\n["m:A"]\n"a.f(\\"x\\") || a.f(\'y\')" = "crash"\n'
        '\n["m:Z"]\n"a.f() || a.f()" = "not linearizable"\n"a.g() || a.g()" = "hang"\n'
    )
    assert [each.name for each in tmp_path.iterdir()] == ["kept.toml"]


def test_what_a_person_wrote_stays_and_a_file_that_has_all_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "kept.toml"
    path.write_text('# ours\n["m:A"]\n"a.f() || a.f()" = "issue 7"\n', encoding="utf-8")
    before = path.stat()
    add_kept(path, {"m:A": {"a.f() || a.f()": "hang"}})
    assert path.read_text(encoding="utf-8").startswith("# ours") and path.stat().st_ino == before.st_ino
    add_kept(path, {"m:A": {"a.g() || a.g()": "hang"}})
    assert read_kept(path) == {"m:A": {"a.f() || a.f()": "issue 7", "a.g() || a.g()": "hang"}}


def test_nothing_found_writes_nothing(tmp_path: Path) -> None:
    add_kept(tmp_path / "kept.toml", {"m:A": {}})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<<<<<<< ours\n", "is no file of scenarios"), ('"m:A" = 3\n', "'m:A' is not a table of texts"),
        ('["m:A"]\n"a.f() || a.f()" = 3\n', "'m:A' is not a table of texts"),
    ],
)  # fmt: skip
def test_another_file_is_refused_and_left_alone(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "kept.toml"
    path.write_text(text, encoding="utf-8")
    for use in (lambda: read_kept(path), lambda: add_kept(path, {"m:A": {"a.f() || a.f()": "hang"}})):
        with pytest.raises(LockproofError) as caught:
            use()
        assert says in caught.value.fact
    assert path.read_text(encoding="utf-8") == text


def test_a_missing_file_is_empty_and_a_missing_directory_an_error(tmp_path: Path) -> None:
    assert read_kept(tmp_path / "kept.toml") == {}
    with pytest.raises(LockproofError, match="there is no directory"):
        read_kept(tmp_path / "gone" / "kept.toml")


def test_only_scenarios_that_need_threads_are_kept() -> None:
    (found,) = LOST_UPDATE.findings
    alone = replace(found, concurrent=False)
    single = replace(found, scenario=Scenario((), ((Operation("a.f()"),),)))
    assert failed([found, alone, single]) == {str(found.scenario): found.kind.value}
