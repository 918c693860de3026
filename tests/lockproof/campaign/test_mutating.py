"""Are mutants checked, are their fates reported, and is nothing lost when a run is interrupted?"""

from __future__ import annotations

import json
import sys
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lockproof.campaign import mutant_judge, original
from lockproof.campaign import mutate as mutating
from lockproof.campaign.check import Check
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.mutant_judge import MutantJudge
from lockproof.campaign.mutate import Tell, mutants_for, mutate_target
from lockproof.campaign.original import Original
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.campaign.reviewed import Reviewed
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.mutation_report import Fate, MutationFailed, MutationInterrupted, MutationReport
from lockproof.core.operation import Operation
from lockproof.core.options import CheckOptions, MutateOptions, Progress
from lockproof.core.repeat import RepeatTest
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind, Nonconformance, Report
from lockproof.core.watched import Watched
from lockproof.mutation.scope import UsedModule, choice_of_python, compiled_methods
from lockproof.report.mutants_text import mutation_as_text
from tests.lockproof.campaign.mutated import Keeps, twice
from tests.lockproof.report import samples

# What a parent decides is the same on every build.
pytestmark = [
    pytest.mark.thread_unsafe(reason="starts processes that use all processors"),
    pytest.mark.one_build,
    pytest.mark.timeout(300),
]

FILE = Path(__file__).with_name("mutated.py")
SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schema" / "mutation-report.schema.json"


def mutated(
    store: Path, name: str = "Tally", file: Path = FILE, tell: Tell | None = None, **options: Any
) -> MutationReport:
    given = {"budget": 1.0, "seed": 1, "store": store, "operators": ("remove-lock",), **options}
    return mutate_target(f"{file}:{name}", MutateOptions(**given), tell)


@cache
def mutants_of(target: str, operators: tuple[str, ...] = ("remove-lock",), model: str | None = None) -> Any:
    return mutants_for(target, MutateOptions(operators=operators, model=model))


