"""Makes scenarios of a specification's operations: small ones, with few values that collide.

A scenario is a function of the seed, its number, the aim and what was watched of the kinds. So a campaign can be
divided into parts, and resumed at any number.

Some scenarios are pairs of kinds (see `pairs`). The others try many pairs at once: a few operations in each thread,
where half the time the first thread changes something and the second mostly reads. Shrinking finds the two operations
that matter. Most scenarios have a *focus*: a value that as many operations as possible name, the initial ones too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType

from lockproof.core.handles import with_own_slots
from lockproof.core.operation import Operation, OperationKind, renamed
from lockproof.core.own_time import PASSING
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.watched import Watched
from lockproof.generate import tuning
from lockproof.generate.initial import InitialPart, beginnings, productive
from lockproof.generate.operation_pool import OperationPool, constants
from lockproof.generate.pairs import Pair, PairOrder, met_again
from lockproof.generate.situations import Situation, situations
from lockproof.generate.steps import StepsInOrder

__all__ = ["Generator", "Watched", "beginnings", "met_again", "productive", "situations"]


class Generator:
    """The scenarios of a specification for one seed, by their number.

    Args:
        specification: Its operations are those of the scenarios.
        threads: The most threads of a scenario; less than 2 is taken for 2.
        seed: Other seeds give other scenarios.
        filling: Lines known to change a fresh subject, of which initial parts are made (see `productive`).
        aimed: If given, each scenario has one of these kinds, named by their texts, and five in six scenarios are pairs
            with one. The number is how many functions of the class the kind runs.
        beginnings: For some lines the lines after which they change something, which they do not on a fresh subject.
        situations: Lines, each followed by those after which it runs code of its own (see `situations`).
        watched: What single runs showed of the kinds. Without `aimed`, two in three scenarios have an exposed kind.

    """

    def __init__(
        self,
        specification: Specification,
        threads: int,
        seed: int,
        filling: frozenset[str] = frozenset(),
        aimed: Mapping[str, int] | None = None,
        watched: Watched | None = None,
        beginnings: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        situations: Sequence[Situation] = (),
    ) -> None:
        self._specification, self._most_threads, self._seed = specification, max(threads, 2), seed
        # Time passes between calls: a class that looks at the clock twice under its lock is right.
        calls = [kind for kind in specification.operations if not kind.text.startswith(PASSING)]
        kinds = sorted(calls or specification.operations, key=lambda kind: -kind.weight)
        self._pool = OperationPool(kinds)
        # Two calls that are refused, like `a.add([])`, may show nothing.
        able = [kind for kind in kinds if not kind.text.endswith("([])")]
        own = [kind.text for kind in able if specification.model is None or kind.lifted]
        self._pairs = PairOrder(kinds, aimed or {}, watched or Watched(), own)
        self._mixed = _MixedThreads(kinds, specification, self._pool)
        self._filling, self._beginnings = filling, beginnings
        self._situations = [] if self._pairs.aimed else list(situations)
        self._initial = InitialPart(specification, filling, has_aim=bool(self._pairs.aimed))
        self._steps = StepsInOrder(specification, self._pool)
        self._changing = [kind for kind in kinds if not kind.reads and not kind.exclusive]
        self._usual = [kind for kind in kinds if kind.weight >= 1 and not (kind.after or kind.blocking)]
        self._keyed = [kind for kind in self._usual if kind in self._changing and kind.holes]
        self._whole = [kind for kind in self._usual if kind.reads and not kind.holes]
        waits = any(kind.blocking for kind in kinds)
        self._more_threads = tuning.MORE_THREADS_OF_QUEUES if waits else tuning.MORE_THREADS

    def is_early(self, index: int) -> bool:
        """Tell whether this scenario is an early pair of the class's own methods, whose effects are observed."""
        place = self._place(index)
        return place is not None and self._is_early(place)

    def _is_early(self, place: int) -> bool:
        return self._pairs.is_early(place) and bool(self._specification.final)

    def scenario(self, index: int, attempt: int = 0) -> Scenario:
        """Return the scenario with this number; each attempt is another one, of the same kinds if it is a pair."""
        random = Random(f"{self._seed}/{index}/{attempt}")
        place = self._place(index)
        if place is None:
            return self._in_situation(index // tuning.SITUATION_EVERY, random)
        index = place
        focus = self._pool.focus(random)
        plan = self._pairs.plan(index)
        if plan.pair is None and not plan.required and random.random() < tuning.MOVING:
            moving = self._moving(random)
            if moving is not None:
                return moving
        if plan.pair is not None:
            threads = self._threads_of_pair(plan.pair, random, focus)
        else:
            threads = self._mixed.draw(random, focus)
        if len(threads) < self._most_threads and random.random() < self._more_threads:
            extra = random.randint(1, self._most_threads - len(threads))
            kinds = [each.kind for thread in threads for each in thread]
            threads += [[self._pool.draw(random.choice(kinds), random, focus)] for _ in range(extra)]
        _keep_apart(threads)
        if self._changing and all(each.kind.reads for thread in threads for each in thread):
            threads[0] = [self._pool.draw(random.choice(self._changing), random, focus)]
        if plan.required and not any(each.kind in plan.required for thread in threads for each in thread):
            kind = random.choice(plan.required)
            thread = threads[_owner(threads, kind, len(threads) - 1)]
            thread[random.randrange(len(thread))] = self._pool.draw(kind, random, focus)
        return self._completed(self._steps.complete(threads, random, focus), random, focus, early=self._is_early(index))

    def _threads_of_pair(self, pair: Pair, random: Random, focus: str) -> list[list[Operation]]:
        threads = [[self._pool.draw(kind, random, focus)] for kind in pair]
        if pair[0] is pair[1] and random.random() < tuning.SAME_OPERATION:
            threads[1] = list(threads[0])
        elif pair[0] == pair[1] and pair[0] is not pair[1]:
            threads[1] = [self._pool.draw_other(threads[0][0], random)]
        if not self._pairs.aimed:
            return threads
        for kind, thread in zip(pair, threads, strict=True):
            if kind.reads and random.random() < tuning.LOOKING_TWICE[bool(kind.holes)]:
                second = self._pool.draw_other(thread[0], random)
                other_subject = self._specification.subjects > 1 and second.subjects == ("a",)
                if other_subject and random.random() < tuning.LOOKING_AT_BOTH:
                    second = renamed(second, {"a": "b"})
                thread.append(second)
        return threads

    def _place(self, index: int) -> int | None:
        """Return the number of a scenario among those without a situation; None if it begins in one."""
        turn, part = divmod(index, tuning.SITUATION_EVERY)
        if not self._situations:
            return index
        return None if part == tuning.SITUATION_EVERY - 1 else index - turn

    def _in_situation(self, turn: int, random: Random) -> Scenario:
        """Return a scenario that begins in a situation: two threads meet there, on something that it is about.

        The situations take turns, and so do the operations that are beside the one that the situation is for: first
        those that change what the program has begun with, which is what expires, or is evicted, first.
        """
        count = len(self._situations)
        line, *first = [self._specification.bound(Operation(each)) for each in self._situations[turn % count]]
        named = [each.text for each in (*first, line) if not each.text.startswith(PASSING)]
        about = list(dict.fromkeys(each for text in named for each in sorted(constants(text)))) or [""]
        kinds = sorted(self._usual, key=lambda kind: (kind.text == line.kind.text, kind.reads))
        focus, place = divmod(turn // count % (len(kinds) * len(about)), len(kinds))
        kind = kinds[place]
        same = kind.text == line.kind.text and random.random() < tuning.SAME_OPERATION
        beside = line if same else self._pool.draw(kind, random, about[focus])
        return self._observed(first, ((line,), (beside,)))

    def _moving(self, random: Random) -> Scenario | None:
        """Return a scenario in which one thread adds one thing and removes another, beside a look at the whole.

        None if the class has no such operations.
        """
        if not self._initial.in_turn or not self._whole:
            return None
        first, second = random.sample(random.choice(self._initial.in_turn), 2)
        about = constants(first.text) - constants(second.text)
        others = [kind for kind in self._keyed if kind.text != first.kind.text]
        if not about or not others:
            return None
        steps = [second, self._pool.draw(random.choice(others), random, min(about))]
        random.shuffle(steps)
        return self._observed([first], (tuple(steps), (self._pool.draw(random.choice(self._whole), random, ""),)))

    def _observed(self, init: Sequence[Operation], parallel: tuple[tuple[Operation, ...], ...]) -> Scenario:
        subjects = Scenario((), parallel).subjects
        final = [renamed(each, {"a": name}) for name in subjects for each in self._specification.final]
        return Scenario(tuple(init), parallel, tuple(final))

    def _completed(
        self, threads: Sequence[Sequence[Operation]], random: Random, focus: str, *, early: bool
    ) -> Scenario:
        """Return the scenario with an initial part and the operations that observe its subjects at the end."""
        parallel = tuple(map(tuple, threads))
        subjects = Scenario((), parallel).subjects
        # What an operation makes of an empty subject, it may not make again of one that has it already.
        operations = [each for thread in threads for each in thread]
        known = all(each.text in self._filling for each in operations)
        alone = early and len({each.kind.text for each in operations}) == 1
        # A kind beside itself with other arguments meets what was there before: a bound, a victim, a neighbour.
        apart = alone and len({each.text for each in operations}) > 1
        empty = not apart and (alone or (early and known)) and random.random() < tuning.EMPTY[known]
        drawn = [] if empty else self._initial.draw(subjects, random, focus)
        first = next((self._beginnings[each.text] for each in operations if each.text in self._beginnings), ())
        if first and random.random() < (tuning.BEGINNING if early else tuning.BEGINNING_LATER):
            drawn = [self._specification.bound(Operation(line)) for line in first]
        return self._observed([*self._steps.kept_before(threads, random, focus), *drawn], parallel)

    def unblocked(self, scenario: Scenario, index: int) -> Iterator[Scenario]:
        """Yield scenarios made of one that can wait for ever, each with one more operation that may end the wait.

        `index` is the number of that scenario.
        """
        random = Random(f"{self._seed}/{index}/unblocked")
        for _ in range(tuning.UNBLOCKED if self._initial.operations else 0):
            added = random.choice(self._initial.operations)
            threads = list(scenario.threads)
            t = _owner(threads, added.kind, random.randrange(len(threads) + 1))
            if t == len(threads) < self._most_threads:
                threads.append((added,))
            elif t < len(threads):
                threads[t] = (*threads[t], added)
            else:
                scenario = replace(scenario, init=(*scenario.init, added))
            scenario = scenario.with_threads(with_own_slots(threads))
            yield scenario


class _MixedThreads:
    """The kinds from which two threads of several operations are drawn, by weight; those that read stand apart."""

    def __init__(self, kinds: Sequence[OperationKind], specification: Specification, pool: OperationPool) -> None:
        self._kinds, self._pool = kinds, pool
        self._weights = [kind.weight for kind in kinds]
        self._reading = [kind for kind in kinds if kind.reads]
        final = {each.text for each in specification.final}
        self._observing = [kind for kind in self._reading if kind.text in final]
        waits = any(kind.blocking for kind in kinds)
        self._looking = tuning.LOOKING_AT_QUEUES if waits else tuning.LOOKING

    def draw(self, random: Random, focus: str) -> list[list[Operation]]:
        """Return the operations of two threads."""
        kinds = random.choices(self._kinds, self._weights, k=random.randint(1, tuning.MIXED_KINDS))
        threads = [
            [self._pool.draw(random.choice(kinds), random, focus) for _ in range(random.choice(tuning.LENGTHS))]
            for _ in range(2)
        ]
        if self._reading and random.random() < self._looking:
            among = self._observing if self._observing and random.random() < tuning.OBSERVED else self._reading
            drawn = random.choices(among, [kind.weight for kind in among], k=random.choice(tuning.LENGTHS))
            threads[1] = [self._pool.draw(kind, random, focus) for kind in drawn]
        return threads


def _owner(threads: Sequence[Sequence[Operation]], kind: OperationKind, otherwise: int) -> int:
    """Return the number of the thread with an operation that may not overlap with this kind's; `otherwise` if none."""
    owners = (t for t, thread in enumerate(threads) if any(each.kind.exclusive == kind.exclusive for each in thread))
    return next(owners, otherwise) if kind.exclusive else otherwise


def _keep_apart(threads: list[list[Operation]]) -> None:
    """Leave operations that may not overlap to the first thread that has one, and drop threads that become empty."""
    owner: dict[str, int] = {}
    for t, thread in enumerate(threads):
        thread[:] = [
            each for each in thread if not each.kind.exclusive or owner.setdefault(each.kind.exclusive, t) == t
        ]
    threads[:] = [thread for thread in threads if thread]
