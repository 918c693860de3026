"""What is measured: one statement for each operation and subject.

A statement is source text, since it is compiled into the timed loop (see `loops`): a call of a function that does
it would cost as much as the operation. These names stand for:

==============  ==========================================================================
`s`             the subject, with 1,000 elements unless the operation says otherwise
`{k}`           one of its 1,000 keys, another one at each turn
`o`             another of the same class, which has half of its elements in common with s
`e`             another of the same class, equal to s
`C`             the class
`items`         a list of 1,000 keys; `more` is a list of 100 keys that s lacks
`new_100`       a set of 100 keys that s lacks; `new_1000` has 1,000
`present_100`   a set of 100 keys of s; `present_1000` has all of them
`mixed_100`     a set of 50 keys of s and 50 that it lacks; `mixed_1000` has 500 of each
==============  ==========================================================================

Where the built-in set has no such operation, its column has what one would write with a set that no other thread
uses; the ratio then tells what atomicity costs. For `try_add` and `try_remove` it has `add` and `discard`: to learn
whether the element was there should cost little more.

In-place operators assign to `s`, which is a local name of the loop: it stays bound to the same set.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.subjects import ATOMIC_DICT, BASE, CONCURRENT_DICT, CONTROL, HANDWRITTEN, OURS, OURS_IN_PYTHON

SIZE = 1000
OUR_SETS = (OURS, OURS_IN_PYTHON)
OURS_AND_HANDWRITTEN = (HANDWRITTEN, *OUR_SETS)
SETS = (BASE, *OURS_AND_HANDWRITTEN)

ONE_KEY = "one key"
WHOLE = f"all of {SIZE:,}"
TWO_SETS = f"two sets of {SIZE:,}"
CHANGING = "changing many"
MAKING = "making"
HOLDING = "holding"


@dataclass(frozen=True)
class Operation:
    """One row of the table."""

    name: str
    family: str
    statements: Mapping[str, str]
    keys: str = "present"
    """Which keys `{k}` runs through: those that are present, or as many that are absent."""
    fresh: bool = False
    """The statement uses up what it works on: `s` is made anew, outside of the timed part, for each batch."""
    start_empty: bool = False
    settled: bool = False
    """The set has had a change of many elements: at its first one, the compiled LockedSet looks at the types of all
    elements, and remembers what it saw."""

    def names_used(self, subject: str) -> set[str]:
        """The words of a statement."""
        return set(re.findall(r"\w+", self.statements[subject]))

    @property
    def keyed(self) -> bool:
        return any("{k}" in statement for statement in self.statements.values())

    @property
    def single_use(self) -> bool:
        """One statement empties or fills the set, so that it stands alone in a batch."""
        return self.fresh and not self.keyed and self.name != "pop"

    @property
    def heavy(self) -> bool:
        """It takes microseconds, so a few of it make a batch."""
        return self.family in (WHOLE, TWO_SETS, CHANGING) or "items" in self.name


def same(statement: str, *subjects: str) -> dict[str, str]:
    """The same words for all sets, or for the named subjects."""
    return dict.fromkeys(subjects or SETS, statement)


_DICTS = (CONCURRENT_DICT, ATOMIC_DICT)
_ADD = {**same("s.add({k})"), **same("s[{k}] = True", *_DICTS)}
_DISCARD = {
    **same("s.discard({k})"),
    **same("try:\n    del s[{k}]\nexcept KeyError:\n    pass", *_DICTS),
}
_CONTAINS = {**same("{k} in s"), CONCURRENT_DICT: "{k} in s", ATOMIC_DICT: "s.get({k}, None)"}

CHANGES = {"update": "s.update({})", "-=": "s -= {}", "&=": "s &= {}", "^=": "s ^= {}"}
COUNTS = (100, SIZE)
MIXTURES = ("new", "present", "mixed")


def change_name(change: str, count: int, mixture: str) -> str:
    """The name of a change of a set of 1,000 by a set of so many elements."""
    return f"{change}, {count:,} {mixture}"


FIRST_CHANGE = f"{change_name('update', 100, 'new')}, the first"

_CHANGING = tuple(
    Operation(
        change_name(change, count, mixture),
        CHANGING,
        same(statement.format(f"{mixture}_{count}")),
        fresh=True,
        settled=True,
    )
    for change, statement in CHANGES.items()
    for count in COUNTS
    for mixture in MIXTURES
)

OPERATIONS = (
    Operation("add, present", ONE_KEY, _ADD),
    Operation("add, new", ONE_KEY, _ADD, fresh=True, start_empty=True),
    Operation("discard, present", ONE_KEY, _DISCARD, fresh=True),
    Operation("discard, absent", ONE_KEY, _DISCARD, keys="absent"),
    Operation("remove", ONE_KEY, {**same("s.remove({k})"), **same("del s[{k}]", *_DICTS)}, fresh=True),
    Operation("pop", ONE_KEY, same("s.pop()"), fresh=True),
    Operation("in, hit", ONE_KEY, _CONTAINS),
    Operation("in, miss", ONE_KEY, _CONTAINS, keys="absent"),
    Operation("len", ONE_KEY, {**same("len(s)"), **same("len(s)", *_DICTS)}),
    Operation("bool", ONE_KEY, same("not s")),
    Operation(
        "try_add, present",
        ONE_KEY,
        {**same("s.try_add({k})", *OURS_AND_HANDWRITTEN), BASE: "s.add({k})"},
    ),
    Operation(
        "try_add, new",
        ONE_KEY,
        {
            **same("s.try_add({k})", *OURS_AND_HANDWRITTEN),
            BASE: "s.add({k})",
            ATOMIC_DICT: "s.compare_and_set({k}, NOT_FOUND, True)",
        },
        fresh=True,
        start_empty=True,
    ),
    Operation(
        "try_remove, present",
        ONE_KEY,
        {**same("s.try_remove({k})", *OURS_AND_HANDWRITTEN), BASE: "s.discard({k})"},
        fresh=True,
    ),
    Operation(
        "try_remove, absent",
        ONE_KEY,
        {**same("s.try_remove({k})", *OURS_AND_HANDWRITTEN), BASE: "s.discard({k})"},
        keys="absent",
    ),
    Operation(
        "iterate",
        WHOLE,
        {
            **same("for _ in s:\n    pass"),
            CONCURRENT_DICT: "for _ in s:\n    pass",
            ATOMIC_DICT: "for _ in s.fast_iter():\n    pass",
        },
    ),
    Operation("list", WHOLE, {**same("list(s)"), CONCURRENT_DICT: "s.keys()"}),
    Operation(
        "snapshot",
        WHOLE,
        {
            **same("s.snapshot()", *OURS_AND_HANDWRITTEN),
            BASE: "frozenset(s)",
            CONCURRENT_DICT: "frozenset(s)",
            ATOMIC_DICT: "frozenset([key for key, _ in s.fast_iter()])",
        },
    ),
    Operation("copy", WHOLE, same("s.copy()")),
    Operation("repr", WHOLE, same("repr(s)")),
    Operation("clear", WHOLE, {**same("s.clear()"), CONCURRENT_DICT: "s.clear()"}, fresh=True),
    Operation(
        "drain", WHOLE, {**same("s.drain()", *OURS_AND_HANDWRITTEN), BASE: "d = s.copy()\ns.clear()"}, fresh=True
    ),
    Operation(
        "take 100",
        WHOLE,
        {**same("s.take(100)", *OURS_AND_HANDWRITTEN), BASE: "[s.pop() for _ in range(100)]"},
        fresh=True,
    ),
    Operation(
        "remove_if, half",
        WHOLE,
        {
            **same("s.remove_if(is_odd)", *OURS_AND_HANDWRITTEN),
            BASE: "s.difference_update([each for each in s if is_odd(each)])",
        },
        fresh=True,
    ),
    Operation(
        "replace",
        WHOLE,
        {**same("s.replace(items)", *OURS_AND_HANDWRITTEN), BASE: "s.clear()\ns.update(items)"},
        fresh=True,
    ),
    Operation(
        "update, list of 100", WHOLE, {**same("s.update(more)"), CONCURRENT_DICT: "s.update(more_dict)"}, fresh=True
    ),
    *_CHANGING,
    Operation(FIRST_CHANGE, CHANGING, same("s.update(new_100)"), fresh=True),
    Operation("union, |", TWO_SETS, same("s | o")),
    Operation("intersection, &", TWO_SETS, same("s & o")),
    Operation("difference, -", TWO_SETS, same("s - o")),
    Operation("symmetric difference, ^", TWO_SETS, same("s ^ o")),
    Operation("union(), plain set", TWO_SETS, same("s.union(plain)")),
    Operation("|=, of its own class", TWO_SETS, same("s |= o"), fresh=True),
    Operation("==, equal", TWO_SETS, same("s == e")),
    Operation("!=, equal", TWO_SETS, same("s != e")),
    Operation("<=, equal", TWO_SETS, same("s <= e")),
    Operation(">=, equal", TWO_SETS, same("s >= e")),
    Operation("issubset", TWO_SETS, same("s.issubset(e)")),
    Operation("issuperset", TWO_SETS, same("s.issuperset(e)")),
    Operation("isdisjoint, yes", TWO_SETS, same("s.isdisjoint(new_1000)")),
    Operation("isdisjoint, at once no", TWO_SETS, same("s.isdisjoint(e)")),
    Operation("make, empty", MAKING, {**same("C()"), **same("C()", *_DICTS)}),
    Operation("make, of 10 in a list", MAKING, same("C(ten)")),
    Operation("make, of 100 in a list", MAKING, same("C(more)")),
    Operation("make, of 100 in a set", MAKING, same("C(new_100)")),
    Operation("make, of 1,000 items in a list", MAKING, same("C(items)")),
    Operation("make, of 1,000 items in a set", MAKING, same("C(plain)")),
    Operation(
        "hold one",
        HOLDING,
        {HANDWRITTEN: "with s._lock:\n    pass", **same("with locked(s):\n    pass", *OUR_SETS)},
    ),
    Operation(
        "hold two",
        HOLDING,
        {HANDWRITTEN: "with s._lock, o._lock:\n    pass", **same("with locked(s, o):\n    pass", *OUR_SETS)},
    ),
    Operation(
        "move one key while two are held",
        HOLDING,
        {
            BASE: "s.discard({k})\no.add({k})",
            HANDWRITTEN: "with s._lock, o._lock:\n    s.discard({k})\n    o.add({k})",
            **same("with locked(s, o):\n    s.discard({k})\n    o.add({k})", *OUR_SETS),
        },
        fresh=True,
    ),
)
BY_NAME = {operation.name: operation for operation in OPERATIONS}

SMOKE = ("add, present", "discard, present", "update, 100 new", "snapshot", "==, equal", "hold one")
"""One of each kind of loop, for a run that only shows that everything works."""


@dataclass(frozen=True)
class Sharing:
    """What several threads have in common while each adds, looks up and discards key after key."""

    name: str
    one_set: bool
    same_keys: bool


SHARINGS = (
    Sharing("a set for each thread", one_set=False, same_keys=False),
    Sharing("one set, disjoint keys", one_set=True, same_keys=False),
    Sharing("one set, the same keys", one_set=True, same_keys=True),
)
THREAD_COUNTS = (1, 2)
STEPS_FOR_A_KEY = 3


def mixed_statement(subject: str) -> str:
    """What a thread does with one key: three operations that all subjects have; for the control, three steps."""
    if subject == CONTROL:
        return "\n".join(["x = {k} ^ 12345"] * STEPS_FOR_A_KEY)
    return "\n".join((_ADD[subject], _CONTAINS[subject], _DISCARD[subject]))


def threads_name(sharing: Sharing, threads: int) -> str:
    """The name of a benchmark with threads, as it stands in the files."""
    return f"{sharing.name}: {threads} thread{'s' if threads > 1 else ''}"


def explained(operation: Operation) -> str:
    """The statements of one operation, for --list."""
    width = max(len(name) for name in operation.statements)
    lines = [operation.name]
    for subject, statement in operation.statements.items():
        text = "; ".join(line.strip() for line in statement.format(k="k").splitlines())
        lines.append(textwrap.indent(f"{subject:<{width}}  {text}", "    "))
    return "\n".join(lines)
