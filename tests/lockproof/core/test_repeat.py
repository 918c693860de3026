"""Does the command below a finding have every option that the finding depends on?"""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from typing import Any

import pytest

from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.repeat import RepeatTarget, RepeatTest, repeat_of_check, repeat_of_exploration
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import Consistency

pytestmark = pytest.mark.one_build

TWO = Scenario.parse("a.f() || a.g()")
ONE = Scenario.parse("a.f(); a.g()")
SCHEDULE = "free:1x2,2x1"

CHECK: dict[str, tuple[Any, str, str]] = {
    # option: a value, what the command has with a scenario, and what without one
    "budget": (45.0, "", "--budget 45s"),
    "seed": (3, "--seed 3", "--seed 3"),
    "threads": (4, "", "--threads 4"),
    "consistency": (Consistency.QUIESCENT, "--consistency quiescent", "--consistency quiescent"),
    "model": ("m:Bag", "--model m:Bag", "--model m:Bag"),
    "factory": ("m:made", "--factory m:made", "--factory m:made"),
    "teardown": ("a.close()", "--teardown 'a.close()'", "--teardown 'a.close()'"),
    "scenario": ("a.h() || a.h()", "--scenario 'a.f() || a.g()'", ""),
    "invocations": (500, "--invocations 500", ""),
    "hang": (0.5, "--hang 0.5s", "--hang 0.5s"),
    "memory": (128, "--memory 128", "--memory 128"),
    "engine": ("schedules", "--engine schedules", "--engine schedules"),
    "conformance": ("error", "--conformance error", "--conformance error"),
    "runs": (5, "", "--runs 5"),
    "schedules": (50, "", "--schedules 50"),
    "scenarios": ("kept.toml", "", ""),
    "sanitizer": ("thread", "--sanitizer thread", "--sanitizer thread"),
    "python": ("t/python", "--python t/python", "--python t/python"),
    "suppressions": (("a", "b"), "--suppressions a --suppressions b", "--suppressions a --suppressions b"),
    "skip": (("pop", "nothing-changed"), "--skip pop --skip nothing-changed", "--skip pop --skip nothing-changed"),
}
"""The command names the smallest scenario, which the option need not be. Then nothing is searched for: the budget, the
threads of generated scenarios, and without a scenario the number of its runs, do not matter."""

EXPLORE: dict[str, tuple[Any, str, str]] = {
    # option: a value, what the command has with a schedule, and what without one
    "budget": (45.0, "", "--budget 45s"),
    "seed": (3, "", "--seed 3"),
    "schedules": (50, "", "--schedules 50"),
    "bound": (3, "", "--bound 3"),
    "strategy": ("surw", "", "--strategy surw"),
    "consistency": (Consistency.QUIESCENT, "--consistency quiescent", "--consistency quiescent"),
    "model": ("m:Bag", "--model m:Bag", "--model m:Bag"),
    "factory": ("m:made", "--factory m:made", "--factory m:made"),
    "teardown": ("a.close()", "--teardown 'a.close()'", "--teardown 'a.close()'"),
    "scenario": ("a.f() || a.g()", "--scenario 'a.f() || a.g()'", "--scenario 'a.f() || a.g()'"),
    "schedule": ("free:1x9", f"--schedule {SCHEDULE}", ""),
    "times": (99, "", ""),
    "hang": (0.5, "--hang 0.5s", "--hang 0.5s"),
    "memory": (128, "--memory 128", "--memory 128"),
}


def test_the_tables_name_every_option() -> None:
    assert CHECK.keys() == {each.name for each in fields(CheckOptions)}
    assert EXPLORE.keys() == {each.name for each in fields(ExploreOptions)}
    assert "hang" in CHECK and all(value != getattr(CheckOptions(), name) for name, (value, _, _) in CHECK.items())
    assert all(value != getattr(ExploreOptions(), name) for name, (value, _, _) in EXPLORE.items())


@pytest.mark.parametrize("name", CHECK)
def test_the_command_of_a_check_has_the_option(name: str) -> None:
    value, named, searched = CHECK[name]
    for scenario, expected in ((TWO, named), (ONE, searched)):
        plain = str(repeat_of_check("m:Bag", CheckOptions(seed=7), scenario))
        command = str(repeat_of_check("m:Bag", replace(CheckOptions(seed=7), **{name: value}), scenario))
        assert expected in command
        if not expected:
            assert command == plain
        assert f"--{name} " not in command or expected


@pytest.mark.parametrize("name", EXPLORE)
def test_the_command_of_an_exploration_has_the_option(name: str) -> None:
    value, named, searched = EXPLORE[name]
    for schedule, expected in ((Schedule.parse(SCHEDULE), named), (None, searched)):
        plain = str(repeat_of_exploration("m:f", ExploreOptions(seed=7), schedule))
        command = str(repeat_of_exploration("m:f", replace(ExploreOptions(seed=7), **{name: value}), schedule))
        assert expected in command
        if not expected:
            assert command == plain


def test_a_target_with_a_space_is_one_word() -> None:
    command = str(RepeatTarget("my bag.py:Bag", CheckOptions(seed=7)))
    assert shlex.split(command) == ["lockproof", "check", "my bag.py:Bag", "--seed", "7"]


def test_a_test_is_repeated_by_its_own_words() -> None:
    assert str(RepeatTest(("pytest", "test_it.py::test[a b]"))) == "pytest 'test_it.py::test[a b]'"
    assert str(RepeatTest(("python", "it.py"), "with seed=3")) == "python it.py  # with seed=3"


def test_a_scenario_with_single_quotes_stays_readable_in_a_shell() -> None:
    for line, word in (
        ("a.f('x') || a.g()", "\"a.f('x') || a.g()\""),
        ("a.f() || a.g()", "'a.f() || a.g()'"),
        ("a.f('$x') || a.g()", "'a.f('\"'\"'$x'\"'\"') || a.g()'"),
    ):
        command = str(repeat_of_check("m:Bag", CheckOptions(seed=7), Scenario.parse(line)))
        assert f"--scenario {word}" in command
        assert shlex.split(command)[4] == line
