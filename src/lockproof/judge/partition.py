"""The judge of long histories: it divides a history where that is sound, and searches each part.

Where operations with different keys never influence each other, a history is linearizable if and only if, for each
key, the part of it with this key is (Herlihy and Wing 1990; P-compositionality, Horn and Kroening 2015). An operation
with several keys holds their parts together; one with all keys, the whole history. Equal times are an exception: see
`crossing`. For the other consistencies:

- Quiescent consistency keeps to the moments of rest of the whole history. A part may be judged alone by these moments;
  it has more of its own, which do not count. Between two moments of rest, the orders of the parts make one order.
- Sequentially consistent parts need not be so together. Only a violation of a part is one of the whole.

Two ways are tried before the one that always decides, since they are cheap. A linearizable history is consistent in
the other two senses too. And of a history with operations that read all keys, each key's part, with what these
operations read of the key, must be consistent by itself: if one is not, the whole is not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final

from lockproof.core.history import Call, History
from lockproof.core.model import SequentialModel
from lockproof.core.own_time import real as time
from lockproof.core.verdict import Consistency, Verdict
from lockproof.judge import competition, sequential
from lockproof.judge.search import Budget, Searched, process_before, pure_calls

EASY: Final = 4096
"""Configurations of a search that is still easy, beside one and a half for each call that may change the state."""

PROJECTED: Final = 4
"""Calls about all keys are divided into at most so many times as many calls of one key as the history has calls."""


type Placed = tuple[int, Call]
"""A call and its place in the history."""


@dataclass(frozen=True)
class Keyed:
    """How a history is divided by keys.

    `keys` gives the keys of a call, or None if it is about all of them. `alone` is the model of one key, if it is
    simpler than the whole one. `project` turns a call about all keys into one about one key; it is given only if
    calls about all keys change nothing. `told` returns the result of that call alone.
    """

    keys: Callable[[Call], Iterable[Hashable] | None]
    alone: SequentialModel[Any, Any] | None = None
    project: Callable[[Call, Hashable], Call] | None = None
    told: Callable[[Call, Hashable], Hashable] | None = None


@dataclass(frozen=True)
class Stuck:
    """A call that may come next after the longest beginning. `allowed` are its possible results; none if it waits."""

    call: Call
    allowed: tuple[Any, ...]


@dataclass(frozen=True)
class Part:
    """A part of a history and its verdict. `keys` are the keys of its calls; empty: the whole history.

    `longest` is the longest beginning of an order that the search met. `stuck` are the calls that may come next there;
    none of them fits. Both are empty if the verdict is HELD. `reason` says why the verdict is UNKNOWN.
    """

    keys: tuple[Hashable, ...]
    verdict: Verdict
    calls: int
    configurations: int
    seconds: float
    longest: tuple[Call, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class HistoryJudgement:
    """The verdict on a history, with its parts. `how` is a sentence on how it was reached, if that needs one."""

    verdict: Verdict
    consistency: Consistency
    parts: tuple[Part, ...]
    configurations: int
    seconds: float
    how: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is UNKNOWN, each reason once."""
        return tuple(dict.fromkeys(part.reason for part in self.parts if part.verdict is Verdict.UNKNOWN))


def judge(
    history: History,
    model: SequentialModel[Any, Any],
    *,
    consistency: Consistency = Consistency.LINEARIZABLE,
    keyed: Keyed | None = None,
    budget: Budget | None = None,
) -> HistoryJudgement:
    """Judge a history by a model. Results are compared with `==`, the model's on the left."""
    return _Judge(history, model, consistency, keyed, budget or Budget()).judge()


def parts(calls: Sequence[Call], keyed: Keyed | None) -> dict[tuple[Hashable, ...], list[Call]]:
    """Return the parts of a history by their keys; a history that cannot be divided is one part with no keys.

    Two keys are the same if a dictionary takes them for the same.
    """
    if keyed is None:
        return {(): list(calls)}
    leader: dict[Hashable, Hashable] = {}

    def of(key: Hashable) -> Hashable:
        while (above := leader.setdefault(key, key)) is not key:
            leader[key] = key = leader[above]
        return key

    firsts: list[Hashable] = []
    for call in calls:
        touched = keyed.keys(call)
        if touched is None or not (several := tuple(touched)):
            return {(): list(calls)}
        first = of(several[0])
        for key in several[1:]:
            leader[of(key)] = first
        firsts.append(first)
    groups: dict[Hashable, list[Call]] = {}
    for first, call in zip(firsts, calls, strict=True):
        groups.setdefault(of(first), []).append(call)
    names: dict[Hashable, list[Hashable]] = {}
    for key in leader:
        names.setdefault(of(key), []).append(key)
    return {tuple(names[first]): group for first, group in groups.items()}


