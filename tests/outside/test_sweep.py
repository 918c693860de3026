"""Does lockproof come through every class of the standard library without a fault of its own, and in time?"""

from __future__ import annotations

import sys

import pytest

from tests import sweep

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes")]


def test_the_list_is_made_from_the_interpreter() -> None:
    found = list(sweep.candidates())
    assert len(found) > 200
    assert {"queue:Queue", "threading:Barrier", "collections:OrderedDict", "logging:Handler"} <= set(found)
    for not_tried in ("queue:Empty", "abc:ABCMeta.register", "collections.abc:Set", "turtle:Turtle"):
        assert not_tried not in found


@pytest.mark.one_build
def test_what_needs_arguments_is_left_out() -> None:
    assert sweep.makeable(["queue:Queue", "threading:Barrier", "string:Template"]) == ["queue:Queue"]


@pytest.mark.nightly(reason="three checks; the sweep itself is nightly")
def test_a_fault_of_lockproof_and_a_check_that_takes_too_long_are_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (line := sweep.swept("queue:SimpleQueue", 1)).trouble == "" and line.verdict == "held"
    assert "no operations" in sweep.swept("ast:Pow", 1).headline
    monkeypatch.setattr(sweep, "STARTING", -100.0)
    assert sweep.swept("queue:SimpleQueue", 1).trouble == "took longer than 4 s"
    monkeypatch.setattr(sweep, "BUDGET", -1.0)  # wrong usage, which must not look like a verdict
    assert sweep.swept("queue:SimpleQueue", 1).verdict == "refused"


@pytest.mark.nightly(reason="some hundred checks of a second each")
def test_no_class_of_the_standard_library_brings_lockproof_into_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    status = sweep.main(["--seed", str(sys.version_info.minor)])
    assert status == 0, capsys.readouterr().out
