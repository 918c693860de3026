"""Is a recorded history read as Jepsen means it, and refused where it cannot be one?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from lockproof.core.errors import MalformedHistory
from lockproof.core.history import NEVER, PENDING
from lockproof.histories.jepsen import read

pytestmark = pytest.mark.one_build


def event(process: Any, kind: str, f: Any = "add", value: Any = 1, **more: Any) -> str:
    return json.dumps({"process": process, "type": kind, "f": f, "value": value, **more}) + "\n"


def test_calls_are_read_with_their_lines_as_times() -> None:
    recording = read(
        [event(0, "invoke"), event(1, "invoke", "read", None), event(0, "ok"), event(1, "ok", "read", [1])]
    )
    first, second = recording.history.calls
    assert (first.process, first.operation, first.result, first.invoked, first.returned) == (0, ("add", 1), 1, 1, 3)
    assert (second.operation, second.result, second.line) == (("read", None), [1], 2)


def test_what_failed_did_not_take_place_and_what_is_unknown_is_pending() -> None:
    recording = read(
        [event(0, "invoke"), event(1, "invoke"), event(2, "invoke"), event(0, "fail"), event(1, "info"), "\n"]
    )
    assert recording.failed == 1
    assert [(call.process, call.result, call.returned) for call in recording.history.calls] == [
        (1, PENDING, NEVER),
        (2, PENDING, NEVER),
    ]


def test_times_that_are_given_are_kept() -> None:
    recording = read([event(0, "invoke", time=5), event(1, "invoke", time=7), event(0, "ok", time=7)])
    assert [(call.invoked, call.returned) for call in recording.history.calls] == [(5, 7), (7, NEVER)]


def test_lines_of_the_nemesis_are_left_out() -> None:
    recording = read([event("nemesis", "info", "start"), event(0, "invoke"), event(0, "ok")])
    assert (len(recording.history), recording.skipped) == (1, 1)


BEGUN = event(0, "invoke")


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ([], 0, "no operations"),
        (["\n", "  \n"], 0, "no operations"),
        ([BEGUN, "{"], 2, "not JSON"),
        ([BEGUN, BEGUN.strip() + "x"], 2, "not JSON"),
        (["[1]"], 1, "not a JSON object"),
        (['{"type": "invoke", "f": "add"}'], 1, "no 'process'"),
        (['{"process": 0, "f": "add"}'], 1, "no 'type'"),
        (['{"process": 0, "type": "invoke"}'], 1, "no 'f'"),
        ([event(None, "invoke")], 1, "the process is null"),
        ([event(True, "invoke")], 1, "the process is true"),
        ([event(0, "invoke", f=3)], 1, "f is 3"),
        ([event(0, "begin")], 1, 'the type is "begin"'),
        ([event(0, "ok")], 1, "invoked nothing"),
        ([event(0, "fail")], 1, "invoked nothing"),
        ([event(0, "info")], 1, "invoked nothing"),
        ([BEGUN, event(0, "ok"), event(0, "ok")], 3, "invoked nothing"),
        ([BEGUN, BEGUN], 2, "of line 1 has not ended"),
        ([BEGUN, event(0, "ok", "remove")], 2, "which invoked add in line 1"),
        ([BEGUN, event(0, "info"), BEGUN], 3, "may still go on"),
        ([event(0, "invoke", time=5), event(0, "ok", time=4)], 2, "time runs backwards"),
        ([event(0, "invoke", time=5), event(0, "ok")], 2, "no time"),
        ([BEGUN, event(0, "ok", time=5)], 2, "a time, unlike"),
        ([event(0, "invoke", time="noon")], 1, "the time is"),
    ],
)
def test_what_cannot_be_a_history_is_refused_with_its_line(lines: list[str], line: int, reason: str) -> None:
    with pytest.raises(MalformedHistory) as refused:
        read(lines)
    assert refused.value.line == line
    assert reason in refused.value.fact
