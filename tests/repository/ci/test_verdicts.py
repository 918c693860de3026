"""Does the table tell a success from a failure, in both directions?"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from ci import validation, verdicts
from ci.builds import Build, Interpreter
from ci.console import CiError
from ci.verdicts import BuildReport, Merged, exit_status, merge, read_report

pytestmark = pytest.mark.one_build


def report(name: str, properties: dict[str, str], twins: dict[str, str]) -> BuildReport:
    data = {
        "build": {"python": name},
        "properties": [{"name": key, "verdict": value, "detail": f"why {key}"} for key, value in properties.items()],
        "twins": [{"name": key, "property": "atomic", "verdict": value} for key, value in twins.items()],
    }
    return read_report(Build.parse(name), data)


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
    assert exit_status(merged) == 0
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
        assert exit_status(merged) == 1
        assert merged.problems == (f"{name}: 'atomic' is violated: why atomic",)


SIGNALS = "signals-leave-no-lock"


def with_signals(verdict: str, version: str) -> Merged:
    return merge(
        [
            report("3.13t", {SIGNALS: "held"}, {"t": "caught"}),
            report(version, {SIGNALS: verdict}, {"t": "caught"}),
        ]
    )


def test_a_known_limit_is_shown_as_such_and_is_no_failure() -> None:
    merged = with_signals("violated", "3.14")
    assert cell(merged, SIGNALS, "3.14") == "known limit"
    assert cell(merged, SIGNALS, "3.13t") == "held"
    assert exit_status(merged) == 0
    assert "gh-148874" in validation.remarks(merged, [], 7)[0]


def test_a_known_limit_is_one_of_its_version_and_its_property_alone() -> None:
    assert exit_status(with_signals("violated", "3.15")) == 1
    merged = merge(
        [report("3.14", {"p": "violated"}, {"t": "caught"}), report("3.13t", {"p": "held"}, {"t": "caught"})]
    )
    assert exit_status(merged) == 1


def test_a_known_limit_that_holds_is_a_failure_so_that_it_is_taken_back() -> None:
    merged = with_signals("held", "3.14")
    assert exit_status(merged) == 1
    assert "no known limit any more" in merged.problems[0]


def test_a_known_limit_that_was_not_looked_at_is_not_shown() -> None:
    assert cell(with_signals("not run", "3.14"), SIGNALS, "3.14") == "not run"
    assert not [note for note in validation.remarks(with_signals("not run", "3.14"), [], 7) if "gh-148874" in note]


def test_known_limits_name_properties_that_there_are() -> None:
    stress: Any = importlib.import_module("tests.lockedset.stress.__main__")  # enters all properties
    assert {name for name, _ in verdicts.KNOWN_LIMITS} <= stress.PROPERTIES.keys()


def test_a_twin_missed_without_the_gil_is_a_failure() -> None:
    merged = merge([report("3.13", {"p": "held"}, {"t": "caught"}), report("3.13t", {"p": "held"}, {"t": "missed"})])
    assert cell(merged, "t", "3.13t") == "MISSED"
    assert exit_status(merged) == 1


def test_every_free_threaded_build_that_ran_must_catch_every_twin() -> None:
    reports = [report("3.13t", {"p": "held"}, {"t": "caught"}), report("3.14t", {"p": "held"}, {"t": "missed"})]
    assert exit_status(merge(reports)) == 1
    assert exit_status(merge(reports[:1])) == 0


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
    assert exit_status(merged) == 1
    assert any(word in problem for problem in merged.problems)


def test_a_test_that_does_not_apply_to_one_build_is_not_run_there() -> None:
    merged = merge(
        [
            report("3.13", {"p": "not run", "q": "held"}, {"t": "not run"}),
            report("3.13t", {"p": "held", "q": "held"}, {"t": "caught"}),
        ]
    )
    assert cell(merged, "p", "3.13") == "not run"
    assert exit_status(merged) == 0


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


def test_the_text_is_aligned_and_fits_into_100_columns() -> None:
    text = verdicts.text(merge(LONG))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    heads = [line for line in lines if line.startswith(("property", "twin"))]
    assert len({line.index(" 3.14t ") for line in heads}) == 1
    row = next(line for line in lines if line.startswith("no lock"))
    assert row.index("caught") == heads[0].index("3.13t")
    assert row.count("hidden by the GIL") == 2


def test_markdown_has_a_row_for_each_property_and_twin() -> None:
    lines = verdicts.markdown(merge(GOOD)).splitlines()
    assert "| no lock | hidden by the GIL | caught | not run | not run | not run |" in lines
    assert len({line.count("|") for line in lines if line}) == 1


def test_the_json_says_what_ran_and_why_the_rest_did_not() -> None:
    data = json.loads(validation.as_json(merge(GOOD), GOOD, 7, {"3.13": "3.13.15"}))
    assert data["ok"] is True
    assert data["seed"] == 7
    assert data["builds"]["3.14"] == {"outcome": "not run", "reason": "no interpreter", "release": "", "facts": {}}
    assert data["builds"]["3.13"]["facts"] == {"python": "3.13"}
    assert data["rows"][0]["details"] == {"3.13": "why atomic", "3.13t": "why atomic"}


def test_the_remarks_tell_the_seed_and_how_to_repeat() -> None:
    assert validation.remarks(merge(GOOD), GOOD, 7)[-1] == "all properties held and all twins were caught (seed 7)"
    assert validation.remarks(merge(GOOD), GOOD, 7)[0] == "not run: 3.14, 3.14t, 3.15t: no interpreter"
    bad = [report("3.13t", {"p": "violated"}, {"t": "caught"})]
    assert validation.remarks(merge(bad), bad, 7)[-1] == "repeat with: ./ci/validate --seed 7"


def test_the_command_of_one_build() -> None:
    interpreter = Interpreter(Build.parse("3.13t"), (3, 13, 15), Path("py"), "PATH")
    command = ["py", "-m", "tests.lockedset.stress", "--json", "out", "--seed", "5"]
    assert validation.command_for(interpreter, Path("out"), 5, None) == command
    assert validation.command_for(interpreter, Path("out"), 5, 2.5) == [*command, "--seconds", "2.5"]


def test_a_crash_is_a_finding_and_a_refusal_to_run_is_an_error(tmp_path: Path) -> None:
    build = Build.parse("3.13t")
    output, log = tmp_path / "out.json", tmp_path / "log"
    log.write_text("Fatal Python error: Segmentation fault\n")
    crashed = validation.judge_run(build, -11, output, log)
    assert "killed by signal 11" in crashed.broken
    assert "Segmentation fault" in crashed.broken
    assert "status 1" in validation.judge_run(build, 1, output, log).broken
    assert "left no report" in validation.judge_run(build, 0, output, log).broken
    with pytest.raises(CiError, match=r"cannot run on 3\.13t"):
        validation.judge_run(build, 2, output, log)
    output.write_text('{"properties": [{"name": "p", "verdict": "held"}], "twins": []}')
    assert validation.judge_run(build, 0, output, log).properties["p"].verdict == "held"
