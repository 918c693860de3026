"""Does the comparison on one thread report each flaw as what it is, and nothing about the mended twin?"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Sequence
from dataclasses import replace
from random import getrandbits
from types import SimpleNamespace

import pytest

from lockproof.core import pace
from lockproof.core.errors import LockproofError
from lockproof.core.lives import lives
from lockproof.core.model import block, choose, every_choice
from lockproof.core.operation import op
from lockproof.core.specification import Specification
from lockproof.core.values import Collected, Raised, TextForm, canonical
from lockproof.inference import conformance
from lockproof.inference.conformance import ConformanceResult, conform
from lockproof.inference.differing import told_apart
from lockproof.inference.from_class import infer
from lockproof.inference.handed_out import handed_out
from lockproof.inference.programs import Programs
from lockproof.inference.sets import AnyMutableSet
from tests.lockproof.inference import subjects

pytestmark = pytest.mark.one_build


def check(cls: type, seconds: float = 0.05) -> ConformanceResult:
    return conform(infer(cls), seed=3, seconds=seconds)


def told(result: ConformanceResult) -> list[tuple[str, str, str, str]]:
    return [(each.kind, "; ".join(each.lines), each.subject, each.model) for each in result.nonconformances]


def test_contains_without_a_return_is_reported() -> None:
    assert told(check(subjects.MuteSet)) == [("different result", "a.add(1); 1 in a", "False", "True")]


def test_a_remove_that_stays_silent_and_a_pop_that_returns_nothing_are_reported() -> None:
    assert told(check(subjects.SilentSet)) == [
        ("different exception", "a.remove(1)", "None", "raises KeyError"),
        ("different result", "a.add(1); a.pop()", "None", "1"),
    ]


def test_a_change_that_is_not_made_is_reported_once() -> None:
    expected = [("different state", "a.add(1); a.discard(1); sorted(a)", "[1]", "[]")]
    assert told(check(subjects.ForgetfulSet)) == expected


def test_an_inherited_method_with_another_meaning_is_reported() -> None:
    assert told(check(subjects.OddDict)) == [("different result", "a[1] = 1; a.setdefault(1, 2)", "2", "1")]
    ((kind, _, *answers),) = told(check(subjects.WrongDeque))
    assert kind == "different result" and answers == ["3", "2"]


def test_a_queue_that_is_a_stack_is_reported() -> None:
    assert told(check(subjects.StackQueue))


def test_a_list_that_is_handed_out_is_reported() -> None:
    result = check(subjects.OpenRegistry)
    ((kind, lines, *_),) = told(result)
    assert kind == "state handed out" and result.nonconformances[0].decides
    assert "result = a.get_all()" in lines


def test_a_list_that_no_operation_changes_decides_nothing_when_it_is_handed_out() -> None:
    (found,) = check(subjects.Settings).nonconformances
    assert found.kind == "state handed out" and not found.decides


@pytest.mark.parametrize(
    "cls",
    [
        subjects.SpokenSet, subjects.LoudSet, subjects.EvenDict, subjects.ClosedRegistry, subjects.ReentrantlyLockedSet,
        subjects.Counter, subjects.Everything, subjects.Buffer, subjects.Pool,
    ],
)  # fmt: skip
def test_the_mended_twin_and_correct_classes_are_not_reported(cls: type) -> None:
    before = infer(cls)
    result = check(cls)
    assert result.nonconformances == ()
    assert len(result.specification.operations) == len(before.operations)


def test_an_operation_that_differs_is_lifted_so_that_the_check_goes_on_around_it() -> None:
    adjusted = check(subjects.SilentSet).specification
    assert {kind.text for kind in adjusted.operations if kind.lifted} == {"a.remove(x)", "a.pop()"}
    assert conform(adjusted, seed=4, seconds=0.05).nonconformances == ()


@pytest.mark.parametrize(("compared", "told"), [("a.remove(x)", True), ("a.clear()", False)])
def test_only_kinds_that_are_named_are_compared(compared: str, told: bool) -> None:
    result = conform(infer(subjects.SilentSet), 3, 0.0, compared=frozenset({compared}))
    assert bool(result.nonconformances) is told


def test_where_a_guess_is_wrong_the_class_becomes_its_own_model() -> None:
    adjusted = check(subjects.MuteSet).specification
    assert adjusted.model is None and not adjusted.guessed
    assert any("ask for that with --model" in note for note in adjusted.notes)


def test_a_lifted_operation_that_depends_on_more_than_the_contents_is_left_out_with_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace.pace, "counted", True)  # by time, a busy machine may compare too little
    adjusted = check(subjects.CountingSet).specification
    assert "a.added()" not in {kind.text for kind in adjusted.operations}
    assert any("depends on more than the contents" in note for note in adjusted.notes)


def test_an_operation_with_another_result_each_time_runs_without_its_results() -> None:
    result = check(subjects.Random)
    assert result.nonconformances == ()
    assert {kind.text for kind in result.specification.operations} == {"a.draw()", "a.fixed()"}
    assert any("a.draw()" in note and "only exceptions compared" in note for note in result.specification.notes)


def test_an_operation_that_changes_the_subject_by_chance_is_left_out_with_a_note() -> None:
    class Shuffled:
        def __init__(self) -> None:
            self._held = [0]

        def draw(self) -> int:
            self._held[0] = getrandbits(16)
            return self._held[0]

        def fixed(self) -> int:
            return 7

    result = check(Shuffled)
    assert result.nonconformances == ()
    assert [kind.text for kind in result.specification.operations] == ["a.fixed()"]
    assert any("two fresh subjects" in note and "a.draw()" in note for note in result.specification.notes)


def test_a_given_model_has_the_last_word() -> None:
    class Doubled:
        def __init__(self) -> None:
            self.value = 0

        def increment(self, by: int = 1) -> int:
            self.value += 2 * by
            return self.value

    result = conform(infer(subjects.Counter, model=Doubled), seed=1, seconds=0.1)
    assert ("different result", "a.increment()", "1", "2") in told(result)


def test_a_lock_that_waits_for_itself_hangs_in_the_last_line_announced() -> None:
    lines = hanging(subjects.PlainlyLockedSet, frozenset())
    assert lines[-1] == "a.add(Meddling(a, 1))"


def test_a_callback_that_comes_back_is_tried_alone() -> None:
    announced: list[Sequence[str]] = []
    conform(infer(subjects.Everything), 1, 0.0, announce=announced.append)
    assert ["a.compute(1, lambda *_: a.size())"] in announced


def hanging(cls: type, skip: frozenset[str]) -> Sequence[str]:
    """Run a comparison on a thread that is left behind if it hangs, and return the lines that it announced last."""
    announced: list[Sequence[str]] = []
    reached = threading.Event()

    def announce(lines: Sequence[str]) -> None:
        announced.append(lines)
        if "Meddling" in lines[-1]:
            reached.set()

    thread = threading.Thread(target=lambda: conform(infer(cls), 1, 0.0, announce=announce, skip=skip), daemon=True)
    thread.start()
    assert reached.wait(20)
    thread.join(0.5)
    assert thread.is_alive()
    return announced[-1]


def test_what_hung_before_is_skipped() -> None:
    skip = frozenset({"a.add(Meddling(a, 1))", "Meddling(a, 1) in a"})
    specification = infer(subjects.ReentrantlyLockedSet)
    announced: list[str] = []
    result = conform(specification, 1, 0.0, announce=lambda lines: announced.extend(lines), skip=skip)
    assert not skip & set(announced)
    assert not skip & {kind.text for kind in result.specification.operations}


def test_where_one_operation_that_comes_back_hung_all_of_them_are_skipped() -> None:
    result = conform(infer(subjects.PlainlyLockedSet), 1, 0.0, skip=frozenset({"a.add(Meddling(a, 1))"}))
    assert result.nonconformances == ()
    assert not any("Meddling" in kind.text or "Dying" in kind.text for kind in result.specification.operations)
    assert "a.add(x)" in {kind.text for kind in result.specification.operations}


def test_only_the_callback_that_comes_back_is_skipped() -> None:
    skip = frozenset({"a.compute(1, lambda *_: a.size())"})
    result = conform(infer(subjects.Everything), 1, 0.0, skip=skip)
    (kind,) = [each for each in result.specification.operations if "compute" in each.text]
    assert {each.text for each in kind.fillings()} == {
        f"a.compute({key}, {function})" for key in (1, 2) for function in ("gives_1", "gives_2", "fails")
    }


def test_a_filled_line_skips_its_kind() -> None:
    result = conform(infer(subjects.SpokenSet), 1, 0.0, skip=frozenset({"a.add(1)"}))
    assert "a.add(x_item)" not in {kind.text for kind in result.specification.operations}


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(LockproofError, match="every operation"):
        conform(Specification(set, [op("a.clear()")]), 1, 0.0, skip=frozenset({"a.clear()"}))


def test_the_same_seed_tries_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "LEAST", 1e9)  # the limit for slow classes depends on the machine

    def announced() -> list[Sequence[str]]:
        lines: list[Sequence[str]] = []
        conform(infer(subjects.LoudSet), 5, 0.0, announce=lines.append)
        return lines

    assert announced() == announced()


class Lottery:
    """Hands out either of two tickets, and takes one back; a request waits while both are out."""

    def __init__(self) -> None:
        self._free = [1, 2]

    def draw(self) -> int:
        """Take the last free ticket."""
        if not self._free:
            raise AssertionError("would wait for ever")
        return self._free.pop()

    def give_back(self, ticket: int) -> None:
        """Give a ticket back, if it is out."""
        if ticket not in self._free:
            self._free.append(ticket)


class AnyLottery(Lottery):
    """The model: any free ticket. Its first choice differs from the subject's."""

    def draw(self) -> int:
        """Take any free ticket."""
        if not self._free:
            block()
        ticket = choose(sorted(self._free))
        self._free.remove(ticket)
        return ticket


