"""Are mutants checked, is what became of them told, and is nothing lost when a run is interrupted?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lockproof.campaign import mutating
from lockproof.campaign.checking import Checking
from lockproof.campaign.child import Child, Died
from lockproof.campaign.explore import ControlledChild
from lockproof.campaign.mutating import mutants_for, mutate_target
from lockproof.campaign.options import CheckOptions, MutateOptions, Progress
from lockproof.campaign.protocol import Setup
from lockproof.errors import LockproofError
from lockproof.evidence import Doubt
from lockproof.mutation import Fate, MutationInterrupted, MutationReport
from lockproof.report.mutants import mutation_as_text
from lockproof.verdict import FindingKind, Report

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes that use all processors"), pytest.mark.timeout(300)]

FILE = Path(__file__).with_name("mutated.py")
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "mutation-report.schema.json"


def mutated(store: Path, name: str = "Tally", file: Path = FILE, **options: Any) -> MutationReport:
    given = {"budget": 8.0, "seed": 1, "store": store, "operators": ("remove-lock",), **options}
    return mutate_target(f"{file}:{name}", MutateOptions(**given))


def test_mutants_of_a_class_that_needs_its_locks_are_killed(tmp_path: Path) -> None:
    report = mutated(tmp_path)
    assert [each.mutant.function for each in report.judged] == ["Tally.win", "Tally.lost"]
    assert [each.fate for each in report.judged] == [Fate.KILLED, Fate.KILLED]
    assert report.score == 1.0 and report.left == 0
    for each in report.judged:
        assert each.by == "not linearizable" and "||" in each.scenario and each.seconds >= 0
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(report.to_json())


def test_a_mutant_of_a_lock_that_nobody_needs_survives_and_is_shown(tmp_path: Path) -> None:
    report = mutated(tmp_path, "Useless", budget=1.0)
    (survivor,) = report.judged
    assert (survivor.fate, report.score) == (Fate.SURVIVED, 0.0)
    text = mutation_as_text(report)
    assert "-        with self._lock:" in text
    assert f'mutants = ["{survivor.mutant.id}"]' in text
    assert "score 0.0%: 0 of 1 mutants" in text


def test_a_reviewed_file_takes_it_out_of_the_score(tmp_path: Path) -> None:
    (mutant,) = mutants_for(f"{FILE}:Useless", MutateOptions(operators=("remove-lock",))).mutants
    reviewed = tmp_path / "equivalent.toml"
    reviewed.write_text(f'[[equivalent]]\nmutants = ["{mutant.id}"]\nreason = "one assignment"\n', encoding="utf-8")
    report = mutated(tmp_path, "Useless", budget=1.0, equivalents=reviewed)
    (found,) = report.judged
    assert (found.fate, found.why, report.score) == (Fate.EQUIVALENT, "one assignment", None)


@pytest.mark.parametrize(("scenario", "fate"), [("a.claim(2457) || a.claim(2457)", Fate.KILLED), ("", Fate.SURVIVED)])
def test_what_it_says_kills_a_mutant_is_tried(tmp_path: Path, scenario: str, fate: Fate) -> None:
    (mutant,) = mutants_for(f"{FILE}:Seldom", MutateOptions(operators=("remove-lock",))).mutants
    reviewed = tmp_path / "reviewed.toml"
    said = f'[[killed]]\nmutants = ["{mutant.id}"]\nscenario = "{scenario}"\n' if scenario else ""
    reviewed.write_text(said, encoding="utf-8")
    (found,) = mutated(tmp_path, "Seldom", budget=4.0 if scenario else 1.0, equivalents=reviewed).judged
    assert (found.fate, found.scenario) == (fate, scenario)


@pytest.mark.parametrize("scenario", ["a.no_such() || a.claim(1)", "a.claim(2457); a.claim(2457, 1) || a.claim(2457)"])
def test_a_scenario_that_asks_for_what_the_class_does_not_have_is_refused(tmp_path: Path, scenario: str) -> None:
    (mutant,) = mutants_for(f"{FILE}:Seldom", MutateOptions(operators=("remove-lock",))).mutants
    reviewed = tmp_path / "reviewed.toml"
    reviewed.write_text(f'[[killed]]\nmutants = ["{mutant.id}"]\nscenario = "{scenario}"\n', encoding="utf-8")
    with pytest.raises(LockproofError, match=r"has no no_such|does not fit claim"):
        mutated(tmp_path, "Seldom", budget=1.0, equivalents=reviewed)


def test_what_kills_a_mutant_and_the_class_itself_too_is_a_fault_of_the_class(tmp_path: Path) -> None:
    (mutant,) = mutants_for(f"{FILE}:mistaken", MutateOptions(operators=("remove-lock",))).mutants
    reviewed = tmp_path / "reviewed.toml"
    said = f'[[killed]]\nmutants = ["{mutant.id}"]\nscenario = "twice(a, 2457) || twice(a, 2457)"\n'
    reviewed.write_text(said, encoding="utf-8")
    with pytest.raises(LockproofError, match=r"fails as it is: not linearizable: twice\(a, 2457\)") as raised:
        mutated(tmp_path, "mistaken", budget=1.0, equivalents=reviewed)
    assert raised.value.cause.startswith("this killed a mutant")
    assert "--scenario 'twice(a, 2457) || twice(a, 2457)'" in raised.value.step


def test_a_mutant_with_a_reason_has_a_quarter_of_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mutant,) = mutants_for(f"{FILE}:Useless", MutateOptions(operators=("remove-lock",))).mutants
    budgets = []
    check = mutating.check

    def noted(setup: Setup, options: CheckOptions, **rest: Any) -> Report:
        budgets.append(options.budget)
        return check(setup, options, **rest)

    monkeypatch.setattr(mutating, "check", noted)
    reviewed = tmp_path / "reviewed.toml"
    for said in ("", f'[[equivalent]]\nmutants = ["{mutant.id}"]\nreason = "one assignment"\n'):
        reviewed.write_text(said, encoding="utf-8")
        mutated(tmp_path, "Useless", budget=1.6, equivalents=reviewed)
    assert budgets == [1.6, 0.8, 0.8, 1.6, 0.2]  # the class itself, then the mutant: on both engines, or on one


@pytest.mark.parametrize(("name", "found"), [("keeps", [FindingKind.HANG]), ("gives_back", [])])
def test_a_hang_under_control_is_a_finding_only_if_it_is_one_without(name: str, found: list[FindingKind]) -> None:
    setup = Setup([*sys.path], f"{FILE}:{name}", hang=1.0, seed=1)
    with Child(setup, memory=1024) as child:
        checking = Checking(
            child, ControlledChild(setup, 1024), setup, CheckOptions(hang=1.0), lambda _: "", lambda _: None
        )
        died = Died(FindingKind.HANG, "no step", "", ())
        checking._schedules.deaths.append(("a.remove(2) || a.remove(2)", died))
        checking._tell_of_deaths()
    assert [each.kind for each in checking.findings] == found
    lost = [each.doubt for each in checking.gathered.doubts]
    assert lost == ([] if found else [Doubt.CHILD_LOST])


def test_one_that_is_called_equivalent_and_is_killed_is_told(tmp_path: Path) -> None:
    mutants = mutants_for(f"{FILE}:Tally", MutateOptions(operators=("remove-lock",))).mutants
    reviewed = tmp_path / "equivalent.toml"
    entries = [f'[[equivalent]]\nmutants = ["{name}"]\nreason = "believed"\n' for name in (mutants[0].id, "gone:x:1")]
    reviewed.write_text("".join(entries), encoding="utf-8")
    report = mutated(tmp_path, equivalents=reviewed)
    assert report.judged[0].fate is Fate.KILLED
    assert report.judged[0].why == "called equivalent (believed), and it is not"
    assert "wrong: " + mutants[0].id in mutation_as_text(report)


def test_a_mutant_that_breaks_on_one_thread_is_told_as_what_it_is(tmp_path: Path) -> None:
    source = FILE.read_text(encoding="utf-8").replace(
        "            return self._games - self._wins", "            return self._games - self.win() + 1"
    )
    copy = tmp_path / "reenters.py"
    copy.write_text(source, encoding="utf-8")
    report = mutated(tmp_path, file=copy, operators=("rlock-to-lock",))
    (found,) = report.judged
    assert (found.fate, found.by) == (Fate.KILLED, "hang, one thread alone")


def test_an_interrupted_run_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    judge = mutating._Mutating._judge

    def counted(self: Any, mutant: Any, engine: str) -> Any:
        checked.append(mutant.id)
        if len(checked) == 2:
            raise KeyboardInterrupt
        return judge(self, mutant, engine)

    monkeypatch.setattr(mutating._Mutating, "_judge", counted)
    with pytest.raises(MutationInterrupted) as stopped:
        mutated(tmp_path, jobs=1, seed=None)
    assert len(stopped.value.report.judged) == 1 and stopped.value.report.left == 1
    report = mutated(tmp_path, jobs=1, seed=None)
    assert len(checked) == 3 and checked[2] == checked[1]  # the first one was not checked again
    assert report.seed == stopped.value.report.seed
    assert [each.fate for each in report.judged] == [Fate.KILLED] * 2
    assert "interrupted" in report.notes[0]
    mutated(tmp_path, jobs=1)
    assert len(checked) == 5  # that run was complete, so the next one begins anew


def test_what_differs_in_the_class_itself_makes_no_mutant_invalid_in_a_run_that_is_gone_on_with_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, stop = mutating._Mutating._judge, iter([False, True])

    def interrupted(self: Any, mutant: Any, engine: str) -> Any:
        if next(stop, False):
            raise KeyboardInterrupt
        return judge(self, mutant, engine)

    monkeypatch.setattr(mutating._Mutating, "_judge", interrupted)
    model = f"{FILE}:StrictClaims"
    with pytest.raises(MutationInterrupted):
        mutated(tmp_path, "Claims", jobs=1, model=model, budget=3.0)
    report = mutated(tmp_path, "Claims", jobs=1, model=model, budget=3.0)
    assert [each.mutant.function for each in report.judged] == ["Claims.claim", "Claims.give_back"]
    assert report.judged[0].fate is Fate.KILLED
    assert report.judged[1].fate is not Fate.INVALID


def test_a_fate_that_was_cut_off_while_it_was_written_is_looked_for_again(tmp_path: Path) -> None:
    mutated(tmp_path)
    (file,) = tmp_path.glob("mutants/*.jsonl")
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(lines[:2]) + '\n{"mutant": {"id"', encoding="utf-8")
    report = mutated(tmp_path)
    assert [each.fate for each in report.judged] == [Fate.KILLED] * 2


def test_progress_tells_how_many_are_done_and_what_became_of_them(tmp_path: Path) -> None:
    told: list[Progress] = []
    options = MutateOptions(budget=8.0, seed=1, store=tmp_path, operators=("remove-lock",), jobs=1)
    mutate_target(f"{FILE}:Tally", options, told.append)
    assert told[0].phase == "0 of 2 mutants" and "the class itself" in told[0].text
    assert told[-1].phase == "1 of 2 mutants"
    assert told[-1].text.startswith("1 killed; about ")


# What is refused.


def test_a_class_without_locks_is_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as caught:
        mutated(tmp_path, "Unlocked")
    assert caught.value.fact.startswith("no locks were found in ")
    assert "Condition" in caught.value.cause


def test_a_class_that_fails_as_it_is_is_refused_with_its_finding(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as caught:
        mutated(tmp_path, "Careless")
    assert "fails as it is: not linearizable: " in caught.value.fact
    assert "lockproof check" in caught.value.step


def test_a_class_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LockproofError, match="has no source"):
        mutate_target("_queue:SimpleQueue", MutateOptions(store=tmp_path))


def test_a_file_that_changes_meanwhile_ends_the_run(tmp_path: Path) -> None:
    copy = tmp_path / "changing.py"
    copy.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    options = MutateOptions(budget=8.0, seed=1, store=tmp_path, operators=("remove-lock",), jobs=1)

    def edit(progress: Progress) -> None:
        if progress.phase.startswith("1 of"):
            copy.write_text("# another text\n", encoding="utf-8")

    with pytest.raises(LockproofError, match="has changed while its mutants were checked"):
        mutate_target(f"{copy}:Tally", options, edit)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("[[equivalent]]\nmutants = ['x']\n", "is not a list of equivalent mutants"),
        ("[[equivalent]]\nmutants = 'x'\nreason = 'y'\n", "is no list"),
        ("[[equivalent", "is not a list of equivalent mutants"),
        ("[[equivalent]]\nmutants = ['x']\nreason = ' '\n", "gives no reason for x"),
        ("[[killed]]\nmutants = ['x']\n", "is not a list of equivalent mutants"),
        ("[[killed]]\nmutants = ['x']\nscenario = 'a.add(1) || a.add('\n", "a.add"),
    ],
)
def test_a_reviewed_file_that_says_nothing_is_refused(tmp_path: Path, text: str, fact: str) -> None:
    file = tmp_path / "equivalent.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LockproofError, match=fact):
        mutated(tmp_path, equivalents=file)


def test_an_operator_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as caught:
        mutated(tmp_path, operators=("remove-locks",))
    assert "remove-lock" in caught.value.step
