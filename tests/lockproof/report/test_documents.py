"""Is a JSON report read back as it was, and is everything else refused with the next step?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from lockproof.core.errors import LockproofError
from lockproof.core.mutation_report import MutationReport
from lockproof.core.verdict import Report
from lockproof.report.documents import document_of, read_reports
from lockproof.report.jsonfile import write_json
from tests.lockproof.report.html.samples_for_pages import MUTANTS
from tests.lockproof.report.samples import HISTORIES, LOST_UPDATE
from tests.lockproof.report.strategies import reports

pytestmark = pytest.mark.one_build


def written(report: Any) -> Any:
    return json.loads(json.dumps(report.to_json()))


@settings(max_examples=settings().max_examples // 4)
@given(reports())
def test_a_report_of_a_search_comes_back(report: Report) -> None:
    assert document_of(written(report)) == report


def test_a_verdict_that_the_evidence_does_not_support_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(json.dumps({**LOST_UPDATE.to_json(), "verdict": "held"}))
    assert "the verdict is 'held', and the evidence says 'violation'" in refused(tmp_path / "a").fact


def test_a_report_on_mutants_comes_back() -> None:
    found = document_of(written(MUTANTS))
    assert isinstance(found, MutationReport) and found.score == MUTANTS.score
    assert found == MUTANTS


@pytest.mark.parametrize("name", sorted(HISTORIES))
def test_a_report_on_a_history_comes_back(name: str) -> None:
    assert document_of(written(HISTORIES[name])) == HISTORIES[name]


def test_a_history_that_was_judged_before_it_had_times_is_read() -> None:
    document = written(HISTORIES["history-violation"])
    for part in document["parts"]:
        for call in (*part["last"], *part["stuck"]):
            del call["began"], call["ended"]
    assert document_of(document) == HISTORIES["history-violation"]


def refused(path: Path) -> LockproofError:
    with pytest.raises(LockproofError) as caught:
        read_reports(path)
    assert caught.value.fact.startswith(str(path)) and caught.value.cause and caught.value.step
    return caught.value


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refused(tmp_path / "none.json").fact
    assert "cannot be read" in refused(tmp_path).fact


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"<html>", b"[1, 2", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert "is no JSON" in refused(tmp_path / "a").fact


@pytest.mark.parametrize(
    "content", ["1", "[]", "{}", '{"schema": 3}', '{"findings": []}', '{"parts": 1, "mutants": 2}']
)
def test_json_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a").write_text(content)
    assert "is JSON, and no report of lockproof" in refused(tmp_path / "a").fact


@pytest.mark.parametrize("report", [LOST_UPDATE, MUTANTS, HISTORIES["history-held"]])
@pytest.mark.parametrize("version", [0, 99, "3", None])
def test_another_version_is_refused(tmp_path: Path, report: Report, version: object) -> None:
    write_json({**report.to_json(), "schema": version}, tmp_path / "a")
    assert f"version {version!r}, and this lockproof reads version {report.SCHEMA}" in refused(tmp_path / "a").fact


FOLLOWING = ("score", "counts", "masked", "unknown", "left_out")
"""Fields that follow from the mutants, or from the evidence."""

DEFAULTED = ("left", "notes", "how", "reasons")
"""Fields that may be left out."""


@pytest.mark.parametrize("report", [LOST_UPDATE, MUTANTS, HISTORIES["history-violation"]])
def test_a_field_too_many_or_too_few_or_of_another_type_is_refused(tmp_path: Path, report: Report) -> None:
    document = report.to_json()
    for name in sorted(document.keys() - {"schema"}):
        wrongs = [{**document, name: object_of_another_type(document[name])}]
        wrongs += [] if name in DEFAULTED else [without(document, name)]
        for wrong in wrongs if name not in FOLLOWING else []:
            write_json(wrong, tmp_path / "a")
            with pytest.raises(LockproofError):
                read_reports(tmp_path / "a")
    write_json({**document, "more": 1}, tmp_path / "a")
    assert "as docs/schema describes it" in refused(tmp_path / "a").fact


def object_of_another_type(value: object) -> object:
    return {"x": 1} if not isinstance(value, dict) else 1


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: part for each, part in document.items() if each != name}
