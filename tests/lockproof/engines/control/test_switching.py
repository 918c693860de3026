"""Is a race found where a build has it, and nowhere else? Each race has a twin under a lock, in which nothing is found.

All builds must count the same schedules, but for those under `gil`, where builds hand over in different places.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lockproof.core.interpreter import VERSION
from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

SOURCE = ast.parse(Path(__file__).with_name("races.py").read_text(encoding="utf-8"))


def races() -> dict[str, bool]:
    """Read which races there are and whether a standard build has them; the module itself is for another process."""
    found = {}
    for each in SOURCE.body:
        if isinstance(each, ast.FunctionDef):
            for mark in each.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "race":
                    found[each.name] = bool(ast.literal_eval(mark.keywords[0].value))
    return found


RACES = races()
COUNTED = {
    "attribute_counter free open": [3, 17, 55],
    "attribute_counter free locked": [3, 21, 113],
    "closure_variable free open": [3, 17, 55],
    "singleton free open": [3, 27, 199],
}
COUNTED |= {
    # `with` calls `__exit__` of the context that does nothing through C code, and hands over the GIL afterwards.
    "3.13": {"attribute_counter gil open": [3, 15, 50], "item_by_get gil open": [3, 19, 93]},
}.get(VERSION, {"attribute_counter gil open": [3, 11, 14], "item_by_get gil open": [3, 15, 50]})


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.switching_programs")


@pytest.mark.parametrize("name", RACES)
def test_every_race_is_found_as_on_a_free_threaded_build(answer: Answers, name: str) -> None:
    assert "False" in answer["races"][f"{name} free open"]["outcomes"]


@pytest.mark.parametrize("name", [name for name, gil in RACES.items() if gil])
def test_a_race_that_a_standard_build_has_is_found_as_there(answer: Answers, name: str) -> None:
    assert "False" in answer["races"][f"{name} gil open"]["outcomes"]


@pytest.mark.parametrize("name", [name for name, gil in RACES.items() if not gil])
def test_a_race_that_a_standard_build_does_not_have_is_not_found_as_there(answer: Answers, name: str) -> None:
    found = answer["races"][f"{name} gil open"]
    assert set(found["outcomes"]) == {"True"} and found["level"] == 2


@pytest.mark.parametrize("switching", ["free", "gil"])
@pytest.mark.parametrize("name", RACES)
def test_under_a_lock_nothing_is_found(answer: Answers, name: str, switching: str) -> None:
    found = answer["races"][f"{name} {switching} locked"]
    assert set(found["outcomes"]) == {"True"} and found["level"] == (2 if name == "attribute_counter" else 1)
    assert not found["errors"] and not found["deadlocks"] and not found["diverged"]


@pytest.mark.parametrize("name", COUNTED)
def test_as_many_schedules_are_run_as_there_are(answer: Answers, name: str) -> None:
    assert answer["races"][name]["by_level"] == COUNTED[name]


def test_a_thread_that_a_base_class_starts_too_early_is_found(answer: Answers) -> None:
    assert set(answer["started"][0]["outcomes"]) == {"True", "False"}


@pytest.mark.parametrize(
    "switching",
    [
        "free",
        "gil",
    ],
)
def test_a_thread_may_go_on_before_start_has_returned(answer: Answers, switching: str) -> None:
    assert set(answer["start"][switching]["outcomes"]) == {"True", "False"}


@pytest.mark.parametrize(
    "switching",
    [
        "free",
        "gil",
        "sync",
    ],
)
def test_what_cannot_be_hashed_can_be_called(answer: Answers, switching: str) -> None:
    assert set(answer["unhashable"][switching]["outcomes"]) == {"True"}
    assert not answer["unhashable"][switching]["errors"]


def test_a_thread_that_is_started_when_all_is_ready_finds_it_ready(answer: Answers) -> None:
    assert set(answer["started"][1]["outcomes"]) == {"True"} and not answer["started"][1]["errors"]


def test_an_attribute_that_is_stored_by_its_name_alone_is_shared() -> None:
    found = answers("tests.lockproof.engines.control.store_by_name_programs")["setting"]
    assert set(found["outcomes"]) == {"True", "False"}
