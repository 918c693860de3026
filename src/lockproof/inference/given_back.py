"""Results that are arguments of other methods: what `acquire()` returned is given to `release(x)`.

The giver keeps its result, and the taker gets what was kept: `keep(a, a.acquire(), 1); a.release(back(a, 1))` in one
thread. What the initial part keeps, all threads can give back: `keep(a, a.acquire()) -> a.release(kept(a)) || ...`.

A taker need not refuse other values: `user_of('x')` returns None, and only for a token that `login` has returned it
returns a user. No value that is written in advance is that token. So a taker is also one that answers otherwise to what
the giver returned than to the usual arguments, or that changes the subject only then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from lockproof.core.foreign import is_a
from lockproof.core.handles import SLOT
from lockproof.core.operation import NamedCode, OperationKind
from lockproof.core.probes import NAMES as PROBES
from lockproof.core.values import anonymous, canonical, show
from lockproof.inference.drafts import Draft, Trial
from lockproof.inference.inner_state import state_of
from lockproof.inference.pools import text_of
from lockproof.inference.trials import in_a_copy

_GIVES_BACK: Final = re.compile(
    r"(release|give|put|push|give_?back|put_?back|return|free|check_?in|unregister|unsubscribe|remove|cancel|close|done|finish|ack|"
    r"complete|commit|roll_?back|dispose|disconnect|detach|revoke|redeem|renew|recycle)_?\w*"
)
"""Names of methods that take something back. Any other method counts as one if it refuses all but what was given."""

_USED: Final = "used: "

_MOST: Final = 4
"""Pairs of a giver and a taker at most that become operations."""

_MOST_TRIED: Final = 300
"""Pairs at most that are tried, those of names that give back first. `decimal.Context` has 3,000: trying them took ten
times as long as all else that is found out about its methods."""


def given_back(drafts: Sequence[Draft], make: Callable[[], Any]) -> list[OperationKind]:
    """Return operations that get what another operation returned, and those that keep it.

    A pair is taken if calls on one thread accept the result.
    """
    takers = [draft for draft in drafts if draft.needed and draft.call.startswith("a.")]
    givers = [draft for draft in drafts if draft.gives in ("value", "object") and draft.call.startswith("a.")]
    by_name = [draft for draft in takers if _GIVES_BACK.fullmatch(draft.name)]
    pairs = [(giver, taker) for taker in by_name for giver in givers if giver is not taker and not giver.reads]
    others = [draft for draft in takers if draft not in by_name and not draft.is_open_to_functions]
    pairs += [(giver, taker) for taker in others for giver in givers if giver is not taker]
    pairs = pairs[:_MOST_TRIED]
    accepted = in_a_copy([partial(_accepts, giver, taker, make) for giver, taker in pairs], _MOST)
    found: dict[str, OperationKind] = {}
    taken = [(*pair, hole) for pair, hole in zip(pairs, accepted, strict=True) if hole][:_MOST]  # by name first
    for giver, taker, hole in taken:
        hole, uses = hole.removeprefix(_USED), hole.startswith(_USED)
        line = giver.kind(giver.needed)
        shared, own = f"keep(a, {line.text})", f"keep(a, {line.text}, {SLOT})"
        slot: dict[str, Any] = {SLOT: (1,)}
        back = taker.given(hole, f"{'kept' if uses else 'back'}(a, {SLOT})", **slot)
        for kind in (
            replace(line, text=shared, reads=False, normalize=unseen),
            replace(line, text=own, reads=False, holes={**line.holes, **slot}),
            replace(taker.given(hole, "kept(a)"), reads=uses or taker.reads, after=(shared,)),
            replace(back, reads=uses or taker.reads, after=(own,)),
        ):
            known = found.get(kind.text)
            after = (*(known.after if known else ()), *kind.after)
            found[kind.text] = replace(kind, weight=4, after=tuple(dict.fromkeys(after)))
    return list(found.values())


def unseen(_: Any) -> None:
    """Return nothing: nobody sees what the initial part was given, which may be another identifier each time."""


def _accepts(giver: Draft, taker: Draft, make: Callable[[], Any]) -> str:
    """Return the hole of the taker that takes what the giver returns, and not just any value; "" if none does.

    `_USED` comes before it if the taker only looks at what it is given.
    """
    subject, kind = make(), giver.kind(giver.needed)
    result = next(kind.fillings(1)).compiled({**PROBES, **kind.constants()})(subject, None, None)
    if result is None or is_a(result, (bool, float)) or result is subject:
        return ""
    for hole, (_, pool) in taker.needed.items():
        wanted = next((each.names.get(each.partition("(")[0]) for each in pool if isinstance(each, NamedCode)), None)
        if isinstance(wanted, type) and not is_a(result, wanted):
            continue
        plain = is_a(result, (int, str, list, set, dict, tuple))
        named = _GIVES_BACK.fullmatch(taker.name) is not None
        if (plain or not named) and not Trial(taker, make, (), ()).refuses_plain():
            if (known := _recognized(giver, taker, hole, make)) is not None:
                return hole if known else f"{_USED}{hole}"
            continue
        given = taker.given(hole, "given")
        try:
            line = next(given.fillings(1))
            line.compiled({**PROBES, **given.constants(), "given": result})(subject, None, None)
        except Exception:
            continue
        return hole
    return ""


def _recognized(giver: Draft, taker: Draft, hole: str, make: Callable[[], Any]) -> bool | None:
    """Tell whether a call with what the giver returned changes the subject; None if it is like one with other values.

    An answer that repeats its argument is like any other such answer.
    """
    usual = taker.needed[hole][1]
    given = _answered(giver, taker, hole, "given", make)
    if given is None or given.value in usual:
        return None
    others = [_answered(giver, taker, hole, text_of(each), make) for each in usual[:_TRIED]]
    for each, other in zip(usual, others, strict=False):
        if other is None or (other.changes and given.changes) or type(each) is not type(given.value):
            return None
        echo = given.answer.replace(repr(given.value), repr(each)).replace(str(given.value), str(each))
        if given.changes == other.changes and other.answer in (given.answer, echo):
            return None
    return given.changes


_TRIED: Final = 2
"""Usual arguments to which the answer must differ."""


@dataclass(frozen=True)
class _Answered:
    """What the giver returned, what the taker then answered, and whether it changed the subject."""

    value: Any
    answer: str
    changes: bool


def _answered(giver: Draft, taker: Draft, hole: str, argument: str, make: Callable[[], Any]) -> _Answered | None:
    """Call the giver and then the taker on a fresh subject; None if the giver changes nothing."""
    subject, kind = make(), giver.kind(giver.needed)
    fresh = state_of(subject)
    value = next(kind.fillings(1)).compiled({**PROBES, **kind.constants()})(subject, None, None)
    if (before := state_of(subject)) == fresh:
        return None
    call = taker.given(hole, argument)
    line = next(call.fillings(1)).compiled({**PROBES, **taker.kind(taker.needed).constants(), "given": value})
    try:
        answer = show(anonymous(canonical(line(subject, None, None))))
    except Exception as error:
        answer = type(error).__name__
    return _Answered(value, answer, state_of(subject) != before)
