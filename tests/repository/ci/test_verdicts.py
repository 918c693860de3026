"""Does the table tell a success from a failure, in both directions?"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci import interpreters, validation, verdicts
from ci.builds import Build, Interpreter
from ci.console import CiError, Reporter
from ci.verdicts import COMPILED, PYTHON, BuildReport, Implementation, Merged, exit_status, read_report

pytestmark = pytest.mark.one_build


def report(name: str, properties: dict[str, str], twins: dict[str, str]) -> BuildReport:
    data = {
        "build": {"python": name},
        "properties": [{"name": key, "verdict": value, "detail": f"why {key}"} for key, value in properties.items()],
        "twins": [{"name": key, "property": "atomic", "verdict": value} for key, value in twins.items()],
    }
    return read_report(Build.parse(name), data)


def merge(reports: Sequence[BuildReport], implementation: Implementation = PYTHON) -> Merged:
    return verdicts.merge(implementation, reports)


def absent(name: str) -> BuildReport:
    return BuildReport(Build.parse(name), not_run="no interpreter")


def cell(merged: Merged, row: str, column: str) -> str:
    return next(item.cells[column] for item in merged.rows if item.name == row)


GOOD = [
    report("3.13", {"atomic": "held"}, {"no lock": "missed", "torn": "caught"}),
    report("3.13t", {"atomic": "held"}, {"no lock": "caught", "torn": "caught"}),
    absent("3.14"),
    absent("3.14t"),
    absent("3.15t"),
]


def test_all_held_and_all_caught_is_a_success() -> None:
    merged = merge(GOOD)
    assert merged.problems == ()
    assert exit_status([merged]) == 0
    assert cell(merged, "atomic", "3.13t") == "held"
    assert cell(merged, "atomic", "3.14") == "not run"
    assert cell(merged, "torn", "3.13") == "caught"


def test_a_twin_that_only_the_free_threaded_build_catches_is_hidden_by_the_gil() -> None:
    assert cell(merge(GOOD), "no lock", "3.13") == "hidden by the GIL"


def test_a_violation_on_any_build_is_a_failure() -> None:
    for name in ("3.13", "3.13t"):
        other = "3.13t" if name == "3.13" else "3.13"
        reports = [
            report(name, {"atomic": "violated"}, {"torn": "caught"}),
            report(other, {"atomic": "held"}, {"torn": "caught"}),
        ]
        merged = merge(reports)
        assert exit_status([merged]) == 1
        assert merged.problems == (f"{name}: 'atomic' is violated: why atomic",)


SIGNALS = "signals-leave-no-lock"


def with_signals(verdict: str, version: str, implementation: Implementation = PYTHON) -> Merged:
    return merge(
        [
            report("3.13t", {SIGNALS: "held"}, {"t": "caught"}),
            report(version, {SIGNALS: verdict}, {"t": "caught"}),
        ],
        implementation,
    )


def test_a_known_limit_is_shown_as_such_and_is_no_failure() -> None:
    merged = with_signals("violated", "3.14")
    assert cell(merged, SIGNALS, "3.14") == "known limit"
    assert cell(merged, SIGNALS, "3.13t") == "held"
    assert exit_status([merged]) == 0
    assert "gh-148874" in validation.remarks(merged, [])[0]


def test_the_compiled_core_has_no_known_limit() -> None:
    merged = with_signals("violated", "3.14", COMPILED)
    assert cell(merged, SIGNALS, "3.14") == "violated"
    assert exit_status([merged]) == 1
    assert exit_status([with_signals("held", "3.14", COMPILED)]) == 0


def test_a_known_limit_is_one_of_its_version_and_its_property_alone() -> None:
    assert exit_status([with_signals("violated", "3.15")]) == 1
    merged = merge(
        [report("3.14", {"p": "violated"}, {"t": "caught"}), report("3.13t", {"p": "held"}, {"t": "caught"})]
    )
    assert exit_status([merged]) == 1


def test_a_known_limit_that_holds_is_a_failure_so_that_it_is_taken_back() -> None:
    merged = with_signals("held", "3.14")
    assert exit_status([merged]) == 1
    assert "no known limit any more" in merged.problems[0]


def test_a_known_limit_that_was_not_looked_at_is_not_shown() -> None:
    assert cell(with_signals("not run", "3.14"), SIGNALS, "3.14") == "not run"
    assert not [note for note in validation.remarks(with_signals("not run", "3.14"), []) if "gh-148874" in note]


def test_known_limits_name_properties_that_there_are() -> None:
    stress: Any = importlib.import_module("tests.lockedset.stress.__main__")  # enters all properties
    limits = {name for each in verdicts.IMPLEMENTATIONS for name, _ in each.known_limits}
    assert limits == {SIGNALS}
    assert limits <= stress.PROPERTIES.keys()


def test_a_twin_missed_without_the_gil_is_a_failure() -> None:
    merged = merge([report("3.13", {"p": "held"}, {"t": "caught"}), report("3.13t", {"p": "held"}, {"t": "missed"})])
    assert cell(merged, "t", "3.13t") == "MISSED"
    assert exit_status([merged]) == 1


def test_every_free_threaded_build_that_ran_must_catch_every_twin() -> None:
    reports = [report("3.13t", {"p": "held"}, {"t": "caught"}), report("3.14t", {"p": "held"}, {"t": "missed"})]
    assert exit_status([merge(reports)]) == 1
    assert exit_status([merge(reports[:1])]) == 0


def test_missed_everywhere_is_not_hidden_by_the_gil() -> None:
    merged = merge([report("3.13", {"p": "held"}, {"t": "missed"}), report("3.13t", {"p": "held"}, {"t": "missed"})])
    assert cell(merged, "t", "3.13") == "missed"


@pytest.mark.parametrize(
    ("reports", "word"),
    [
        ([report("3.13", {"p": "held"}, {"t": "caught"}), absent("3.13t")], "no free-threaded build ran"),
        ([absent("3.13"), absent("3.13t")], "no property was reported"),
        ([report("3.13t", {"p": "held"}, {})], "no twin was reported"),
        ([report("3.13t", {}, {"t": "caught"})], "no property was reported"),
        ([report("3.13t", {"p": "not run"}, {"t": "caught"})], "was checked on no build"),
        ([report("3.13t", {"p": "held"}, {"t": "not run"})], "no free-threaded build caught"),
        (
            [report("3.13", {}, {"t": "caught"}), report("3.13t", {"p": "held"}, {"t": "caught"})],
            "3.13 ran, and says nothing of the property 'p'",
        ),
        (
            [report("3.13", {"p": "held"}, {}), report("3.13t", {"p": "held"}, {"t": "caught"})],
            "3.13 ran, and says nothing of the twin 't'",
        ),
        (
            [*GOOD, BuildReport(Build.parse("3.15"), broken="killed by signal 11")],
            "3.15: killed by signal 11",
        ),
    ],
)
def test_nothing_shown_is_never_a_success(reports: list[BuildReport], word: str) -> None:
    merged = merge(reports)
    assert exit_status([merged]) == 1
    assert any(word in problem for problem in merged.problems)


def test_a_test_that_does_not_apply_to_one_build_is_not_run_there() -> None:
    merged = merge(
        [
            report("3.13", {"p": "not run", "q": "held"}, {"t": "not run"}),
            report("3.13t", {"p": "held", "q": "held"}, {"t": "caught"}),
        ]
    )
    assert cell(merged, "p", "3.13") == "not run"
    assert exit_status([merged]) == 0


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"properties": [], "twins": {}},
        {"properties": [{"name": "p", "verdict": "passed"}], "twins": []},
        {"properties": [{"name": "p", "verdict": "caught"}], "twins": []},
        {"properties": [{"verdict": "held"}], "twins": []},
        {"properties": [{"name": "p", "verdict": "held"}, {"name": "p", "verdict": "violated"}], "twins": []},
        {"properties": [], "twins": [{"name": "t", "verdict": "held"}]},
    ],
)
def test_a_report_that_is_not_as_agreed_is_an_error(data: object) -> None:
    with pytest.raises(CiError, match="not as agreed"):
        read_report(Build.parse("3.13"), data)


LONG = [
    report(name, {"a property with a name that is long enough to be wrapped somewhere": "held"}, {"no lock": verdict})
    for name, verdict in [
        ("3.13", "missed"),
        ("3.13t", "caught"),
        ("3.14", "missed"),
        ("3.14t", "caught"),
        ("3.15t", "caught"),
    ]
]


def test_the_text_has_a_heading_is_aligned_and_fits_into_100_columns() -> None:
    text = verdicts.text(merge(LONG))
    lines = text.splitlines()
    assert lines[0] == PYTHON.heading
    assert max(map(len, lines)) <= 100
    heads = [line for line in lines if line.startswith(("property", "twin"))]
    assert len({line.index(" 3.14t ") for line in heads}) == 1
    row = next(line for line in lines if line.startswith("no lock"))
    assert row.index("caught") == heads[0].index("3.13t")
    assert row.count("hidden by the GIL") == 2


def test_markdown_has_a_row_for_each_property_and_twin() -> None:
    lines = verdicts.markdown(merge(GOOD)).splitlines()
    assert lines[0] == f"## {PYTHON.heading}"
    assert "| no lock | hidden by the GIL | caught | not run | not run | not run |" in lines
    assert len({line.count("|") for line in lines[1:] if line}) == 1


REASON = "there is no C compiler"
UNCOMPILED = [
    BuildReport(Build.parse("3.13"), not_run=REASON, lacking=True),
    BuildReport(Build.parse("3.13t"), not_run=REASON, lacking=True),
]


def test_a_core_that_cannot_be_compiled_is_not_run_with_the_reason_and_a_problem() -> None:
    merged = merge(UNCOMPILED, COMPILED)
    assert exit_status([merged]) == 1
    assert exit_status([merged, merge(GOOD)]) == 1
    assert verdicts.text(merged) == f"{COMPILED.heading}: not run"
    assert verdicts.markdown(merged) == f"## {COMPILED.heading}: not run"
    assert validation.remarks(merged, UNCOMPILED)[0] == f"not run: 3.13, 3.13t: {REASON}"


def test_one_build_without_a_core_is_a_problem_and_one_without_an_interpreter_is_none() -> None:
    ran = report("3.13t", {"p": "held"}, {"t": "caught"})
    merged = merge([UNCOMPILED[0], ran], COMPILED)
    assert cell(merged, "p", "3.13") == "not run"
    assert merged.problems == (f"3.13: not run: {REASON}",)
    assert merge([absent("3.13"), ran], COMPILED).ok


def test_no_table_is_no_success_and_one_bad_table_is_enough_for_a_failure() -> None:
    good, bad = merge(GOOD), merge([report("3.13t", {"p": "violated"}, {"t": "caught"})], COMPILED)
    assert exit_status([good]) == 0
    assert exit_status([]) == exit_status([good, bad]) == exit_status([bad, good]) == 1


def test_the_json_says_what_ran_and_why_the_rest_did_not() -> None:
    results = [(merge(UNCOMPILED, COMPILED), UNCOMPILED), (merge(GOOD), GOOD)]
    data = json.loads(validation.as_json(results, 7, {"3.13": "3.13.15"}))
    assert (data["schema"], data["seed"], data["ok"]) == (2, 7, False)
    python, compiled = data["implementations"]["python"], data["implementations"]["compiled"]
    assert (python["ok"], compiled["ok"]) == (True, False)
    assert python["builds"]["3.14"] == {"outcome": "not run", "reason": "no interpreter", "release": "", "facts": {}}
    assert python["builds"]["3.13"]["facts"] == {"python": "3.13"}
    assert python["rows"][0]["details"] == {"3.13": "why atomic", "3.13t": "why atomic"}
    assert compiled["builds"]["3.13"]["reason"] == REASON
    assert compiled["rows"] == []
    assert json.loads(validation.as_json(results[1:], 7, {}))["ok"] is True


def test_the_last_word_tells_the_seed_and_how_to_repeat() -> None:
    good, bad = merge(GOOD), merge([report("3.13t", {"p": "violated"}, {"t": "caught"})])
    assert validation.conclusion([good], 7) == "all properties held and all twins were caught (seed 7)"
    assert validation.remarks(good, GOOD) == ["not run: 3.14, 3.14t, 3.15t: no interpreter"]
    assert validation.conclusion([merge(GOOD, COMPILED), bad], 7) == "repeat with: ./ci/validate --seed 7"
    assert validation.conclusion([bad], 7) == "repeat with: ./ci/validate --seed 7 --implementation python"


INTERPRETER = Interpreter(Build.parse("3.13t"), (3, 13, 15), Path("py"), "PATH")


def test_the_command_of_one_build() -> None:
    command = ["py", "-m", "tests.lockedset.stress", "--json", "out", "--seed", "5"]
    assert validation.command_for(INTERPRETER, Path("out"), 5, None) == command
    assert validation.command_for(INTERPRETER, Path("out"), 5, 2.5) == [*command, "--seconds", "2.5"]


def test_the_environment_asks_for_the_implementation_and_the_compiled_one_comes_before_src(tmp_path: Path) -> None:
    core = validation.environment_for(COMPILED, [tmp_path / "core"], tmp_path)
    assert core["LOCKEDSET_PURE"] == "0"
    source = str(validation.ROOT / "src")
    assert core["PYTHONPATH"].split(os.pathsep)[:2] == [str(tmp_path / "core"), source]
    python = validation.environment_for(PYTHON, [], tmp_path)
    assert python["LOCKEDSET_PURE"] == "1"
    assert python["PYTHONPATH"].split(os.pathsep)[0] == source


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (2, "error: there is no C compiler, or this Python has no headers", "there is no C compiler, or this Python"),
        (1, "core.c: error: expected ';'", "the core does not compile; see "),
    ],
)
@pytest.mark.thread_unsafe(reason="replaces a function of the module under test")
def test_without_a_core_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, said: str, reason: str
) -> None:
    commands: list[list[str]] = []

    def run_child(command: list[str], *, log: Path, **_: object) -> int:
        commands.append(command)
        log.write_text(f"{said}\n")
        return status

    monkeypatch.setattr(validation, "run_child", run_child)
    quiet = Reporter(prefix="validate", stream=io.StringIO())
    found = validation.run_build(INTERPRETER, COMPILED, 5, None, tmp_path, tmp_path / "logs", quiet)
    assert found.lacking
    assert found.not_run.startswith(reason)
    assert [command[:3] for command in commands] == [["py", "-m", "ci.native"]]
    commands.clear()
    with contextlib.suppress(CiError):
        validation.run_build(INTERPRETER, PYTHON, 5, None, tmp_path, tmp_path / "logs", quiet)
    assert [command[2] for command in commands] == ["tests.lockedset.stress"]


def test_the_program_needs_nothing_that_is_to_be_installed() -> None:
    """`ci/validate` runs it on interpreters as they come, without pytest."""
    code = "import sys; sys.modules['pytest'] = None; import tests.lockedset.stress.__main__"
    env = validation.environment_for(PYTHON, [], validation.ROOT)
    del env["PYTHONPYCACHEPREFIX"]
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=validation.ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_crash_is_a_finding_and_a_refusal_to_run_is_an_error(tmp_path: Path) -> None:
    build = Build.parse("3.13t")
    output, log = tmp_path / "out.json", tmp_path / "log"
    log.write_text("Fatal Python error: Segmentation fault\n")
    crashed = validation.judge_run(build, COMPILED, -11, output, log)
    assert "killed by signal 11" in crashed.broken
    assert "Segmentation fault" in crashed.broken
    assert "status 1" in validation.judge_run(build, COMPILED, 1, output, log).broken
    assert "left no report" in validation.judge_run(build, COMPILED, 0, output, log).broken
    with pytest.raises(CiError, match=r"cannot run on 3\.13t"):
        validation.judge_run(build, COMPILED, 2, output, log)


def test_a_report_on_the_other_implementation_is_an_error(tmp_path: Path) -> None:
    build = Build.parse("3.13t")
    output, log = tmp_path / "out.json", tmp_path / "log"
    held = {"properties": [{"name": "p", "verdict": "held"}], "twins": []}
    output.write_text(json.dumps({**held, "build": {"implementation": "pure"}}))
    assert validation.judge_run(build, PYTHON, 0, output, log).properties["p"].verdict == "held"
    with pytest.raises(CiError, match="was to validate LockedSet, the compiled core"):
        validation.judge_run(build, COMPILED, 0, output, log)
    output.write_text(json.dumps(held))
    with pytest.raises(CiError, match="does not name"):
        validation.judge_run(build, PYTHON, 0, output, log)


@pytest.mark.parametrize(
    ("only", "ran", "status"),
    [("", ["compiled", "python"], 1), ("compiled", ["compiled"], 1), ("python", ["python"], 0)],
)
@pytest.mark.thread_unsafe(reason="replaces functions of the module under test, and catches what is printed")
def test_both_implementations_are_run_or_the_one_that_is_asked_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    only: str,
    ran: list[str],
    status: int,
) -> None:
    def run_build(interpreter: Interpreter, implementation: Implementation, *_: object) -> BuildReport:
        if implementation is COMPILED:
            return BuildReport(interpreter.build, not_run=REASON, lacking=True)
        return report(interpreter.build.name, {"p": "held"}, {"t": "caught"})

    have = SimpleNamespace(have={"3.13t": INTERPRETER}, missing={"3.13": ["no interpreter"]})
    monkeypatch.setattr(interpreters, "ensure", lambda *_, **__: have)
    monkeypatch.setattr(validation, "run_build", run_build)
    file, page = tmp_path / "out.json", tmp_path / "page.md"
    asked = ["--implementation", only] if only else []
    assert validation.main(["--seed", "7", "--json", str(file), "--markdown", str(page), *asked]) == status
    assert list(json.loads(file.read_text())["implementations"]) == ran
    out, _ = capsys.readouterr()
    for each in verdicts.IMPLEMENTATIONS:
        assert (each.heading in out) == (each.heading in page.read_text()) == (each.name in ran)
    assert (f"not run: 3.13t: {REASON}" in out) == ("compiled" in ran)
