"""Does the code of a scenario run every operation, and is every order that it records true?

Truth is tested against a clock of another kind: operations that draw tickets from one counter under a lock. If an
operation is recorded as returned before another one was invoked, its ticket must be the smaller one.
"""

from __future__ import annotations

import threading
import time

import pytest

from lockproof.core.operation import op
from lockproof.core.scenario import Scenario
from lockproof.core.values import Raised, canonical, unordered
from lockproof.engines.threads.compiled import SMALL, CompiledProgram
from lockproof.engines.threads.crew import Crew, Hang, in_turn

HANG = 20.0

pytestmark = pytest.mark.thread_unsafe(reason="a crew of spinning threads each is enough for the processors")


class Tickets:
    """One counter under a lock."""

    def __init__(self) -> None:
        self._lock, self._next = threading.Lock(), 0

    def draw(self) -> int:
        with self._lock:
            self._next += 1
            return self._next


def crew_of(size: int) -> Crew:
    return Crew(size, seed=1)


@pytest.mark.parametrize("threads", [2, 3])
def test_an_order_that_is_recorded_is_true(threads: int) -> None:
    crew = crew_of(threads)
    scenario = Scenario.parse(" || ".join(["a.draw(); a.draw(); a.draw()"] * threads))
    program = crew.program(scenario, Tickets, {})
    orders = 0
    for _ in range(6):
        for key in crew.run(program, 200, hang=HANG):
            record = program.record(key)
            for t, rows in enumerate(record.seen):
                for k, row in enumerate(rows):
                    for u, returned in enumerate(row):
                        for before in range(returned):
                            assert record.results[u][before] < record.results[t][k]
                            orders += u != t
    crew.close()
    assert orders > 100  # otherwise the test has checked nothing


def test_an_order_that_is_made_up_would_be_noticed() -> None:
    """The twin: a recorder that claims one operation more than it read is caught by the tickets at once."""
    crew = crew_of(2)
    program = crew.program(Scenario.parse("a.draw(); a.draw() || a.draw(); a.draw()"), Tickets, {})
    lies = 0
    for _ in range(20):
        for key in crew.run(program, 100, hang=HANG):
            record = program.record(key)
            for t, rows in enumerate(record.seen):
                for k, row in enumerate(rows):
                    claimed = min(row[1 - t] + 1, 2)
                    lies += any(record.results[1 - t][before] > record.results[t][k] for before in range(claimed))
        if lies:
            break
    crew.close()
    assert lies > 0


def test_one_thread_after_the_other_is_recorded_exactly() -> None:
    program = CompiledProgram(Scenario.parse("a.draw(); a.draw() || a.draw()"), Tickets, {}, patience=0)
    (record,) = in_turn(program, [0, 1])
    assert record.results == ((1, 2), (3,))
    assert record.seen == (((0, 0), (1, 0)), ((2, 0),))
    (record,) = in_turn(program, [1, 0])
    assert record.results == ((2, 3), (1,))
    assert record.seen == (((0, 1), (1, 1)), ((0, 0),))


def test_the_parts_run_in_order_on_fresh_subjects() -> None:
    crew = crew_of(2)
    program = crew.program(Scenario.parse("a.append(1) -> a.append(2) || a.append(3) -> a.copy(); a.clear()"), list, {})
    seen = {program.record(key).final[0] for key in crew.run(program, 300, hang=HANG)}
    crew.close()
    assert seen <= {canonical([1, 2, 3]), canonical([1, 3, 2])}
    assert seen


def test_every_invocation_is_counted() -> None:
    crew = crew_of(3)
    program = crew.program(Scenario.parse("a.add(1) || a.add(2) || len(a)"), set, {})
    for invocations in (1, 63, 64, 65, 1000):
        assert crew.run(program, invocations, hang=HANG).total() == invocations
    assert crew.run(program, 7, hang=HANG, batch=1).total() == 7
    crew.close()


def test_a_crew_runs_scenarios_of_fewer_threads_and_refuses_more() -> None:
    crew = crew_of(3)
    assert crew.run(crew.program(Scenario.parse("len(a) || len(a)"), set, {}), 100, hang=HANG).total() == 100
    with pytest.raises(ValueError, match="4 threads"):
        crew.run(crew.program(Scenario.parse("len(a) || len(a) || len(a) || len(a)"), set, {}), 1, hang=HANG)
    crew.close()


def test_what_an_operation_raises_is_its_result_even_an_exit() -> None:
    class Leaver:
        def leave(self) -> None:
            raise SystemExit(3)

        def fail(self) -> None:
            raise KeyError(1)

    crew = crew_of(2)
    program = crew.program(Scenario.parse("a.leave() || a.fail()"), Leaver, {})
    records = [program.record(key) for key in crew.run(program, 10, hang=HANG)]
    crew.close()
    assert {record.results for record in records} == {((Raised("SystemExit"),), (Raised("KeyError"),))}


