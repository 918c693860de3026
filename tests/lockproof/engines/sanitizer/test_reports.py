"""Are the reports of ThreadSanitizer read as they are meant, and told apart by their two accesses?"""

from __future__ import annotations

from pathlib import Path

import pytest

from lockproof.campaign.race_log import RaceLog, RaceWatch
from lockproof.core.race import Race
from lockproof.core.scenario import Scenario
from lockproof.engines.sanitizer.reports import OtherReport, complete, reports_in, suppressed_in
from tests.lockproof.engines.sanitizer.written import LEAK, MATCHED, race

pytestmark = pytest.mark.one_build

ONE, TWO = Scenario.parse("a.f() || a.f()"), Scenario.parse("a.g() || a.g()")
HEADER = "Py_INCREF /build/source/Include/object.h:10:1 (python3.13t+0x11)"


def only(text: str) -> Race:
    (found,) = reports_in(text)
    assert isinstance(found, Race)
    return found


def test_both_accesses_are_read_with_their_functions_files_and_lines() -> None:
    found = only(race())
    assert found.what == "data race" and found.location == "heap block of size 64 allocated by main thread"
    assert [each.what for each in found.accesses] == ["write of size 8", "atomic read of size 8"]
    assert [str(each) for each in found.accesses] == [
        "write of size 8 in cycle_next at itertoolsmodule.c:1330",
        "atomic read of size 8 in cycle_next at itertoolsmodule.c:1332",
    ]
    frame = found.accesses[0].frames[0]
    assert (frame.file, frame.line) == ("Modules/itertoolsmodule.c", 1330)
    assert (frame.module, frame.offset) == ("python3.13t", "0x528dd0")


def test_a_stack_ends_where_the_interpreter_calls_itself_but_for_an_extension_below() -> None:
    names = [each.function for each in only(race()).accesses[0].frames]
    assert names == ["cycle_next", "builtin_next", "_PyObject_VectorcallTstate", "_PyEval_EvalFrameDefault", "ext_call"]


def test_the_pair_is_the_same_whichever_access_came_first_and_another_line_is_another_pair() -> None:
    one, other = "f /x/a.c:1:1 (a.so+0x1)", "g /x/a.c:2:1 (a.so+0x2)"
    assert only(race(one, other)).key == only(race(other, one)).key
    assert only(race(one, other)).key != only(race(one, one)).key


def test_a_line_of_a_header_tells_less_than_its_caller() -> None:
    found = only(race(f"{HEADER} (BuildId: 54f9)\n    #1 f /x/a.c:7:1 (a.so+0x1)"))
    assert found.accesses[0].place == "f at a.c:7"


def test_without_lines_the_machine_code_tells_where() -> None:
    found = only(race("<null> <null> (a.so+0x1)", "memcpy <null> (a.so+0x2)"))
    assert found.accesses[0].frames[0].place == "a function without a name in a.so+0x1"
    assert found.accesses[1].frames[0].place == "memcpy in a.so+0x2"
    assert found.accesses[1].place == "builtin_next at bltinmodule.c:1550"  # what called the function without a line


def test_a_lost_stack_is_said_to_be_lost() -> None:
    found = only(race(lost=True))
    assert not found.whole and found.accesses[1].frames == ()
    assert "not known any more" in str(found)


def test_other_reports_are_no_races_and_other_text_is_no_report() -> None:
    assert reports_in(LEAK) == [OtherReport("thread leak")]
    assert reports_in("Fatal Python error\n==================\n") == []
    assert [type(each) for each in reports_in(race() + LEAK + race())] == [Race, OtherReport, Race]
    assert only(race(what="heap-use-after-free")).what == "heap-use-after-free"


@pytest.mark.parametrize("cut", [0, 10, 200, len(race()) - 5])
def test_a_report_that_is_not_whole_yet_is_left(cut: int) -> None:
    whole = race()
    assert complete(whole + race()[:cut]) == len(whole)
    assert complete(whole) == len(whole) and complete("") == 0


def test_what_was_suppressed_is_counted() -> None:
    assert suppressed_in(race() + MATCHED + MATCHED) == 6 and suppressed_in(race()) == 0


def test_a_pair_belongs_to_the_scenario_that_ran_when_it_was_reported(tmp_path: Path) -> None:
    watch = RaceWatch(RaceLog(tmp_path, "search"), lambda: 1.5)
    file = tmp_path / "search.17"
    file.write_text(race())
    watch.ran(ONE)
    with file.open("a") as more:
        more.write(race() + race("f /x/ä.c:1:1 (a.so+0x1)", "f /x/ä.c:1:1 (a.so+0x1)")[:300])
    watch.ran(TWO)
    file.write_text(race() + race() + race("f /x/ä.c:1:1 (a.so+0x1)", "f /x/ä.c:1:1 (a.so+0x1)"))
    watch.ran(TWO)
    watch.ran(ONE)
    assert [(str(each.scenario), each.race.key[0]) for each in watch.whole_pairs()] == [
        (str(ONE), "cycle_next at itertoolsmodule.c:1330"),
        (str(TWO), "f at ä.c:1"),
    ]


def test_a_half_known_pair_counts_only_if_its_known_half_is_in_no_other(tmp_path: Path) -> None:
    watch = RaceWatch(RaceLog(tmp_path, "search"), lambda: 1.5)
    (tmp_path / "search.17").write_text(race() + race(lost=True) + race("f /x/a.c:1:1 (a.so+0x1)", lost=True))
    watch.ran(ONE)
    assert [each.race.whole for each in watch.whole_pairs()] == [True, False]