def crossing(calls: Sequence[Call]) -> bool:
    """Tell whether at one time two processes each ended a call and began the next.

    Calls of two processes overlap there and those of one do not. No order in which these events can have come has
    all of that, so parts that are linearizable need not be so together.
    """
    times = Counter(calls[i].invoked for i in process_before(calls))
    return any(count > 1 for count in times.values())


def segments(calls: Sequence[Call]) -> list[int]:
    """Return for each call how many moments of rest are before it: moments at which no call was open.

    Where calls of one process meet at one time, there is one between them; calls of two processes overlap there.
    """
    found, rests = [], 0
    latest = float("-inf")
    ending: set[Hashable] = set()
    for position, call in enumerate(calls):
        if position and (latest < call.invoked or (latest == call.invoked and _alone(calls, position, ending))):
            rests += 1
        found.append(rests)
        if call.returned > latest:
            latest, ending = call.returned, set()
        if call.returned == latest:
            ending.add(call.process)
    return found


def _alone(calls: Sequence[Call], position: int, ending: set[Hashable]) -> bool:
    """Tell whether the calls that end and those that begin at this time are all of one process."""
    begin = calls[position].invoked
    beginning = set()
    while position < len(calls) and calls[position].invoked == begin:
        beginning.add(calls[position].process)
        position += 1
    return len(beginning | ending) == 1


