"""`python -m ci.sanitize`: does it read reports rightly, plant its faults, and fail when it should?"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ci import core, sanitize
from ci.console import CiError, Reporter
from ci.sanitizers import SANITIZERS, THREAD, Report, Sanitizer, reports

pytestmark = pytest.mark.one_build

OURS = """==================
WARNING: ThreadSanitizer: data race (pid=7)
  Write of size 8 at 0x7f by thread T3:
    #0 set_add_entry /cpython/Objects/setobject.c:197:13 (python3.13t+0x2b)
    #1 locked_add /tmp/core-1/lockedset/native/changes.h:17:18 (_core.cpython-313t-x86_64-linux-gnu.so+0x4a)

  Previous read of size 8 at 0x7f by thread T2:
    #0 is_pristine /tmp/core-1/lockedset/native/contents.h:108:34 (_core.cpython-313t-x86_64-linux-gnu.so+0x68)
==================
"""
FOREIGN = """==================
WARNING: ThreadSanitizer: data race (pid=7)
  Write of size 8 at 0x7f by thread T3:
    #0 new_reference /cpython/Objects/object.c:2400 (python3.13t+0x2b)

  Previous atomic read of size 8 at 0x7f by thread T2:
    #0 _Py_TryIncref /cpython/Include/object.h:10 (python3.13t+0x68)
==================
"""
ADDRESS = """==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x60 at pc 0x7f
WRITE of size 8 at 0x60 thread T0
    #0 0x7f in hold_dealloc /tmp/core-2/lockedset/native/holds.h:121
"""
UNDEFINED = (
    "/tmp/core-2/lockedset/native/locks.h:85:17: runtime error: shift exponent 48 is too large for 32-bit type\n"
)


def runs(tmp_path: Path, sanitizer: Sanitizer = THREAD) -> sanitize.Runs:
    log = tmp_path / "log"
    log.write_text("last words\n", encoding="utf-8")
    return sanitize.Runs(sanitizer, Path("python"), tmp_path, "clang-19", tmp_path, log, Reporter(io.StringIO()))


def said(made: sanitize.Runs) -> str:
    stream = made.report.stream
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


@pytest.mark.parametrize("text", [OURS, ADDRESS, UNDEFINED], ids=["thread", "address", "undefined"])
def test_a_report_with_a_frame_of_the_core_is_ours(text: str) -> None:
    (found,) = reports(text)
    assert found.ours


def test_reports_are_told_apart() -> None:
    found = reports("noise\n" + OURS + FOREIGN)
    assert [each.ours for each in found] == [True, False]
    assert [each.summary for each in found] == ["set_add_entry and is_pristine", "new_reference and _Py_TryIncref"]
    assert reports("no report at all\n") == []


def test_a_report_of_ours_fails_and_others_are_counted_in_a_line(tmp_path: Path) -> None:
    made = runs(tmp_path)
    problems = sanitize.judge(made, "soak", 0, reports(FOREIGN + OURS + FOREIGN))
    assert [problem.splitlines()[0] for problem in problems] == [
        "soak: 1 reports of set_add_entry and is_pristine; the first:"
    ]
    assert "soak: 2 reports of CPython alone: 2 of new_reference and _Py_TryIncref" in said(made)
    assert sanitize.judge(made, "soak", 0, reports(FOREIGN)) == []
    assert "last words" in sanitize.judge(made, "soak", 3, [])[0]


@pytest.mark.parametrize("sees", [True, False])
def test_a_planted_fault_that_is_not_reported_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sees: bool
) -> None:
    made = runs(tmp_path)
    monkeypatch.setattr(made, "build", lambda fault=None: tmp_path / "faulty")

    def run(title: str, package: Path, *_: str, seconds: float) -> tuple[int, list[Report]]:
        return 0, reports(OURS) if sees and package.name == "faulty" else reports(FOREIGN)

    monkeypatch.setattr(made, "run", run)
    problems = sanitize.find_planted(made, tmp_path / "sound", 1.0)
    assert len(problems) == (0 if sees else len(THREAD.faults))


def test_each_fault_can_be_planted(tmp_path: Path) -> None:
    for number, fault in enumerate(fault for each in SANITIZERS.values() for fault in each.faults):
        native = tmp_path / str(number) / "native"
        native.mkdir(parents=True)
        text = (core.PACKAGE / "native" / fault.file).read_text(encoding="utf-8")
        (native / fault.file).write_text(text, encoding="utf-8")
        fault.plant(native.parent)
        assert (native / fault.file).read_text(encoding="utf-8") != text
        with pytest.raises(CiError, match="occurs 0 times"):
            fault.plant(native.parent)


def test_the_tests_get_the_packages_that_the_group_names() -> None:
    names = {line.split(">")[0].split("<")[0] for line in sanitize.requirements()}
    assert names == set(sanitize.PACKAGES)


def test_a_build_is_silent_about_itself_and_the_variable_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSAN_OPTIONS", "mine")
    with sanitize.silent(THREAD):
        assert "report_bugs=0" in os.environ["TSAN_OPTIONS"]
    assert os.environ["TSAN_OPTIONS"] == "mine"
