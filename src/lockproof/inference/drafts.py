"""Drafts of operations: one for each method, whose open questions are settled by trials on one thread.

What may be open: which kind of values a parameter without a type takes; whether a function that is given is called at
once or stored; whether another subject can be the argument; whether an unhashable argument is refused; what the result
is. Each trial is one call on a fresh subject. The trials run in a copy of the process (see `trials`), always in the
same order.
"""

from __future__ import annotations

import inspect
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from itertools import islice, product
from types import FunctionType, MappingProxyType
from typing import Any, Final

from lockproof.core.foreign import attribute, is_a
from lockproof.core.operation import OPERATION_FILE, Code, OperationKind, op
from lockproof.core.probes import NAMES as PROBES
from lockproof.core.probes import heard
from lockproof.core.values import unordered
from lockproof.inference.arguments import guesses
from lockproof.inference.in_c import wanted_arguments
from lockproof.inference.pools import INTEGERS, Candidates, Guess
from lockproof.inference.trials import Aside, in_a_copy

type Holes = dict[str, tuple[str, Candidates]]
"""For each hole how it is written in the call, like `key=x_key`, and its pool."""

MOST_TRIED: Final = 60
"""Combinations of kinds of values at most that are tried for one method."""

_REJECTS: Final = (TypeError, AttributeError, ValueError, AssertionError, NotImplementedError)
"""What a call raises if it refuses the kind of value. A `KeyError` says that the kind was right."""


_REGISTERS: Final = re.compile(r"(on|once|add|register|subscribe|connect|attach|listen|observe|watch|hook|bind)(_|$)")
"""Names of methods that store a function. A fresh subject may refuse it: what it is for has to be made first."""


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
        gives: What a call returned: `iterator`, `block` (of `with`), `object` (with methods), `value`, or nothing.
        is_manager: Whether it was made by `contextlib.contextmanager`.
        returns: Whether no call of it was seen to wait.
        signed: Whether its signature can be read. If not, a trial asks how many arguments it wants.
        about: What else the trial says of the result: the class of an `object`, and whether two calls give the same.

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
    gives: str = ""
    is_manager: bool = False
    returns: bool = True
    signed: bool = True
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plain_call(self) -> str:
        """The call alone, of which the result is seen."""
        return "a({})" if self.name == "__call__" else f"a.{self.name}({{}})"

    @property
    def is_open(self) -> bool:
        """Whether a trial can tell something of it."""
        pools = [pool for _, pool in self.needed.values()]
        guessed = any(isinstance(pool, Guess) or _is_functions(pool) for pool in pools)
        return guessed or bool(self.operand) or not self.signed

    def kind(self, holes: Holes, *, weight: float | None = None) -> OperationKind:
        """Return the kind of operation that gives values for these holes."""
        text = self.call.format(", ".join(text for text, _ in holes.values()))
        pools: dict[str, Any] = {hole: pool for hole, (_, pool) in holes.items()}
        return op(text, reads=self.reads, normalize=self.normalize, weight=weight or self.weight, **pools)

    def with_pools(self, pools: Mapping[str, Candidates]) -> Holes:
        """Return the needed holes with some pools replaced."""
        return {hole: (text, pools.get(hole, pool)) for hole, (text, pool) in self.needed.items()}

    @property
    def is_open_to_functions(self) -> bool:
        """Whether it takes a function."""
        return any(_is_functions(pool) or pool[:1] == (Code("listener(a, 1)"),) for _, pool in self.needed.values())

    def given(self, hole: str, code: str, **more: Candidates) -> OperationKind:
        """Return the kind that has this code in place of a hole; `more` are pools of holes in the code."""
        return self._replaced(self.call, hole, code, 0.5, more)

    def _replaced(
        self, call: str, hole: str, code: str, weight: float, more: Mapping[str, Candidates] = MappingProxyType({})
    ) -> OperationKind:
        texts = [text.replace(each, code) if each == hole else text for each, (text, _) in self.needed.items()]
        pools: dict[str, Any] = {each: pool for each, (_, pool) in self.needed.items() if each != hole} | dict(more)
        line = call.format(", ".join(texts))
        return op(line, reads=self.reads, normalize=self.normalize, weight=weight, **pools)

    def kinds(self) -> Iterator[OperationKind]:
        """Yield the kinds: with what is needed, with each optional argument, and with the special arguments."""
        if self.is_manager and self.gives == "block":
            return  # nothing happens until it is entered: see `handed`
        yield self.kind(self.needed)
        for hole, given in self.optional.items():
            if not has_code(given[1][0]):
                yield self.kind({**self.needed, hole: given}, weight=1)
            if hole.endswith("_2") and hole[:-2] in self.needed:  # `*args` may be none at all
                yield self.kind({each: what for each, what in self.needed.items() if each != hole[:-2]}, weight=0.9)
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


