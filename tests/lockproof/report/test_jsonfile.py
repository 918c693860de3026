"""Can programs rely on the JSON reports: complete or not there at all, and as the schemas say?"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from lockproof.core.codec import decode
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Omission
from lockproof.core.mutation_report import Fate
from lockproof.core.verdict import Finding, Report
from lockproof.report.jsonfile import as_json, write_json
from tests.lockproof.report.samples import HISTORIES, SAMPLES
from tests.lockproof.report.strategies import reports

pytestmark = pytest.mark.one_build

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schema"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


REPORT, HISTORY = validator("report"), validator("history-report")


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_samples_are_as_the_schema_says(name: str) -> None:
    REPORT.validate(json.loads(as_json(SAMPLES[name].to_json())))


@pytest.mark.parametrize("name", sorted(HISTORIES))
def test_the_reports_on_histories_are_as_their_schema_says(name: str) -> None:
    HISTORY.validate(json.loads(as_json(HISTORIES[name].to_json())))


@settings(max_examples=settings().max_examples // 3)
@given(reports())
def test_any_report_is_as_the_schema_says_and_its_findings_can_be_read_back(report: Report) -> None:
    document = json.loads(as_json(report.to_json()))
    REPORT.validate(document)
    for each, finding in zip(document["findings"], report.findings, strict=True):
        assert each.pop("command") == finding.command
        assert decode(Finding, each) == finding


def objects_of(schema: Any) -> list[dict[str, Any]]:
    """Return all descriptions of objects in a schema."""
    if isinstance(schema, list):
        return [each for item in schema for each in objects_of(item)]
    if not isinstance(schema, dict):
        return []
    return [schema] * (schema.get("type") == "object") + [each for item in schema.values() for each in objects_of(item)]


@pytest.mark.parametrize("checker", [REPORT, HISTORY], ids=["report", "history"])
def test_the_schemas_are_strict(checker: Draft202012Validator) -> None:
    found = objects_of(checker.schema)
    assert len(found) >= 4
    for each in found:
        assert each["additionalProperties"] is False
        assert sorted(each["required"]) == sorted(each["properties"])


REASON = {"code": "cut-off", "count": 1, "text": "the search was not complete", "step": "raise the budget"}


def test_the_codes_of_the_schemas_and_of_the_guide_are_those_of_the_code() -> None:
    doubts = [each.value for each in Doubt]
    assert REPORT.schema["$defs"]["doubt"]["enum"] == doubts
    assert REPORT.schema["$defs"]["omission"]["properties"]["code"]["enum"] == [each.value for each in Omission]
    judged = validator("mutation-report").schema["$defs"]["judged"]["properties"]
    assert judged["undecided"]["items"]["enum"] == doubts
    assert judged["fate"]["enum"] == [each.value for each in Fate]
    guide = (SCHEMAS.parent / "lockproof.md").read_text(encoding="utf-8")
    table = guide.partition("| code | what was not judged |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`([a-z-]+-[a-z-]+|interrupted)`", table)) == sorted(doubts)


WRONG: dict[str, Callable[[Any], Any]] = {
    "a missing field": lambda document: document.pop("seed"),
    "an unknown field": lambda document: document.update(extra=1),
    "an unknown verdict": lambda document: document.update(verdict="pass"),
    "held with findings": lambda document: document.update(verdict="held"),
    "unknown without a reason": lambda document: document.update(verdict="unknown", findings=[], unknown=[]),
    "another version": lambda document: document.update(schema=1),
    "held with a doubt": lambda document: document.update(verdict="held", findings=[], unknown=[REASON]),
    "an unknown doubt": lambda document: document.update(unknown=[REASON | {"code": "judge"}]),
    "a doubt without a next step": lambda document: document.update(unknown=[{"code": "cut-off"}]),
    "a negative count": lambda document: document["coverage"].update(scenarios=-1),
    "a thread that is no list": lambda document: document["findings"][0]["scenario"].update(threads=["len(a)"]),
    "a result that is no text": lambda document: document["findings"][0]["outcome"].update(final=[1]),
    "an unknown kind": lambda document: document["findings"][0].update(kind="race"),
    "a field too many in a finding": lambda document: document["findings"][0].update(schedule=[]),
    "an environment without the GIL": lambda document: document["environment"].pop("gil"),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_a_wrong_report_is_refused(what: str) -> None:
    document = json.loads(as_json(SAMPLES["lost-update"].to_json()))
    assert REPORT.is_valid(document)
    wrong = copy.deepcopy(document)
    WRONG[what](wrong)
    assert not REPORT.is_valid(wrong)


def test_a_wrong_report_on_a_history_is_refused() -> None:
    document = json.loads(as_json(HISTORIES["history-violation"].to_json()))
    assert HISTORY.is_valid(document)
    assert not HISTORY.is_valid(document | {"verdict": "held"})
    assert not HISTORY.is_valid(document | {"more": 1})


def test_the_file_has_the_whole_report_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    write_json({"a": "ä\ud800"}, path)
    assert json.loads(path.read_text(encoding="ascii")) == {"a": "ä\ud800"}
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.thread_unsafe(reason="puts another method in the place of Path.replace")
def test_where_writing_fails_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(LockproofError, match="No space left"):
        write_json({}, path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_what_is_no_json_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json({"seconds": float("nan")}, tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(LockproofError, match="cannot be written"):
        write_json({}, tmp_path / "no" / "report.json")
    with pytest.raises(LockproofError, match="cannot be written"):
        write_json({}, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        write_json({"a": 1}, path)
        assert json.loads(os.read(reader, 1000)) == {"a": 1}
    finally:
        os.close(reader)
    assert path.is_fifo()