class _Judge:
    def __init__(
        self,
        history: History,
        model: SequentialModel[Any, Any],
        consistency: Consistency,
        keyed: Keyed | None,
        budget: Budget,
    ) -> None:
        self.calls, self.model, self.consistency = history.calls, model, consistency
        self.keyed, self.budget = keyed, budget
        self.began = time.monotonic()
        self.configurations = 0

    def judge(self) -> HistoryJudgement:
        parted = parts(self.calls, self.keyed)
        if self.consistency is Consistency.LINEARIZABLE:
            if () not in parted or self.keyed is None or self.keyed.project is None:
                return self._linearizable(parted, self.budget, "")
            # An order is mostly found soon. A violation of the whole takes long to show, and that of one key does not.
            first = self._all(parted, self.budget.share(0.3, most=self._easy()), "")
            if first.verdict is Verdict.HELD:
                return first
            # A violation of one key explains more than a violation of the whole.
            found = self._projected(self.budget.share(0.5))
            return found or (first if first.verdict is Verdict.VIOLATION else self._all(parted, self.budget, ""))
        linearizable = self._linearizable(parted, self.budget.share(0.3), "It is linearizable, which is more.")
        if linearizable.verdict is Verdict.HELD:
            return linearizable
        if self.consistency is Consistency.QUIESCENT:
            return self._all(parted, self.budget, "")
        if () not in parted:
            found = self._violated(self._all(parted, self.budget.share(0.5), "A part of it is not."))
            if found:
                return found
        elif found := self._projected(self.budget.share(0.5)):
            return found
        return self._all({(): list(self.calls)}, self.budget, "")

    def _easy(self) -> int:
        """Return how many configurations a search of the whole meets if it seldom comes back to a choice."""
        pure = pure_calls(self.calls, self.model)
        changes = len(self.calls) if pure is None else pure.count(False)
        return EASY + changes * 3 // 2

    def _linearizable(
        self, parted: dict[tuple[Hashable, ...], list[Call]], budget: Budget, how: str
    ) -> HistoryJudgement:
        """Search each part as a linearizable one, and the whole where the parts alone do not decide."""
        found = self._all(parted, budget, how, strong=True)
        whole = len(parted) == 1 or self.consistency is Consistency.QUIESCENT or not crossing(self.calls)
        if whole or found.verdict is not Verdict.HELD:
            return found
        return self._all({(): list(self.calls)}, budget, how, strong=True)

    def _all(
        self, parted: dict[tuple[Hashable, ...], list[Call]], budget: Budget, how: str, *, strong: bool = False
    ) -> HistoryJudgement:
        """Search every part, so that every violation is reported. `strong`: search for linearizability."""
        rests: dict[int, int] = {}
        if self.consistency is Consistency.QUIESCENT and not strong:
            rests = {id(call): segment for call, segment in zip(self.calls, segments(self.calls), strict=True)}
        found = [self._part(keys, calls, budget, rests, strong) for keys, calls in parted.items()]
        verdicts = {part.verdict for part in found}
        verdict = next((each for each in (Verdict.VIOLATION, Verdict.UNKNOWN) if each in verdicts), Verdict.HELD)
        return HistoryJudgement(
            verdict, self.consistency, tuple(found), self.configurations, time.monotonic() - self.began, how
        )

    def _part(
        self, keys: tuple[Hashable, ...], calls: list[Call], budget: Budget, rests: dict[int, int], strong: bool
    ) -> Part:
        began = time.monotonic()
        model = self.model
        if len(keys) == 1 and self.keyed is not None and self.keyed.alone is not None:
            model = self.keyed.alone
        if reason := budget.spent():
            return Part(keys, Verdict.UNKNOWN, len(calls), 0, 0.0, reason=reason)
        if strong or self.consistency is Consistency.LINEARIZABLE:
            result = competition.search(calls, model, budget)
        elif self.consistency is Consistency.SEQUENTIAL:
            result = sequential.search(calls, model, budget)
        else:
            spans = [(2.0 * rests[id(call)], 2.0 * rests[id(call)] + 1) for call in calls]
            result = competition.search(calls, model, budget, spans)
        self.configurations += result.configurations
        return _part_of(keys, calls, model, result, time.monotonic() - began)

    def _projected(self, budget: Budget) -> HistoryJudgement | None:
        """Judge the part of each key with the projected calls; return the judgement if a part is a violation."""
        keyed = self.keyed
        if keyed is None or keyed.project is None or keyed.told is None or keyed.alone is None:
            return None
        if self.consistency is Consistency.QUIESCENT:
            return None
        parted: dict[Hashable, list[Placed]] = {}
        whole: list[Placed] = []
        for place, call in enumerate(self.calls):
            touched = keyed.keys(call)
            if touched is not None:
                several = tuple(touched)
                if len(several) != 1:
                    return None
                parted.setdefault(several[0], []).append((place, call))
            elif not call.pending:
                whole.append((place, call))
        # Calls that change nothing may be left out: that can hide a violation, and cannot invent one.
        most = max(1, PROJECTED * len(self.calls) // max(1, len(parted)))
        kept = {place for place, _ in (*whole[:: -(-len(whole) // most) or 1], *whole[-most // 2 :])}
        whole = [each for each in whole if each[0] in kept]
        projected: dict[tuple[Hashable, ...], list[Call]] = {
            (key,): _with_projected(calls, whole, key, keyed.project, keyed.told) for key, calls in parted.items()
        }
        return self._violated(self._all(projected, budget, "What it says of one key is not, so the whole is not."))

    @staticmethod
    def _violated(found: HistoryJudgement) -> HistoryJudgement | None:
        if found.verdict is not Verdict.VIOLATION:
            return None
        bad = tuple(part for part in found.parts if part.verdict is Verdict.VIOLATION)
        return replace(found, parts=bad)


def _with_projected(
    calls: list[Placed],
    whole: list[Placed],
    key: Hashable,
    project: Callable[[Call, Hashable], Call],
    told: Callable[[Call, Hashable], Hashable],
) -> list[Call]:
    """Return the calls of one key with what the calls about all keys say of it, without what they say twice.

    Between two calls of the key, nothing changes it: of those calls about all keys that were made there, one is enough
    for each result.
    """
    invoked = [call.invoked for _, call in calls]
    latest = list(accumulate((call.returned for _, call in calls), max, initial=float("-inf")))
    found = list(calls)
    known: set[tuple[int, Hashable]] = set()
    for place, call in whole:
        before = bisect_right(invoked, call.returned)
        if latest[before] < call.invoked:
            result = before, told(call, key)
            if result in known:
                continue
            known.add(result)
        found.append((place, project(call, key)))
    found.sort(key=itemgetter(0))
    return [call for _, call in found]


def _part_of(
    keys: tuple[Hashable, ...],
    calls: Sequence[Call],
    model: SequentialModel[Any, Any],
    result: Searched,
    seconds: float,
) -> Part:
    part = Part(keys, result.verdict, len(calls), result.configurations, seconds, reason=result.reason)
    if result.verdict is Verdict.HELD:
        return part
    stuck = tuple(Stuck(calls[i], tuple(_results(model, result.state, calls[i]))) for i in result.stuck)
    return replace(part, longest=tuple(calls[i] for i in result.order), stuck=stuck)


def _results(model: SequentialModel[Any, Any], state: Any, call: Call) -> Iterator[Any]:
    for result, _ in model.apply(state, call.operation):
        yield result