def has_code(value: Any) -> bool:
    """Tell whether a value is a tuple with code in it, which no line can write."""
    return isinstance(value, tuple) and any(isinstance(each, Code) for each in value)


def _is_functions(pool: Candidates) -> bool:
    return bool(pool) and pool[0] == Code("gives_1")


def settle(drafts: Sequence[Draft], make: Callable[[], Any], factories: Candidates, listeners: Candidates) -> None:
    """Try drafts on fresh subjects, and put into them what was seen; not reading ones without open questions."""
    waiting = [draft for draft in drafts if draft.is_open or not draft.reads]
    pools = guesses(factories)
    answers = in_a_copy([Trial(draft, make, pools, listeners) for draft in waiting])
    known: dict[str, int] = {}
    for answer in answers:
        for hole, index in (answer or {}).get("chosen", {}).items():
            known.setdefault(hole, index)
    named = _named(drafts)
    for draft, answer in zip(waiting, answers, strict=True):
        if answer is None:
            continue
        if answer.get("unsigned"):
            draft.needed = guessed_holes(answer["unsigned"])
        chosen = answer["chosen"] if answer["works"] else known
        better = {hole: pool for hole, pool in named.items() if _guessed(draft, hole)}
        better |= {hole: pools[index] for hole, index in chosen.items() if _guessed(draft, hole)}
        if answer["listens"] or (not answer["works"] and _REGISTERS.match(draft.name)):
            better |= {hole: listeners for hole, (_, pool) in draft.needed.items() if _is_functions(pool)}
            better |= {hole: listeners for hole, index in chosen.items() if _is_functions(pools[index])}
        draft.needed = draft.with_pools(better)
        for hole, pool in better.items():
            if f"{hole}_2" in draft.optional:
                draft.optional[f"{hole}_2"] = f"*{hole}_2", (tuple(pool[:2]),)
        other = next((hole for hole, pool in better.items() if tuple(pool) == (Code("b"),)), "")
        draft.operand = draft.operand or other
        draft.listens = answer["listens"]
        draft.crosses, draft.slow = answer["crosses"] or bool(other), answer["slow"]
        draft.listens = draft.listens or "listener(" in (answer["gives"] or {}).get("then", "")
        draft.refused, draft.returns = answer["refused"], not answer["waits"]
        if answer["gives"] is not None:
            draft.about = answer["gives"]
            draft.gives = draft.about["shape"]
            draft.call = f"list({draft.plain_call})" if draft.gives == "iterator" else draft.plain_call
            draft.call += draft.about.get("then", "")
            draft.normalize = contents if draft.about.get("copies") else draft.normalize


def _named(drafts: Sequence[Draft]) -> dict[str, Candidates]:
    """Return the pools that annotations give to parameters, by name: another method may say less of its own."""
    return {
        hole: pool
        for draft in drafts
        for hole, (_, pool) in draft.needed.items()
        if not isinstance(pool, Guess) and not _is_functions(pool) and tuple(pool) != (Code("b"),)
    }


def left_running(drafts: Sequence[Draft], make: Callable[[], Any]) -> list[str]:
    """Return for each draft why a call of it cannot stand in a scenario, tried on a fresh subject; "" if it can."""
    answers = in_a_copy([partial(_leaves_running, draft, make) for draft in drafts])
    return ["it did not come back on one thread" if each is None else each for each in answers]