@pytest.fixture(autouse=True)
def made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the mutants of a class once for all tests: it takes a process that most do not need."""

    def known(target: str, options: MutateOptions, reviewed: Reviewed) -> Any:
        if reviewed.killers:
            return mutants_for(target, options, reviewed)
        return mutants_of(target, options.operators, options.model)

    monkeypatch.setattr(mutating, "mutants_for", known)


class Checks:
    """Stands for the checks of a run, in tests that need no search.

    `finding` is found in each mutant, with `only_first` where its scenario is among those to try first; `itself` in the
    class itself; `differing` on one thread in all of them. `checked` are the options of each check.
    """

    def __init__(self) -> None:
        self.finding: Finding | None = Finding(FindingKind.CRASH, Scenario((), ()))
        self.only_first = False
        self.itself: Finding | None = None
        self.differing: tuple[Nonconformance, ...] = ()
        self.checked: list[CheckOptions] = []

    def __call__(
        self, setup: Setup, options: CheckOptions, *, repeat: Any, first: Sequence[Scenario] = (), progress: Tell
    ) -> Report:
        progress(Progress("checking", 0.0, options.budget))
        self.checked.append(options)
        finding = self.finding if setup.replaced else self.itself
        left_out = finding is None or (setup.replaced and self.only_first and finding.scenario not in first)
        findings = () if left_out else (finding,)
        return samples.report(findings=findings, nonconformances=self.differing)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    instead = Checks()
    for module in (original, mutant_judge):
        monkeypatch.setattr(module, "check", instead)
    monkeypatch.setattr(Original, "_watched", lambda _: Watched())
    return instead


real_checks = pytest.mark.nightly(reason="real checks of the class and of its mutants; their stand-ins run on push")


def test_mutants_of_a_class_that_needs_its_locks_are_killed(tmp_path: Path) -> None:
    report = mutated(tmp_path)
    assert [each.mutant.function for each in report.judged] == ["Tally.win", "Tally.lost"]
    assert [each.fate for each in report.judged] == [Fate.KILLED, Fate.KILLED]
    assert report.score == 1.0 and report.left == 0
    for each in report.judged:
        assert each.by == "not linearizable" and "||" in each.scenario and each.seconds >= 0
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(report.to_json())


def test_a_mutant_of_a_lock_that_nobody_needs_survives_and_is_shown(tmp_path: Path) -> None:
    report = mutated(tmp_path, "Useless", budget=0.6)
    (survivor,) = report.judged
    assert (survivor.fate, report.score) == (Fate.SURVIVED, 0.0)
    text = mutation_as_text(report)
    assert "-        with self._lock:" in text
    assert f'mutants = ["{survivor.mutant.id}"]' in text
    assert "score 0.0%: 0 of 1 mutants" in text


def test_a_reviewed_file_takes_it_out_of_the_score(tmp_path: Path, checks: Checks) -> None:
    checks.finding = None
    (mutant,) = mutants_of(f"{FILE}:Useless").mutants
    reviewed = tmp_path / "equivalent.toml"
    reviewed.write_text(f'[[equivalent]]\nmutants = ["{mutant.id}"]\nreason = "one assignment"\n', encoding="utf-8")
    report = mutated(tmp_path, "Useless", equivalents=reviewed)
    (found,) = report.judged
    assert (found.fate, found.why, report.score) == (Fate.EQUIVALENT, "one assignment", None)


@real_checks
@pytest.mark.parametrize(("scenario", "fate"), [("a.claim(2457) || a.claim(2457)", Fate.KILLED), ("", Fate.SURVIVED)])
def test_what_it_says_kills_a_mutant_is_tried(tmp_path: Path, scenario: str, fate: Fate) -> None:
    (mutant,) = mutants_of(f"{FILE}:Seldom").mutants
    reviewed = tmp_path / "reviewed.toml"
    content = f'[[killed]]\nmutants = ["{mutant.id}"]\nscenario = "{scenario}"\n' if scenario else ""
    reviewed.write_text(content, encoding="utf-8")
    (found,) = mutated(tmp_path, "Seldom", budget=0.6, equivalents=reviewed).judged
    assert (found.fate, found.scenario) == (fate, scenario)


@pytest.mark.parametrize("scenario", ["a.no_such() || a.claim(1)", "a.claim(2457); a.claim(2457, 1) || a.claim(2457)"])
def test_a_scenario_that_asks_for_what_the_class_does_not_have_is_refused(tmp_path: Path, scenario: str) -> None:
    (mutant,) = mutants_of(f"{FILE}:Seldom").mutants
    reviewed = tmp_path / "reviewed.toml"
    reviewed.write_text(f'[[killed]]\nmutants = ["{mutant.id}"]\nscenario = "{scenario}"\n', encoding="utf-8")
    with pytest.raises(LockproofError, match=r"has no no_such|does not fit claim"):
        mutated(tmp_path, "Seldom", equivalents=reviewed)


def test_what_kills_a_mutant_and_the_class_itself_too_is_a_fault_of_the_class(tmp_path: Path, checks: Checks) -> None:
    scenario = Scenario.parse("twice(a, 2457) || twice(a, 2457)")
    checks.finding = Finding(FindingKind.NOT_LINEARIZABLE, scenario)
    with pytest.raises(LockproofError, match=r"fails as it is: not linearizable: twice\(a, 2457\)") as raised:
        mutated(tmp_path, "mistaken")
    assert raised.value.cause.startswith("this killed a mutant")
    assert "--scenario 'twice(a, 2457) || twice(a, 2457)'" in raised.value.step


def test_a_mutant_with_a_reason_has_a_quarter_of_the_budget(tmp_path: Path, checks: Checks) -> None:
    checks.finding = None
    (mutant,) = mutants_of(f"{FILE}:Useless").mutants
    reviewed = tmp_path / "reviewed.toml"
    for content in ("", f'[[equivalent]]\nmutants = ["{mutant.id}"]\nreason = "one assignment"\n'):
        reviewed.write_text(content, encoding="utf-8")
        mutated(tmp_path, "Useless", budget=1.6, equivalents=reviewed)
    # The class itself with both engines, then the mutant with one after the other; the second passes the first only.
    assert [each.budget for each in checks.checked] == [1.6, 0.8, 0.8, 1.6, 0.2]


@pytest.mark.parametrize(("name", "found"), [("keeps", [FindingKind.HANG]), ("gives_back", [])])
def test_a_hang_under_control_is_a_finding_only_if_it_is_one_without(name: str, found: list[FindingKind]) -> None:
    setup = Setup([*sys.path], Named(f"{FILE}:{name}"), hang=1.0, seed=1)
    with Child(setup, memory=1024) as child:
        run = Check(
            child, ControlledChild(setup, 1024), setup, CheckOptions(hang=1.0), lambda _: RepeatTest(()), lambda _: None
        )
        died = Died(FindingKind.HANG, "no step", "", ())
        run.schedule_search.deaths.append((Scenario.parse("a.remove(2) || a.remove(2)"), died))
        run.schedule_failures.after_deaths()
    assert [each.kind for each in run.findings.found] == found
    lost = [each.doubt for each in run.evidence.doubts]
    assert lost == ([] if found else [Doubt.CHILD_LOST])


def test_what_shows_a_fault_of_the_class_itself_is_repeated_with_the_options_of_mutate() -> None:
    options = MutateOptions(seed=5, hang=0.5, memory=128, factory="m:made", teardown="a.close()", threads=4)
    class_itself = Original("m:Bag", options, Setup.of("m:Bag", options), ())
    for text in ("a.f() || a.g()", "a.f(); a.g()"):
        command = str(class_itself.repeat(Finding(FindingKind.HANG, Scenario.parse(text))))
        assert "--hang 0.5s --memory 128" in command and "--factory m:made" in command and "--seed 5" in command
        assert ("--threads 4" in command) is ("||" not in text)


def test_one_that_is_called_equivalent_and_is_killed_is_reported(tmp_path: Path, checks: Checks) -> None:
    mutants = mutants_of(f"{FILE}:Tally").mutants
    reviewed = tmp_path / "equivalent.toml"
    entries = [f'[[equivalent]]\nmutants = ["{name}"]\nreason = "believed"\n' for name in (mutants[0].id, "gone:x:1")]
    reviewed.write_text("".join(entries), encoding="utf-8")
    report = mutated(tmp_path, equivalents=reviewed)
    assert report.judged[0].fate is Fate.KILLED
    assert report.judged[0].why == "called equivalent (believed), and it is not"
    assert "wrong: " + mutants[0].id in mutation_as_text(report)


def test_what_one_thread_alone_shows_is_reported_as_that(tmp_path: Path, checks: Checks) -> None:
    alone = Scenario((), ((Operation("a.win()"),),))
    checks.finding = Finding(FindingKind.HANG, alone, concurrent=False)
    for found in mutated(tmp_path).judged:
        assert (found.fate, found.by, found.scenario) == (Fate.KILLED, "hang, one thread alone", "")


@real_checks
def test_a_mutant_that_breaks_on_one_thread_is_reported_as_what_it_is(tmp_path: Path) -> None:
    source = FILE.read_text(encoding="utf-8").replace(
        "            return self._games - self._wins", "            return self._games - self.win() + 1"
    )
    copy = tmp_path / "reenters.py"
    copy.write_text(source, encoding="utf-8")
    report = mutated(tmp_path, file=copy, operators=("rlock-to-lock",), budget=0.6, hang=0.7)
    (found,) = report.judged
    assert (found.fate, found.by) == (Fate.KILLED, "hang, one thread alone")


def test_an_interrupted_run_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checks: Checks) -> None:
    checked: list[str] = []
    judge = MutantJudge.judge

    def counted(self: Any, mutant: Any, *rest: Any) -> Any:
        checked.append(mutant.id)
        if len(checked) == 2:
            raise KeyboardInterrupt
        return judge(self, mutant, *rest)

    monkeypatch.setattr(MutantJudge, "judge", counted)
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


def test_a_fault_of_lockproof_keeps_finished_mutants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checks: Checks
) -> None:
    checked: list[str] = []
    judge = MutantJudge.judge

    def counted(self: Any, mutant: Any, *rest: Any) -> Any:
        checked.append(mutant.id)
        if len(checked) == 2:
            raise ZeroDivisionError("oops")
        return judge(self, mutant, *rest)

    monkeypatch.setattr(MutantJudge, "judge", counted)
    with pytest.raises(MutationFailed, match="oops") as failed:
        mutated(tmp_path, jobs=1, seed=None)
    assert len(failed.value.report.judged) == 1 and failed.value.report.left == 1
    assert failed.value.trace.startswith("Traceback")


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupt a run at its second mutant."""
    judge, stop = MutantJudge.judge, iter([False, True])

    def stopped(self: Any, mutant: Any, *rest: Any) -> Any:
        if next(stop, False):
            raise KeyboardInterrupt
        return judge(self, mutant, *rest)

    monkeypatch.setattr(MutantJudge, "judge", stopped)


