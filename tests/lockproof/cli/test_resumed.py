"""Does a check of many targets go on after an interrupt, and do shards and seeds add up to what one machine finds?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lockproof.audit.runner import TellOf, tell_nobody
from lockproof.cli import commands as cli
from lockproof.core.evidence import Doubt, Doubted
from lockproof.core.unit import Ending, Unit, UnitOutcome
from lockproof.core.verdict import Coverage, Report
from tests.lockproof.audit.fake import Answers, FakeRunner
from tests.lockproof.report.samples import HELD, LOST_UPDATE, UNKNOWN
from tests.repository.documents.blocks import ROOT

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="catches what is printed, changes the directory")]

SCHEMA = json.loads((ROOT / "docs" / "schema" / "batch-report.schema.json").read_text(encoding="utf-8"))
TARGETS: Answers = {"m:a": LOST_UPDATE, "m:b": HELD, "m:c": UNKNOWN, "m:d": HELD, "m:e": LOST_UPDATE}

type Asked = list[tuple[str, int | None]]


class Stopping(FakeRunner):
    """Is interrupted after so many units."""

    def __init__(self, answers: Answers, stop_after: int) -> None:
        super().__init__(answers, [])
        self._stop_after = stop_after

    def run_all(self, units: Sequence[Unit], tell: TellOf = tell_nobody) -> Iterator[UnitOutcome]:
        """Answer some of the units."""
        for number, outcome in enumerate(super().run_all(units, tell)):
            if number == self._stop_after:
                yield UnitOutcome(outcome.unit, Ending.INTERRUPTED)
                raise KeyboardInterrupt
            yield outcome


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Asked]]:
    """Return a function that runs the command on `TARGETS`, and tells which units were run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCKPROOF_PROFILE", raising=False)
    (tmp_path / "m.py").write_text("x = 1\n")
    tables = "".join(f'[[tool.lockproof.target]]\ntarget = "{target}"\n' for target in TARGETS)
    (tmp_path / "pyproject.toml").write_text(tables, encoding="utf-8")

    def run(*words: str, stop_after: int = 99, answers: Answers = TARGETS) -> tuple[int, Asked]:
        runner = Stopping(answers, stop_after)
        monkeypatch.setattr(cli, "LocalRunner", lambda _: runner)
        status = cli.main(["check", *words])
        return status, [(target, options.seed) for target, options in runner.calls]

    return run


def document(path: str, **without: Any) -> Any:
    return {**json.loads(Path(path).read_text()), **without}


