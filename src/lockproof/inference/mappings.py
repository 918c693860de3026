"""Mappings: dict and its subclasses in the standard library as models, and the operations to try on a mapping."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

from lockproof.core.model import choose
from lockproof.core.operation import Code, OperationKind, op
from lockproof.core.values import unordered
from lockproof.inference.catalogue import Catalogue, contents_of


class AnyMapping(dict[Any, Any]):
    """A dict whose `popitem` removes any item: the abstract class does not say which."""

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return an item; the judge tries each of them."""
        if not self:
            raise KeyError("popitem from an empty mapping")
        key = choose(self)
        return key, self.pop(key)


_K: Final = [1, 2]
_V: Final = [1, 2]
_MANY: Final = Code("dict.fromkeys(range(16), 2)")
_ITEMS: Final = [{1: 1, 2: 2}, _MANY, {2: 3}, [(1, 2), (3, 1)], Code("((x, 1) for x in [1, 2])")]
_DICTS: Final = [{1: 1, 2: 2}, _MANY, {2: 3}]

INIT: Final = (op("a[k] = v", k=[1, 2, 3], v=[1]), op("a.update(dict.fromkeys(range(16), 1))"))
OBSERVE: Final = ("sorted(a.items())", "len(a)")


def _singles() -> Iterator[OperationKind]:
    yield op("a[k] = v", k=_K, v=_V, weight=4)
    yield op("del a[k]", k=_K, weight=4)
    yield op("a[k]", k=_K, reads=True, weight=3)
    yield op("a.get(k)", k=_K, reads=True, weight=3)
    yield op("a.get(k, d)", k=_K, d=[0], reads=True)
    yield op("k in a", k=_K, reads=True, weight=3)
    yield op("a.pop(k)", k=_K, weight=4)
    yield op("a.pop(k, d)", k=_K, d=[None], weight=3)
    yield op("a.popitem()", weight=4)
    yield op("a.setdefault(k, v)", k=_K, v=_V, weight=4)
    yield op("len(a)", reads=True, weight=3)
    yield op("bool(a)", reads=True)
    yield op("a.clear()", weight=2)
    yield op("b[k] = v", k=_K, v=[2])
    yield op("b.pop(k, None)", k=_K)
    yield op("b.clear()", weight=0.3)


def _readings(normalize: Callable[[Any], Any] | None) -> Iterator[OperationKind]:
    for text in ("list(a)", "list(a.keys())", "list(a.items())", "list(slowly(a))", "list(slowly(a.items()))"):
        yield op(text, reads=True, normalize=normalize, weight=2)
    for text in ("list(a.values())", "[k for k in a]", "[*a]", "[(k, v) for k, v in a.items()]"):
        yield op(text, reads=True, normalize=normalize)
    for text in ("sorted(a.items())", "dict(a)", "a.copy()"):
        yield op(text, reads=True, weight=2)
    for text in (
        "{**a}",
        "sum(1 for k in a)",
        "len(a.items())",
        "1 in a.keys()",
        "(1, 1) in a.items()",
        "1 in a.values()",
    ):
        yield op(text, reads=True)
    yield op("list(reversed(a))", reads=True, normalize=normalize, weight=0.5)


def _bulk() -> Iterator[OperationKind]:
    yield op("a.update(x)", x=_ITEMS, weight=2)
    yield op("a.update(a)", weight=0.5)
    # Hardly anybody updates two mappings by each other at once, and most classes that lock themselves hang then.
    yield op("a.update(b)", weight=0.3)
    yield op("b.update(a)", weight=0.3)
    yield op("a.update(slowly([(1, 2), (2, 1)]))")
    yield op("a |= x", x=_DICTS, weight=2)
    yield op("a |= a", weight=0.5)
    yield op("a |= b", weight=1.5)
    yield op("b |= a", weight=1.5)
    yield op("a | x", x=_DICTS, reads=True)
    yield op("x | a", x=_DICTS, reads=True)
    yield op("a | b", reads=True)
    yield op("b | a", reads=True)
    for sign in ("==", "!="):
        yield op(f"a {sign} x", x=_DICTS, reads=True)
        yield op(f"a {sign} b", reads=True)
        yield op(f"b {sign} a", reads=True, weight=0.5)
        yield op(f"a {sign} a", reads=True, weight=0.2)


def _exotic() -> Iterator[OperationKind]:
    yield op("copy.copy(a)", reads=True)
    yield op("copy.deepcopy(a)", reads=True, weight=0.5)
    yield op("pickle.loads(pickle.dumps(a))", reads=True, weight=0.7)
    yield op("a.__setitem__([], 1)", weight=0.3)
    yield op("a.update((k, 1 // 0) for k in [1])", weight=0.3)
    for key in ("Yielding(1)", "Meddling(a, 1)"):
        yield op(f"a[{key}] = 2")
        yield op(f"a[{key}]", reads=True)
        yield op(f"{key} in a", reads=True)
        yield op(f"a.setdefault({key}, 2)")
        yield op(f"a.pop({key}, None)")
        yield op(f"a.update({{{key}: 2}})", weight=0.5)
    yield op("a[1] = Dying(a, 1)", weight=0.5)
    yield op("a.update({2: Dying(a, 1)})", weight=0.3)


def _ordered() -> Iterator[OperationKind]:
    yield op("a.move_to_end(k)", k=_K, weight=2)
    yield op("a.move_to_end(k, last=False)", k=_K)
    yield op("a.popitem(last=False)", weight=2)


def _operations(normalize: Callable[[Any], Any] | None) -> tuple[OperationKind, ...]:
    return (*_singles(), *_readings(normalize), *_bulk(), *_exotic())


KEY_BY_KEY: Final = ("dict(a)", "{**a}")
"""For these CPython looks up each key by itself if `__iter__` is Python code: no class can make that one step."""


def catalogue(cls: type, make: Callable[[], Any]) -> Catalogue:
    """Return how to check mappings of this class, made by `make`; a fresh one may have contents."""
    contents = contents_of(lambda: make().items())
    base: type[Any] = next(
        (each for each in (OrderedDict, Counter, defaultdict, dict) if issubclass(cls, each)), AnyMapping
    )

    def model() -> Any:
        made = defaultdict(make().default_factory) if base is defaultdict else base()
        for key, value in contents:
            made[key] = value
        return made

    def lift(items: Any) -> Any:
        subject = make()
        for key, _ in contents:
            subject.pop(key, None)
        for key, value in items.items():
            subject[key] = value
        return subject

    def lower(subject: Any, items: Any) -> None:
        now = list(subject.items())
        items.clear()
        for key, value in now:  # the `update` of a Counter would count the pairs
            items[key] = value

    operations = _operations(unordered if base is AnyMapping else None)  # `AnyMapping` promises no order of its items
    if base is OrderedDict:
        operations += tuple(_ordered())
    if getattr(cls, "__iter__", None) is not dict.__iter__:
        operations = tuple(each for each in operations if each.text not in KEY_BY_KEY)
    name = "mapping" if base is AnyMapping else base.__name__
    return Catalogue(name, base, model, operations, INIT, OBSERVE, lift, lower, unordered=base is AnyMapping)
