"""What the methods of a class hand out: blocks of `with`, objects with methods, things to be given back.

Calls in a copy of the process show what a result is (see `drafts`). A caller takes several steps with it, so each is an
operation of its own, and needs the one that hands out before it in the same thread (`OperationKind.after`). The lines
are those of `core.handles`.

A block that excludes other calls, and changes nothing that they can read, is one step, with what is read inside of it:
`[len(a) for _ in held(a.locked())]`. Nothing may change between two reads if each changing call of another thread
waits meanwhile, or if the name of the block promises it and some wait.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from lockproof.core.handles import SLOT
from lockproof.core.members import Omitted
from lockproof.core.operation import OperationKind, op
from lockproof.core.probes import NAMES as PROBES
from lockproof.core.values import anonymous, canonical
from lockproof.inference.drafts import Draft
from lockproof.inference.given_back import given_back, unseen
from lockproof.inference.trials import Aside, in_a_copy

MOST_BESIDE: Final = 10
"""Calls that are tried beside a block, to see whether it excludes them."""

MOST_READERS: Final = 2
"""Reading lines inside of a block that excludes others: two show that nothing changes between them."""

MOST_METHODS: Final = 8
"""Methods at most that are tried of an object that is handed out."""

_ENDS: Final = re.compile(
    r"(release|give_?back|cancel|commit|roll_?back|close|done|finish|complete|dispose|disconnect|detach|revoke|"
    r"unsubscribe|unregister|check_?in|free)_?\w*"
)
"""Names of methods of an object after which its user has it no longer."""

_PROMISES: Final = re.compile(
    r"lock|guard|frozen|freez|exclusive|atomic|transaction|snapshot|consistent|synchroni|hold"
)
"""Names of blocks which say that nothing changes while one thread is inside."""

_SLOT: Final = {SLOT: (1,)}


def blocks(
    managers: Sequence[Draft], kinds: Sequence[OperationKind], make: Callable[[], Any], has_with: bool
) -> tuple[list[OperationKind], list[str]]:
    """Return the operations about blocks of `with`, and the names of managers that do not work as one.

    `managers` are the methods that return one; `has_with`: the subject itself is one. `kinds` are the other operations.
    """
    calls = {draft.name: next(draft.kind(draft.needed).fillings(1)).text for draft in managers}
    if has_with:
        calls["__enter__"] = "a"
    readers = [next(kind.fillings(1)).text for kind in kinds if kind.reads and kind.weight >= 1]
    changing = [next(kind.fillings(1)).text for kind in kinds if not kind.reads and kind.weight >= 2.5]
    names = {**PROBES, **{name: what for kind in kinds for name, what in kind.constants().items()}}
    names |= {name: what for draft in managers for name, what in draft.kind(draft.needed).constants().items()}
    beside = [*changing[:MOST_BESIDE], *(f"list(held({call}))" for call in calls.values())]
    trials = [partial(_tried, call, beside, readers, make, names) for call in calls.values()]
    found: list[OperationKind] = []
    failing: list[str] = []
    for name, answer in zip(calls, in_a_copy(trials), strict=True):
        draft = next((each for each in managers if each.name == name), None)
        if answer is None:
            failing.append(name)
        elif answer["whole"]:
            found += _wholes(draft, answer["inside"], twice=answer["twice"])
        else:
            found += _ends(draft)
    return found, failing


def inside_of_it(kinds: Sequence[OperationKind], make: Callable[[], Any]) -> list[OperationKind]:
    """Return the kinds; those that a subject refuses but inside of its own block are done there.

    So it is with a condition: `wait` needs its lock, and stands in a scenario as `[a.wait() for _ in held(a)]`.
    """
    refused = in_a_copy([partial(_needs_block, kind, make) for kind in kinds])
    return [
        replace(kind, text=f"[{kind.text} for _ in held(a)]", reads=False, normalize=None) if needs else kind
        for kind, needs in zip(kinds, refused, strict=True)
    ]


def _needs_block(kind: OperationKind, make: Callable[[], Any]) -> bool:
    """Tell whether a call raises, and inside of the subject's own block returns or waits."""
    line, names = next(kind.fillings(1)).text, {**PROBES, **kind.constants()}

    def aside(text: str) -> Aside:
        a, b = make(), make()
        return Aside(partial(_statement, text, names, a, b))

    alone = aside(line)
    if alone.waits() or alone.error is None:
        return False
    within = aside(f"[{line} for _ in held(a)]")
    return within.waits() or within.error is None


