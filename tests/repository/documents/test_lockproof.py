"""Does the guide to lockproof tell the truth? Its files are written, its commands run, their output compared."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

import lockproof
from ci.documents import Command, blocks, commands, files, masked, missing, verdict_of
from lockproof.core.verdict import Verdict
from tests.repository.documents.blocks import ROOT, run

GUIDE = (ROOT / "docs" / "lockproof.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST = (ROOT / "docs" / "first-check.md").read_text(encoding="utf-8")
STATUS = {verdict.name: verdict.status for verdict in Verdict}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, source in files(GUIDE).items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    (configuration,) = [block for block in blocks(GUIDE, "toml") if block.startswith("# pyproject.toml")]
    (tmp_path / "pyproject.toml").write_text(configuration, encoding="utf-8")
    (history,) = blocks(GUIDE, "json")
    (tmp_path / "run.jsonl").write_text(history, encoding="utf-8")
    return tmp_path


SEARCHES = ("lockproof check", "lockproof mutate", "pytest")
searches = pytest.mark.nightly(reason="with the GIL only the verdict is compared, which other tests ask for")
"""For commands that search with real threads: on push only without the GIL, where all that they print is compared."""

KNOWN = ("lockproof check --profile", "lockproof config", "lockproof init", "--update-baseline")
"""Commands whose findings are known, or that find nothing: their status is 0."""

SAME = (
    "lockproof history",
    "lockproof config",
    "lockproof init",
    "lockproof check --profile",
    "lockproof explore",
    "lockproof replay",
    "lockproof report",
)
"""Commands that print the same on every build. Other tests explore and replay on each."""

every_night = pytest.mark.nightly(reason="mutants take long, and tests of mutation ask for the same")


def _marks(command: str) -> object:
    if "mutate" in command or "mutants" in command:
        return every_night
    if "--update-baseline" in command:
        return pytest.mark.nightly(reason="tests of the command line ask for the same")
    if "--json report.json" in command:
        return pytest.mark.nightly(reason="the command before it, with a file; tests of reports read such files")
    if command.endswith("--factory cache:small_cache"):
        return pytest.mark.nightly(reason="the command after it checks the same class in one scenario")
    if command.startswith(SAME):
        return pytest.mark.one_build
    return searches if command.startswith(SEARCHES) and sys._is_gil_enabled() else ()


NUMBERS = [pytest.param(number, marks=_marks(command.text)) for number, command in enumerate(commands(GUIDE))]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.thread_unsafe(reason="starts a process")
def test_each_command_of_the_guide_prints_what_is_shown(place: Path, number: int) -> None:
    command = commands(GUIDE)[number]
    if command.text.startswith(("lockproof replay", "lockproof report")):
        for before in commands(GUIDE)[:number]:
            if f"--json {command.text.split()[2]}" in before.text:
                run(before, place)
    done = run(command, place)
    told = command.shown and not command.text.startswith("lockproof mutate")
    told = told and not any(each in command.text for each in KNOWN)
    verdict = verdict_of(command) if told else "HELD"
    assert done.returncode == STATUS[verdict], done.stdout + done.stderr
    assert missing(command, done.stdout, gil=sys._is_gil_enabled()) == []
    if "--json" in command.text:
        name = command.text.rpartition("--json ")[2]
        assert json.loads((place / name).read_text(encoding="utf-8"))["verdict"] == "violation"
    if "--html" in command.text:
        assert "DEADLOCK" in (place / command.text.rpartition("--html ")[2]).read_text(encoding="ascii").upper()


@pytest.mark.one_build
def test_every_python_block_of_the_guide_is_a_file_that_a_command_uses() -> None:
    assert len(files(GUIDE)) == len(blocks(GUIDE, "python")) > 4
    used = " ".join(command.text for command in commands(GUIDE))
    for name in files(GUIDE):
        assert name in used


@pytest.mark.one_build
def test_a_wrong_output_would_be_noticed() -> None:
    shown = next(command.shown for command in commands(GUIDE) if "Finding 1: not linearizable" in command.shown)
    other = [line.replace("Both", "Neither") for line in shown]
    assert masked(shown) != masked(other)
    assert len(masked(shown)) > 15


@pytest.mark.parametrize("name", [pytest.param("tickets.py", marks=searches if sys._is_gil_enabled() else ())])
@pytest.mark.thread_unsafe(reason="starts a process")
def test_the_broken_class_of_readme_and_of_the_first_check_prints_what_both_show(tmp_path: Path, name: str) -> None:
    assert files(README)[name] == files(FIRST)[name]
    (tmp_path / name).write_text(files(README)[name], encoding="utf-8")
    (short,), whole = commands(README), commands(FIRST)[0]
    assert short.text == whole.text
    done = run(whole, tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    for command in (short, whole):
        assert missing(command, done.stdout, gil=sys._is_gil_enabled()) == []


@pytest.mark.one_build
def test_what_is_left_out_of_an_output_is_marked_and_not_compared() -> None:
    (short,) = commands(README)
    assert "..." in short.shown and "..." not in masked(short.shown)
    assert set(masked(short.shown)) < set(masked(commands(FIRST)[0].shown))


@pytest.mark.two_builds
@pytest.mark.thread_unsafe(reason="starts a process")
def test_the_test_of_the_first_check_passes_for_a_class_that_is_safe(tmp_path: Path) -> None:
    (test,) = [block for block in blocks(FIRST, "python") if "def test_" in block]
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    (tmp_path / "package").mkdir()
    safe = files(GUIDE)["locked_bag.py"].replace("class Bag", "class Class")
    (tmp_path / "package" / "module.py").write_text(safe, encoding="utf-8")
    done = run(Command("pytest test_it.py --lockproof-budget=500ms", ()), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 held" in done.stdout


@pytest.mark.one_build
def test_the_verdicts_and_statuses_are_those_of_the_code() -> None:
    table = dict(re.findall(r"^\| (HELD|VIOLATION|UNKNOWN) \| (\d) \|", GUIDE, re.MULTILINE))
    assert {name: int(status) for name, status in table.items()} == STATUS


@pytest.mark.one_build
@pytest.mark.parametrize("text", [pytest.param(GUIDE, id="guide"), pytest.param(README, id="README")])
def test_what_is_called_by_name_is_public(text: str) -> None:
    called = set(re.findall(r"lockproof\.(\w+)\(", text))
    assert "check" in called and called <= set(lockproof.__all__)


@pytest.mark.one_build
def test_what_the_guide_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (ROOT / "docs" / link).exists(), link
