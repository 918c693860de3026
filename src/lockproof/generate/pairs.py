"""Which two kinds of operations run beside each other in a scenario, and in which order are these pairs tried?

Most flaws need just two operations, so pairs go through the kinds systematically, the likeliest to collide first.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import combinations, combinations_with_replacement, zip_longest

from lockproof.core.operation import Operation, OperationKind, renamed
from lockproof.core.own_time import PASSING
from lockproof.core.watched import LONG, Watched
from lockproof.generate import tuning

type Pair = tuple[OperationKind, OperationKind]


@dataclass(frozen=True)
class Plan:
    """What a scenario is made of: a pair of kinds, or any kinds (None); it must have one of `required`, if any."""

    pair: Pair | None
    required: Sequence[OperationKind]


class PairOrder:
    """The pairs of `kinds`, in the order in which scenarios try them.

    `breadth` says of each kind that is aimed at, by its text, how many functions of the class it runs: kinds that run
    few come first, since they are more about the one in question. Without an aim, the exposed kinds of `watched` take
    the place of the aim in two of three scenarios. `kinds` begin with the one of most weight. `own` are the texts of
    the kinds that are the class's own methods: without an aim, each of them meets itself and the others early.
    """

    def __init__(
        self,
        kinds: Sequence[OperationKind],
        breadth: Mapping[str, int],
        watched: Watched,
        own: Collection[str] = (),
    ) -> None:
        self._kinds, self._breadth, self._watched = kinds, breadth, watched
        self.aimed = [kind for kind in kinds if kind.text in breadth]
        self._exposed = [kind for kind in kinds if kind.text in watched.exposed]
        self._likeness = _Likeness(kinds)
        # Kinds of less weight are about special arguments, and two of them may show nothing.
        self._own = [] if self.aimed else [kind for kind in kinds if kind.text in own and kind.weight >= 1]

    def is_early(self, index: int) -> bool:
        """Tell whether the scenario with this number is an early pair of the class's own methods."""
        return index % tuning.OTHER_EVERY < tuning.OTHER_EVERY - 1 and _early_before(index) < len(self._early_pairs)

    def plan(self, index: int) -> Plan:
        """Return the plan of the scenario with this number."""
        if self.aimed:
            turn, part = divmod(index, tuning.MIXED_EVERY)
            pairs = tuning.MIXED_EVERY - 1
            if part == pairs:
                return Plan(None, self.aimed)
            number = met_again(turn * pairs + part + 1)
            return Plan(self.aimed_pairs[number % len(self.aimed_pairs)], self.aimed)
        if self.is_early(index):
            return Plan(self._early_pairs[_early_before(index)], ())
        index -= min(_early_before(index), len(self._early_pairs))
        if not self._exposed:
            return self._plan_without_aim(index)
        turn, part = divmod(index, tuning.EXPOSED_EVERY)
        others = tuning.EXPOSED_EVERY - 1
        if part == others:
            return self._plan_without_aim(turn)
        turn, part = divmod(turn * others + part, tuning.EXPOSED_MIXED_EVERY)
        pairs = tuning.EXPOSED_MIXED_EVERY - 1
        if part == pairs:
            return Plan(None, self._exposed)
        return Plan(self.aimed_pairs[(turn * pairs + part) % len(self.aimed_pairs)], self._exposed)

    def _plan_without_aim(self, index: int) -> Plan:
        turn, part = divmod(index, tuning.PAIR_EVERY)
        return Plan(None if part else self._any_pairs[turn % len(self._any_pairs)], ())

    @cached_property
    def _early_pairs(self) -> list[Pair]:
        """The pairs of the class's own methods: first each beside itself, then those that share most.

        By turns a pair that only changes, one with a reader, and a kind beside itself with other arguments. Each pair
        that is taken halves the worth of its kinds: so each kind soon meets its likeliest partner. Of operations on two
        subjects only mirrored ones meet each other.
        """

        def worth(pair: Pair) -> float:
            return (1 + sum(kind in self._exposed for kind in pair)) * self._worth(pair, bool(self._exposed))

        own = self._own
        alone = [(kind, kind) for kind in own if not (kind.reads or kind.text.startswith(PASSING))]
        others = [pair for pair in combinations(own, 2) if not (pair[0].reads and pair[1].reads)]
        others = [pair for pair in others if not self._likeness.cross(pair[0].text, pair[1].text)]
        looking = [pair for pair in others if pair[0].reads or pair[1].reads]
        changing = [pair for pair in others if not (pair[0].reads or pair[1].reads)]
        alone.sort(key=lambda pair: -worth(pair))
        apart = [(kind, replace(kind)) for kind, _ in alone if kind.holes]
        rows = zip_longest(_varied(changing, worth), _varied(looking, worth), apart)
        return [*alone, *(each for row in rows for each in row if each is not None)][: tuning.MOST_OWN]

    @cached_property
    def _any_pairs(self) -> list[Pair]:
        return self._sorted_pairs(())

    @cached_property
    def aimed_pairs(self) -> list[Pair]:
        """Pairs with a kind that is aimed at, or with an exposed kind.

        A mutant's budget suffices for few scenarios, and what these have in common may hide the same flaw from all of
        them. So of the best pairs those come first that differ, in the aim and in the kind beside it. The kind beside
        it is in turns one without the aim, another kind that is aimed at, since a wrong lock keeps those apart that
        share it, and one that takes no lock or is exposed.
        """
        if not self.aimed:
            return self._sorted_pairs(self._exposed)
        pairs = [
            (kind, other)
            for kind in self.aimed
            for other in self._kinds
            if not (kind.reads and other.reads) and not (kind.exclusive and kind.exclusive == other.exclusive)
        ]
        worth_as_aim = {kind.text: kind.weight / self._breadth[kind.text] ** tuning.BREADTH for kind in self.aimed}
        worth_beside = {kind.text: kind.weight * self._length_beside(kind.text) for kind in self._kinds}
        seeing = self._watched.seeing - self._breadth.keys()
        rows = (worth_beside.keys() - self._breadth.keys(), self._breadth.keys(), seeing)
        return _Varied(pairs, worth_as_aim, worth_beside, self._likeness).ordered(rows) or self._any_pairs

    def _sorted_pairs(self, aims: Sequence[OperationKind]) -> list[Pair]:
        """Return the pairs of which at least one kind changes something, with one of `aims` if any, the best first."""
        every = list(combinations_with_replacement(self._kinds, 2))
        pairs = [pair for pair in every if not (pair[0].reads and pair[1].reads)]
        if aims:
            pairs = [pair for pair in pairs if pair[0] in aims or pair[1] in aims] or pairs
        return sorted(pairs or every, key=lambda pair: -self._worth(pair, bool(aims)))

    def _worth(self, pair: Pair, has_aim: bool) -> float:
        first, second = (kind.weight * (self._watched.length(kind.text) if has_aim else 1) for kind in pair)
        texts = pair[0].text, pair[1].text
        shared = self._watched.shared(*texts)
        factor = 1.0 if shared is None else tuning.SHARED if shared else 1 / tuning.SHARED
        return first * second * factor * self._likeness.factor(*texts)

    def _length_beside(self, text: str) -> int:
        """Return by how much a kind comes earlier beside an aim."""
        return LONG * tuning.EXPOSED if text in self._watched.seeing else self._watched.length(text)