def _tried(
    call: str, beside: Sequence[str], readers: Sequence[str], make: Callable[[], Any], names: dict[str, Any]
) -> dict[str, Any]:
    """Enter a block and leave it.

    Return whether it is one step, what can be read inside of it, and whether two reads must agree.
    """

    def run(line: str, subject: Any, other: Any) -> Any:
        return eval(line, {**names, "a": subject, "b": other, "c": None})

    def fresh() -> tuple[Any, Any]:
        return make(), make()

    a, b = fresh()
    before = [_answer(partial(run, line, a, b)) for line in readers]
    manager = run(call, a, b)
    type(manager).__enter__(manager)
    seen = [_beside(partial(run, line, a, b)) for line in readers]
    type(manager).__exit__(manager, None, None, None)
    shows = any(now not in (_WAITS, old) for now, old in zip(seen, before, strict=True))
    waiting = [now == _WAITS for now in seen]
    others = []
    for line in () if shows else beside:
        a, b = fresh()
        manager = run(call, a, b)
        type(manager).__enter__(manager)
        others.append(_beside(partial(_statement, line, names, a, b)) == _WAITS)
        type(manager).__exit__(manager, None, None, None)
    whole = not shows and any([*waiting, *others])
    inside = []
    for line in readers if whole else ():
        a, b = fresh()
        if _beside(partial(run, f"[{line} for _ in held({call})]", a, b)) != _WAITS:
            inside.append(line)
    twice = all(others) or (any(others) and _PROMISES.search(call) is not None)
    return {"whole": whole, "inside": inside if twice else inside[:1], "twice": twice}


_WAITS: Final = "waits"


def _statement(line: str, names: dict[str, Any], a: Any, b: Any) -> None:
    from lockproof.core.operation import Operation

    Operation(line).compiled(names)(a, b, None)


def _answer(call: Callable[[], Any]) -> str:
    try:
        return repr(anonymous(canonical(call())))
    except Exception as error:
        return type(error).__name__


def _beside(call: Callable[[], Any]) -> str:
    """Return the answer of a call on another thread, or that it waits."""
    aside = Aside(partial(_answer, call))
    return _WAITS if aside.waits() else str(aside.result)


def _wholes(draft: Draft | None, inside: Sequence[str], *, twice: bool) -> Iterator[OperationKind]:
    """Yield whole blocks as operations, with reading lines inside; `twice`: each line is read at its two ends."""
    lines = list(inside[:MOST_READERS])
    body = f"({', '.join(lines * 2)})" if lines and twice else lines[0] if lines else "None"
    if draft is None:
        yield op(f"[{body} for _ in held(a)]", weight=3)
        return
    kind = draft.kind(draft.needed)
    yield replace(kind, text=f"[{body} for _ in held({kind.text})]", reads=False, normalize=None, weight=3)


def _ends(draft: Draft | None) -> Iterator[OperationKind]:
    """Yield the two ends of a block, and the use of what it gives, as operations."""
    if draft is None:
        yield op("a.__enter__()", weight=3)
        yield replace(op("a.__exit__(None, None, None)", weight=3), after=("a.__enter__()",))
        return
    begin = _given(draft, "enter")
    yield begin
    yield replace(op(f"leave(a, {SLOT})", weight=3, slot=(1,)), after=(begin.text,))


def _given(draft: Draft, function: str, optional: str = "") -> OperationKind:
    """Return the operation that keeps the result of a call under the number of its thread.

    `optional`: an optional argument that the call gets.
    """
    kind = draft.kind({**draft.needed, **({optional: draft.optional[optional]} if optional else {})})
    return replace(
        kind, text=f"{function}(a, {kind.text}, {SLOT})", holes={**kind.holes, **_SLOT}, reads=False,
        normalize=None if function == "enter" else kind.normalize, weight=3,
    )  # fmt: skip


@dataclass(frozen=True)
class Handle:
    """An object that a method hands out: its class, and the line that keeps it.

    `shared`: two calls give the same object. Then all threads use one that the initial part keeps, and else each thread
    its own: few classes promise that two threads may use one cursor. `fuller` is the giver with an optional argument:
    without it, what is handed out may be nothing, like a reservation of no seat.
    """

    cls: type
    giver: OperationKind
    shared: bool
    fuller: OperationKind | None = None

    def operation(self, name: str, kind: OperationKind) -> OperationKind:
        """Return an operation on an object `a` of this class as one on what was handed out."""
        ends = _ENDS.fullmatch(name) is not None
        what = "kept(a)" if self.shared else f"{'back' if ends else 'kept'}(a, {SLOT})"
        holes = dict(kind.holes) if self.shared else {**kind.holes, **_SLOT}
        return replace(
            kind, text=kind.text.replace("a.", f"{what}.", 1), holes=holes,
            after=tuple(each.text for each in (self.giver, self.fuller) if each is not None),
            weight=min(kind.weight, 3),
        )  # fmt: skip