def _leaves_running(draft: Draft, make: Callable[[], Any]) -> str:
    before = threading.active_count(), _children()
    error = Trial(draft, make, (), ()).error()
    if (threading.active_count(), _children()) != before:
        return "it starts threads or processes"
    if is_a(error, (AttributeError, NameError, TypeError)):
        return f"it raises {type(error).__name__} on a fresh object"
    return ""


def _children() -> int:
    multiprocessing = sys.modules.get("multiprocessing")
    return 0 if multiprocessing is None else len(multiprocessing.active_children())


def guessed_holes(count: int) -> Holes:
    """Return so many parameters without names, of which nothing is known."""
    return {f"x_{number}": (f"x_{number}", Guess(INTEGERS)) for number in range(1, count + 1)}


def _guessed(draft: Draft, hole: str) -> bool:
    return hole in draft.needed and isinstance(draft.needed[hole][1], Guess)


@dataclass
class Trial:
    """Answers the open questions of one draft, by calls."""

    draft: Draft
    make: Callable[[], Any]
    pools: Sequence[Candidates]
    listeners: Candidates
    waited: bool = False

    def __call__(self) -> dict[str, Any]:
        draft = self.draft
        unsigned = 0 if draft.signed else wanted_arguments(self._call({}))
        if unsigned:
            self.draft = draft = replace(draft, needed=guessed_holes(unsigned))
        holes = [hole for hole, (_, pool) in draft.needed.items() if isinstance(pool, Guess)]
        chosen: dict[str, int] = {}
        takes = draft.needed
        if not draft.is_open:
            return {
                "chosen": {}, "works": True, "listens": False, "crosses": False, "slow": False, "refused": [],
                "gives": self._gives(takes), "waits": self.waited,
            }  # fmt: skip
        works = self._call(takes)
        if holes and isinstance(works, _REJECTS):
            for indices in _combinations(self.pools, len(holes)):
                tried = draft.with_pools({hole: self.pools[k] for hole, k in zip(holes, indices, strict=True)})
                if self._call(tried) is None:
                    chosen, works, takes = dict(zip(holes, indices, strict=True)), None, tried
                    break
        return {
            "chosen": chosen,
            "works": works is None,
            "unsigned": unsigned,
            "listens": works is None and self._listens(takes),
            "crosses": bool(draft.operand) and draft.iterable and self._call(self._with(takes, "b")) is None,
            "slow": bool(draft.operand) and self._call(self._with(takes, "slowly([1, 2])")) is None,
            "refused": [hole for hole in holes if works is None and self._refuses(takes, hole)],
            "gives": self._gives(takes) if works is None else None,
            "waits": self.waited,
        }

    def _gives(self, holes: Holes) -> dict[str, Any] | None:
        """Return what a call returns, if it does; of an object, its class and whether the next call gives it again."""
        subject = self.make()
        first = self._aside(holes, subject)
        if first is None:
            return None
        result = first[0]
        shape, found = shape_of(result), result
        if shape == "block":
            entered = Aside(lambda: type(result).__enter__(result))
            if entered.waits() or entered.error is not None:
                return {"shape": shape}
            found = entered.result
        about: dict[str, Any] = {"shape": shape}
        if shape == "function":
            about["then"] = self._called(holes, result)
        if type(found) is type(subject) and found is not subject and hasattr(type(found), "__iter__"):
            again = self._aside(holes, subject)
            about["copies"] = again is not None and again[0] is not found
        if is_handle(found, subject):
            again = self._aside(holes, subject) if shape != "block" else None
            about |= {
                "shape": shape or "object",
                "object": f"{type(found).__module__}:{type(found).__qualname__}",
                "shared": again is not None and again[0] is found,
                "locked": any(hasattr(each, "acquire") for each in getattr(found, "__dict__", {}).values()),
            }
        return about

    def _called(self, holes: Holes, function: Any) -> str:
        """Return how to call what a call returned, as in `a.register('x')(listener(a, 1))`; "" if no way was found.

        A decorator of a function returns another function, which is called too.
        """
        then = ""
        for _ in range(2):
            for arguments in _ARGUMENTS[min(_required(function), len(_ARGUMENTS) - 1)]:
                tried = self._aside(holes, subject := self.make(), then + arguments)
                if tried is not None and not heard(subject):  # a function that is called at once is no listener
                    then, function = then + arguments, tried[0]
                    break
            else:
                break
            if shape_of(function) != "function":
                break
        return then

    def _aside(self, holes: Holes, subject: Any, then: str = "") -> tuple[Any] | None:
        """Return what a call returns, or what it returned when called as `then` says; None if it waits or raises."""
        kind = replace(self.draft, call=self.draft.plain_call + then).kind(holes)
        line = next(kind.fillings(1))
        function = line.compiled({**PROBES, **kind.constants()})
        aside = Aside(lambda: function(subject, self.make() if "b" in line.names else None, None))
        self.waited = aside.waits()
        return None if self.waited or aside.error is not None else (aside.result,)

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

    def error(self) -> BaseException | None:
        """Return what the method raises with the first values of its pools on a fresh subject."""
        return self._call(self.draft.needed)

    def refuses_plain(self) -> bool:
        """Tell whether the method refuses the first values of its pools on a fresh subject."""
        return self.error() is not None

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


