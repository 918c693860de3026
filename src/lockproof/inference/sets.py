"""Sets: the builtin as model, except that `pop` may take any element; and the operations to try on a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSet
from typing import Any, Final

from lockproof.core.model import choose
from lockproof.core.operation import Code, OperationKind, op
from lockproof.core.values import unordered
from lockproof.inference.catalogue import Catalogue, contents_of


class AnySet(set[Any]):
    """The builtin set, except that `pop` removes any element."""

    has_no_order = True

    def pop(self) -> Any:
        """Remove and return an element; the judge tries each of them."""
        if not self:
            raise KeyError("pop from an empty set")
        element = choose(self)
        self.remove(element)
        return element


class AnyMutableSet(MutableSet[Any]):
    """A set with the operators of `collections.abc.MutableSet`, whose `pop` removes any element.

    Methods that the abstract class does not have are those of the builtin.
    """

    def __init__(self, items: Any = ()) -> None:
        self._items = AnySet(items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, value: Any) -> None:
        self._items.add(value)

    def discard(self, value: Any) -> None:
        self._items.discard(value)

    def pop(self) -> Any:
        """Remove and return an element; the judge tries each of them."""
        return self._items.pop()

    def clear(self) -> None:
        """Remove all elements. The abstract class pops one by one, and each order would be a choice to try."""
        self._items.clear()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._items, name)


_X: Final = [1, 2]
# The longer a bulk change takes, the likelier another thread sees that it is not one step.
_MANY: Final = [[1, 2], Code("range(16)"), [2, 3], {1, 2}, {3}, Code("(x for x in [1, 2])")]
_SETS: Final = [{1, 2}, Code("{*range(16)}"), {2, 3}, Code("set()")]

INIT: Final = (op("a.add(x)", x=[1, 2, 3]), op("a.update(range(16))"), op("a |= {*range(16)}"))
OBSERVE: Final = ("sorted(a)", "len(a)")


def _singles() -> Iterator[OperationKind]:
    yield op("a.add(x)", x=_X, weight=4)
    yield op("a.discard(x)", x=_X, weight=4)
    yield op("a.remove(x)", x=_X, weight=4)
    yield op("a.pop()", weight=4)
    yield op("x in a", x=_X, reads=True, weight=3)
    yield op("len(a)", reads=True, weight=3)
    yield op("bool(a)", reads=True)
    yield op("a.clear()", weight=2)
    yield op("b.add(x)", x=_X)
    yield op("b.discard(x)", x=_X)
    yield op("b.clear()", weight=0.3)


def _readings() -> Iterator[OperationKind]:
    for text in ("list(a)", "[x for x in a]", "list(slowly(a))", "[*a]"):
        yield op(text, reads=True, normalize=unordered, weight=2)
    for text in ("sorted(a)", "a.copy()", "frozenset(a)"):
        yield op(text, reads=True, weight=2)
    for text in ("{*a}", "set().union(a)", "{x for x in a}", "sum(1 for x in a)", "max(a, default=0)"):
        yield op(text, reads=True)


def _bulk() -> Iterator[OperationKind]:
    for name in ("update", "difference_update", "intersection_update", "symmetric_difference_update"):
        weight = 2 if name in ("update", "difference_update") else 1
        yield op(f"a.{name}(x)", x=_MANY, weight=weight)
        yield op(f"a.{name}(a)", weight=0.5)
        yield op(f"a.{name}(b)", weight=weight)
        yield op(f"b.{name}(a)", weight=weight)
        yield op(f"a.{name}(slowly([1, 2]))")
    yield op("a.update([1], [2])", weight=0.5)
    # The generator reads the subject and always yields the same: so a class may run it before it takes the lock.
    yield op("a.update(x for x in [1, 2] if [x in a])")
    yield op("a.difference_update([1], [2])", weight=0.5)
    yield op("a.difference_update(x for x in [1, 2] if [x in a])", weight=0.5)


def _operators() -> Iterator[OperationKind]:
    for sign in ("|", "&", "-", "^"):
        yield op(f"a {sign}= x", x=_SETS, weight=2 if sign in "|-" else 1)
        yield op(f"a {sign}= a", weight=0.5)
        yield op(f"a {sign}= b", weight=1.5)
        yield op(f"b {sign}= a", weight=1.5)
        yield op(f"a {sign} x", x=_SETS, reads=True)
        yield op(f"x {sign} a", x=_SETS, reads=True)
        yield op(f"a {sign} b", reads=True)
        yield op(f"b {sign} a", reads=True)
        yield op(f"a {sign} a", reads=True, weight=0.3)
    for sign in ("==", "<=", ">=", "<", ">", "!="):
        yield op(f"a {sign} x", x=_SETS, reads=True, weight=0.7)
        yield op(f"a {sign} b", reads=True, weight=0.7)
        yield op(f"b {sign} a", reads=True, weight=0.5)
        yield op(f"a {sign} a", reads=True, weight=0.2)
    yield op("x == a", x=_SETS, reads=True, weight=0.5)
    yield op("x >= a", x=_SETS, reads=True, weight=0.5)
    for name in ("union", "intersection", "difference", "symmetric_difference"):
        yield op(f"a.{name}(x)", x=_MANY, reads=True)
        yield op(f"a.{name}(b)", reads=True, weight=0.7)
        yield op(f"b.{name}(a)", reads=True, weight=0.5)
    for name in ("issubset", "issuperset", "isdisjoint"):
        yield op(f"a.{name}(x)", x=_MANY, reads=True)
        yield op(f"a.{name}(b)", reads=True)
        yield op(f"b.{name}(a)", reads=True, weight=0.7)


def _exotic() -> Iterator[OperationKind]:
    yield op("copy.copy(a)", reads=True)
    yield op("copy.deepcopy(a)", reads=True, weight=0.5)
    yield op("pickle.loads(pickle.dumps(a))", reads=True, weight=0.7)
    yield op("a.add([])", weight=0.3)
    yield op("a.update(1 // 0 for x in [1])", weight=0.3)
    for element in ("Yielding(1)", "Meddling(a, 1)"):
        yield op(f"a.add({element})")
        yield op(f"a.discard({element})")
        yield op(f"{element} in a", reads=True)
        yield op(f"a.update([{element}, 2])")
        yield op(f"a |= {{{element}, 2}}", weight=0.5)
        yield op(f"a.difference_update([{element}, 2])", weight=0.5)
    yield op("a.add(Dying(a, 1))", weight=0.5)
    yield op("a.update([Dying(a, 2)])", weight=0.3)


def _builtin_only() -> Iterator[OperationKind]:
    """Yield operations where the builtin differs from the abstract class, which takes any iterable for a set."""
    yield op("a | [1]", reads=True, weight=0.2)
    yield op("a |= [1]", weight=0.2)
    yield op("{1} in a", reads=True, weight=0.2)
    yield op("a.discard({1})", weight=0.2)


def _operations(builtin: bool) -> tuple[OperationKind, ...]:
    """Return the table of operations. It is made on demand, since most classes need none."""
    common = (*_singles(), *_readings(), *_bulk(), *_operators(), *_exotic())
    return (*common, *_builtin_only()) if builtin else common


def catalogue(cls: type, make: Callable[[], Any]) -> Catalogue:
    """Return how to check sets of this class, made by `make`; a fresh one may have contents."""
    builtin = issubclass(cls, set)
    contents = contents_of(make)
    model: type[Any] = AnySet if builtin else AnyMutableSet

    def lift(items: Any) -> Any:
        subject = make()
        for item in contents:
            if item not in items:
                subject.discard(item)
        for item in items:
            subject.add(item)
        return subject

    def lower(subject: Any, items: Any) -> None:
        now = list(subject)
        items.clear()
        items.update(now)

    operations = _operations(builtin)
    return Catalogue("set", set, lambda: model(contents), operations, INIT, OBSERVE, lift, lower, unordered=True)
