"""Lists and deques: the builtins as models, and the operations to try on a sequence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from lockproof.core.operation import Code, OperationKind, op
from lockproof.inference.catalogue import Catalogue, contents_of

_X: Final = [1, 2]
_MANY: Final = [[1, 2], [3], Code("(x for x in [1, 2])")]

INIT: Final = (op("a.append(x)", x=[1, 2, 3]), op("a.extend(range(16))"))
OBSERVE: Final = ("list(a)", "len(a)")


def _common() -> Iterator[OperationKind]:
    yield op("a.append(x)", x=_X, weight=4)
    yield op("a.pop()", weight=4)
    yield op("a.remove(x)", x=_X, weight=4)
    yield op("a.insert(i, x)", i=[0, 1], x=_X, weight=2)
    yield op("a[i] = x", i=[0, -1], x=_X, weight=2)
    yield op("del a[i]", i=[0, -1], weight=2)
    yield op("a[i]", i=[0, -1], reads=True, weight=3)
    yield op("x in a", x=_X, reads=True, weight=3)
    yield op("a.index(x)", x=_X, reads=True, weight=2)
    yield op("a.count(x)", x=_X, reads=True, weight=2)
    yield op("len(a)", reads=True, weight=3)
    yield op("bool(a)", reads=True)
    yield op("a.clear()", weight=2)
    yield op("a.reverse()", weight=2)
    yield op("b.append(x)", x=_X)
    yield op("b.clear()", weight=0.3)
    for text in ("list(a)", "[x for x in a]", "list(slowly(a))", "a.copy()"):
        yield op(text, reads=True, weight=2)
    for text in ("[*a]", "tuple(a)", "sorted(a)", "list(reversed(a))", "sum(1 for x in a)", "max(a, default=0)"):
        yield op(text, reads=True)
    yield op("a.extend(x)", x=_MANY, weight=2)
    yield op("a.extend(a)", weight=0.5)
    yield op("a.extend(b)", weight=1.5)
    yield op("b.extend(a)", weight=1.5)
    yield op("a.extend(slowly([1, 2]))")
    # No generator that reads the subject, as for sets: its items would show whether the class locks before it runs.
    yield op("a += x", x=_MANY)
    yield op("a += a", weight=0.3)
    yield op("a += b")
    yield op("b += a")
    yield op("a + b", reads=True)
    yield op("b + a", reads=True, weight=0.5)
    for sign in ("==", "!=", "<"):
        yield op(f"a {sign} b", reads=True, weight=0.7)
        yield op(f"b {sign} a", reads=True, weight=0.5)
        yield op(f"a {sign} a", reads=True, weight=0.2)
    yield op("copy.copy(a)", reads=True)
    yield op("copy.deepcopy(a)", reads=True, weight=0.5)
    yield op("pickle.loads(pickle.dumps(a))", reads=True, weight=0.7)
    yield op("a.extend(1 // 0 for x in [1])", weight=0.3)
    for element in ("Yielding(1)", "Meddling(a, 1)"):
        yield op(f"a.append({element})", weight=0.7)
        yield op(f"{element} in a", reads=True)
        yield op(f"a.remove({element})")
        yield op(f"a.index({element})", reads=True, weight=0.5)
        yield op(f"a.count({element})", reads=True, weight=0.5)
    yield op("a.append(Dying(a, 1))", weight=0.5)
    yield op("a[0] = Dying(a, 1)", weight=0.3)


def _of_lists() -> Iterator[OperationKind]:
    yield op("a.pop(i)", i=[0, -1], weight=3)
    yield op("a[0:2]", reads=True)
    yield op("a[:]", reads=True)
    yield op("a[0:1] = x", x=[[1, 2], [3]])
    yield op("a[:] = x", x=[[1, 2], [3]], weight=1.5)
    yield op("del a[:]")
    yield op("a.sort()", weight=2)
    yield op("a.sort(key=lambda x: -x)", weight=0.5)
    yield op("a *= 2", weight=0.5)
    yield op("a * 2", reads=True, weight=0.5)
    yield op("a + [1]", reads=True)
    yield op("[1] + a", reads=True)
    yield op("a == x", x=[[1], [1, 2]], reads=True)


def _of_deques() -> Iterator[OperationKind]:
    yield op("a.appendleft(x)", x=_X, weight=4)
    yield op("a.popleft()", weight=4)
    yield op("a.extendleft(x)", x=_MANY, weight=2)
    yield op("a.extendleft(a)", weight=0.3)
    yield op("a.rotate()", weight=2)
    yield op("a.rotate(-1)")
    yield op("a.maxlen", reads=True, weight=0.2)
    yield op("a *= 2", weight=0.3)


def catalogue(cls: type, make: Callable[[], Any]) -> Catalogue:
    """Return how to check sequences of this class, made by `make`; a fresh one may have contents."""
    contents, most = contents_of(make), getattr(make(), "maxlen", None)
    double = issubclass(cls, deque)

    def model() -> Any:
        return deque(contents, most) if double else list(contents)

    def lift(items: Any) -> Any:
        subject = make()
        subject.clear()
        subject.extend(items)
        return subject

    def lower(subject: Any, items: Any) -> None:
        now = list(subject)
        items.clear()
        items.extend(now)

    base: type[Any] = deque if double else list
    operations = (*_common(), *(_of_deques() if double else _of_lists()))
    return Catalogue(base.__name__, base, model, operations, INIT, OBSERVE, lift, lower)
