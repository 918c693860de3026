"""Does the benchmark of recorded histories make the histories that it says, and judge them?"""

from __future__ import annotations

import io
import json

import pytest

from benchmarks import history
from lockproof.histories.judged import judge_history

pytestmark = pytest.mark.one_build


@pytest.mark.parametrize("case", history.CASES)
def test_a_simulated_history_has_the_verdict_of_its_name(case: history.Case) -> None:
    events = history.events(300, 4, case, seed=1)
    text = io.StringIO("".join(json.dumps(event) + "\n" for event in events))
    report = judge_history(text, "set", budget_seconds=20)
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
