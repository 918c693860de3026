"""Makes scenarios of a specification's operations: small ones, with few values that collide.

Every scenario is a function of the seed and its number, so a campaign can be cut into parts or gone on with anywhere.
One in three goes through the kinds systematically, each beside itself and then beside the others, the likeliest first,
because most flaws need just two operations. The others try many pairs at once: a few operations in each thread, of
which half the time one thread changes and the other one mostly looks. Shrinking finds the two that matter.

Most scenarios have a *focus*: one value that as many operations as can are about, the initial ones too. Two operations
that are about different keys rarely collide.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, cached_property
from itertools import combinations_with_replacement
from random import Random
from typing import Final

from lockproof.operation import Operation, OperationKind
from lockproof.probes import comes_back
from lockproof.scenario import Scenario
from lockproof.specification import Specification
from lockproof.values import canonical

_FILLINGS: Final = 24
_LENGTHS: Final = (1, 2, 2, 3, 3, 4)
_INITIAL: Final = (0, 0, 1, 1, 2, 3)
_FOCUSED: Final = 0.75
_OBSERVED: Final = 0.35
"""How often a thread that looks does so with what observes the subject at the end alone: that sees most of it."""

_FILLING: Final = 0.75
"""How often an initial operation is one that is known to change something."""


class Generator:
    """Scenarios for at most `threads` threads; `filling` are lines known to change a fresh subject (`productive`).

    `aimed` are kinds of which each scenario is to have one, if any are given; then two in three are pairs.
    """

    def __init__(
        self,
        specification: Specification,
        threads: int,
        seed: int,
        filling: frozenset[str] = frozenset(),
        aimed: frozenset[str] = frozenset(),
    ) -> None:
        self._specification, self._most, self._seed = specification, max(threads, 2), seed
        self._kinds = sorted(specification.operations, key=lambda kind: -kind.weight)
        self._aimed = [kind for kind in self._kinds if kind.text in aimed]
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

    @cached_property
    def _pairs(self) -> list[tuple[OperationKind, OperationKind]]:
        """All pairs of which at least one kind changes something, the likeliest first: each kind beside itself."""
        pairs = [
            pair for pair in combinations_with_replacement(self._kinds, 2) if not (pair[0].reads and pair[1].reads)
        ]
        if self._aimed:
            pairs = [pair for pair in pairs if pair[0] in self._aimed or pair[1] in self._aimed] or pairs
        if not pairs:
            pairs = list(combinations_with_replacement(self._kinds, 2))
        return sorted(pairs, key=lambda pair: -(pair[0].weight * pair[1].weight) * (4 if pair[0] is pair[1] else 1))

    def scenario(self, index: int, attempt: int = 0) -> Scenario:
        """Return the scenario with this number; each attempt is another one, of the same kinds if it is a pair."""
        random = Random(f"{self._seed}/{index}/{attempt}")
        focus = random.choice(self._values) if self._values and random.random() < _FOCUSED else ""
        if self._aimed and index % 3 < 2:
            pair = self._pairs[(index // 3 * 2 + index % 3) % len(self._pairs)]
        elif index % 3 == 0:
            pair = self._pairs[index // 3 % len(self._pairs)]
        else:
            pair = None
        if pair is not None:
            threads = [[self._filled(kind, random, focus)] for kind in pair]
            if pair[0] is pair[1] and random.random() < 0.7:
                threads[1] = list(threads[0])
        else:
            threads = self._drawn(random, focus)
        if len(threads) < self._most and random.random() < (0.5 if self._waiting else 0.15):
            extra = random.randint(1, self._most - len(threads))
            kinds = [each.kind for thread in threads for each in thread]
            threads += [[self._filled(random.choice(kinds), random, focus)] for _ in range(extra)]
        _keep_apart(threads)
        if self._changing and all(each.kind.reads for thread in threads for each in thread):
            threads[0] = [self._filled(random.choice(self._changing), random, focus)]
        if self._aimed and not any(each.kind in self._aimed for thread in threads for each in thread):
            threads[-1][random.randrange(len(threads[-1]))] = self._filled(random.choice(self._aimed), random, focus)
        return self._around(threads, random, focus)

    def _drawn(self, random: Random, focus: str) -> list[list[Operation]]:
        kinds = random.choices(self._kinds, self._weights, k=random.randint(1, 4))
        threads = [
            [self._filled(random.choice(kinds), random, focus) for _ in range(random.choice(_LENGTHS))]
            for _ in range(2)
        ]
        if self._reading and random.random() < 0.5:
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
            t = random.randrange(len(threads) + 1)
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
                among = _about(self._productive if fills else self._initial, focus if random.random() < 0.5 else "")
                chosen = random.sample(among, min(random.choice(_INITIAL), len(among)))
                init += [renamed(each, {"a": name}) for each in chosen if set(each.subjects) <= {"a"}]
        final = [renamed(each, {"a": name}) for name in subjects for each in self._specification.final]
        return Scenario(tuple(init), parallel, tuple(final))


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


def _keep_apart(threads: list[list[Operation]]) -> None:
    """Leave operations that may not overlap with those of another thread to the first thread that has one."""
    owner: dict[str, int] = {}
    for t, thread in enumerate(threads):
        thread[:] = [
            each for each in thread if not each.kind.exclusive or owner.setdefault(each.kind.exclusive, t) == t
        ]
    threads[:] = [thread for thread in threads if thread]


def renamed(operation: Operation, names: dict[str, str]) -> Operation:
    """Return the operation on other subjects."""
    if all(old == new for old, new in names.items()):
        return operation
    tree = ast.parse(operation.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = names[node.id]
    return Operation(ast.unparse(tree), operation.kind)
