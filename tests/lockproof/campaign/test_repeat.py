"""Does the command below a finding have every option that the finding depends on, and is it read back as it was?"""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from typing import Any

import pytest

from lockproof.campaign.mutate import _Mutating
from lockproof.core.options import CheckOptions, ExploreOptions, MutateOptions
from lockproof.core.repeat import arguments_of, check_command, explore_command, target_of
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import Consistency, Control, Finding, FindingKind

TWO = Finding(FindingKind.NOT_LINEARIZABLE, Scenario.parse("a.f() || a.g()"))
ONE = Finding(FindingKind.HANG, Scenario.parse("a.f(); a.g()"), concurrent=False)
FUNCTION = Finding(FindingKind.EXIT, Scenario((), ()))
SCHEDULE = "free:1x2,2x1"
SHOWN = replace(FUNCTION, control=Control(Schedule.parse(SCHEDULE), 1))

CHECK: dict[str, tuple[Any, str, str]] = {
    # option: a value, what the command has with a scenario, and what without one
    "budget": (45.0, "", "--budget 45s"),
    "seed": (3, "--seed 3", "--seed 3"),
    "threads": (4, "", "--threads 4"),
    "consistency": (Consistency.QUIESCENT, "--consistency quiescent", "--consistency quiescent"),
    "model": ("m:Bag", "--model m:Bag", "--model m:Bag"),
    "factory": ("m:made", "--factory m:made", "--factory m:made"),
    "scenario": ("a.h() || a.h()", "--scenario 'a.f() || a.g()'", ""),
    "invocations": (500, "--invocations 500", ""),
    "hang": (0.5, "--hang 0.5s", "--hang 0.5s"),
    "memory": (128, "--memory 128", "--memory 128"),
    "engine": ("schedules", "--engine schedules", "--engine schedules"),
}
"""The command names the smallest scenario, which the option need not be. Then nothing is searched for: the budget, the
threads of generated scenarios, and without a scenario the number of its runs, do not matter."""

EXPLORE: dict[str, tuple[Any, str, str]] = {
    # option: a value, what the command has with a schedule, and what without one
    "budget": (45.0, "", "--budget 45s"),
    "seed": (3, "", "--seed 3"),
    "bound": (3, "", "--bound 3"),
    "strategy": ("surw", "", "--strategy surw"),
    "consistency": (Consistency.QUIESCENT, "--consistency quiescent", "--consistency quiescent"),
    "model": ("m:Bag", "--model m:Bag", "--model m:Bag"),
    "factory": ("m:made", "--factory m:made", "--factory m:made"),
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
    for finding, expected in ((TWO, named), (ONE, searched)):
        plain = check_command("m:Bag", CheckOptions(), 7, finding)
        seed = value if name == "seed" else 7
        command = check_command("m:Bag", replace(CheckOptions(), **{name: value}), seed, finding)
        assert expected in command
        if not expected:
            assert command == plain
        assert f"--{name} " not in command or expected


@pytest.mark.parametrize("name", EXPLORE)
def test_the_command_of_an_exploration_has_the_option(name: str) -> None:
    value, named, searched = EXPLORE[name]
    for finding, expected in ((SHOWN, named), (FUNCTION, searched)):
        options = ExploreOptions(seed=7)
        plain = explore_command("m:f", options, finding)
        command = explore_command("m:f", replace(options, **{name: value}), finding)
        assert expected in command
        if not expected:
            assert command == plain


def test_a_command_is_read_back_as_it_was_given() -> None:
    given = {name: value for name, (value, _, searched) in CHECK.items() if searched}
    command = check_command("m:Bag", CheckOptions(**given), 3, ONE)
    assert arguments_of(command) == {**given, "consistency": "quiescent"}
    assert target_of(command) == "m:Bag"
    assert arguments_of(check_command("m:Bag", CheckOptions(), 7, TWO)) == {"scenario": "a.f() || a.g()", "seed": 7}
    assert target_of("pytest --lockproof-seed=5 test_it.py::test") is None
    assert target_of("") is None


@pytest.mark.parametrize("command", [check_command("m:Bag", CheckOptions(), 7, TWO), "lockproof check 'my bag.py:Bag'"])
def test_a_target_with_a_space_is_one_word(command: str) -> None:
    assert target_of(command) == shlex.split(command)[2]


def test_what_shows_a_fault_of_the_class_itself_is_repeated_with_the_options_of_mutate() -> None:
    run = object.__new__(_Mutating)
    run.target, run.options = "m:Bag", MutateOptions(seed=5, hang=0.5, memory=128, factory="m:made", threads=4)
    for finding in (TWO, ONE):
        command = run._command(finding)
        assert "--hang 0.5s --memory 128" in command and "--factory m:made" in command and "--seed 5" in command
    assert "--threads 4" in run._command(ONE)
