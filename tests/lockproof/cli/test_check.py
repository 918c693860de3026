"""Does `lockproof check` understand what it is given, and say what came of it by text, file and status?"""

from __future__ import annotations

import json
import shlex
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lockproof.cli import commands as cli
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.verdict import Consistency, InternalError, Interrupted, Report
from tests.lockproof.audit.fake import FakeRunner
from tests.lockproof.report.samples import DIFFERENT, HANG, HELD, LOST_UPDATE, UNKNOWN

pytestmark = pytest.mark.thread_unsafe(reason="catches what is printed in the whole process, and replaces its check")

Tell = Callable[[Progress], None]


class FakeCheck:
    """Stands in for the campaign: keeps the target and the options, and returns or raises `answer`."""

    target: str
    options: CheckOptions
    answer: Report | BaseException = HELD

    def check_target(self, target: str, options: CheckOptions, progress: Tell, _: Sequence[str] = ()) -> Report:
        self.target, self.options = target, options
        progress(Progress("checking", 1.0, options.budget, 3, 4000, "a.add(1) || a.add(1)", 1))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCheck]:
    """Put a check in the place of the real one."""
    fake = FakeCheck()
    monkeypatch.setattr(cli, "check_target", fake.check_target)
    monkeypatch.setattr(cli, "LocalRunner", lambda _: FakeRunner(defaultdict(lambda: HELD), []))
    monkeypatch.setattr(sys, "path", list(sys.path))
    return fake


@pytest.mark.parametrize(
    ("report", "status", "word"),
    [(HELD, 0, "HELD"), (LOST_UPDATE, 1, "VIOLATION"), (HANG, 1, "VIOLATION"), (DIFFERENT, 1, "VIOLATION"),
     (UNKNOWN, 3, "UNKNOWN")],
)  # fmt: skip
def test_the_status_is_that_of_the_verdict(
    fake: FakeCheck, capsys: pytest.CaptureFixture[str], report: Report, status: int, word: str
) -> None:
    fake.answer = report
    assert cli.main(["check", "shop.bags:Bag"]) == status
    assert word in capsys.readouterr().out


def test_what_is_not_given_has_the_defaults_of_the_options(fake: FakeCheck) -> None:
    cli.main(["check", "shop.bags:Bag"])
    assert fake.target == "shop.bags:Bag"
    assert fake.options == CheckOptions()
    assert isinstance(fake.options.consistency, Consistency)


def test_every_option_reaches_the_check(fake: FakeCheck) -> None:
    words = "check a/b.py:Bag --budget 2m --seed 5 --threads 3 --model set --factory m:f --consistency quiescent"
    more = ["--scenario", "a.add(1) || len(a)", "--invocations", "9", "--hang", "500ms", "--memory", "512"]
    cli.main([*words.split(), *more])
    assert fake.options == CheckOptions(
        budget=120.0,
        seed=5,
        threads=3,
        consistency=Consistency.QUIESCENT,
        model="set",
        factory="m:f",
        scenario="a.add(1) || len(a)",
        invocations=9,
        hang=0.5,
        memory=512,
    )


def test_a_scenario_without_an_initial_part_is_no_option(fake: FakeCheck) -> None:
    assert cli.main(["check", "m:C", "--scenario", "-> a.add(1) || len(a) -> sorted(a)"]) == 0
    assert fake.options.scenario == "-> a.add(1) || len(a) -> sorted(a)"


