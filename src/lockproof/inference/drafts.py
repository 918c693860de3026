"""Drafts of operations: one for each method, whose open questions are settled by trials on one thread.

What may be open: which kind of values a parameter without a type takes; whether a function that is given is called at
once or stored; whether another subject can be the argument; whether an unhashable argument is refused. Each trial is
one call on a fresh subject. The trials run in a copy of the process (see `trials`), always in the same order.
"""

from __future__ import annotations

import inspect
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, product
from typing import Any, Final

from lockproof.core.operation import Code, NamedCode, OperationKind, op
from lockproof.core.probes import NAMES as PROBES
from lockproof.core.probes import heard
from lockproof.inference.arguments import guesses
from lockproof.inference.pools import Candidates, Guess
from lockproof.inference.trials import in_a_copy

type Holes = dict[str, tuple[str, Candidates]]
"""For each hole how it is written in the call, like `key=x_key`, and its pool."""

MOST_TRIED: Final = 60
"""Combinations of kinds of values at most that are tried for one method."""

_REJECTS: Final = (TypeError, AttributeError, ValueError, AssertionError, NotImplementedError)
"""What a call raises if it refuses the kind of value. A `KeyError` says that the kind was right."""


@dataclass
class Draft:
    """A method, how it is called, and what is known of it.

    Attributes:
        name: The name of the method.
        call: The call with `{}` for its arguments, like `a.add({})`.
        needed, optional: The parameters without and with a default.
        reads: Whether its name says that it changes nothing.
        weight: The weight of the plain call.
        normalize: Turns a result into the value that is compared.
        operand: The hole that takes any iterable; empty for none.
        iterable: Whether subjects can be iterated over.
        listens: Whether it stores the functions that it is given.
        crosses: Whether another subject can be the argument.
        slow: Whether a generator can be the argument.
        refused: The holes that refuse an unhashable argument.

    """

    name: str
    call: str
    needed: Holes
    optional: Holes
    reads: bool
    weight: float
    normalize: Callable[[Any], Any]
    operand: str = ""
    iterable: bool = False
    listens: bool = False
    crosses: bool = False
    slow: bool = False
    refused: Sequence[str] = field(default=())

    @property
    def is_open(self) -> bool:
        """Whether a trial can tell something of it."""
        pools = [pool for _, pool in self.needed.values()]
        return bool(self.operand) or any(isinstance(pool, Guess) or _is_functions(pool) for pool in pools)

    def kind(self, holes: Holes, *, weight: float | None = None) -> OperationKind:
        """Return the kind of operation that gives values for these holes."""
        text = self.call.format(", ".join(text for text, _ in holes.values()))
        pools: dict[str, Any] = {hole: pool for hole, (_, pool) in holes.items()}
        return op(text, reads=self.reads, normalize=self.normalize, weight=weight or self.weight, **pools)

    def with_pools(self, pools: Mapping[str, Candidates]) -> Holes:
        """Return the needed holes with some pools replaced."""
        return {hole: (text, pools.get(hole, pool)) for hole, (text, pool) in self.needed.items()}

    def given(self, hole: str, code: str) -> OperationKind:
        """Return the kind that has this code in place of a hole."""
        return self._replaced(self.call, hole, code, 0.5)

    def _replaced(self, call: str, hole: str, code: str, weight: float) -> OperationKind:
        texts = [text.replace(each, code) if each == hole else text for each, (text, _) in self.needed.items()]
        pools: dict[str, Any] = {each: pool for each, (_, pool) in self.needed.items() if each != hole}
        line = call.format(", ".join(texts))
        return op(line, reads=self.reads, normalize=self.normalize, weight=weight, **pools)

    def kinds(self) -> Iterator[OperationKind]:
        """Yield the kinds: with what is needed, with each optional argument, and with the special arguments."""
        yield self.kind(self.needed)
        for hole, given in self.optional.items():
            yield self.kind({**self.needed, hole: given}, weight=1)
        if self.crosses:
            yield from self._crossed()
        if self.slow:
            yield self.given(self.operand, "slowly([1, 2])")
            yield self.given(self.operand, "(1 // 0 for x in [1])")
        for hole in self.refused:
            yield self.given(hole, "[]")

    def _crossed(self) -> Iterator[OperationKind]:
        """Yield the calls with another subject: both ways, and with the subject itself."""
        for text, code, weight in ((self.call, "b", 2.5), (_on_b(self.call), "a", 2.5), (self.call, "a", 0.5)):
            if code != "b" or tuple(self.needed[self.operand][1]) != (Code("b"),):  # the plain call has it already
                yield self._replaced(text, self.operand, code, weight)


