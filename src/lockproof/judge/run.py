"""The judge of scenarios: does the model allow the results of one run of a scenario?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from lockproof.core.model import SequentialModel
from lockproof.core.operation import Half, Operation
from lockproof.core.values import anonymous, numbered
from lockproof.core.verdict import Consistency, Explanation, Verdict
from lockproof.judge.crossed import Crossed, CrossedHalf
from lockproof.judge.explain import Explainer
from lockproof.judge.orders import Exhausted, Key, Masks, Orders, Waiting, at_rest, closed

MOST_CHOICES: Final = 4
"""The most ways that one operation may go on in a model for `order_matters`: with more, judging takes too long."""

UNMARKED: Final = 2000
"""How many configurations the search for waiting meets at most if no operation is marked as blocking."""

type Seen = Sequence[Sequence[Sequence[int]]]
type Results = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict. `order_only`: some order explains the results, but none that keeps to the known real time."""

    verdict: Verdict
    order_only: bool = False


class ScenarioJudge:
    """Judges the runs of one scenario; `model.initial()` is the state after the initial part.

    Results are canonical (see `lockproof.core.values`). A run that is not decided after `limit` configurations is
    UNKNOWN.

    `key` gives an operation's key, where operations with different keys never influence each other; None for one that
    is about all of them. If all have one, the operations of each key are judged alone, which linearizability allows
    (Herlihy and Wing 1990; P-compositionality, Horn and Kroening 2015), and the searches are that much smaller.
    """

    def __init__(
        self,
        threads: Sequence[Sequence[Operation]],
        final: Sequence[Operation],
        model: SequentialModel[Any, Operation],
        *,
        consistency: Consistency = Consistency.LINEARIZABLE,
        limit: int = 20_000,
        key: Callable[[Operation], Hashable] | None = None,
    ) -> None:
        self._made_of = threads, final, model, consistency, limit, key
        self._parts = [] if key is None else list(_parts(threads, final, model, key, consistency, limit))
        self._threads = tuple(map(tuple, threads))
        self._consistency = consistency
        self._program = consistency is not Consistency.QUIESCENT
        steps = [list(_steps(t, thread)) for t, thread in enumerate(threads)]
        self._orders = Orders([[step for _, step in thread] for thread in steps], final, model, limit)
        self._numbers = [k for thread in steps for k, _ in thread]
        """The place in its thread of the operation that each step belongs to."""

    def judge(self, results: Results, final: Sequence[Any], seen: Seen | None) -> Judgement:
        """Judge a run by the results of each thread, those of the final part, and the known real time.

        `seen[t][k][u]` operations of thread u, at least, had returned before operation k of thread t was invoked, and
        so come before it. None: nothing is known of real time.
        """
        key = self._key(results, final)
        before = self._before(seen)
        if self._parts:
            verdicts = {part.judge(*key, closed(before)) for part in self._parts}
            if Verdict.VIOLATION not in verdicts:
                return Judgement(Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.HELD)
        try:
            if not self._parts and self._explained(key, before):
                return Judgement(Verdict.HELD)
        except Exhausted:
            return Judgement(Verdict.UNKNOWN)
        if before == self._free:
            return Judgement(Verdict.VIOLATION)
        try:
            return Judgement(Verdict.VIOLATION, self._explained(key, self._free))
        except Exhausted:
            return Judgement(Verdict.VIOLATION)

    def without_identities(self) -> ScenarioJudge:
        """Return a judge of the same scenario that does not tell objects of one kind apart, in results without them."""
        threads, final, model, consistency, limit, key = self._made_of
        return ScenarioJudge(threads, final, _Anonymous(model), consistency=consistency, limit=limit, key=key)

    def returns_in_turn(self, order: Sequence[int]) -> bool:
        """Tell whether no operation waits on the model if the threads run one after the other, in this order."""
        return self._orders.in_turn(order, MOST_CHOICES) is not None

    def waiting(self) -> Waiting:
        """Return how operations wait in the model; the final part may wait for ever too.

        Each thread keeps to its order here, whatever the consistency. Scenarios without an operation of a blocking
        kind are searched less far: up to `UNMARKED` configurations.
        """
        operations = (*self._orders.operations, *self._orders.final)
        marked = any(operation.kind.blocking for operation in operations)
        return self._orders.waiting(self._orders.limit if marked else min(self._orders.limit, UNMARKED))

    def order_matters(self) -> bool:
        """Tell whether the results reveal which thread ran first, if each thread runs alone.

        If they do not, a run is less likely to show a flaw. False also if the model has so many choices that judging
        takes long.
        """
        threads = range(len(self._threads))
        forward = self._orders.in_turn(threads, MOST_CHOICES)
        return forward is not None and forward != self._orders.in_turn(threads[::-1], MOST_CHOICES)

    def allowed(self, most: int) -> list[tuple[tuple[tuple[Any, ...], ...], tuple[Any, ...]]]:
        """Return outcomes that the model allows, by thread and of the final part: all of them, or `most`.

        Where the limit ends the search, they are fewer than there are.
        """
        return [(self._by_thread(flat), ending) for flat, ending in islice(self._outcomes(most), most)]

    def explain(self, results: Results, final: Sequence[Any], seen: Seen | None) -> Explanation:
        """Say why no order explains a run, and which allowed outcomes are nearest to it.

        The explanation is empty if an order explains the run, or if the run is UNKNOWN.
        """
        if self.judge(results, final, seen).verdict is not Verdict.VIOLATION:
            return Explanation(())
        explainer = Explainer(self._orders, self._table, self._before(seen), self._free)
        flat, ending = self._key(results, final)
        return Explanation(explainer.why(flat, ending), explainer.nearest(flat, ending, self._by_thread))

    @cached_property
    def _free(self) -> Masks:
        """The predecessor sets that every order keeps to, without real time."""
        return self._orders.program if self._program else self._orders.least

    @cached_property
    def _table(self) -> dict[Key, list[tuple[int, ...]]] | None:
        return self._orders.table(program=self._program)

    def _outcomes(self, most: int) -> Any:
        return iter(self._table) if self._table is not None else self._orders.outcomes(most, program=self._program)

    def _key(self, results: Results, final: Sequence[Any]) -> Key:
        flat = tuple(
            None if request else results[t][k]
            for request, (t, _), k in zip(self._orders.requests, self._orders.places, self._numbers, strict=True)
        )
        return flat, tuple(final)

    def _by_thread(self, flat: Sequence[Any]) -> tuple[tuple[Any, ...], ...]:
        rest = iter([each for each, request in zip(flat, self._orders.requests, strict=True) if not request])
        return tuple(tuple(islice(rest, len(thread))) for thread in self._threads)

    def _before(self, seen: Seen | None) -> Masks:
        if self._consistency is Consistency.SEQUENTIAL:
            return self._orders.program
        known = list(self._orders.program)
        if seen is not None:
            places = [(t, k) for (t, _), k in zip(self._orders.places, self._numbers, strict=True)]
            for i, (t, k) in enumerate(places):
                for j, (u, m) in enumerate(places):
                    if u != t and m < seen[t][k][u]:
                        known[i] |= 1 << j
        if self._consistency is Consistency.LINEARIZABLE:
            return known
        return [rest | least for rest, least in zip(at_rest(known), self._orders.least, strict=True)]

    def _explained(self, key: Key, before: Masks) -> bool:
        if self._table is None:
            return self._orders.find(before, *key) is not None
        return any(
            all(not needs & ~done for needs, done in zip(before, order, strict=True))
            for order in self._table.get(key, ())
        )


