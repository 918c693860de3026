"""Can a person read what was found, on a terminal and in a log, and repeat it?"""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Report, Verdict
from lockproof.report.page import console_on
from lockproof.report.text import as_text, print_report
from tests.lockproof.report.golden import PLACE, in_colour, texts
from tests.lockproof.report.samples import CRASH, DIFFERENT, HANG, HELD, LONG_LINES, LOST_UPDATE, SAMPLES, UNKNOWN
from tests.lockproof.report.strategies import reports

pytestmark = pytest.mark.one_build

GOLDEN = dict(texts())


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_sample_reads_as_it_should(name: str) -> None:
    assert GOLDEN[name] == (PLACE / name).read_text(encoding="utf-8"), (
        "python -m tests.lockproof.report.golden, if it is meant"
    )


def test_every_golden_text_has_its_sample() -> None:
    assert {path.name for path in PLACE.iterdir()} == set(GOLDEN)


def wrapped_lines(text: str) -> Iterator[str]:
    """Yield the lines that are wrapped: all but the first, commands and stacks, which are kept whole."""
    whole = False
    for line in text.splitlines()[1:]:
        if whole and not line.startswith("    "):
            whole = False
        if not whole:
            yield line
        if line.strip() in ("repeat it with:", "stacks of the threads:"):
            whole = True


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_line_is_wider_than_the_terminal_or_ends_in_spaces(name: str, width: int) -> None:
    text = as_text(SAMPLES[name], width)
    assert all(len(line) <= width for line in wrapped_lines(text))
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


def test_sentences_stay_readable_on_a_wide_terminal() -> None:
    assert all(len(line) <= 100 for line in wrapped_lines(as_text(HELD, 250)))


def plain(text: str) -> str:
    return re.sub(r"ESC\[[\d;]*m", "", text)


def test_colour_says_nothing_that_the_words_do_not() -> None:
    assert "ESC[" in in_colour()
    assert plain(in_colour()) == as_text(LOST_UPDATE, 80)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def printed_on(stream: io.StringIO) -> str:
    print_report(LOST_UPDATE, console_on(stream, 80))
    return stream.getvalue()


@pytest.mark.thread_unsafe(reason="changes the environment of the process")
@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_styles_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert "\x1b" not in printed_on(io.StringIO())
    assert ("\x1b" in printed_on(Terminal())) == (not variables)


def test_a_stream_that_knows_ascii_alone_gets_tables_of_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print_report(LOST_UPDATE, Console(file=stream, width=80, highlight=False))
    stream.flush()
    assert b"| a.try_add(1) -> True | a.try_add(1) -> True |" in raw.getvalue()


@pytest.mark.parametrize("width", [60, 200])
def test_the_command_stands_on_one_line_and_means_the_same_scenario(width: int) -> None:
    (line,) = [each for each in as_text(LOST_UPDATE, width).splitlines() if "lockproof check" in each]
    words = shlex.split(line)
    assert words[:3] == ["lockproof", "check", "shop.bags:Bag"]
    assert Scenario.parse(words[words.index("--scenario") + 1]) == LOST_UPDATE.findings[0].scenario


def test_a_violation_is_shown_with_its_results_its_reason_its_rate_and_the_build() -> None:
    text = as_text(LOST_UPDATE)
    assert "│ a.try_add(1) -> True │ a.try_add(1) -> True │" in text
    assert "Both `a.try_add(1)` returned True." in text
    assert "failed in 812 of 20,000 runs, 4.1 %" in text
    assert re.search(r"812 +4\.1 % +forbidden +True +True +\[1\]", text)
    assert "- `a.try_add(1)` of thread 2 -> False" in text
    assert "3.13.15t (free-threaded build, GIL off)" in text


def test_a_hang_is_shown_with_the_stacks_and_without_results() -> None:
    text = as_text(HANG)
    assert "│ a.update(b) │ b.update(a) │" in text
    assert 'File "/srv/shop/bags.py", line 31, in update' in text
    assert "with one thread alone" in text
    assert "outcomes of" not in text


def test_foreign_text_cannot_command_the_terminal() -> None:
    assert r"\x1b[31mthread" in as_text(CRASH)
    assert "\x1b" not in as_text(CRASH)


def test_what_one_thread_shows_is_set_apart_from_concurrency() -> None:
    text = as_text(DIFFERENT)
    assert "On one thread already (not a concurrency bug):" in text
    assert "Finding" not in text
    assert "not a concurrency bug" not in as_text(LOST_UPDATE)


def test_held_says_what_was_covered_and_no_more() -> None:
    text = as_text(HELD)
    first = "shop.bags:Bag: HELD: 3 of 4 methods, 2 skipped, 812 scenarios, 412,000 runs, 3,943 schedules\n"
    assert text.startswith(first) and "evidence, not proof" in text
    assert "operations: a.add(x), a.try_add(x), len(a)" in text
    for word in ("correct", "safe", "passed", "proven"):
        assert word not in text


def test_unknown_gives_its_reasons_and_is_no_pass() -> None:
    text = as_text(UNKNOWN)
    assert text.startswith("shop.bags:Bag: UNKNOWN: ") and "this is not a pass" in text
    assert "- nothing was run on real threads" in text
    assert "HELD" not in text


def test_what_was_left_out_of_the_table_is_counted() -> None:
    text = as_text(LONG_LINES)
    assert "and 398,952 runs with other outcomes, 2 of them forbidden" in text
    assert "other outcomes" not in as_text(LOST_UPDATE)


def test_a_probe_is_explained_where_it_is_used() -> None:
    assert "Meddling: An integer whose hash and comparison call operations of" in as_text(LONG_LINES)
    assert "Meddling" not in as_text(LOST_UPDATE)


def test_many_threads_stand_below_each_other_where_there_is_no_room() -> None:
    scenario = Scenario.parse(" || ".join(["a.update([1, 2, 3])"] * 4))
    many = replace(LOST_UPDATE, findings=(replace(HANG.findings[0], scenario=scenario),))
    assert "  thread 4: a.update([1, 2, 3])\n" in as_text(many, 60)
    assert "│ thread 4            │" in as_text(many, 100)


@settings(max_examples=settings().max_examples // 3)
@given(reports(), st.integers(40, 160))
def test_any_report_can_be_read(report: Report, width: int) -> None:
    text = as_text(report, width)
    assert report.verdict.value.upper() in text.split("\n\n")[0]
    assert text.replace("\n", "").isprintable()
    assert ("no violation" in " ".join(text.split())) == (report.verdict is not Verdict.VIOLATION)
