"""Is what --emit-test writes a test that fails on the broken program, and passes on the mended one?"""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.repeat import RepeatTarget
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import Consistency, Control, Report, Verdict
from lockproof.report.regression import regression_test
from tests.lockproof.campaign.test_replay import source
from tests.lockproof.report.samples import SAMPLES
from tests.lockproof.testing.running import pytest_in

pytestmark = pytest.mark.one_build

FOUND = sorted(name for name, report in SAMPLES.items() if report.findings)


def emitted(report: Report) -> str:
    return regression_test(report, report.findings[0])


@pytest.mark.parametrize("name", FOUND)
def test_it_is_a_module_with_one_test_that_imports_lockproof_alone(name: str) -> None:
    text = emitted(SAMPLES[name])
    tree = ast.parse(text)
    (test,) = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    assert test.name.startswith("test_") and test.name.islower()
    imported = [each for each in tree.body if isinstance(each, ast.Import)]
    assert [name.name for each in imported for name in each.names] == ["lockproof"]
    assert ast.get_docstring(tree)
    assert all(len(line) <= 120 for line in text.splitlines() if not line.startswith(("    lockproof.", '"""')))


def call_in(text: str) -> ast.Call:
    (call,) = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Call)]
    return call


def constants(text: str) -> dict[str, object]:
    """Return the values of the call's keywords that are written out."""
    return {
        each.arg: each.value.value
        for each in call_in(text).keywords
        if each.arg is not None and isinstance(each.value, ast.Constant)
    }


@pytest.mark.parametrize("name", FOUND)
def test_it_asks_for_the_scenario_of_the_finding(name: str) -> None:
    finding = SAMPLES[name].findings[0]
    text = emitted(SAMPLES[name])
    call = ast.unparse(call_in(text).func)
    if not finding.scenario.threads:
        assert call == "lockproof.explore"
        return
    assert call == "lockproof.check"
    (written,) = [each.value for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Assign)]
    assert isinstance(written, ast.Constant) and isinstance(written.value, str)
    assert Scenario.parse(written.value) == finding.scenario
    assert constants(text).get("engine") == (None if finding.control is None else "schedules")


def test_the_options_of_the_command_are_kept() -> None:
    report = SAMPLES["masked"]
    options = CheckOptions(model="m:Bag", factory="m:made", teardown="a.close()", consistency=Consistency.QUIESCENT)
    finding = replace(report.findings[0], repeat=RepeatTarget("shop.bags:Bag", options))
    text = emitted(replace(report, findings=(finding,)))
    assert constants(text) == {
        "engine": "schedules", "model": "m:Bag", "factory": "m:made", "teardown": "a.close()",
        "consistency": "quiescent",
    }  # fmt: skip


def test_what_was_found_and_whether_the_gil_masks_it_stands_there() -> None:
    text = " ".join(emitted(SAMPLES["masked"]).replace("#", " ").split())
    assert "Both `a.put(1)` and `a.put(2)` returned 1." in text
    assert "GIL-masked: all 64 schedules there are" in text


def test_a_name_with_quotes_and_backslashes_is_written_as_one() -> None:
    for subject in ('a\\b\\N.py:"""', 'bag.py:Bag"'):
        ast.parse(emitted(replace(SAMPLES["masked"], subject=subject)))


@pytest.mark.parametrize(
    ("schedule", "preemptions", "search"),
    [
        ("sync:1x1,2x1", 1, "strategy='orders'"),
        ("free:1x1,2x1", 1, "strategy='preemptions', bound=1"),
        ("free:1x1,2x1", 2, "strategy='preemptions'"),
        ("free:1x1,2x1", 5, "strategy='preemptions', bound=5"),
    ],
)
def test_a_function_is_searched_as_far_as_its_finding_and_no_further(
    schedule: str, preemptions: int, search: str
) -> None:
    control = Control(Schedule.parse(schedule), preemptions)
    repeat = RepeatTarget("m:f", ExploreOptions(schedule=schedule, hang=0.5, memory=128))
    finding = replace(SAMPLES["deadlock"].findings[0], control=control, repeat=repeat)
    text = emitted(replace(SAMPLES["deadlock"], findings=(finding,)))
    assert f"lockproof.explore('m:f', hang=0.5, memory=128, {search})" in text


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize("kind", ["class", pytest.param("function", marks=pytest.mark.nightly(reason="as a class is"))])
def test_it_fails_on_the_broken_program_and_passes_on_the_mended_one(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the target is a file there
    subject = tmp_path / "money.py"
    subject.write_text(source(locked=False), encoding="utf-8")
    if kind == "function":
        report = explore_target("money.py:lost", ExploreOptions(budget=60.0, seed=1))
    else:
        report = check_target("money.py:Money", CheckOptions(budget=8.0, seed=1, engine="schedules"))
    assert report.verdict is Verdict.VIOLATION
    text = emitted(report)
    done = pytest_in(tmp_path, text, "--lockproof-budget=10s")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "lockproof.testing.checks.Violation" in done.stdout
    subject.write_text(source(locked=True), encoding="utf-8")
    done = pytest_in(tmp_path, text, "--lockproof-budget=1s")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 held" in done.stdout


def test_what_one_thread_alone_does_is_no_scenario_for_a_check() -> None:
    report = SAMPLES["hang"]
    alone = next(finding for finding in report.findings if not finding.concurrent)
    assert "scenario=" not in regression_test(report, alone)
