"""Does `lockproof mutate` understand what it is given, and say what came of it?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockproof.campaign import mutate as mutating
from lockproof.cli import commands as cli
from lockproof.core.environment import Environment
from lockproof.core.errors import LockproofError
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.core.mutation_report import Fate, Judged, MutationFailed, MutationInterrupted, MutationReport
from lockproof.core.options import MutateOptions, Progress
from lockproof.core.verdict import Masking

pytestmark = pytest.mark.thread_unsafe(reason="catches what is printed in the whole process")

DIFF = "--- bag.py\n+++ bag.py\n@@ -1,2 +1,1 @@\n-with self._lock:\n-    pass\n+pass\n"


def mutant(number: int, operator: str = "remove-lock") -> Mutant:
    return Mutant(f"{operator}:Bag.add:{number}", operator, "bag", "bag.py", "Bag.add", number, DIFF, "", "is removed")


KILLED = Judged(mutant(1), Fate.KILLED, 0.2, "not linearizable", "a.add(1) || a.add(1)", Masking.MASKED)
SURVIVED = Judged(mutant(2, "split"), Fate.SURVIVED, 4.0)
EQUIVALENT = Judged(mutant(3), Fate.EQUIVALENT, 4.0, why="one step")
WRONG = Judged(
    mutant(4), Fate.KILLED, 0.4, "deadlock", "a.add(1) || a.add(2)", why="called equivalent (x), and it is not"
)
SITES = (SyncSite("section: with", "bag", "Bag.add", 1, "with self._lock:"),)
FACTS = Environment("3.13.15", True, False, 2, "Linux-6.1")


def report(*judged: Judged, left: int = 0) -> MutationReport:
    return MutationReport("bag.py:Bag", 7, 4.0, FACTS, SITES, judged, 12.0, left)


class FakeMutation:
    """Stands in for the campaign: keeps the target and the options, and returns or raises `answer`."""

    target: str
    options: MutateOptions
    answer: MutationReport | BaseException = report(KILLED)

    def mutate_target(self, target: str, options: MutateOptions, progress: object) -> MutationReport:
        self.target, self.options = target, options
        assert callable(progress)
        progress(Progress("1 of 2 mutants", 1.0, 0.0, text="1 killed"))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMutation:
    fake = FakeMutation()
    monkeypatch.setattr(mutating, "mutate_target", fake.mutate_target)
    return fake


def test_options_arrive(fake: FakeMutation, tmp_path: Path) -> None:
    words = ["mutate", "bag.py:Bag", "--budget", "4s", "--seed", "7", "--jobs", "1", "--operator", "split"]
    words += ["--operator", "remove-lock", "--equivalents", str(tmp_path / "e.toml"), "--model", "set"]
    assert cli.main(words) == 0
    assert fake.target == "bag.py:Bag"
    expected = MutateOptions(budget=4.0, seed=7, model="set", operators=("split", "remove-lock"),
                             equivalents=tmp_path / "e.toml", jobs=1)  # fmt: skip
    assert fake.options == expected


@pytest.mark.parametrize(
    ("judged", "words", "status"),
    [
        ((KILLED,), [], 0),
        ((KILLED, SURVIVED), [], 0),
        ((KILLED, SURVIVED), ["--min-score", "50"], 0),
        ((KILLED, SURVIVED), ["--min-score", "50.1%"], 1),
        ((KILLED, EQUIVALENT), ["--min-score", "100"], 0),
        ((EQUIVALENT,), ["--min-score", "1"], 1),  # nothing was shown to be noticed
        ((KILLED, WRONG), [], 1),
    ],
)
def test_the_status_says_whether_the_score_is_enough(
    fake: FakeMutation, judged: tuple[Judged, ...], words: list[str], status: int
) -> None:
    fake.answer = report(*judged)
    assert cli.main(["mutate", "bag.py:Bag", *words]) == status


def test_the_text_has_a_table_and_the_survivors_with_what_to_do(
    fake: FakeMutation, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answer = report(KILLED, SURVIVED, EQUIVALENT)
    cli.main(["mutate", "bag.py:Bag"])
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if line.startswith(("remove-lock", "split", "all"))]
    assert rows == [["remove-lock", "2", "1", "1", "1"], ["split", "1", "1"], ["all", "3", "1", "1", "1", "1"]]
    assert "survived after 4.0 s: split:Bag.add:2" in printed
    assert "-with self._lock:" in printed
    assert 'mutants = ["split:Bag.add:2"]' in printed
    assert "score 50.0%: 1 of 2 mutants of bag.py:Bag killed in 12 s; CPython 3.13.15t, seed 7" in printed


def test_json_goes_to_a_file_or_to_standard_output(
    fake: FakeMutation, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["mutate", "bag.py:Bag", "--json", str(tmp_path / "r.json")]) == 0
    document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert document["score"] == 1.0 and document["counts"]["killed"] == document["masked"] == 1
    capsys.readouterr()
    assert cli.main(["mutate", "bag.py:Bag", "--json", "-"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == document
    assert "score 100.0%" in printed.err


def test_an_interrupt_shows_what_was_done_and_how_to_go_on(
    fake: FakeMutation, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answer = MutationInterrupted(report(KILLED, left=3))
    assert cli.main(["mutate", "bag.py:Bag"]) == 130
    printed = capsys.readouterr()
    assert "3 mutants not run yet" in printed.out
    assert "the same command goes on from there" in printed.err


def test_a_fault_of_lockproof_shows_what_was_done_and_what_to_send(
    fake: FakeMutation, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.answer = MutationFailed(report(KILLED, left=3), "Traceback of the fault")
    assert cli.main(["mutate", "bag.py:Bag", "--json", str(tmp_path / "r.json")]) == 4
    printed = capsys.readouterr()
    assert "3 mutants not run yet" in printed.out
    assert printed.err.startswith("Traceback of the fault\nlockproof: this is a fault of lockproof itself")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["counts"]["killed"] == 1


@pytest.mark.parametrize("score", ["x", "101", "-1"])
def test_a_score_that_is_none_is_refused(fake: FakeMutation, score: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mutate", "bag.py:Bag", "--min-score", score]) == 2
    assert "write a percentage" in capsys.readouterr().err


def test_what_is_wrong_is_told_without_a_traceback(fake: FakeMutation, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = LockproofError("no locks were found in bag.py", "looked for: locks", "lockproof check")
    assert cli.main(["mutate", "bag.py:Bag"]) == 2
    assert capsys.readouterr().err.startswith("lockproof: no locks were found in bag.py\n")


def test_the_list_shows_mutants_and_runs_none(
    fake: FakeMutation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Found:
        mutants = (mutant(1), mutant(2))

    monkeypatch.setattr(mutating, "mutants_for", lambda *_: Found)
    assert cli.main(["mutate", "bag.py:Bag", "--list"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("-with self._lock:") == 2
    assert "2 mutants of bag.py:Bag, none of them run" in printed
    assert not hasattr(fake, "target")