class _Likeness:
    """How much likelier two kinds collide for what their lines are: the same, mirrored, or about one subject."""

    def __init__(self, kinds: Sequence[OperationKind]) -> None:
        self._kinds = kinds

    def factor(self, first: str, second: str) -> int:
        """Return by how much the pair comes earlier."""
        if first == second:
            return tuning.ALIKE
        if first == self._mirrored[second]:
            return tuning.MIRRORED
        return tuning.BOTH if self._subjects[first] & self._subjects[second] - {"a"} else 1

    def cross(self, first: str, second: str) -> bool:
        """Tell whether both kinds are about two subjects, and not mirrored: each of them alone shows more."""
        return bool(self._subjects[first] & self._subjects[second] - {"a"}) and first != self._mirrored[second]

    @cached_property
    def _subjects(self) -> dict[str, frozenset[str]]:
        return {kind.text: frozenset(Operation(kind.text).subjects) for kind in self._kinds}

    @cached_property
    def _mirrored(self) -> dict[str, str]:
        """The line of each kind with the first two subjects exchanged."""
        names = {ast.unparse(ast.parse(kind.text)): kind.text for kind in self._kinds}
        swapped = {text: renamed(Operation(text), {"a": "b", "b": "a"}).text for text in names.values()}
        return {text: names.get(other, "") if "b" in self._subjects[text] else text for text, other in swapped.items()}


