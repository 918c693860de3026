"""What is asked of the standard library: the operations that must be atomic on both builds, and some that are not.

Each container has no model but its own class, run by one thread. Only lines that are one step in C are in the
specifications that must hold; the others say what is wrong with them.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from lockproof.core.operation import op
from lockproof.core.specification import Specification

FEW: Final = (1, 2)

DEQUE: Final = Specification(
    subject=deque,
    operations=[
        op("a.append(x)", x=FEW),
        op("a.appendleft(x)", x=FEW),
        op("a.pop()"),
        op("a.popleft()"),
        op("len(a)", reads=True),
    ],
    observe=["list(a)"],
)

SET: Final = Specification(
    subject=set,
    operations=[
        op("a.add(x)", x=FEW),
        op("a.discard(x)", x=FEW),
        op("a.remove(x)", x=FEW),
        op("x in a", x=FEW, reads=True),
        op("a.pop()"),
    ],
    observe=["sorted(a)"],
)

DICT: Final = Specification(
    subject=dict,
    operations=[
        op("a[k] = v", k=FEW, v=FEW),
        op("a.get(k)", k=FEW, reads=True),
        op("a.pop(k, None)", k=FEW),
        op("a.setdefault(k, v)", k=FEW, v=FEW),
        op("k in a", k=FEW, reads=True),
    ],
    observe=["sorted(a.items())"],
)

LIST: Final = Specification(
    subject=list,
    operations=[op("a.append(x)", x=FEW), op("a.pop()"), op("len(a)", reads=True)],
    observe=["list(a)"],
)

INTERSECTION: Final = Specification(
    subject=set,
    operations=[
        op("a.add(x)", x=(1, 2, 3)),
        op("a.update(x)", x=([1, 2, 3, 4],)),
        op("a.intersection_update(x)", x=([1, 2, 3, 4],)),
        op("x in a", x=(1, 2, 3), reads=True),
    ],
    observe=["sorted(a)"],
)
"""`intersection_update` reads the set in one critical section, and swaps the result in in another: what is added in
between is lost (gh-126136). With the GIL nobody comes in between, as the elements have no Python code."""

COUNTER: Final = Specification(
    subject=Counter,
    operations=[op("a[k] += 1", k=FEW), op("a[k]", k=FEW, reads=True)],
    observe=["sorted(a.items())"],
)
"""`+=` on an item is a read and a write."""

CHECK_THEN_ACT: Final = Specification(
    subject=dict,
    operations=[op("a[k] if k in a else a.__setitem__(k, v)", k=FEW, v=FEW), op("a.get(k)", k=FEW, reads=True)],
    observe=["sorted(a.items())"],
)
"""What `setdefault` is for. The result tells whether the key was there: of two, only one may find it missing."""