@pytest.mark.usefixtures("interrupted")
def test_what_differs_in_the_class_itself_makes_no_mutant_invalid_in_a_run_that_is_gone_on_with_either(
    tmp_path: Path, checks: Checks
) -> None:
    checks.differing = (Nonconformance("result", ("a.give_back(1)",), "None", "raises ValueError"),)
    with pytest.raises(MutationInterrupted):
        mutated(tmp_path, "Claims", jobs=1)
    report = mutated(tmp_path, "Claims", jobs=1)
    assert [each.fate for each in report.judged] == [Fate.KILLED] * 2


@real_checks
@pytest.mark.usefixtures("interrupted")
def test_so_it_is_with_real_checks(tmp_path: Path) -> None:
    reviewed = tmp_path / "reviewed.toml"
    first, _ = mutants_of(f"{FILE}:Claims").mutants
    content = f'[[killed]]\nmutants = ["{first.id}"]\nscenario = "a.claim(1) || a.claim(1)"\n'
    reviewed.write_text(content, encoding="utf-8")
    options = {"jobs": 1, "model": f"{FILE}:StrictClaims", "budget": 0.6, "equivalents": reviewed}
    with pytest.raises(MutationInterrupted):
        mutated(tmp_path, "Claims", **options)
    report = mutated(tmp_path, "Claims", **options)
    assert [each.mutant.function for each in report.judged] == ["Claims.claim", "Claims.give_back"]
    assert report.judged[0].fate is Fate.KILLED
    assert report.judged[1].fate is not Fate.INVALID