def _early_before(index: int) -> int:
    """Return how many early pairs come before a scenario, if there are enough of them."""
    turn, part = divmod(index, tuning.OTHER_EVERY)
    return turn * (tuning.OTHER_EVERY - 1) + part


def _varied(pairs: Sequence[Pair], worth: Callable[[Pair], float]) -> list[Pair]:
    """Return the pairs, at most `MOST_OWN`, so that each that is taken halves the worth of both its kinds."""
    taken: Counter[str] = Counter()

    def now(k: int) -> float:
        return -worths[k] * 0.5 ** sum(taken[kind.text] for kind in pairs[k])

    worths = [worth(pair) for pair in pairs]
    heap = [(-each, k) for k, each in enumerate(worths)]
    heapify(heap)
    found: list[Pair] = []
    while heap and len(found) < tuning.MOST_OWN:
        noted, k = heappop(heap)
        if now(k) > noted:
            heappush(heap, (now(k), k))
            continue
        found.append(pairs[k])
        taken.update(kind.text for kind in pairs[k])
    return found


class _Varied:
    """Puts pairs in an order in which early ones differ: each pair that is taken halves the worth of both its kinds."""

    def __init__(
        self, pairs: Sequence[Pair], as_aim: dict[str, float], beside: dict[str, float], likeness: _Likeness
    ) -> None:
        self._pairs, self._as_aim, self._beside, self._likeness = pairs, as_aim, beside, likeness
        self._taken = dict[int, None]()

    def ordered(self, rows: Sequence[Collection[str]]) -> list[Pair]:
        """Return all pairs; the first ones by turns with a second kind from each of the rows, the others by worth."""
        heaps = [[(-self._worth(k), k) for k, pair in enumerate(self._pairs) if pair[1].text in row] for row in rows]
        for heap in heaps:
            heapify(heap)
        for turn in range(tuning.VARIED):
            self._take_best(heaps[turn % len(heaps)])
        rest = sorted((k for k in range(len(self._pairs)) if k not in self._taken), key=self._worth, reverse=True)
        return [self._pairs[k] for k in (*self._taken, *rest)]

    def _take_best(self, heap: list[tuple[float, int]]) -> None:
        while heap:
            noted, k = heappop(heap)
            if k in self._taken:
                continue
            if -self._worth(k) > noted:  # the heap holds worths of earlier, and worths only fall
                heappush(heap, (-self._worth(k), k))
                continue
            self._taken[k] = None
            self._as_aim[self._pairs[k][0].text] /= 2
            self._beside[self._pairs[k][1].text] /= 2
            return

    def _worth(self, k: int) -> float:
        first, second = self._pairs[k][0].text, self._pairs[k][1].text
        return float(self._as_aim[first] * self._beside[second] * self._likeness.factor(first, second))


def met_again(turn: int) -> int:
    """Return which pair has this turn, from 0; turns are counted from 1. Pairs come again, less and less often.

    Turns that 3 does not divide bring new pairs. Turn 3n brings the pair of turn n. So the first pairs come often:
    their arguments and the initial part decide whether a flaw shows.
    """
    while turn % 3 == 0:
        turn //= 3
    return turn - turn // 3 - 1
