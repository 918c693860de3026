"""Does `lockproof history` judge a file, and refuse what is no history?"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lockproof.cli import commands as cli

pytestmark = pytest.mark.thread_unsafe(reason="catches what is printed in the whole process")


def events(*calls: tuple[int, str, Any, Any]) -> str:
    """Return the lines of sequential calls, each given as process, operation, argument, result."""
    lines = []
    for process, f, value, result in calls:
        lines.append({"process": process, "type": "invoke", "f": f, "value": value})
        lines.append({"process": process, "type": "ok", "f": f, "value": result})
    return "".join(json.dumps(line) + "\n" for line in lines)


GOOD = events((0, "add", 3, 3), (1, "read", None, [3]))
STALE = events((0, "add", 3, 3), (1, "read", None, []))


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("COLUMNS", "400")  # the path of the file, however long it is, stays on its line
    return tmp_path / "run.jsonl"


@pytest.mark.parametrize(("text", "status", "word"), [(GOOD, 0, "HELD"), (STALE, 1, "VIOLATION")])
def test_the_status_is_that_of_the_verdict(
    recorded: Path, capsys: pytest.CaptureFixture[str], text: str, status: int, word: str
) -> None:
    recorded.write_text(text)
    assert cli.main(["history", str(recorded), "--model", "set"]) == status
    assert f"run.jsonl: {word} " in " ".join(capsys.readouterr().out.split())


def test_less_may_be_asked_for(recorded: Path) -> None:
    recorded.write_text(STALE)
    assert cli.main(["history", str(recorded), "--model", "set", "--consistency", "sequential"]) == 0


def test_the_report_can_be_had_as_json(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded.write_text(STALE)
    assert cli.main(["history", str(recorded), "--model", "set", "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "violation"


def test_a_history_comes_from_standard_input_too(
    recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(GOOD))
    assert cli.main(["history", "-", "--model", "set"]) == 0


@pytest.mark.parametrize(
    ("text", "words", "says"),
    [
        (GOOD, ["--model", "sett"], "choose one of register"),
        (GOOD, [], "Missing option '--model'"),
        ("no json", ["--model", "set"], "line 1: not JSON"),
        (GOOD, ["--model", "no.such:Thing"], "no.such"),
        (GOOD, ["--model", "set", "--budget", "never"], "no length of time"),
    ],
)
def test_wrong_usage_and_wrong_files_are_told_with_status_2(
    recorded: Path, capsys: pytest.CaptureFixture[str], text: str, words: list[str], says: str
) -> None:
    recorded.write_text(text)
    assert cli.main(["history", str(recorded), *words]) == 2
    said = capsys.readouterr()
    assert says in said.err and "Traceback" not in said.err
    assert said.out == ""


def test_bytes_that_are_no_text_are_told(
    recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.write_bytes(b"\xff\xfe\n")
    assert cli.main(["history", str(recorded), "--model", "set"]) == 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8"))
    assert cli.main(["history", "-", "--model", "set"]) == 2
    assert capsys.readouterr().err.count("UTF-8") >= 2
