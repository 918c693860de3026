"""Is a copy, shallow, deep or by pickle, of the same type, contents and attributes, and independent?"""

from __future__ import annotations

import copy
import pickle
import pickletools
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lockedset import DeadlockError, LockedSet, locked
from tests.lockedset.copying.kinds import (
    Generic,
    Node,
    WithArguments,
    WithBoth,
    WithDict,
    WithDictState,
    WithLock,
    WithLockSlot,
    WithSlots,
    WithState,
    WithTupleState,
)

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
LIMIT = 20  # seconds for any wait

type Way = Callable[[Any], Any]


def _by_pickle(protocol: int) -> Way:
    return lambda original: pickle.loads(pickle.dumps(original, protocol))


BY_REDUCE: dict[str, Way] = {
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    **{f"pickle protocol {protocol}": _by_pickle(protocol) for protocol in PROTOCOLS},
}
WAYS = BY_REDUCE | {"method copy": lambda original: original.copy()}

every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
every_way_with_attributes = pytest.mark.parametrize("way", BY_REDUCE.values(), ids=BY_REDUCE)


# Contents


@every_way
@pytest.mark.parametrize("contents", [(), (1,), (1, "a", None), tuple(range(1000)), (frozenset({1}), (1, (2,)))])
def test_a_copy_has_the_type_and_the_contents(way: Way, contents: tuple[Any, ...]) -> None:
    original = LockedSet(contents)
    made = way(original)
    assert type(made) is LockedSet
    assert made is not original
    assert made == original == set(contents)


@every_way
def test_a_copy_and_its_original_change_independently(way: Way) -> None:
    original = LockedSet([1, 2])
    made = way(original)
    made.add(3)
    original.discard(1)
    assert (made, original) == ({1, 2, 3}, {2})


def test_a_shallow_copy_holds_the_same_objects_and_a_deep_one_copies() -> None:
    element = Node()
    original = LockedSet([element])
    assert {id(each) for each in copy.copy(original)} == {id(element)}
    assert {id(each) for each in original.copy()} == {id(element)}
    (deep,) = copy.deepcopy(original)
    assert type(deep) is Node
    assert deep is not element


def test_a_deep_copy_uses_its_memo() -> None:
    shared = LockedSet([1])
    first, second = copy.deepcopy([shared, shared])
    assert first is second is not shared


# Attributes of subclasses


@every_way_with_attributes
def test_attributes_in_dict_are_copied(way: Way) -> None:
    original = WithDict([1])
    original.note = ["text"]
    made = way(original)
    assert (type(made), made, made.note, vars(made)) == (WithDict, {1}, ["text"], {"note": ["text"]})


@every_way_with_attributes
def test_attributes_in_slots_are_copied_and_unset_ones_stay_unset(way: Way) -> None:
    original = WithSlots([1])
    original.left = "text"
    made = way(original)
    assert (type(made), made, made.left) == (WithSlots, {1}, "text")
    assert not hasattr(made, "right")
    assert not hasattr(made, "__dict__")


@every_way_with_attributes
def test_attributes_in_slots_and_dict_are_copied_together(way: Way) -> None:
    original = WithBoth([1])
    original.left, original.note = "text", 3
    made = way(original)
    assert (type(made), made, made.left, vars(made)) == (WithBoth, {1}, "text", {"note": 3})


@every_way_with_attributes
@pytest.mark.parametrize("kind", [WithLock, WithLockSlot])
def test_an_attribute_named_lock_belongs_to_the_subclass(way: Way, kind: type[Any]) -> None:
    original = kind([1])
    original._lock = "of the subclass"
    made = way(original)
    assert (type(made), made, made._lock) == (kind, {1}, "of the subclass")
    with locked(made, original):
        made.update(original, [2])
    assert made == {1, 2}


@every_way_with_attributes
def test_a_subclass_with_arguments_says_what_they_are(way: Way) -> None:
    original = WithArguments("name", [1], limit=3)
    made = way(original)
    assert (type(made), made, made.name, made.limit) == (WithArguments, {1}, "name", 3)


@every_way_with_attributes
def test_a_subclass_may_choose_its_state(way: Way) -> None:
    original = WithState([1])
    original.kept = "text"
    made = way(original)
    assert (type(made), made, made.kept, made.cache) == (WithState, {1}, "text", "to be filled again")


@every_way_with_attributes
@pytest.mark.parametrize("kind", [WithDictState, WithTupleState])
def test_a_mixin_after_the_set_may_choose_the_state_as_beside_a_set(way: Way, kind: type[Any]) -> None:
    original = kind([1])
    original.kept = "text"
    made = way(original)
    assert (type(made), made, made.kept) == (kind, {1}, "text")


def test_the_method_copy_copies_no_attributes_as_the_one_of_set_does_not() -> None:
    class Plain(set[int]):
        note: str

    for original in (WithDict([1]), Plain([1])):
        original.note = "text"
        assert not hasattr(original.copy(), "note")


def test_a_deep_copy_copies_attributes_deeply_and_a_shallow_one_does_not() -> None:
    original = WithDict([1])
    original.note = ["text"]
    assert copy.copy(original).note is original.note
    assert copy.deepcopy(original).note is not original.note