def test_a_result_is_what_it_was_when_the_operation_returned() -> None:
    class Open:
        def __init__(self) -> None:
            self._items: list[int] = []

        def add(self, item: int) -> None:
            self._items.append(item)

        def items(self) -> list[int]:
            return self._items

    program = CompiledProgram(Scenario.parse("a.items(); a.add(1) || len(a.items())"), Open, {}, patience=0)
    (record,) = in_turn(program, [0, 1])
    assert record.results == ((canonical([]), None), (1,))


def test_results_are_normalized_as_their_kind_says_and_exceptions_are_not() -> None:
    kind = op("list(a)", normalize=unordered)
    scenario = Scenario.parse("list(a) || a.missing()")
    bound = scenario.with_threads([[next(kind.fillings())], scenario.threads[1]])
    program = CompiledProgram(bound, lambda: [2, 1], {}, patience=0)
    (record,) = in_turn(program, [0, 1])
    assert record.results == ((canonical([1, 2]),), (Raised("AttributeError"),))


def test_an_in_place_operator_does_not_lead_the_thread_to_another_object() -> None:
    program = CompiledProgram(Scenario.parse("a + [1]; len(a) || len(a)"), list, {}, patience=0)
    program = CompiledProgram(Scenario.parse("a |= {5}; len(a) || len(a)"), frozenset, {}, patience=0)
    (record,) = in_turn(program, [0, 1])
    assert record.results[0] == (canonical({5}), 0)


def test_two_subjects_are_two_objects() -> None:
    program = CompiledProgram(
        Scenario.parse("a.add(1) -> a |= b || b.add(2) -> len(a); len(b); a is b"), set, {}, patience=0
    )
    (record,) = in_turn(program, [1, 0])
    assert record.final == (2, 1, False)


@pytest.mark.parametrize("length", [1, 2, 3, 15, 40])
def test_the_numbers_in_the_cells_are_ones_that_cpython_keeps(length: int) -> None:
    program = CompiledProgram(Scenario.parse(f"{'; '.join(['len(a)'] * length)} || len(a)"), set, {}, patience=0)
    assert program.epochs >= 4
    assert program.epochs * program.width <= SMALL + 1


def test_a_long_scenario_is_still_recorded_right() -> None:
    crew = crew_of(2)
    program = crew.program(Scenario.parse(" || ".join(["; ".join(["a.draw()"] * 80)] * 2)), Tickets, {})
    for key in crew.run(program, 50, hang=HANG):
        record = program.record(key)
        assert sorted(record.results[0] + record.results[1]) == list(range(1, 161))
    crew.close()


def test_a_hang_has_the_stacks_and_the_progress_of_each_thread() -> None:
    class Stuck:
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def take(self) -> None:
            self.lock.acquire()

        def note(self) -> None:
            pass

    crew = crew_of(2)
    program = crew.program(Scenario.parse("a.note(); a.take() || a.take()"), Stuck, {})
    with pytest.raises(Hang) as caught:
        crew.run(program, 100, hang=0.3)
    assert sum(caught.value.finished) in (1, 2)
    assert "self.lock.acquire()" in caught.value.stacks
    assert "thread 1:" in caught.value.stacks


def test_a_slow_operation_is_no_hang() -> None:
    class Slow:
        def wait(self) -> None:
            threading.Event().wait(0.2)

    crew = crew_of(2)
    assert crew.run(crew.program(Scenario.parse("a.wait() || a.wait()"), Slow, {}), 4, hang=2.0).total() == 4
    crew.close()


def test_subjects_that_take_long_to_make_are_no_hang_as_long_as_one_is_made_after_the_other() -> None:
    class Slow:
        def __init__(self) -> None:
            end = time.monotonic() + 0.1
            while time.monotonic() < end:  # at work, as a thread that is started on a busy machine
                pass

    crew = crew_of(2)
    assert crew.run(crew.program(Scenario.parse("a || a"), Slow, {}), 8, hang=0.3, batch=8).total() == 8
    crew.close()


def test_a_subject_that_is_never_made_is_a_hang() -> None:
    crew = crew_of(2)
    program = crew.program(Scenario.parse("a.acquire() -> a.locked() || a.locked()"), threading.Lock, {})
    assert crew.run(program, 4, hang=HANG).total() == 4
    stuck = crew.program(Scenario.parse("a.acquire(); a.acquire() -> a.locked() || a.locked()"), threading.Lock, {})
    with pytest.raises(Hang):
        crew.run(stuck, 4, hang=0.3)


def test_a_result_that_depends_on_the_thread_shows_in_turn_too() -> None:
    class Owner:
        def who(self) -> bool:
            return threading.current_thread() is threading.main_thread()

    program = CompiledProgram(Scenario.parse("a.who() || a.who()"), Owner, {}, patience=0)
    (record,) = in_turn(program, [0, 1])
    assert record.results == ((False,), (False,))