def handle_of(draft: Draft, answer: Mapping[str, Any]) -> Handle | None:
    """Return what a draft hands out, by what a trial has shown; None if it is no object of a class of the user's."""
    module, _, name = answer.get("object", "").partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type):
        return None
    shared, block = answer["shared"], draft.gives == "block"
    giver = _given(draft, "enter" if block else "keep")
    if shared and not block:
        return _for_all(draft, found)
    fuller = None
    if not block and (numbers := [hole for hole, (_, pool) in draft.optional.items() if _counts(pool)]):
        fuller = _given(draft, "keep", numbers[0])
    return Handle(found, giver, shared=False, fuller=fuller)


def _for_all(draft: Draft, cls: type) -> Handle:
    """Return the handle of an object that the initial part keeps, and all threads use."""
    kind = draft.kind(draft.needed)
    giver = replace(kind, text=f"keep(a, {kind.text})", reads=False, normalize=unseen, weight=4)
    return Handle(cls, giver, shared=True)


def _counts(pool: Sequence[Any]) -> bool:
    """Tell whether a pool is of numbers, which say how much is asked for."""
    return type(pool[0]) in (int, float)


def methods_of(cls: type) -> list[str]:
    """Return the names of the public methods of a class of which objects are handed out."""
    names = [
        name
        for each in reversed(cls.__mro__[:-1])
        for name, member in vars(each).items()
        if not name.startswith("_") and inspect.isfunction(inspect.unwrap(getattr(member, "__func__", member)))
    ]
    return list(dict.fromkeys(names))[:MOST_METHODS]


def handed_out(
    drafts: Sequence[Draft],
    kinds: Sequence[OperationKind],
    make: Callable[[], Any],
    methods: Callable[[type, Sequence[str], Callable[[], Any]], list[Draft]],
    notes: list[str],
    *,
    has_with: bool = False,
) -> list[OperationKind]:
    """Return the operations about what methods hand out, and add notes on those that hand out nothing usable.

    Args:
        drafts: The methods of the class, which were tried.
        kinds: The other operations.
        make: Makes a subject.
        methods: Returns the drafts of some methods of a class whose objects are handed out, given what makes one.
        notes: What was left out is added here.
        has_with: Whether the subject itself can begin a `with` block.

    """
    managers = [draft for draft in drafts if draft.gives == "block"]
    found, failing = blocks(managers, kinds, make, has_with) if managers or has_with else ([], [])
    unknown = [draft.name for draft in drafts if draft.is_manager and draft.gives != "block"]
    why = "no `with` block of it could be entered and left"
    notes += [Omitted(name, why, excused=True) for name in [*failing, *unknown]]
    found += given_back(drafts, make)
    known = {kind.text: kind for kind in found}
    for draft in drafts:
        handle = handle_of(draft, draft.about) if draft.about.get("object") and draft.name not in failing else None
        if handle is None or (draft.gives == "block" and handle.giver.text not in known):
            continue
        used = methods(handle.cls, methods_of(handle.cls), partial(_one_of, draft, make))
        handles = [handle]
        if draft.about.get("locked") and not handle.shared and draft.gives != "block":
            handles.append(_for_all(draft, handle.cls))  # who has a lock of its own expects several threads
        uses = [each.operation(use.name, use.kind(use.needed)) for each in handles for use in used if use.returns]
        givers = [giver for each in handles for giver in (each.giver, each.fuller) if giver is not None]
        for kind in (*givers, *uses):
            before = known.get(kind.text, kind)
            known[kind.text] = replace(before, after=tuple(dict.fromkeys((*before.after, *kind.after))))
    return list(known.values())


def _one_of(giver: Draft, make: Callable[[], Any]) -> Any:
    """Return what a method of a fresh subject hands out."""
    kind = replace(giver, call=giver.plain_call).kind(giver.needed)
    line = next(kind.fillings(1))
    result = line.compiled({**PROBES, **kind.constants()})(make(), make() if "b" in line.names else None, None)
    return type(result).__enter__(result) if giver.gives == "block" else result