def test_a_fate_that_was_cut_off_while_it_was_written_is_looked_for_again(tmp_path: Path, checks: Checks) -> None:
    mutated(tmp_path)
    checks.checked.clear()
    (file,) = tmp_path.glob("mutants/*.jsonl")
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(lines[:2]) + '\n{"mutant": {"id"', encoding="utf-8")
    report = mutated(tmp_path)
    assert [each.fate for each in report.judged] == [Fate.KILLED] * 2
    assert len(checks.checked) == 2  # the class itself, and the mutant whose fate was cut off


def test_progress_tells_how_many_are_done_and_what_became_of_them(tmp_path: Path, checks: Checks) -> None:
    reports: list[Progress] = []
    mutated(tmp_path, tell=reports.append, jobs=1)
    assert reports[0].phase == "0 of 2 mutants" and "the class itself" in reports[0].text
    assert reports[-1].phase == "1 of 2 mutants"
    assert reports[-1].text.startswith("1 killed; about ")


# What is refused.


@pytest.mark.one_build
def test_a_class_without_locks_is_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as caught:
        mutated(tmp_path, "Unlocked")
    assert caught.value.fact.startswith("no locks were found in ")
    assert "Condition" in caught.value.cause


def test_a_class_in_which_something_is_found_is_refused_with_that(tmp_path: Path, checks: Checks) -> None:
    scenario = Scenario.parse("a.win() || a.win()")
    checks.itself = Finding(FindingKind.NOT_LINEARIZABLE, scenario, repeat=RepeatTest(("check", "it", "again")))
    with pytest.raises(LockproofError) as caught:
        mutated(tmp_path)
    assert caught.value.fact.endswith("mutated.py:Tally fails as it is: not linearizable: a.win() || a.win()")
    assert "check it again" in caught.value.step
    assert len(checks.checked) == 1


@real_checks
def test_a_class_that_fails_as_it_is_is_refused_with_its_finding(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as caught:
        mutated(tmp_path, "Careless")
    assert "fails as it is: not linearizable: " in caught.value.fact
    assert "lockproof check" in caught.value.step


@pytest.mark.one_build
def test_a_class_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LockproofError, match="has no source"):
        mutate_target("_queue:SimpleQueue", MutateOptions(store=tmp_path))


def test_a_class_whose_methods_are_compiled_is_refused_although_its_package_has_a_source(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as caught:
        mutate_target("collections:OrderedDict", MutateOptions(store=tmp_path))
    assert caught.value.fact.startswith("the methods of OrderedDict are compiled: clear, copy, fromkeys and ")
    assert "extension module" in caught.value.cause
    assert caught.value.step == "name an implementation in Python"


@pytest.mark.parametrize("name", ["MULTIDICT_NO_EXTENSIONS", "PURE_PYTHON", "BAG_PURE"])
def test_the_environment_variable_that_chooses_python_is_named(name: str) -> None:
    other, part = (
        UsedModule("bag", "bag.py", "IMPURE = 1", ()),
        UsedModule("bag._c", "_c.py", f'environ.get("{name}")', ()),
    )
    assert choice_of_python([other, part]) == f"choose the implementation in Python: {name}=1"
    assert choice_of_python([other]) == "name an implementation in Python"


def test_only_compiled_methods_of_the_class_itself_count() -> None:
    class Guarded(OrderedDict[int, int]):
        """In Python, on a compiled base, with a compiled method of the base under a name of its own."""

        __slots__ = ("_lock",)
        get_out = OrderedDict.pop

    assert "popitem" in compiled_methods(OrderedDict)
    assert compiled_methods(Guarded) == compiled_methods(Keeps) == compiled_methods(twice) == ()


def test_a_file_that_changes_meanwhile_ends_the_run(tmp_path: Path, checks: Checks) -> None:
    copy = tmp_path / "changing.py"
    copy.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")

    def edit(progress: Progress) -> None:
        if progress.phase.startswith("1 of"):
            copy.write_text("# another text\n", encoding="utf-8")

    with pytest.raises(LockproofError, match="has changed while its mutants were checked"):
        mutated(tmp_path, file=copy, tell=edit, jobs=1)


@pytest.mark.one_build
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


@pytest.mark.one_build
def test_an_operator_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(LockproofError) as caught:
        mutated(tmp_path, operators=("remove-locks",))
    assert "remove-lock" in caught.value.step