_ARGUMENTS: Final = (("()",), ("(listener(a, 1))", "(gives_1)", "(1)", "('x')"), ("(1, 2)", "(gives_1, 1)"))
"""Ways to call a function, by the number of arguments that it needs."""


def _required(function: Any) -> int:
    """Return how many arguments a function needs; one that takes any number is taken for a decorator."""
    try:
        parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(
        each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) and each.default is each.empty
        for each in parameters
    )


def shape_of(result: Any) -> str:
    """Return what a result is for a caller: `iterator`, `block`, `function`, `value`, or nothing in particular."""
    if is_a(result, Iterator):
        return "iterator"
    if all(callable(attribute(type(result), name)) for name in ("__enter__", "__exit__")):
        return "block"
    if is_a(result, FunctionType) and not _is_ours(result):
        return "function"
    return "" if result is None or is_a(result, bool) else "value"


def _is_ours(function: FunctionType) -> bool:
    """Tell whether a function is an argument that lockproof gave."""
    return function in PROBES.values() or function.__code__.co_filename.startswith(OPERATION_FILE)


def contents(result: Any) -> Any:
    """Return the contents of a copy that a method returned, in any order: its text says nothing of them."""
    return unordered(list(result)) if hasattr(type(result), "__iter__") else result


def is_handle(found: Any, subject: Any) -> bool:
    """Tell whether a result is an object of a class of the user's, with methods of its own."""
    cls = type(found)
    if cls is type(subject) or is_a(found, (type, BaseException, Enum, tuple)):
        return False
    if cls.__module__.partition(".")[0] in sys.stdlib_module_names or cls.__module__.startswith("lockproof."):
        return False
    return any(
        not name.startswith("_") and inspect.isfunction(getattr(member, "__func__", member))
        for each in cls.__mro__[:-1]
        for name, member in vars(each).items()
    )


def _combinations(pools: Sequence[Candidates], holes: int) -> Iterator[tuple[int, ...]]:
    """Yield which pool each hole gets: the same for all holes first, then another subject for one of them."""
    same = [(k,) * holes for k in range(len(pools))]
    other = next((k for k, pool in enumerate(pools) if tuple(pool) == (Code("b"),)), None)
    with_other = [] if other is None else [
        tuple(other if hole == place else k for hole in range(holes)) for place in range(holes) for k in range(3)
    ]  # fmt: skip
    mixed = (each for each in product(range(min(len(pools), 7)), repeat=holes) if len(set(each)) > 1)
    yield from islice([*same, *with_other, *mixed] if holes > 1 else same, MOST_TRIED)