@pytest.mark.parametrize("kind", [LockedSet, WithDict, WithSlots, WithBoth, WithLock, Generic])
def test_the_state_names_nothing_of_the_lock(kind: type[Any]) -> None:
    original = kind([1])
    assert "_lockedset" not in repr(original.__reduce__())
    assert "_lockedset" not in repr(original.__reduce_ex__(4))
    for protocol in PROTOCOLS:
        assert b"_lockedset" not in pickle.dumps(original, protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_names_the_public_class_and_no_private_module(protocol: int) -> None:
    operations = [
        (each.name, argument) for each, argument, _ in pickletools.genops(pickle.dumps(LockedSet([1]), protocol))
    ]
    texts = [str(argument) for name, argument in operations if name in ("GLOBAL", "SHORT_BINUNICODE", "BINUNICODE")]
    assert " ".join(texts) == "lockedset LockedSet"


def test_reduce_gives_what_it_gives_for_set() -> None:
    assert LockedSet([1]).__reduce__() == (LockedSet, ([1],), None)
    assert {1}.__reduce__() == (set, ([1],), None)


@pytest.mark.parametrize("way", BY_REDUCE.values(), ids=BY_REDUCE)
def test_a_deadlock_error_can_be_copied_and_pickled_as_any_exception(way: Way) -> None:
    # A worker process sends its exceptions home by pickle; one that cannot be read there breaks the whole pool.
    original = DeadlockError("the message", (LockedSet([lambda: None]), LockedSet()), ("one", "other"))
    made = way(original)
    assert type(made) is DeadlockError
    assert (str(made), made.threads) == ("the message", ("one", "other"))
    assert made.sets in ((), original.sets)  # they belong to the process; what cannot be pickled is in the way of none


# Locks


def in_a_thread(operation: Callable[[], Any]) -> Any:
    """Return what the operation returns in a thread of its own; fail if it takes too long."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(operation()), daemon=True)
    thread.start()
    thread.join(LIMIT)
    assert not thread.is_alive(), "the operation waits for a lock"
    assert results, "the operation raised"
    return results[0]


@every_way
@pytest.mark.parametrize("kind", [LockedSet, WithDict, WithBoth, WithLock])
def test_a_copy_has_a_lock_of_its_own(way: Way, kind: type[Any]) -> None:
    original = kind([1, 2])
    made = way(original)
    with locked(original):
        assert in_a_thread(lambda: made.try_add(3)) is True
        assert in_a_thread(lambda: len(made)) == 3
    with locked(made):
        assert in_a_thread(lambda: original.pop(None)) in (1, 2)


def test_a_result_has_a_lock_of_its_own() -> None:
    original = LockedSet([1, 2])
    results = [
        original | {3},
        original & {1},
        original - {3},
        original ^ {3},
        original.union(),
        original.difference([1]),
    ]
    with locked(original):
        assert [in_a_thread(lambda made=made: made.try_add(9)) for made in results] == [True] * 6


@every_way
def test_a_copy_that_is_made_while_the_original_is_held_is_free(way: Way) -> None:
    original = LockedSet([1, 2])
    with locked(original):
        made = way(original)
        assert in_a_thread(lambda: made.try_add(3)) is True
    assert in_a_thread(lambda: original.try_add(3)) is True


@every_way
def test_a_copy_waits_for_the_thread_that_holds_the_original(way: Way) -> None:
    original = LockedSet([1, 2])
    copies: list[LockedSet[int]] = []
    started = threading.Event()

    def make() -> None:
        started.set()
        copies.append(way(original))

    thread = threading.Thread(target=make, daemon=True)
    with locked(original):
        original.add(3)
        thread.start()
        assert started.wait(LIMIT)
        assert not copies
        original.add(4)
        assert not copies
    thread.join(LIMIT)
    assert copies == [{1, 2, 3, 4}]


# Structures that contain themselves


def test_a_set_inside_itself_is_copied_deeply_as_a_set_is() -> None:
    shapes = []
    for kind in (set, LockedSet):
        node = Node()
        original = kind([node])
        node.home = original  # type: ignore[assignment]
        made = copy.deepcopy(original)
        (inner,) = made
        assert inner is not node
        home = inner.home
        assert type(home) is type(made) is kind
        assert home is not original
        shapes.append([each is inner for each in home])
    assert shapes[0] == shapes[1] == [True]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_set_inside_itself_is_pickled_as_a_set_is(protocol: int) -> None:
    shapes = []
    for kind in (set, LockedSet):
        node = Node()
        node.home = kind([node])  # type: ignore[assignment]
        made = pickle.loads(pickle.dumps(node, protocol))
        assert type(made.home) is kind
        shapes.append([each is made for each in made.home])
    assert shapes[0] == shapes[1] == [True]


def test_a_set_inside_itself_has_a_finite_repr() -> None:
    node = Node()
    node.home = LockedSet([node])
    assert repr(node.home) == "LockedSet({Node(LockedSet(...))})"
    assert repr(node) == "Node(LockedSet({Node(LockedSet(...))}))"
    subclass = WithDict([node])
    node.home = subclass
    assert repr(subclass) == "WithDict({Node(WithDict(...))})"


def test_a_repr_that_raises_leaves_the_next_one_whole() -> None:
    class Bad:
        def __repr__(self) -> str:
            raise ValueError("no repr")

    subject: LockedSet[Any] = LockedSet([bad := Bad()])
    with pytest.raises(ValueError, match="no repr"):
        repr(subject)
    subject.discard(bad)
    assert repr(subject) == "LockedSet()"


def test_a_repr_of_an_element_may_be_made_in_another_thread_that_uses_the_set() -> None:
    class Asking:
        def __repr__(self) -> str:
            return f"one of {in_a_thread(lambda: len(subject))}"

    subject: LockedSet[Any] = LockedSet([Asking()])
    assert repr(subject) == "LockedSet({one of 1})"