@pytest.mark.parametrize(("text", "budget"), [("500ms", 0.5), ("10s", 10.0), ("2m", 120.0), ("7", 7.0), ("1.5", 1.5)])
def test_times_are_written_as_people_write_them(fake: FakeCheck, text: str, budget: float) -> None:
    cli.main(["check", "m:C", "--budget", text])
    assert fake.options.budget == budget


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Missing argument 'TARGET'"),
        (["m:C", "--budget", "5x"], "'5x' is no length of time; write 500ms, 10s or 2m"),
        (["m:C", "--budget", "0"], "'0' is no length of time"),
        (["m:C", "--hang", "-1s"], "'-1s' is no length of time"),
        (["m:C", "--threads", "1"], "--threads"),
        (["m:C", "--seed", "-1"], "--seed"),
        (["m:C", "--consistency", "strong"], "linearizable"),
        (["m:C", "--json", "/no/such/place/report.json"], "no directory /no/such/place"),
        (["m:C", "--json", "."], "it is a directory"),
        (["m:C", "--invocations", "9"], "give --scenario too"),
        (["m:C", "extra"], "unexpected extra argument"),
        (["m:C", "--bugdet", "1"], "--budget"),
    ],
)
def test_wrong_usage_is_told_with_status_2_and_nothing_is_run(
    fake: FakeCheck, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    fake.answer = AssertionError("it ran")
    assert cli.main(["check", *words]) == 2
    said = capsys.readouterr()
    assert says in " ".join(said.err.split())
    assert said.out == ""


def test_a_mistake_of_the_user_gives_fact_cause_and_step_without_a_traceback(
    fake: FakeCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answer = LockproofError("there is no module shop", "a misspelt name", "install it")
    assert cli.main(["check", "shop.bags:Bag"]) == 2
    said = capsys.readouterr()
    expected = "lockproof: there is no module shop\n  likely cause: a misspelt name\n  next step: install it\n"
    assert (said.out, said.err) == ("", expected)


def test_a_fault_of_lockproof_is_no_verdict_on_the_subject(fake: FakeCheck, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = ZeroDivisionError("oops")
    assert cli.main(["check", "shop.bags:Bag"]) == 4
    said = capsys.readouterr()
    assert "Traceback" in said.err and "a fault of lockproof itself" in said.err
    assert said.out == ""


def test_what_was_found_before_a_fault_of_lockproof_is_shown_and_written(
    fake: FakeCheck, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.answer = InternalError(HANG, "Traceback of the fault")
    assert cli.main(["check", "shop.bags:Bag", "--json", str(tmp_path / "report.json")]) == 4
    said = capsys.readouterr()
    assert "Finding 1: hang" in said.out
    assert said.err.startswith(
        "Traceback of the fault\nlockproof: this is a fault of lockproof itself, not of the class\n"
    )
    assert "next step: report it with the lines above, the command, and this: lockproof " in said.err
    assert json.loads((tmp_path / "report.json").read_text())["findings"]


def test_the_file_has_the_report_beside_the_text(
    fake: FakeCheck, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.answer = LOST_UPDATE
    assert cli.main(["check", "shop.bags:Bag", "--json", str(tmp_path / "report.json")]) == 1
    assert json.loads((tmp_path / "report.json").read_text()) == json.loads(json.dumps(LOST_UPDATE.to_json()))
    assert "VIOLATION" in capsys.readouterr().out


def test_json_on_standard_output_is_alone_there(fake: FakeCheck, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = LOST_UPDATE
    assert cli.main(["check", "shop.bags:Bag", "--json", "-"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["verdict"] == "violation"
    assert "VIOLATION" in said.err


def test_an_interrupt_is_one_line_and_status_130(fake: FakeCheck, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = KeyboardInterrupt()
    assert cli.main(["check", "shop.bags:Bag"]) == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(
        "lockproof: interrupted while checking 1.0 s of 10 s, 3 scenarios, 4,000 runs, 1 finding"
    )
    assert said.err.count("\n") == 1


def test_what_was_found_before_an_interrupt_is_shown_and_written(
    fake: FakeCheck, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.answer = Interrupted(HANG)
    assert cli.main(["check", "shop.bags:Bag", "--json", str(tmp_path / "report.json")]) == 130
    said = capsys.readouterr()
    assert "Finding 1: hang" in said.out
    assert "lockproof: interrupted while" in said.err
    assert json.loads((tmp_path / "report.json").read_text())["findings"]


def test_the_working_directory_is_on_the_path(fake: FakeCheck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cli.main(["check", "shop.bags:Bag"])
    cli.main(["check", "shop.bags:Bag"])
    assert sys.path.count(str(tmp_path)) == 1


def help_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main([*words, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [(), ("check",), ("history",)])
def test_help_teaches_by_examples_and_names_every_status(capsys: pytest.CaptureFixture[str], words: Any) -> None:
    text = help_of(capsys, *words)
    assert "Examples:\n" in text
    for status in ("0    held", "1    violation", "2    wrong usage", "3    unknown", "130  interrupted"):
        assert status in text


def test_the_examples_in_the_help_are_understood(
    fake: FakeCheck, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    configuration = '[tool.lockproof.profile.ci]\n[[tool.lockproof.target]]\ntarget = "m:C"\n'
    (tmp_path / "pyproject.toml").write_text(configuration, encoding="utf-8")
    lines = [line.split("     ")[0] for line in help_of(capsys, "check").splitlines()]
    examples = [shlex.split(line)[1:] for line in (each.strip() for each in lines) if line.startswith("lockproof ")]
    assert len(examples) >= 6
    for words in examples:
        assert cli.main([word for word in words if word not in ("--json", "report.json")]) == 0, words


def test_the_version_names_the_build(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("lockproof ") and "CPython" in said and "GIL" in said


def test_a_misspelt_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["chekc"]) == 2
    assert "No such command" in capsys.readouterr().err
