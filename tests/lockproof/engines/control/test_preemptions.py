"""Are all schedules within a bound run, each once? An enumeration that knows nothing of the engine says how many.

Every part is a list of atomic steps, written down by hand from what the language does: `x += 1` reads, then writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

type Step = tuple[str, str, int]
"""`get` or `put`; the name of the attribute; the number that is added before a `put`."""

ADD: tuple[Step, ...] = (("get", "x", 0), ("put", "x", 1))
OVER: tuple[Step, ...] = (("get", "x", 0), ("put", "y", 0))
BACK: tuple[Step, ...] = (("get", "y", 0), ("put", "x", 0), ("get", "y", 0), ("put", "y", 1))
PROGRAMS: dict[str, tuple[tuple[Step, ...], ...]] = {
    "once once": (ADD, ADD),
    "twice twice": (ADD + ADD, ADD + ADD),
    "twice over": (ADD + ADD, OVER),
    "over back": (OVER, BACK),
    "three": (ADD, ADD, OVER),
    "uneven": (ADD + ADD, ADD, BACK),
}
CASES = [(name, bound) for name, parts in PROGRAMS.items() for bound in (range(4) if len(parts) == 2 else (0, 1, 2))]


def interleavings(lengths: tuple[int, ...], bound: int) -> Iterator[tuple[list[int], int]]:
    """Yield every order of steps, with its number of switches away from a part that was not at its end."""

    def further(done: tuple[int, ...], order: list[int], spent: int) -> Iterator[tuple[list[int], int]]:
        if done == lengths:
            yield order, spent
            return
        last = order[-1] if order else -1
        for part, count in enumerate(done):
            if count == lengths[part]:
                continue
            cost = int(last >= 0 and part != last and done[last] < lengths[last])
            if spent + cost <= bound:
                more = (*done[:part], count + 1, *done[part + 1 :])
                yield from further(more, [*order, part], spent + cost)

    return further((0,) * len(lengths), [], 0)


def outcome(parts: tuple[tuple[Step, ...], ...], order: list[int]) -> tuple[int, int]:
    """Carry out the steps in this order."""
    cell, got, at = {"x": 0, "y": 0}, [0] * len(parts), [0] * len(parts)
    for part in order:
        what, name, more = parts[part][at[part]]
        at[part] += 1
        if what == "get":
            got[part] = cell[name]
        else:
            cell[name] = got[part] + more
    return cell["x"], cell["y"]


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.preemption_programs")


def test_the_enumeration_itself_counts_what_is_known() -> None:
    assert sum(1 for _ in interleavings((2, 2), 99)) == 6 and sum(1 for _ in interleavings((2, 2, 2), 99)) == 90
    assert Counter(spent for _, spent in interleavings((2, 2), 99)) == {0: 2, 1: 2, 2: 2}


@pytest.mark.parametrize(("name", "bound"), CASES)
def test_the_steps_are_those_that_were_written_down(answer: Answers, name: str, bound: int) -> None:
    lengths = [len(part) for part in PROGRAMS[name]]
    assert [steps[1:] for steps in answer["programs"][f"{name} {bound}"]["steps"]] == [lengths]


@pytest.mark.parametrize(("name", "bound"), CASES)
def test_as_many_schedules_are_run_at_each_level_as_there_are(answer: Answers, name: str, bound: int) -> None:
    parts, found = PROGRAMS[name], answer["programs"][f"{name} {bound}"]
    levels = Counter(spent for _, spent in interleavings(tuple(map(len, parts)), bound))
    assert found["by_level"] == [levels[level] for level in range(bound + 1) if levels[level]]
    assert found["preemptions"] == {str(level): count for level, count in sorted(levels.items())}
    assert found["level"] == bound and not found["cut"]


@pytest.mark.parametrize(("name", "bound"), CASES)
def test_the_outcomes_are_those_of_the_enumeration_as_often_as_there(answer: Answers, name: str, bound: int) -> None:
    parts = PROGRAMS[name]
    orders = interleavings(tuple(map(len, parts)), bound)
    assert answer["programs"][f"{name} {bound}"]["outcomes"] == dict(
        Counter(repr(outcome(parts, order)) for order, _ in orders)
    )


def test_methods_of_text_are_no_switch_points_except_those_that_read_a_list(
    answer: Answers,
) -> None:
    counts = answer["text"]
    assert counts["nothing"] == counts["split"] < counts["join"]


def test_a_thread_that_starts_another_can_be_interrupted_before_its_own_first_step(answer: Answers) -> None:
    # It runs when the other one begins to be there, so that the other one's going first is a preemption too.
    levels = Counter(spent + order[0] for order, spent in interleavings((4, 2), 2) if spent + order[0] <= 2)
    assert answer["main_beside"][0]["by_level"] == [levels[level] for level in range(3)]


def test_a_join_that_is_over_makes_no_preemption_free(answer: Answers) -> None:
    plain, after = answer["main_beside"]
    assert plain["by_level"] == after["by_level"] and plain["outcomes"] == after["outcomes"]


def test_ten_explorations_are_one_and_the_same(answer: Answers) -> None:
    first, *others = answer["ten_times"]
    assert others == [first] * 9


def test_another_process_counts_the_same(answer: Answers) -> None:
    again = answers("tests.lockproof.engines.control.preemption_programs")
    for name, found in answer["programs"].items():
        assert again["programs"][name]["by_level"] == found["by_level"]
        assert again["programs"][name]["outcomes"] == found["outcomes"]
    assert again["ten_times"] == answer["ten_times"]
