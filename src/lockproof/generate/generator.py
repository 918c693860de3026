"""Makes scenarios of a specification's operations: small ones, with few values that collide.

Every scenario is a function of the seed, its number and what the generator was told of the kinds, so a campaign can be
cut into parts or gone on with anywhere.
One in three goes through the kinds systematically, each beside itself and then beside the others, the likeliest first,
because most flaws need just two operations. The others try many pairs at once: a few operations in each thread, of
which half the time one thread changes and the other one mostly looks. Shrinking finds the two that matter. Where some
kinds are known to be worth more than others, more scenarios are pairs with these.

Most scenarios have a *focus*: one value that as many operations as can are about, the initial ones too. Two operations
that are about different keys rarely collide.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, cached_property
from heapq import heapify, heappop, heappush
from itertools import combinations_with_replacement
from random import Random
from typing import Final

from lockproof.core.operation import Operation, OperationKind, renamed
from lockproof.core.probes import comes_back
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.values import canonical
from lockproof.core.watched import LONG, Watched

_FILLINGS: Final = 24
_LENGTHS: Final = (1, 2, 2, 3, 3, 4)
_INITIAL: Final = (0, 0, 1, 1, 2, 3)
_INITIAL_OF_PAIRS: Final = (0, 1, 1, 2, 2, 3)
"""How many initial operations there are, and how many where a pair is met again with others: half of what is to be seen
of an operation is seen only if there are things for it to do."""

_FOCUSED: Final = 0.75
_LOOKING: Final = 0.5
_LOOKING_AT_QUEUES: Final = 0.2
"""How often the second thread only looks. Where operations wait, it is the others that collide."""

_LOOKING_TWICE: Final = (0.25, 0.7)
"""How often a kind that is aimed at, or beside one, looks twice; the second, if it can look at another thing then: half
of a bulk change is seen by two elements of it, and half of what goes from one subject to another by looking at both."""

_OBSERVED: Final = 0.35
"""How often a thread that looks does so with what observes the subject at the end alone: that sees most of it."""

VARIED: Final = 60
"""How many pairs with what is aimed at are chosen so that they differ from those before."""

ALIKE: Final = 4
MIRRORED: Final = 6
BOTH: Final = 3
"""By how much a kind comes earlier beside itself, beside its mirror image, like `a |= b` beside `b |= a`, and beside
another one that is about the second subject too."""

EXPOSED: Final = 4
"""By how much an exposed kind comes earlier beside those that are aimed at: it may see what locks hide from others."""

_FILLING: Final = 0.75
"""How often an initial operation is one that is known to change something."""


class Generator:
    """Scenarios for at most `threads` threads; `filling` are lines known to change a fresh subject (`productive`).

    `aimed` are kinds of which each scenario is to have one, if any are given; then five in six are pairs. It says of
    each how many functions of the class it runs: those that run few are more about the one in question. `watched`
    names exposed kinds: two in three scenarios are made for these in that way, where no others are aimed at.
    """

    def __init__(
        self,
        specification: Specification,
        threads: int,
        seed: int,
        filling: frozenset[str] = frozenset(),
        aimed: Mapping[str, int] | None = None,
        watched: Watched | None = None,
    ) -> None:
        self._specification, self._most, self._seed = specification, max(threads, 2), seed
        self._kinds = sorted(specification.operations, key=lambda kind: -kind.weight)
        self._breadth = aimed or {}
        self._aimed = [kind for kind in self._kinds if kind.text in self._breadth]
        self._watched = watched or Watched()
        self._exposed = [kind for kind in self._kinds if kind.text in self._watched.exposed]
        self._weights = [kind.weight for kind in self._kinds]
        self._reading = [kind for kind in self._kinds if kind.reads]
        final = {each.text for each in specification.final}
        self._observing = [kind for kind in self._reading if kind.text in final]
        self._changing = [kind for kind in self._kinds if not kind.reads and not kind.exclusive]
        self._waiting = any(kind.blocking for kind in self._kinds)
        self._fillings = {kind.text: list(kind.fillings(_FILLINGS)) for kind in self._kinds}
        initial = specification.init if specification.init is not None else [k for k in self._kinds if not k.reads]
        self._values = sorted(
            {value for each in self._fillings.values() for one in each for value in constants(one.text)}
        )
        self._initial = [each for kind in initial for each in list(kind.fillings(_FILLINGS))[:6] if not kind.blocking]
        self._productive = [each for each in self._initial if each.text in filling]

    def _pairs(self, aims: Sequence[OperationKind]) -> list[tuple[OperationKind, OperationKind]]:
        """All pairs of which at least one kind changes something, the likeliest first: each kind beside itself."""
        pairs = [
            pair for pair in combinations_with_replacement(self._kinds, 2) if not (pair[0].reads and pair[1].reads)
        ]
        if aims:
            pairs = [pair for pair in pairs if pair[0] in aims or pair[1] in aims] or pairs
        if not pairs:
            pairs = list(combinations_with_replacement(self._kinds, 2))
        return sorted(pairs, key=lambda pair: -self._worth(pair, bool(aims)))

    def _worth(self, pair: tuple[OperationKind, OperationKind], aims: bool) -> float:
        first, second = (kind.weight * (self._watched.length(kind.text) if aims else 1) for kind in pair)
        return first * second * self._alike(pair[0].text, pair[1].text)

    def _alike(self, first: str, second: str) -> int:
        if first == second:
            return ALIKE
        if first == self._mirrored[second]:
            return MIRRORED
        return BOTH if self._subjects[first] & self._subjects[second] - {"a"} else 1

    @cached_property
    def _subjects(self) -> dict[str, frozenset[str]]:
        return {kind.text: frozenset(Operation(kind.text).subjects) for kind in self._kinds}

    @cached_property
    def _mirrored(self) -> dict[str, str]:
        """The line of each kind with the first two subjects in each other's place: they meet in the middle."""
        names = {ast.unparse(ast.parse(kind.text)): kind.text for kind in self._kinds}
        swapped = {text: renamed(Operation(text), {"a": "b", "b": "a"}).text for text in names.values()}
        return {text: names.get(other, "") if "b" in self._subjects[text] else text for text, other in swapped.items()}

    @cached_property
    def _any_pairs(self) -> list[tuple[OperationKind, OperationKind]]:
        return self._pairs(())

    @cached_property
    def _aimed_pairs(self) -> list[tuple[OperationKind, OperationKind]]:
        """Pairs with what is aimed at, or with what is exposed.

        Few scenarios are made of what is aimed at, and what they have in common may hide the same from all of them: so
        of the best pairs those come first that differ, in what is aimed at and in what runs beside it. That is in turns
        something else, another one that is aimed at, since a wrong lock keeps those apart that share it, and one that
        takes no lock, or an exposed one.
        """
        if not self._aimed:
            return self._pairs(self._exposed)
        aimed = {kind.text: kind.weight / self._breadth[kind.text] ** 1.5 for kind in self._aimed}
        beside = {kind.text: kind.weight * self._length_beside(kind.text) for kind in self._kinds}

        left = [
            (kind, other)
            for kind in self._aimed
            for other in self._kinds
            if not (kind.reads and other.reads) and not (kind.exclusive and kind.exclusive == other.exclusive)
        ]

        def worth(k: int) -> float:
            first, second = left[k][0].text, left[k][1].text
            return float(aimed[first] * beside[second] * self._alike(first, second))

        turns = [
            [(-worth(k), k) for k, pair in enumerate(left) if pair[1].text in among]
            for among in (
                beside.keys() - self._breadth.keys(),
                self._breadth.keys(),
                self._seeing - self._breadth.keys(),
            )
        ]
        for each in turns:
            heapify(each)
        chosen = dict[int, None]()
        for turn in range(VARIED):
            row = turns[turn % 3]
            while row:
                was, k = heappop(row)
                if k in chosen:
                    continue
                if -worth(k) > was:  # what worths say of pairs in the row is of earlier; they only become less
                    heappush(row, (-worth(k), k))
                    continue
                chosen[k] = None
                aimed[left[k][0].text] /= 2
                beside[left[k][1].text] /= 2
                break
        rest = sorted((k for k in range(len(left)) if k not in chosen), key=worth, reverse=True)
        return [left[k] for k in (*chosen, *rest)] or self._any_pairs

    def _length_beside(self, text: str) -> int:
        """Return by how much a kind comes earlier beside what is aimed at."""
        return LONG * EXPOSED if text in self._seeing else self._watched.length(text)

    @property
    def _seeing(self) -> frozenset[str]:
        """The kinds that may see what locks hide from others."""
        return self._watched.unlocked or self._watched.exposed

    def _pair(self, index: int) -> tuple[tuple[OperationKind, OperationKind] | None, Sequence[OperationKind]]:
        """Return the pair whose turn it is, if one is to be tried, and kinds of which the scenario must have one."""
        if self._aimed:
            turn, sixth = divmod(index, 6)
            if sixth == 5:
                return None, self._aimed
            number = met_again(turn * 5 + sixth + 1)
            return self._aimed_pairs[number % len(self._aimed_pairs)], self._aimed
        aims: Sequence[OperationKind] = self._exposed
        if aims:
            turn, part = divmod(index, 3)
            index, aims = (turn * 2 + part, aims) if part < 2 else (turn, ())
        turn, third = divmod(index, 3)
        if aims and third < 2:
            return self._aimed_pairs[(turn * 2 + third) % len(self._aimed_pairs)], aims
        return (self._any_pairs[turn % len(self._any_pairs)] if third == 0 else None), aims

    def scenario(self, index: int, attempt: int = 0) -> Scenario:
        """Return the scenario with this number; each attempt is another one, of the same kinds if it is a pair."""
        random = Random(f"{self._seed}/{index}/{attempt}")
        focus = random.choice(self._values) if self._values and random.random() < _FOCUSED else ""
        pair, aims = self._pair(index)
        if pair is not None:
            threads = [[self._filled(kind, random, focus)] for kind in pair]
            if pair[0] is pair[1] and random.random() < 0.7:
                threads[1] = list(threads[0])
            for kind, thread in zip(pair, threads, strict=True):
                if self._aimed and kind.reads and random.random() < _LOOKING_TWICE[bool(kind.holes)]:
                    others = [each for each in self._fillings[kind.text] if each != thread[0]] or thread
                    second = others[min(int(random.expovariate(0.7)), len(others) - 1)]
                    both = self._specification.subjects > 1 and second.subjects == ("a",) and random.random() < 0.5
                    thread.append(renamed(second, {"a": "b"}) if both else second)
        else:
            threads = self._drawn(random, focus)
        if len(threads) < self._most and random.random() < (0.5 if self._waiting else 0.15):
            extra = random.randint(1, self._most - len(threads))
            kinds = [each.kind for thread in threads for each in thread]
            threads += [[self._filled(random.choice(kinds), random, focus)] for _ in range(extra)]
        _keep_apart(threads)
        if self._changing and all(each.kind.reads for thread in threads for each in thread):
            threads[0] = [self._filled(random.choice(self._changing), random, focus)]
        if aims and not any(each.kind in aims for thread in threads for each in thread):
            kind = random.choice(aims)
            thread = threads[_owner(threads, kind, len(threads) - 1)]
            thread[random.randrange(len(thread))] = self._filled(kind, random, focus)
        return self._around(threads, random, focus)

    def _drawn(self, random: Random, focus: str) -> list[list[Operation]]:
        kinds = random.choices(self._kinds, self._weights, k=random.randint(1, 4))
        threads = [
            [self._filled(random.choice(kinds), random, focus) for _ in range(random.choice(_LENGTHS))]
            for _ in range(2)
        ]
        if self._reading and random.random() < (_LOOKING_AT_QUEUES if self._waiting else _LOOKING):
            among = self._observing if self._observing and random.random() < _OBSERVED else self._reading
            looks = random.choices(among, [kind.weight for kind in among], k=random.choice(_LENGTHS))
            threads[1] = [self._filled(kind, random, focus) for kind in looks]
        return threads

    def unblocked(self, scenario: Scenario, index: int) -> Iterator[Scenario]:
        """Yield scenarios that come from one that can wait for ever by adding what may let its threads go on."""
        random = Random(f"{self._seed}/{index}/unblocked")
        for _ in range(4 if self._initial else 0):
            added = random.choice(self._initial)
            threads = list(scenario.threads)
            t = _owner(threads, added.kind, random.randrange(len(threads) + 1))
            if t == len(threads) < self._most:
                threads.append((added,))
            elif t < len(threads):
                threads[t] = (*threads[t], added)
            else:
                scenario = replace(scenario, init=(*scenario.init, added))
            scenario = scenario.with_threads(threads)
            yield scenario

    def _filled(self, kind: OperationKind, random: Random, focus: str) -> Operation:
        fillings = _about(self._fillings[kind.text], focus)
        return fillings[min(int(random.expovariate(0.7)), len(fillings) - 1)]

    def _around(self, threads: Sequence[Sequence[Operation]], random: Random, focus: str) -> Scenario:
        """Return the scenario with an initial part and what observes its subjects at the end."""
        parallel = tuple(map(tuple, threads))
        subjects = Scenario((), parallel).subjects
        init = []
        if self._initial:
            for name in subjects:
                fills = self._productive and random.random() < _FILLING
                about = random.random() < (0.25 if self._aimed else 0.5)
                among = _about(self._productive if fills else self._initial, focus if about else "")
                lengths = _INITIAL_OF_PAIRS if self._aimed else _INITIAL
                chosen = random.sample(among, min(random.choice(lengths), len(among)))
                init += [renamed(each, {"a": name}) for each in chosen if set(each.subjects) <= {"a"}]
        final = [renamed(each, {"a": name}) for name in subjects for each in self._specification.final]
        return Scenario(tuple(init), parallel, tuple(final))