@dataclass(frozen=True)
class _Anonymous:
    """A model whose results do not say which object they show."""

    model: SequentialModel[Any, Operation]

    def initial(self) -> Any:
        return self.model.initial()

    def apply(self, state: Any, call: Operation) -> Iterator[tuple[Any, Any]]:
        for result, after in self.model.apply(state, call):
            yield anonymous(result), after


def _steps(thread: int, operations: Sequence[Operation]) -> Iterator[tuple[int, Operation]]:
    """Yield the steps of a thread in order, each with the number of its operation; a dual operation has two."""
    for k, each in enumerate(operations):
        if isinstance(each, Crossed):
            yield k, CrossedHalf(each.text, each.kind, (thread, k), False, each.operand)
            yield k, CrossedHalf(each.text, each.kind, (thread, k), True, each.operand)
            continue
        if each.kind.dual:
            yield k, Half(each.text, each.kind, (thread, k))
        yield k, Half(each.text, each.kind, (thread, k), True) if each.kind.dual else each


@dataclass(frozen=True)
class _Part:
    """The operations of one key, by their numbers in the whole, and those of the final part."""

    numbers: tuple[int, ...]
    endings: tuple[int, ...]
    alone: ScenarioJudge

    def judge(self, flat: Sequence[Any], final: Sequence[Any], before: Masks) -> Verdict:
        """Judge the operations of this key in a run. `before` has all predecessors, also those by way of other keys."""
        own = numbered((tuple(flat[i] for i in self.numbers), tuple(final[k] for k in self.endings)))
        known = [sum(1 << n for n, j in enumerate(self.numbers) if before[i] >> j & 1) for i in self.numbers]
        try:
            return Verdict.HELD if self.alone._explained(own, known) else Verdict.VIOLATION
        except Exhausted:
            return Verdict.UNKNOWN


def _parts(
    threads: Sequence[Sequence[Operation]],
    final: Sequence[Operation],
    model: SequentialModel[Any, Operation],
    key: Callable[[Operation], Hashable],
    consistency: Consistency,
    limit: int,
) -> Iterator[_Part]:
    """Yield one part for each key; none if a part cannot be judged alone, or if there is just one."""
    keys = [[key(each) for each in thread] for thread in threads]
    endings = [key(each) for each in final]
    every = dict.fromkeys([each for thread in keys for each in thread] + endings)
    dual = any(each.kind.dual for thread in threads for each in thread)
    if dual or consistency is not Consistency.LINEARIZABLE or None in every or len(every) < 2:
        return
    flat = [each for thread in keys for each in thread]
    for one in every:
        own = [
            [call for call, each in zip(*pair, strict=True) if each == one] for pair in zip(threads, keys, strict=True)
        ]
        ends = tuple(k for k, each in enumerate(endings) if each == one)
        numbers = tuple(i for i, each in enumerate(flat) if each == one)
        yield _Part(numbers, ends, ScenarioJudge(own, [final[k] for k in ends], model, limit=limit))
