"""The decisions of a run: what the strategy is shown at each one, and what it has chosen so far."""

from __future__ import annotations

from dataclasses import replace

from lockproof.core.errors import LockproofError
from lockproof.core.schedule import Point, Ran, Redundant, Strategy
from lockproof.engines.control.step_log import StepLog
from lockproof.engines.control.task import Abandoned, Task, innermost
from lockproof.engines.control.turns import Turns


class Decisions:
    """The strategy of a run, what it is shown at the next decision, and the choices that it has made.

    `log` has the steps of the run, if the strategy needs them. `touch(number)` notes that the present step touches what
    has this number: a lock, a thread (-1 - its index) or time (0). By task: `pending` has the access that the task is
    about to make (see `Point.pending`), `firsts` the access of its first switch point. `error` is what the strategy
    raised by mistake.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._point = Point()
        self.touch = self._point.touched.add  # the set stays the same one: every operation on a lock comes here
        self._numbers: dict[tuple[object, ...], int] = {}  # of places
        self._strategy: Strategy | None = None
        self.begin(None)

    def begin(self, strategy: Strategy | None) -> None:
        """Forget the run before, and ask this strategy from now on."""
        self._strategy = strategy
        self.log = StepLog() if getattr(strategy, "needs_steps", False) else None
        self._places: list[int] | None = [] if getattr(strategy, "needs_places", False) else None
        self.pending: list[str] = []
        self.firsts: list[str] = []
        self.error: BaseException | None = None
        self._choices: list[int] = []
        self._preemptions = 0
        self._redundant = False
        point = self._point
        point.touched.clear()
        point.own, point.pending, point.steps = None, self.pending, () if self.log is None else self.log.steps
        point.places = () if self._places is None else self._places

    def add_task(self) -> None:
        """Take in one more task, which has no access pending yet."""
        self.pending.append("")
        self.firsts.append("")
        if self._places is not None:
            self._places.append(0)

    def close_step(self) -> None:
        """Say that the step since the last decision is complete, and that another task goes on without a decision."""
        if self._point.own is None:
            self._point.own = frozenset(self._point.touched)
        if self.log is not None:
            self.log.forced()

    def decide(self, task: Task, enabled: tuple[int, ...], free: bool, *, yielded: bool = False) -> int:
        """Return the index of the task that goes on after `task`, one of `enabled`; the strategy chooses if it can.

        `free`: it is no preemption if another task goes on. `yielded`: `task` waits in a loop, or sleeps.

        Raises:
            Abandoned: the strategy failed, and the run is given up.

        """
        if len(enabled) == 1:
            if enabled[0] != task.index:
                self._forced(enabled[0])
            return enabled[0]
        if self._redundant:
            return _without_strategy(task, enabled, free)
        turns, point = self._turns, self._point
        point.current, point.enabled, point.free, point.step = task.index, enabled, free, turns.step
        point.yielded = yielded
        if self._places is not None:
            self._places[task.index] = self._place(task)
        turns.inside = True
        try:
            chosen = self._strategy.choose(point)  # type: ignore[union-attr]
            if chosen not in enabled:
                raise LockproofError(f"the strategy chose thread {chosen}, and only {enabled} can go on")
        except Redundant:
            self._end_here()  # it runs on all the same: given up, it would leave shared things half done
            return _without_strategy(task, enabled, free)
        except (Abandoned, RecursionError):
            raise  # a RecursionError says that the program has used up its own stack
        except BaseException as error:
            self.error = error  # the caller of `Engine.run` gets it: no task may catch it
            turns.give_up()
        finally:
            turns.inside = False
        point.touched.clear()
        point.own = None
        self._choices.append(chosen)
        if self.log is not None:
            self.log.decided(len(self._choices) - 1)
        if chosen != task.index and not free:
            self._preemptions += 1
        return chosen

    def _place(self, task: Task) -> int:
        """Return the number of the place where the running task is."""
        key = () if task.done else (self.pending[task.index], *innermost())
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def _forced(self, index: int) -> None:
        """Tell the strategy that a task goes on without a decision, because no other one can."""
        self.close_step()
        forced = getattr(self._strategy, "forced", None)
        if forced is None or self._redundant:
            return
        if forced(index, self._point):
            self._end_here()

    def _end_here(self) -> None:
        """Say that the rest of the run shows nothing new."""
        self._redundant = True
        self.note_waiting()
        if self.log is not None:
            self.log.close()

    def note_waiting(self) -> None:
        """Note which tasks wait for locks: the rest of the run does not show what they would do."""
        log = self.log
        if log is None:
            return
        for task in self._turns.tasks:
            number = getattr(task.wants, "number", None)
            if number is not None and not task.ready and not task.done:
                log.waits(task.index, number)

    def ran(self) -> Ran:
        """Return what the run was, as the strategy is to learn it."""
        tasks = self._turns.tasks
        steps, kinds = [task.steps for task in tasks], [task.kind for task in tasks]
        ran = Ran(self._choices, self._preemptions, steps, self.firsts, self._redundant, kinds=kinds)
        if self.log is None:
            return ran
        return replace(ran, steps_made=self.log.finished(), waiting=self.log.waiting, gaps=tuple(self.log.gaps))


def _without_strategy(task: Task, enabled: tuple[int, ...], free: bool) -> int:
    """Choose the next task while a redundant run finishes: the same task, or the others in turn."""
    if not free and task.index in enabled:
        return task.index
    return next((index for index in enabled if index > task.index), enabled[0])