def _on_b(call: str) -> str:
    return call.replace("a.", "b.", 1)


def _is_functions(pool: Candidates) -> bool:
    return bool(pool) and pool[0] == Code("gives_1")


def settle(drafts: Sequence[Draft], make: Callable[[], Any], factories: Candidates, listeners: Candidates) -> None:
    """Try the open drafts on fresh subjects, and put into them what was seen."""
    waiting = [draft for draft in drafts if draft.is_open]
    pools = guesses(factories)
    answers = in_a_copy([_Trial(draft, make, pools, listeners) for draft in waiting])
    known: dict[str, int] = {}
    for answer in answers:
        for hole, index in (answer or {}).get("chosen", {}).items():
            known.setdefault(hole, index)
    for draft, answer in zip(waiting, answers, strict=True):
        if answer is None:
            continue
        chosen = answer["chosen"] if answer["works"] else known
        better = {hole: pools[index] for hole, index in chosen.items() if _guessed(draft, hole)}
        if answer["listens"]:
            better |= {hole: listeners for hole, (_, pool) in draft.needed.items() if _is_functions(pool)}
            better |= {hole: listeners for hole, index in chosen.items() if _is_functions(pools[index])}
        draft.needed = draft.with_pools(better)
        draft.listens, draft.crosses, draft.slow = answer["listens"], answer["crosses"], answer["slow"]
        draft.refused = answer["refused"]


def left_running(drafts: Sequence[Draft], make: Callable[[], Any]) -> list[str]:
    """Return for each draft why a call of it cannot stand in a scenario, tried on a fresh subject; "" if it can."""
    answers = in_a_copy([partial(_leaves_running, draft, make) for draft in drafts])
    return ["it did not come back on one thread" if each is None else each for each in answers]


def _leaves_running(draft: Draft, make: Callable[[], Any]) -> str:
    before = threading.active_count(), _children()
    error = _Trial(draft, make, (), ())._call(draft.needed)
    if (threading.active_count(), _children()) != before:
        return "it starts threads or processes"
    if isinstance(error, (AttributeError, NameError, TypeError)):
        return f"it raises {type(error).__name__} on a fresh object"
    return ""


def _children() -> int:
    multiprocessing = sys.modules.get("multiprocessing")
    return 0 if multiprocessing is None else len(multiprocessing.active_children())


_GIVES_BACK: Final = re.compile(
    r"(release|give_?back|put_?back|return|free|check_?in|unregister|unsubscribe|remove|cancel|close|done|finish|ack|"
    r"complete|commit|roll_?back|dispose|disconnect|detach|revoke|redeem|renew|recycle)_?\w*"
)
_MOST_GIVERS: Final = 3


def fed(drafts: Sequence[Draft], make: Callable[[], Any]) -> list[OperationKind]:
    """Return operations that get what another operation returned: its result is kept in the initial part.

    `a.release(kept(a))` is such an operation, and `keep(a, a.acquire())` its initial part. A pair is taken if the
    result is accepted on one thread.
    """
    takers = [draft for draft in drafts if len(draft.needed) == 1 and _GIVES_BACK.fullmatch(draft.name)]
    givers = [draft for draft in drafts if draft not in takers and not draft.reads and draft.call.startswith("a.")]
    pairs = [(giver, taker) for taker in takers for giver in givers]
    accepted = in_a_copy([partial(_accepts, giver, taker, make) for giver, taker in pairs])
    found: dict[str, OperationKind] = {}
    for (giver, taker), works in zip(pairs, accepted, strict=True):
        if not works or len(found) >= 2 * _MOST_GIVERS:
            continue
        line = giver.kind(giver.needed)
        for kind in (replace(line, text=f"keep(a, {line.text})"), taker.given(next(iter(taker.needed)), "kept(a)")):
            found[kind.text] = replace(kind, weight=4)
    return list(found.values())


