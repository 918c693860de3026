"""Do the benchmarks of recorded histories make the histories that they say, and judge them?"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from benchmarks import history, searches
from lockproof.histories.judged import judge_history

pytestmark = pytest.mark.one_build


@pytest.mark.parametrize("case", history.CASES)
def test_a_simulated_history_has_the_verdict_of_its_name(case: history.Case) -> None:
    events = history.events(300, 4, case, seed=1)
    text = io.StringIO("".join(json.dumps(event) + "\n" for event in events))
    report = judge_history(text, case.model, budget_seconds=20)
    assert report.verdict == ("violation" if case.violation else "held")
    assert report.calls == 300


@pytest.mark.thread_unsafe(reason="captures what is printed")
def test_the_command_prints_a_line_for_each_case(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CASES", history.CASES[:1])
    history.main(["--operations", "50"])
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and "held" in said[1] and "MiB" in said[1]


@pytest.mark.thread_unsafe(reason="captures what is printed")
def test_the_command_compares_the_searches(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "KINDS", [searches.Kind("register", 4, 30), searches.Kind("counter", 3, 20, 0.1)])
    searches.main(["--histories", "1", "--seconds", "10"])
    said = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in said[1:-1]] == ["register", "register", "counter", "counter"]
    assert said[-1] == "wgl: 4, jit: 4, in turns: 4 decided"


@pytest.mark.thread_unsafe(reason="captures what is printed")
def test_another_judge_of_the_same_file_has_a_line_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text(f'#!{sys.executable}\nprint(\'{{"verdict": "Ok", "seconds": 1, "cpu": 2, "peak": 3}}\')\n')
    other.chmod(0o755)
    monkeypatch.setattr(history, "CASES", history.CASES[:1])
    history.main(["--operations", "50", "--porcupine", str(other)])
    said = capsys.readouterr().out.splitlines()
    assert "lockproof held" in said[1] and "porcupine Ok" in said[2] and "3 MiB" in said[2]
