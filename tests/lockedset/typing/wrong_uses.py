"""Uses that a type checker must object to, each marked with the complaint. Checked by `test_types.py`, never run.

A mark that no complaint answers is itself an error to both checkers, so that none can be missing unseen.
"""

from __future__ import annotations

from collections.abc import Hashable

from lockedset import LockedSet, locked

numbers: LockedSet[int] = LockedSet([1])
words: LockedSet[str] = LockedSet(["a"])

# Elements of another type
numbers.add("a")  # type: ignore[arg-type]
numbers.try_add("a")  # type: ignore[arg-type]
numbers.update(["a"])  # type: ignore[list-item]
numbers.update({"a"})  # type: ignore[arg-type]
numbers.update(words)  # type: ignore[arg-type]
numbers.symmetric_difference_update(words)  # type: ignore[arg-type]
numbers.add_new(words)  # type: ignore[arg-type]
numbers.replace(words)  # type: ignore[arg-type]
numbers |= words  # type: ignore[arg-type]
numbers ^= words  # type: ignore[arg-type]
remove_by_length = words.remove_if(lambda each: each.no_such_method())  # type: ignore[attr-defined]

# What is no set
numbers | [1]  # type: ignore[operator]
numbers & [1]  # type: ignore[operator]
numbers - [1]  # type: ignore[operator]
numbers ^ [1]  # type: ignore[operator]
smaller = numbers < [1]  # type: ignore[operator]
larger = numbers >= 1  # type: ignore[operator]
numbers.update(1)  # type: ignore[arg-type]
numbers.union(1)  # type: ignore[arg-type]
numbers.issubset(1)  # type: ignore[arg-type]
LockedSet(1)  # type: ignore[arg-type]
locked({1})  # type: ignore[arg-type]
locked([numbers])  # type: ignore[arg-type]
locked(LockedSet)  # type: ignore[arg-type]

# Arguments too few or too many
numbers.add()  # type: ignore[call-arg]
numbers.add(1, 2)  # type: ignore[call-arg]
numbers.take()  # type: ignore[call-arg]
numbers.take("1")  # type: ignore[arg-type]
numbers.pop(1, 2)  # type: ignore[call-overload]
numbers.drain(1)  # type: ignore[call-arg]
numbers.remove_if()  # type: ignore[call-arg]
numbers.remove_if(1)  # type: ignore[arg-type]
LockedSet([1], [2])  # type: ignore[call-arg]
LockedSet(iterable=[1])  # type: ignore[call-arg]
numbers.add(element=1)  # type: ignore[call-arg]

# Results of another type
text: str = numbers.pop()  # type: ignore[assignment]
number: int = numbers.pop(None)  # type: ignore[arg-type]
plain: LockedSet[int] = {1} | numbers  # type: ignore[assignment]
strings: LockedSet[str] = numbers  # type: ignore[assignment]
locked_result: LockedSet[int] = numbers.drain()  # type: ignore[assignment]
numbers.snapshot().add(1)  # type: ignore[attr-defined]
numbers.no_such_method()  # type: ignore[attr-defined]
with locked(numbers) as held:
    held.add(1)  # type: ignore[attr-defined]

# Not to be hashed
key: Hashable = numbers  # type: ignore[assignment]
