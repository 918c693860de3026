"""Does a long check show its progress, and does the thread that shows it end with the check?"""

from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from lockproof.core.options import Progress
from lockproof.report.progress import ProgressLine

PROGRESS = Progress("checking", 3.0, 10.0, 812, 412_000, "a.add(1) || a.add(1)", 1)
LONGEST = 30.0


class Seen(io.StringIO):
    """A stream with an event that is set when something is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def write(self, text: str, /) -> int:
        size = super().write(text)
        if "scenarios" in text:
            self.written.set()
        return size


def console(stream: io.StringIO, *, terminal: bool) -> Console:
    return Console(file=stream, width=50, force_terminal=terminal, color_system=None, legacy_windows=False)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_long_check_shows_how_far_it_is(terminal: bool) -> None:
    stream = Seen()
    with ProgressLine(console(stream, terminal=terminal), moving=0.01, quiet=0.01) as line:
        line(PROGRESS)
        assert stream.written.wait(LONGEST)
    assert "812 scenarios" in stream.getvalue()
    assert stream.getvalue().count("lockproof: ") == (0 if terminal else stream.getvalue().count("\n"))


def test_a_check_by_counts_shows_these_and_no_time_limit() -> None:
    line = ProgressLine(console(Seen(), terminal=False))
    line(Progress("exploring", 3.0, 0.0, 8, 0, "a.f() || a.f()", counts="60 of 500 schedules"))
    assert re.match(r"exploring 3(\.\d)? s, 60 of 500 schedules, 8 scenarios: a\.f\(\)", line.line())  # no run


def test_nothing_is_said_of_a_short_check_where_nobody_watches() -> None:
    stream = Seen()
    with ProgressLine(console(stream, terminal=False)) as line:
        line(PROGRESS)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_the_thread_ends_with_the_check_even_if_it_fails(terminal: bool) -> None:
    line = ProgressLine(console(io.StringIO(), terminal=terminal))
    with pytest.raises(KeyboardInterrupt), line:
        assert line._thread.is_alive()
        raise KeyboardInterrupt
    assert not line._thread.is_alive()


def test_a_terminal_is_left_with_an_empty_line() -> None:
    stream = Seen()
    with ProgressLine(console(stream, terminal=True), moving=0.01) as line:
        line(PROGRESS)
        assert stream.written.wait(LONGEST)
    assert stream.getvalue().rstrip("\n").endswith("\x1b[2K")  # the line is erased
    assert "\x1b[?25h" in stream.getvalue()  # the cursor is back


def test_the_line_fits_the_terminal() -> None:
    stream = Seen()
    with ProgressLine(console(stream, terminal=True), moving=0.01) as line:
        line(PROGRESS)
        assert stream.written.wait(LONGEST)
    lines = re.sub(r"\x1b\[\??\d*[A-Za-z]", "", stream.getvalue()).split("\r")
    assert {len(line.strip("\n")) for line in lines if "scenarios" in line} == {50}


def test_the_line_counts_on_from_the_last_word_of_the_check() -> None:
    line = ProgressLine(console(io.StringIO(), terminal=False))
    assert line.line().startswith("starting 0.0 s")
    line(PROGRESS)
    assert line.line() == "checking 3.0 s of 10 s, 812 scenarios, 412,000 runs, 1 finding: a.add(1) || a.add(1)"