def _accepts(giver: Draft, taker: Draft, make: Callable[[], Any]) -> bool:
    """Tell whether the second method takes what the first one returns, and takes no value that anybody can write."""
    subject, kind = make(), giver.kind(giver.needed)
    result = next(kind.fillings(1)).compiled({**PROBES, **kind.constants()})(subject, None, None)
    if result is None or isinstance(result, bool):
        return False
    ((_, pool),) = taker.needed.values()
    wanted = next((each.names.get(each.partition("(")[0]) for each in pool if isinstance(each, NamedCode)), None)
    if isinstance(wanted, type) and not isinstance(result, wanted):
        return False
    getattr(subject, taker.name)(result)
    return not isinstance(result, (int, str)) or _Trial(taker, make, (), ()).refuses_plain()


def _guessed(draft: Draft, hole: str) -> bool:
    return hole in draft.needed and isinstance(draft.needed[hole][1], Guess)


@dataclass
class _Trial:
    """Answers the open questions of one draft, by calls."""

    draft: Draft
    make: Callable[[], Any]
    pools: Sequence[Candidates]
    listeners: Candidates

    def __call__(self) -> dict[str, Any]:
        draft = self.draft
        holes = [hole for hole, (_, pool) in draft.needed.items() if isinstance(pool, Guess)]
        chosen: dict[str, int] = {}
        works, takes = self._call(draft.needed), draft.needed
        if holes and isinstance(works, _REJECTS):
            for indices in _combinations(len(self.pools), len(holes)):
                tried = draft.with_pools({hole: self.pools[k] for hole, k in zip(holes, indices, strict=True)})
                if self._call(tried) is None:
                    chosen, works, takes = dict(zip(holes, indices, strict=True)), None, tried
                    break
        return {
            "chosen": chosen,
            "works": works is None,
            "listens": works is None and self._listens(takes),
            "crosses": bool(draft.operand) and draft.iterable and self._call(self._with(takes, "b")) is None,
            "slow": bool(draft.operand) and self._call(self._with(takes, "slowly([1, 2])")) is None,
            "refused": [hole for hole in holes if works is None and self._refuses(takes, hole)],
        }

    def _with(self, holes: Holes, code: str) -> Holes:
        return {**holes, self.draft.operand: (holes[self.draft.operand][0], (Code(code),))}

    def _refuses(self, holes: Holes, hole: str) -> bool:
        return isinstance(self._call({**holes, hole: (holes[hole][0], (Code("[]"),))}), TypeError)

    def _listens(self, holes: Holes) -> bool:
        """Tell whether a function that is given is not called at once."""
        given = [hole for hole, (_, pool) in holes.items() if _is_functions(pool)]
        if not given:
            return False
        subject = self.make()
        told = {**holes, **{hole: (holes[hole][0], self.listeners) for hole in given}}
        return self._call(told, subject) is None and not heard(subject)

    def refuses_plain(self) -> bool:
        """Tell whether the method refuses the first values of its pools on a fresh subject."""
        return self._call(self.draft.needed) is not None

    def _call(self, holes: Holes, subject: Any = None) -> BaseException | None:
        """Call the method on a fresh subject with the first values; return what it raises."""
        try:
            kind = self.draft.kind(holes)
            line = next(kind.fillings(1))
            subjects = [self.make() if subject is None else subject, self.make() if "b" in line.names else None, None]
            result = line.compiled({**PROBES, **kind.constants()})(*subjects)
            if inspect.iscoroutine(result):
                result.close()
            else:
                self.draft.normalize(result)
        except Exception as error:
            return error
        return None


def _combinations(pools: int, holes: int) -> Iterator[tuple[int, ...]]:
    """Yield which pool each hole gets: the same for all holes first."""
    same = [(k,) * holes for k in range(pools)]
    mixed = (each for each in product(range(min(pools, 7)), repeat=holes) if len(set(each)) > 1)
    yield from islice([*same, *mixed] if holes > 1 else same, MOST_TRIED)
