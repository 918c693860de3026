"""Are failing scenarios kept, tried first the next time, and is a store that is broken no more than none?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lockproof import Violation, check
from lockproof.core.scenario import Scenario
from lockproof.core.settings import settings
from lockproof.core.verdict import Finding, FindingKind
from lockproof.testing import checks as testing
from tests.lockproof.report.samples import report

pytestmark = [
    pytest.mark.thread_unsafe(reason="changes the settings of the process"),
    pytest.mark.iterations(1),  # a directory that is empty at the beginning
]


class Subject:
    """A class to check. The stand-in never runs it."""


class Tries:
    """Stands in for a check: keeps the scenarios that it is to try first, and returns the findings set by `find`."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.finds: list[str] = []

    def __call__(self, setup: Any, options: Any, *, repeat: Any, first: list[Scenario], kept: Any) -> Any:
        self.first = [str(scenario) for scenario in first]
        findings = tuple(Finding(FindingKind.NOT_LINEARIZABLE, Scenario.parse(text)) for text in self.finds)
        return report(findings=findings)

    def find(self, *texts: str) -> None:
        """Run a check that has a finding for each of these scenarios."""
        self.finds = list(texts)
        if texts:
            with pytest.raises(Violation):
                check(Subject)
        else:
            check(Subject)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tries:
    instead = Tries()
    monkeypatch.setattr(testing, "run_check", instead)
    monkeypatch.setattr(settings, "make_store", lambda: tmp_path / "lockproof")
    monkeypatch.setattr(settings, "totals", {})
    return instead


def test_what_failed_is_tried_first_the_newest_before_the_older(tries: Tries) -> None:
    tries.find("a.f(1) || a.f(1)")
    assert tries.first == []
    tries.find("a.f(2) || a.f(2)")
    assert tries.first == ["a.f(1) || a.f(1)"]
    tries.find()
    assert tries.first == ["a.f(2) || a.f(2)", "a.f(1) || a.f(1)"]


def test_it_stays_when_it_no_longer_fails_and_ten_are_kept(tries: Tries) -> None:
    for number in range(12):
        tries.find(f"a.f({number}) || a.f({number})")
    tries.find()
    tries.find()
    assert len(tries.first) == 10
    assert tries.first[0] == "a.f(11) || a.f(11)"


def test_another_subject_has_a_store_of_its_own(tries: Tries) -> None:
    tries.find("a.f(1) || a.f(1)")
    tries.finds = []
    check("queue:Queue")
    assert tries.first == []


@pytest.mark.parametrize("text", ["", "no json", "5", "[5]", '["a.f("]', "[null]"])
def test_a_store_that_cannot_be_read_is_as_good_as_none(tries: Tries, text: str) -> None:
    tries.find("a.f(1) || a.f(1)")
    assert settings.store is not None
    (file,) = settings.store.iterdir()
    file.write_text(text, encoding="utf-8")
    tries.find("a.f(2) || a.f(2)")
    assert tries.first == []
    assert json.loads(file.read_text(encoding="utf-8")) == ["a.f(2) || a.f(2)"]
    assert list(settings.store.iterdir()) == [file]


def test_without_a_store_nothing_is_written(tries: Tries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "make_store", None)
    tries.find("a.f(1) || a.f(1)")
    assert list(tmp_path.iterdir()) == []