@pytest.mark.parametrize("words", [(), ("--seed", "5")])
def test_the_same_command_goes_on_with_the_same_seed_and_ends_with_all_reports(
    run: Callable[..., tuple[int, Asked]],
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, before = run(*words, stop_after=2)
    text = capsys.readouterr()
    assert status == 130 and "m:a" in text.out and "the same command goes on from there" in text.err
    assert "3 units of 5 did not come to an end" in text.out
    status, after = run(*words, "--json", "all.json")
    assert status == 1 and "2 of 5 units are done" in capsys.readouterr().err
    assert [target for target, _ in (*before[:2], *after)] == list(TARGETS)
    assert len({seed for _, seed in (*before, *after)}) == 1
    assert [each["target"] for each in document("all.json")["targets"]] == list(TARGETS)


@pytest.mark.parametrize("change", ["source", "option", "fresh", "file", "complete"])
def test_what_was_done_for_something_else_does_not_count(run: Callable[..., tuple[int, Asked]], change: str) -> None:
    words = ["--seed", "5"]
    run(*words, stop_after=2 if change != "complete" else 99)
    if change == "source":
        Path("m.py").write_text("x = 2\n")
    elif change == "file":
        next(Path(".lockproof/checks").glob("*.jsonl")).unlink()
    elif change != "complete":
        words += {"option": ["--budget", "9s"], "fresh": ["--fresh"]}[change]
    assert len(run(*words)[1]) == 5


def test_a_file_that_was_cut_off_keeps_its_whole_lines(run: Callable[..., tuple[int, Asked]]) -> None:
    run(stop_after=3)
    path = next(Path(".lockproof/checks").glob("*.jsonl"))
    path.write_text(path.read_text()[:-40])
    assert [target for target, _ in run()[1]] == ["m:c", "m:d", "m:e"]


@pytest.mark.parametrize("count", [1, 3, 4, 13])
def test_shards_have_each_unit_once_and_merge_into_the_whole(
    run: Callable[..., tuple[int, Asked]], count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    units: Asked = []
    for number in range(1, count + 1):
        status, asked = run("--shard", f"{number}/{count}", "--seeds", "2", "--json", f"{number}.json")
        units += asked
        assert document(f"{number}.json")["shard"] == [number, count] and status in (0, 1, 3)
        Draft202012Validator(SCHEMA).validate(document(f"{number}.json"))
    assert sorted(units) == [(target, seed) for target in TARGETS for seed in (1, 2)]
    assert run("--seed", "1", "--seeds", "2", "--json", "whole.json")[0] == 1
    capsys.readouterr()
    files = [f"{number}.json" for number in range(1, count + 1)]
    assert cli.main(["merge", *files[::-1], "--json", "merged.json"]) == 1
    assert "m:a" in capsys.readouterr().out
    assert document("merged.json") == document("whole.json")


def test_the_summary_and_the_page_are_of_the_merged_reports(run: Callable[..., tuple[int, Asked]]) -> None:
    for number in (1, 2):
        run("--shard", f"{number}/2", "--json", f"{number}.json")
    cli.main(["merge", "1.json", "2.json", "--summary", "s.md", "--html", "s.html", "--sarif", "s", "--junit", "j"])
    rows = [line.split(" | ")[0].strip("| ") for line in Path("s.md").read_text().splitlines() if "m:" in line]
    assert rows == ["m:a", "m:e", "m:c", "m:b", "m:d"]
    assert Path("j").read_text().count("<testcase") == 5 and "m:e" in Path("s.html").read_text()
    assert len(json.loads(Path("s").read_text())["runs"][0]["results"]) >= 2


def test_a_missing_shard_and_one_of_other_options_are_told_and_are_no_pass(
    run: Callable[..., tuple[int, Asked]], capsys: pytest.CaptureFixture[str]
) -> None:
    held = dict.fromkeys(TARGETS, HELD)
    run("--shard", "1/3", "--json", "1.json", answers=held)
    run("--shard", "2/3", "--json", "2.json", answers=held)
    run("--shard", "3/3", "--threads", "4", "--json", "other.json", answers=held)
    run("--shard", "3/3", "--json", "3.json", answers=held)
    capsys.readouterr()
    assert cli.main(["merge", "1.json", "2.json"]) == 3
    assert "the reports of these shards are not here: 3/3" in capsys.readouterr().out
    assert cli.main(["merge", "1.json", "2.json", "other.json"]) == 3
    assert "they do not add up" in capsys.readouterr().out
    assert cli.main(["merge", "1.json", "2.json", "3.json"]) == 0
    assert "not here" not in capsys.readouterr().out


def test_reports_of_two_builds_stay_apart(
    run: Callable[..., tuple[int, Asked]], capsys: pytest.CaptureFixture[str]
) -> None:
    run("--seed", "1", "--json", "one.json")
    other = document("one.json")
    other["audits"][0]["build"] = "3.13.1, Linux"
    Path("other.json").write_text(json.dumps(other))
    capsys.readouterr()
    cli.main(["merge", "one.json", "other.json", "--json", "both.json"])
    assert len(document("both.json")["targets"]) == 10 and "m:a (3.13.1, Linux)" in capsys.readouterr().out


@pytest.mark.parametrize("bad", ["0/3", "4/3", "3", "a/b", "/", "-1/3"])
def test_a_shard_that_is_none_is_refused(run: Callable[..., tuple[int, Asked]], bad: str) -> None:
    assert run(f"--shard={bad}") == (2, [])


@pytest.mark.usefixtures("run")
def test_seeds_of_one_target_are_one_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = Doubted(Doubt.MEMBER_NEVER_CALLED, 1, "peek: no scenario that ran calls it")

    def seen(called: str, uncalled: str, *doubts: Doubted) -> Report:
        coverage = Coverage(3, 10, called=("add", called), uncalled=(uncalled,) if uncalled else ())
        return replace(HELD, coverage=coverage, evidence=replace(HELD.evidence, doubts=doubts))

    class Two(Stopping):
        def check(self, target: str, options: Any, _: Any, kept: Any = ()) -> Report:
            self.calls.append((target, options))
            report = seen("add", "peek", lacking) if options.seed == 4 else seen("peek", "")
            return replace(report, subject=target, seed=options.seed)

    runner = Two({}, 99)
    monkeypatch.setattr(cli, "LocalRunner", lambda _: runner)
    assert cli.main(["check", "m:a", "--seed", "4", "--seeds", "2", "--json", "a.json"]) == 0
    assert "m:a: HELD: 2 of 2 methods, 6 scenarios, 20 runs" in capsys.readouterr().out
    assert [options.seed for _, options in runner.calls] == [4, 5] and document("a.json")["verdict"] == "held"
