"""Why no order explains a run, in sentences, and which allowed outcomes are nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, islice
from typing import Any, Final

from lockproof.core.values import NOT_BEGUN, WAITS, Raised, anonymous, show
from lockproof.core.verdict import Outcome, Verdict
from lockproof.judge.orders import Exhausted, Key, Masks, Orders, renumbered

NEAREST: Final = 3
MOST: Final = 2000
"""The most allowed outcomes that are compared with the run."""

TOGETHER: Final = 3
"""The most results that one sentence calls impossible together; with more, no reader sees why."""


class Explainer:
    """Says why no order explains a run of a scenario.

    `before` are the predecessor sets of the run; `free` are those that every order keeps to, whatever ran when.
    `table` has all outcomes that the model allows, each with its orders; None if they are too many.
    """

    def __init__(
        self, orders: Orders, table: dict[Key, list[tuple[int, ...]]] | None, before: Masks, free: Masks
    ) -> None:
        self._orders, self._table = orders, table
        self._before, self._free = before, free
        requests = orders.requests
        whole = [(t, each.text) for (t, _), each, request in zip(orders.places, orders.operations, requests,
                                                                 strict=True) if not request]  # fmt: skip
        final = [operation.text for operation in orders.final]
        everywhere = [text for _, text in whole] + final
        self._names: list[str] = []
        for i, request in enumerate(requests):
            number = i - sum(requests[: i + 1]) + request
            thread, text = whole[number]
            here = [line for t, line in whole if t == thread]
            k = sum(t == thread for t, _ in whole[:number])
            name = self._name(text, f" of thread {thread + 1}", everywhere, here, k)
            self._names.append(f"the beginning of {name}" if request else name)
        self._names += [self._name(text, " at the end", everywhere, final, k) for k, text in enumerate(final)]

    @staticmethod
    def _name(text: str, where: str, everywhere: Sequence[str], here: Sequence[str], index: int) -> str:
        """Return the name of the operation in sentences: its line, and its place where several have this line."""
        if everywhere.count(text) == 1:
            return f"`{text}`"
        if here.count(text) == 1:
            return f"`{text}`{where}"
        return f"the {_ordinal(here[: index + 1].count(text))} `{text}`{where}"

    def why(self, results: tuple[Any, ...], final: tuple[Any, ...]) -> tuple[str, ...]:
        """Return the sentences. Real time is the simplest reason, then the final part, then single results."""
        try:
            return (
                self._of_time(results, final)
                or self._of_identity(results, final)
                or self._of_the_end(results, final)
                or self._of_results(results, final)
            )
        except Exhausted:
            return self._of_beginning(results)

    def nearest(
        self, results: tuple[Any, ...], final: tuple[Any, ...], by_thread: Callable[[Any], Any]
    ) -> tuple[Outcome, ...]:
        """Return the allowed outcomes with the fewest results that differ."""
        seen = (*results, *final)

        def distance(key: Key) -> int:
            return sum(one != other for one, other in zip((*key[0], *key[1]), seen, strict=True))

        others = [key for key in self._allowed() if key != (results, final)]
        return tuple(
            Outcome(
                tuple(tuple(map(show, thread)) for thread in by_thread(flat)), tuple(map(show, ending)), 0, Verdict.HELD
            )
            for flat, ending in sorted(others, key=distance)[:NEAREST]
        )

    def _allowed(self) -> list[Key]:
        """Return the outcomes of the orders that keep to the known real time."""
        if self._table is not None:
            return [key for key, orders in self._table.items() if any(map(self._keeps, orders))]
        found = self._orders.outcomes(MOST, program=self._free == self._orders.program)
        return list(islice(found, MOST))

    def _keeps(self, order: Sequence[int]) -> bool:
        return all(not needs & ~done for needs, done in zip(self._before, order, strict=True))

    # Reasons.

    def _of_time(self, results: tuple[Any, ...], final: tuple[Any, ...]) -> tuple[str, ...]:
        """If an order explains the results but breaks real time, name facts that no such order keeps all of."""
        if self._orders.find(self._free, results, final) is None:
            return ()
        facts = [
            (i, j)
            for i, (needs, free) in enumerate(zip(self._before, self._free, strict=True))
            for j in range(len(self._before))
            if (needs & ~free) >> j & 1
        ]
        kept = list(facts)
        for fact in facts:
            fewer = [each for each in kept if each != fact]
            before = list(self._free)
            for i, j in fewer:
                before[i] |= 1 << j
            if self._orders.find(before, results, final) is None:
                kept = fewer
        ends = [i + self._orders.requests[i] for i, _ in kept]
        begun = [
            f"{self._names[end]} began after {self._names[j]} had returned"
            for end, (_, j) in zip(ends, kept, strict=True)
        ]
        if len(kept) == 1:
            ((i, j),) = kept
            end = f"the end of {self._names[j]}" if self._orders.least[j] else self._names[j]
            return (
                f"{_capital(begun[0])}, and {_past(results[ends[0]])}.",
                f"Every order that gives these results has {self._names[i]} before {end}.",
            )
        return (f"An order gives these results, but none that keeps to real time: {_listed(begun)}.",)

    def _of_identity(self, results: tuple[Any, ...], final: tuple[Any, ...]) -> tuple[str, ...]:
        """If an order gives such results, but not these objects, name two that should, or should not, be one."""
        seen = (*results, *final)
        alike = [
            (*flat, *ending)
            for flat, ending in self._allowed()
            if anonymous((*flat, *ending)) == anonymous(seen)
        ]  # fmt: skip
        if not alike:
            return ()
        shown = [i for i, each in enumerate(seen) if anonymous(each) is not each]
        for i, j in combinations(shown, 2):
            same = seen[i] == seen[j]
            if all((each[i] == each[j]) is not same for each in alike):
                what = "the same object" if same else "different objects"
                others = "different objects" if same else "the same object"
                names = f"{self._names[i]} and {self._names[j]}"
                shows = f"{show(seen[i])} and {show(seen[j])}" if not same else f"{show(seen[i])} twice"
                return (
                    f"{_capital(names)} returned {what}: {shows}. "
                    f"In every order that gives results of this kind, they return {others}.",
                )
        return ("Each result is of a kind that some order gives, but no order gives the same objects in these places.",)

    def _of_the_end(self, results: tuple[Any, ...], final: tuple[Any, ...]) -> tuple[str, ...]:
        """If the threads' results fit and the final part's do not, say so: a change was lost, or made by half."""
        if not final:
            return ()
        ways = self._orders.final_states(self._before, results)
        if not ways:
            return ()
        endings = {ending for each in ways for ending in self._orders.endings(each.state)}
        wanted = [renumbered(final, each.names)[0] for each in ways]
        lost = [k for k in range(len(final)) if not any(ending[k] == one[k] for ending in endings for one in wanted)]
        if len(ways) == 1:
            fit = f"The results of the threads are those of {self._listed_names(ways[0].order)}, in this order."
        else:
            fit = f"The results of the threads are those of orders such as {self._listed_names(ways[0].order)}."
        if not lost:
            return (fit, "No such order then gives the results of the final part together.")
        name = self._names[len(results) + lost[0]]
        possible = _alternatives({ending[lost[0]] for ending in endings})
        return (fit, f"After every such order {name} {possible}; in the run it {_past(final[lost[0]])}.")

    def _of_results(self, results: tuple[Any, ...], final: tuple[Any, ...]) -> tuple[str, ...]:
        """Name the fewest results that no order gives together; if those are too many, say how far an order gets."""
        if self._table is not None:
            seen = (*results, *final)
            unended = (NOT_BEGUN,) * len(final)  # of orders in which a call waits for ever
            allowed = [(*flat, *(*ending, *unended)[: len(final)]) for flat, ending in self._allowed()]
            for size in range(1, TOGETHER + 1):
                for chosen in combinations(range(len(seen)), size):
                    if not any(all(each[i] == seen[i] for i in chosen) for each in allowed):
                        return self._impossible(chosen, seen, allowed)
        return self._of_beginning(results)

    def _impossible(
        self, chosen: tuple[int, ...], seen: tuple[Any, ...], allowed: Sequence[tuple[Any, ...]]
    ) -> tuple[str, ...]:
        *others, last = chosen
        fitting = [each for each in allowed if all(each[i] == seen[i] for i in others)]
        possible = _alternatives({each[last] for each in fitting})
        if not others:
            if not possible:
                return ("No order of the operations lets all of them end.",)
            return (f"{_capital(self._did(last, seen[last]))}. In every order it {possible}.",)
        texts = {self._text(i) for i in chosen}
        requests = (*self._orders.requests, *(False for _ in self._orders.final))
        equal = sum(self._text(i) in texts and not requests[i] for i in range(len(seen)))
        of_all = len(texts) == 1 and len(chosen) == equal
        if of_all and all(seen[i] == seen[last] for i in others):
            number = "Both" if len(chosen) == 2 else f"{len(chosen)} calls of"
            one = "one" if len(chosen) == 2 else "all but one"
            return (
                f"{number} `{texts.pop()}` {_past(seen[last])}. "
                f"In every order in which {one} {_present(seen[last])}, the other {possible}.",
            )
        return (
            f"No order gives all of this: {_listed(self._did(i, seen[i]) for i in chosen)}.",
            f"In every order in which {_listed(f'{self._names[i]} {_present(seen[i])}' for i in others)}, "
            f"{self._names[last]} {possible}.",
        )

    def _of_beginning(self, results: tuple[Any, ...]) -> tuple[str, ...]:
        order, state = self._orders.longest(self._before, results)
        done = sum(1 << i for i in order)
        steps = []
        for i, operation in enumerate(self._orders.operations):
            if not done >> i & 1 and not self._before[i] & ~done:
                possible = {result for result, _ in self._orders.step(state, operation)}
                what = f"{self._names[i]} {_alternatives(possible)}" if possible else f"{self._names[i]} waits"
                steps.append(f"{what} (the run: {_bare(results[i])})")
        begin = f"The longest beginning that an order explains is {self._listed_names(order)}." if order else ""
        return (*([begin] if begin else []), f"{'After it, ' if begin else 'At the beginning, '}{_listed(steps)}.")

    # Words.

    def _text(self, i: int) -> str:
        operations = (*self._orders.operations, *self._orders.final)
        return operations[i].text

    def _did(self, i: int, result: Any) -> str:
        return f"{self._names[i]} {_past(result)}"

    def _listed_names(self, order: Sequence[int]) -> str:
        return ", ".join(self._names[i] for i in order)


def _past(result: Any) -> str:
    if result in (WAITS, NOT_BEGUN):
        return "waited for ever" if result == WAITS else "never began"
    return f"raised {result.name}" if isinstance(result, Raised) else f"returned {show(result)}"


def _present(result: Any) -> str:
    if result in (WAITS, NOT_BEGUN):
        return show(result)
    return f"raises {result.name}" if isinstance(result, Raised) else f"returns {show(result)}"


def _bare(result: Any) -> str:
    return result.name if isinstance(result, Raised) else show(result)


def _alternatives(results: Iterable[Any], most: int = 4) -> str:
    """Return the possible results in words: `returns 1 or 2`, `returns 1 or raises KeyError`."""
    texts = sorted({_present(result) for result in results}, key=lambda text: (text.startswith("raises"), text))
    if len(texts) > most:
        return f"{', '.join(texts[:most])} or another of {len(texts)} results"
    return " or ".join(texts).replace(" or returns ", " or ")


def _listed(parts: Iterable[str]) -> str:
    texts = list(parts)
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else "nothing"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
