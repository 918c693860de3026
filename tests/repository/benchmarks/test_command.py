"""The command: its help, its errors, and a whole run that measures next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import cli
from benchmarks.environments import reason_in
from benchmarks.operations import OUR_SETS, SMOKE
from benchmarks.subjects import BESIDE, OURS, OURS_IN_PYTHON
from ci.console import CiError
from ci.native import compiler

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 300


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.thread_unsafe(reason="captures what is printed")
def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    for word in ("examples:", "--fast", "pyperf compare_to", "exit status:"):
        assert word in said


@pytest.mark.thread_unsafe(reason="captures what is printed")
def test_list_shows_the_statements(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list"]) == 0
    assert "s.try_add(k)" in capsys.readouterr().out


def test_an_unknown_benchmark_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CiError, match="no benchmark 'ad'") as problem:
        cli.main(["--only", "ad"])
    assert "add, new" in problem.value.next_step


def test_an_interpreter_that_is_not_there_is_named() -> None:
    with pytest.raises(CiError, match="no interpreter"):
        cli.main(["--python", str(ROOT / "nowhere" / "python")])


@pytest.mark.thread_unsafe(reason="tmp_path is one directory for all threads")
def test_a_directory_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CiError, match="not the result of an earlier run"):
        cli.check_output(tmp_path)
    (tmp_path / "precious.txt").unlink()
    cli.check_output(tmp_path)
    (tmp_path / cli.RUN_FILE).write_text("{}", encoding="utf-8")
    cli.check_output(tmp_path)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("ERROR: first\nnoise\nERROR: No matching distribution found for x\n", "No matching distribution found for x"),
        ("something else\n", "something else"),
        ("", "pip gave no reason"),
    ],
)
def test_pips_last_complaint_is_the_reason(output: str, reason: str) -> None:
    assert reason_in(output) == reason


@pytest.mark.thread_unsafe(reason="starts processes")
def test_an_error_is_a_line_and_no_traceback() -> None:
    ended = run("--rounds", "0")
    assert ended.returncode == 2
    assert "1 or more" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.nightly(reason="it measures; a push asks the worker, the runner and the report")
@pytest.mark.parametrize("names", [("add, present",), SMOKE])
def test_a_smoke_run_measures_reports_and_leaves_nothing_else(tmp_path: Path, names: Sequence[str]) -> None:
    for needed in ("pyperf", "rich"):
        pytest.importorskip(needed, reason="pip install --group bench")
    output = tmp_path / "run"
    words = ["--smoke", "--as-is", "--python", sys.executable, "--output", str(output)]
    if names is not SMOKE:
        words += ["--only", *names]
    ended = run(*words)
    assert ended.returncode == 0, ended.stderr
    assert "operation" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    (build,) = summary["builds"].values()
    if compiler():
        assert set(build["seconds"]) >= {OURS, OURS_IN_PYTHON, *BESIDE.values()}
    else:
        assert OURS not in build["seconds"]
    for subject in OUR_SETS if compiler() else [OURS_IN_PYTHON]:
        ratios = build["ratio_to_set"][subject]
        assert {name for name in names if name != "hold one"} <= {name for name, ratio in ratios.items() if ratio}
    assert (output / "table.txt").read_text(encoding="utf-8").strip()
    free_threaded = bool(build["facts"]["build"].endswith("t"))
    assert build["facts"]["gil"] == ("off" if free_threaded else "on")
    before = os.stat(output / "run.json").st_ino
    if names is SMOKE:
        again = run(*words)
        assert again.returncode == 0, again.stderr
        assert os.stat(output / "run.json").st_ino != before


@pytest.mark.nightly(reason="it installs; a push measures both")
@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.skipif(os.path.isabs(sysconfig.get_config_var("CC") or ""), reason="finds its compiler without PATH")
def test_without_a_compiler_the_one_in_python_is_measured_alone(tmp_path: Path) -> None:
    for needed in ("pyperf", "rich"):
        pytest.importorskip(needed, reason="pip install --group bench")
    output, nothing = tmp_path / "run", tmp_path / "nothing"
    nothing.mkdir()
    words = ["--smoke", "--as-is", "--python", sys.executable, "--output", str(output), "--only", "add, present"]
    ended = run(*words, PATH=str(nothing))
    assert ended.returncode == 0, ended.stderr
    assert "only the implementation in Python is measured: there is no C compiler" in ended.stderr
    assert "LockedSet: not measured on build" in ended.stdout
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    (build,) = summary["builds"].values()
    assert OURS not in build["seconds"]
    assert build["ratio_to_set"][OURS_IN_PYTHON]["add, present"]
    assert build["goals"] == []