def met_again(turn: int) -> int:
    """Return whose turn it is, from 0, in a row where each is met again and again, less and less often.

    Of the turns from 1, those that 3 does not divide are for new ones; of the others, a third each, it is the same
    anew. So the first of all come often: their values, and what is there before, decide whether anything is seen.
    """
    while turn % 3 == 0:
        turn //= 3
    return turn - turn // 3 - 1


def productive(specification: Specification, announce: Callable[[Sequence[str]], None]) -> frozenset[str]:
    """Return the lines that, run alone on a fresh subject, change what is observed of it.

    They run the subject's code, on this thread; `announce` is told of each line before.
    """
    kinds = specification.init if specification.init is not None else specification.operations
    final = [each.compiled(specification.globals) for each in specification.final]
    found = set()
    for kind in kinds if final else ():
        if kind.blocking or comes_back(kind.text):
            continue
        for operation in list(kind.fillings(_FILLINGS))[:6]:
            if not comes_back(operation.text):
                announce([operation.text])
                with suppress(Exception):
                    fresh, used = specification.subject(), specification.subject()
                    with suppress(Exception):
                        operation.compiled(specification.globals)(used, specification.subject(), None)
                    seen = [[canonical(look(each, None, None)) for look in final] for each in (fresh, used)]
                    if seen[0] != seen[1]:
                        found.add(operation.text)
    return frozenset(found)


def _about(operations: Sequence[Operation], focus: str) -> Sequence[Operation]:
    """Return the operations that are about the focus; all if none is, or if there is no focus."""
    return [each for each in operations if focus in constants(each.text)] or operations if focus else operations


@cache
def constants(text: str) -> frozenset[str]:
    """Return the numbers and texts that a line names."""
    found = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return frozenset(repr(value) for value in found if isinstance(value, (int, str)))


def _owner(threads: Sequence[Sequence[Operation]], kind: OperationKind, otherwise: int) -> int:
    """Return the number of the thread that has an operation which may not overlap with this kind's, if one has."""
    owners = (t for t, thread in enumerate(threads) if any(each.kind.exclusive == kind.exclusive for each in thread))
    return next(owners, otherwise) if kind.exclusive else otherwise


def _keep_apart(threads: list[list[Operation]]) -> None:
    """Leave operations that may not overlap with those of another thread to the first thread that has one."""
    owner: dict[str, int] = {}
    for t, thread in enumerate(threads):
        thread[:] = [
            each for each in thread if not each.kind.exclusive or owner.setdefault(each.kind.exclusive, t) == t
        ]
    threads[:] = [thread for thread in threads if thread]