def test_a_program_that_waits_after_some_of_the_models_choices_is_not_run() -> None:
    kinds = [op("a.draw()", blocking=True), op("a.give_back(x)", x=[1])]
    specification = Specification(Lottery, kinds, model=AnyLottery)
    assert conform(specification, 1, 0.3).nonconformances == ()


def test_the_model_of_a_mutable_set_clears_itself_without_a_choice() -> None:
    def run() -> int:
        model = AnyMutableSet(range(16))
        model.clear()
        return len(model)

    assert list(every_choice(run)) == [((), 0)]


def test_only_a_builtin_or_a_given_model_decides() -> None:
    inherited, *_ = check(subjects.SilentSet).nonconformances
    (alike,) = check(subjects.MuteSet).nonconformances
    (given,) = conform(infer(subjects.MuteSet, model="set"), 3, 0.05).nonconformances
    assert [each.decides for each in (inherited, alike, given)] == [True, False, True]


class Unpicklable(dict[int, int]):
    """A dict with a lock in it."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def setdefault(self, key: int, default: int = 0) -> int:  # type: ignore[override]
        with self.lock:
            return super().setdefault(key, default)


def test_a_copy_that_the_class_refuses_does_not_decide() -> None:
    result = check(Unpicklable)
    assert {each.lines[-1] for each in result.nonconformances} == {"copy.deepcopy(a)", "pickle.loads(pickle.dumps(a))"}
    assert not any(each.decides for each in result.nonconformances)
    assert any("the class refuses it" in note for note in result.specification.notes)


def test_a_builtin_that_is_left_as_it_is_is_not_tried_with_code_in_the_middle_of_a_step() -> None:
    class Plain(dict[int, int]):
        pass

    own, plain = ({kind.text for kind in infer(cls).operations} for cls in (Unpicklable, Plain))
    assert "copy.copy(a)" in own and "copy.copy(a)" not in plain
    assert plain < own and "a[k] = v" in plain


def test_results_that_look_alike_aretold_apart_by_their_kinds() -> None:
    assert told_apart(Collected("dict", frozenset()), TextForm("{}")) == ("{} (a dict)", "{} (a text)")
    assert told_apart(1, 2) == ("1", "2")


class Chancy(set[int]):
    """A set that answers wrong by chance: here every 7th time, counted over all sets."""

    asked = itertools.count(1)

    def __contains__(self, item: object) -> bool:
        return super().__contains__(item) != (next(self.asked) % 7 == 0)


def test_what_does_not_repeat_is_named_and_the_rest_goes_on() -> None:
    for seed in range(4):
        result = conform(infer(Chancy), seed, 0.1)
        kinds = {kind.text for kind in result.specification.operations}
        assert "a.add(x)" in kinds and "x in a" not in kinds
        assert any("x in a" in note for note in result.specification.notes)


def test_an_exception_that_is_returned_was_not_raised() -> None:
    assert str(canonical(ValueError("x"))) == "<ValueError>" and canonical(ValueError()) != Raised("ValueError")


@pytest.mark.parametrize(("step", "slow"), [(0.001, False), (0.2, True)])
def test_a_slow_class_is_not_compared_for_longer_than_its_part(
    monkeypatch: pytest.MonkeyPatch, step: float, slow: bool
) -> None:
    looks = itertools.count()
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: next(looks) * step))
    result = conform(infer(subjects.Everything), 1, 0.1)
    assert any("the class is slow" in note for note in result.specification.notes) is slow


def test_a_class_that_is_slow_is_compared_as_far_as_the_time_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    class Slow(set):  # type: ignore[type-arg]
        def __init__(self, *given: object) -> None:
            clock[0] += 0.01
            super().__init__(*given)

    def now() -> float:
        return clock[0]

    monkeypatch.setattr(conformance, "LEAST", 0.3)
    with monkeypatch.context() as frozen:
        frozen.setattr(pace, "time", SimpleNamespace(monotonic=now, perf_counter=now))
        result = conform(infer(Slow), seed=1, seconds=0.01)
    assert clock[0] < 1.0  # nearly 20 s without a bound
    (note,) = [each for each in result.specification.notes if "since the class is slow" in each]
    assert "a.add(x)" in note and result.nonconformances == ()
    assert not any("since the class is slow" in note for note in check(set).specification.notes)


class Dice:
    """Its answers depend on chance, and what it returns is a copy."""

    def __init__(self) -> None:
        self._numbers = random.Random()
        self._drawn: list[float] = []

    def draw(self) -> None:
        self._drawn.append(self._numbers.random())

    def drawn(self) -> list[float]:
        return list(self._drawn)


class LiveDice(Dice):
    """Returns its own list, and counts."""

    def draw(self) -> None:
        self._drawn.append(float(len(self._drawn)))

    def drawn(self) -> list[float]:
        return self._drawn


def test_chance_is_not_taken_for_a_live_result() -> None:
    def found(cls: type) -> list[str]:
        kinds = [op("a.draw()"), op("a.drawn()")]
        made = Specification(cls, kinds, observe=["a.drawn()"])
        programs = Programs(made, lambda _: None)
        return [each.kind for each in handed_out(programs, (next(kinds[0].fillings(1)),))]

    assert (found(Dice), found(LiveDice)) == ([], ["state handed out"])


def test_a_specification_may_name_an_operation_twice() -> None:
    twice = replace(infer(set), operations=[*infer(set).operations, op("len(a)", reads=True), op("a.add(x)", x=[1])])
    assert conform(twice, seed=1, seconds=0.01).nonconformances == ()


def test_of_a_class_with_threads_of_its_own_only_exceptions_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)  # put back at the end
    lives.count_starts()
    lazy = check(subjects.Background)
    assert lazy.nonconformances == () and not lazy.specification.observe
    assert any("starts threads of its own" in note and "a.counted()" in note for note in lazy.specification.notes)
    assert lazy.threads
    prompt = check(subjects.Foreground)
    assert not prompt.threads
    assert prompt.specification.observe and not any("threads of its own" in each for each in prompt.specification.notes)
