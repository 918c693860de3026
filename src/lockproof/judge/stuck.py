"""The judge of scenarios whose calls may wait for ever: is there a run, one call at a time, with the same outcome?

The outcomes that are right come from outside as a table: each has the results of all calls, where a call that never
returned has `WAITS` in place of a result, and a call that it kept from beginning has `NOT_BEGUN`. So a run that ends
stuck is judged as any other run is: right if some order of the calls leaves just these calls waiting (Line-Up,
Burckhardt, Dern, Musuvathi and Tan, PLDI 2010), and a violation if none does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from lockproof.core.operation import Operation
from lockproof.core.values import NOT_BEGUN, WAITS, anonymous
from lockproof.core.verdict import Consistency, Explanation, Verdict
from lockproof.judge.explain import Explainer
from lockproof.judge.orders import Key, Masks, Waiting
from lockproof.judge.run import Judgement, Results, ScenarioJudge, Seen


@dataclass(frozen=True)
class SerialOutcome:
    """An outcome of calls that ran one at a time.

    `results` has one for each call, thread by thread; `before` says of each call, as bits, which calls had returned
    when it began. `final` is empty if a call of a thread waits.
    """

    results: tuple[Any, ...]
    before: tuple[int, ...]
    final: tuple[Any, ...]


class StuckJudge(ScenarioJudge):
    """Judges the runs of one scenario by all outcomes that it has if its calls run one at a time."""

    def __init__(
        self,
        threads: Sequence[Sequence[Operation]],
        final: Sequence[Operation],
        outcomes: Iterable[SerialOutcome],
        consistency: Consistency = Consistency.LINEARIZABLE,
    ) -> None:
        super().__init__(threads, final, _NoModel(), consistency=consistency)
        self._allowed: dict[Key, list[tuple[int, ...]]] = {}
        for each in outcomes:
            self.allow(each)

    def allow(self, outcome: SerialOutcome) -> None:
        """Take an outcome into the table."""
        pairs = zip(outcome.results, outcome.before, strict=True)
        masks = tuple(-1 if result == NOT_BEGUN else before for result, before in pairs)
        known = self._allowed.setdefault((outcome.results, outcome.final), [])
        if masks not in known:
            known.append(masks)

    @cached_property
    def _table(self) -> dict[Key, list[tuple[int, ...]]]:
        return self._allowed

    def judge(self, results: Results, final: Sequence[Any], seen: Seen | None) -> Judgement:
        """Judge a run as `ScenarioJudge.judge` does. A thread may have fewer results than calls: its last one waits."""
        return super().judge(*self.whole(results, seen, final))

    def _explained(self, key: Key, before: Masks) -> bool:
        """Tell whether an order explains the outcome.

        If the calls that returned can have done so before those that wait began, then these must wait all the same: a
        call that waits although it would not wait if it began now has missed what it waits for.
        """
        results = key[0]
        waiting = [i for i, result in enumerate(results) if result == WAITS]
        if not waiting:
            return super()._explained(key, before)
        ended = [i for i, result in enumerate(results) if result not in (WAITS, NOT_BEGUN)]
        first = sum(1 << i for i in ended)
        last = [
            (other, masks)
            for other, several in self._allowed.items()
            if all(other[0][i] == results[i] for i in ended)
            for masks in several
            if all(not first & ~masks[i] for i in waiting) and _keeps(masks, before, ended)
        ]
        everywhere = range(len(results))
        return any(other == key and _keeps(masks, before, everywhere) for other, masks in last) or (
            not last and any(_keeps(masks, before, everywhere) for masks in self._allowed.get(key, ()))
        )

    def whole(self, results: Results, seen: Seen | None, final: Sequence[Any]) -> tuple[Results, Sequence[Any], Seen]:
        """Return a run with one result, and what was seen before it, for each call."""
        rows, sights = [], []
        for t, thread in enumerate(self._threads):
            row, looks = list(results[t]), list(seen[t]) if seen is not None else []
            if len(looks) > len(row):
                row.append(WAITS)
            rows.append([*row, *[NOT_BEGUN] * (len(thread) - len(row))])
            looks += [[0] * len(self._threads)] * (len(thread) - len(looks))
            sights.append(looks)
        return rows, tuple(final), sights

    def without_identities(self) -> StuckJudge:
        """Return a judge of the same scenario that does not tell objects of one kind apart."""
        threads, final, _, consistency, _, _ = self._made_of
        made = StuckJudge(threads, final, (), consistency)
        for (results, ending), several in self._allowed.items():
            known = made._allowed.setdefault((anonymous(results), anonymous(ending)), [])
            known += [masks for masks in several if masks not in known]
        return made

    def waiting(self) -> Waiting:
        """Return that calls may wait, and that this is judged."""
        return Waiting.FOR_A_WHILE

    def order_matters(self) -> bool:
        """Tell whether there is more than one outcome."""
        return len(self._allowed) > 1

    def explain(self, results: Results, final: Sequence[Any], seen: Seen | None) -> Explanation:
        """Say why no order explains a run, and which outcomes are nearest to it."""
        judgement = self.judge(results, final, seen)
        if judgement.verdict is not Verdict.VIOLATION:
            return Explanation(())
        rows, ending, sights = self.whole(results, seen, final)
        flat, key = self._key(rows, ending)
        waiting = [i for i, result in enumerate(flat) if result == WAITS]
        explainer = _Explainer(self._orders, self._table, self._before(sights), self._free)
        if waiting and not judgement.order_only and (flat, key) in self._table:
            return Explanation((explainer.missed(waiting),))
        nearest = () if any(each == WAITS for each in flat) else explainer.nearest(flat, key, self._by_thread)
        return Explanation(explainer.why(flat, key), nearest)


class _Explainer(Explainer):
    """Says why, from the table alone."""

    def why(self, results: tuple[Any, ...], final: tuple[Any, ...]) -> tuple[str, ...]:
        if self._table is not None and (results, final) in self._table:
            return ("An order gives these results, but none that keeps to real time.",)
        return self._of_results(results, final)

    def missed(self, waiting: Sequence[int]) -> str:
        """Return the sentence for calls that wait although they would not if they began after those that returned."""
        names = " and ".join(self._names[i] for i in waiting)
        return f"{names} waited for ever. Begun after the calls that returned, not all of these calls would wait."

    def nearest(self, results: tuple[Any, ...], final: tuple[Any, ...], by_thread: Any) -> Any:
        if any(len(ending) != len(final) for _, ending in self._allowed()):
            return ()
        return super().nearest(results, final, by_thread)

    def _allowed(self) -> list[Key]:
        return [key for key, orders in (self._table or {}).items() if any(map(self._keeps, orders))]

    def _of_beginning(self, results: tuple[Any, ...]) -> tuple[str, ...]:  # noqa: ARG002
        return ("No order of the calls, one at a time, gives all these results together.",)


def _keeps(masks: Sequence[int], before: Masks, calls: Iterable[int]) -> bool:
    """Tell whether each of these calls comes after those that it must come after."""
    return all(not before[i] & ~masks[i] for i in calls)


class _NoModel:
    """There is no model to ask: the table has all outcomes."""

    def initial(self) -> NoReturn:
        raise AssertionError("the table has all outcomes")

    def apply(self, state: Any, call: Operation) -> NoReturn:  # noqa: ARG002
        raise AssertionError("the table has all outcomes")
