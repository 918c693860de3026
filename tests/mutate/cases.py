"""For each operator a class of which its mutant is deadly, and one of which it is equivalent, each with a race.

`race` starts threads and asserts. On the class as it is it holds in every schedule. On a deadly mutant it fails in some
schedule: it raises, or threads wait for ever. On an equivalent mutant it holds in every schedule too, and there is
nothing else that the class promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Final

from lockproof.mutant import Mutant
from lockproof.mutate.mutants import mutants_of

_HEAD: Final = """\
import threading

def together(function, *others):
    threads = [threading.Thread(target=each) for each in others]
    for each in threads:
        each.start()
    function()
    for each in threads:
        each.join()


"""


@dataclass(frozen=True)
class Case:
    """A class `Box` with a race. `function`: the one in which the operator is to work."""

    operator: str
    deadly: bool
    function: str
    body: str

    @property
    def name(self) -> str:
        return f"{self.operator}-{'deadly' if self.deadly else 'equivalent'}"

    @property
    def text(self) -> str:
        return _HEAD + dedent(self.body)

    def mutant(self) -> Mutant:
        """Return the one mutant that the operator makes in the function."""
        found = mutants_of("case", "case.py", self.text, names=["Box"], operators=[self.operator]).mutants
        (mutant,) = (each for each in found if each.function == f"Box.{self.function}")
        return mutant


_LOCKED: Final = """
class Box:
    def __init__(self):
        self._lock = threading.Lock()
        self._n = 0
"""

_COUNTING: Final = (
    _LOCKED
    + """
    def up(self):
        with self._lock:
            self._n += 1

def race():
    box = Box()
    together(box.up, box.up)
    assert box._n == 2
"""
)

_READING: Final = (
    _LOCKED
    + """
    def value(self):
        with self._lock:
            return self._n

    def up(self):
        with self._lock:
            self._n += 1

def race():
    box = Box()
    together(box.up, lambda: box.value() in (0, 1) or 1 / 0)
    assert box._n == 1
"""
)

_DEADLY: Final = {
    "remove-lock": ("up", _COUNTING),
    "other-lock": ("up", _LOCKED + """
    def up(self):
        with self._lock:
            self._n += 1

    def twice(self):
        with self._lock:
            self._n += 2

def race():
    box = Box()
    together(box.up, box.twice)
    assert box._n == 3
"""),
    "fresh-lock": ("up", _COUNTING),
    "rlock-to-lock": ("__init__", """
class Box:
    def __init__(self):
        self._lock = threading.RLock()
        self._n = 0

    def value(self):
        with self._lock:
            return self._n

    def up(self):
        with self._lock:
            self._n = self.value() + 1

def race():
    box = Box()
    together(box.up)
    assert box._n == 1
"""),
    "start-late": ("take", _LOCKED + """
    def take(self):
        with self._lock:
            if self._n:
                return False
            self._n += 1
        return True

def race():
    box = Box()
    together(box.take, box.take)
    assert box._n == 1
"""),
    "end-early": ("take", _LOCKED + """
    def take(self):
        with self._lock:
            if self._n:
                return False
            self._n += 1
        return True

def race():
    box = Box()
    together(box.take, box.take)
    assert box._n == 1
"""),
    "split": ("take", _LOCKED + """
    def take(self):
        with self._lock:
            if self._n:
                return False
            self._n += 1
        return True

def race():
    box = Box()
    together(box.take, box.take)
    assert box._n == 1
"""),
    "move-out": ("up", _LOCKED + """
        self._m = self._k = 0

    def up(self):
        with self._lock:
            self._n = 1
            self._m += 1
            self._k = 1

def race():
    box = Box()
    together(box.up, box.up)
    assert box._m == 2
"""),
    "no-finally": ("take", _LOCKED + """
        self._items = {}

    def take(self, key):
        with self._lock:
            return self._items[key]

def race():
    box = Box()
    def take():
        try:
            box.take(1)
        except KeyError:
            pass
    together(take, take)
"""),
    "release-before-return": ("ticket", _LOCKED + """
    def ticket(self):
        with self._lock:
            self._n += 1
            return self._n

def race():
    box, seen = Box(), []
    together(lambda: seen.append(box.ticket()), lambda: seen.append(box.ticket()))
    assert sorted(seen) == [1, 2]
"""),
    "reverse-order": ("there", """
class Box:
    def __init__(self):
        self._one, self._other = threading.Lock(), threading.Lock()

    def here(self):
        with self._one, self._other:
            pass

    def there(self):
        with self._one, self._other:
            pass

def race():
    box = Box()
    together(box.here, box.there)
"""),
    "operand-order": ("pay", _LOCKED + """
    def pay(self, other):
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            self._n -= 1
            other._n += 1

def race():
    one, other = Box(), Box()
    together(lambda: one.pay(other), lambda: other.pay(one))
    assert one._n == other._n == 0
"""),
    "notify-one": ("open", """
class Box:
    def __init__(self):
        self._changed = threading.Condition()
        self._is_open = False

    def wait(self):
        with self._changed:
            while not self._is_open:
                self._changed.wait()

    def open(self):
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

def race():
    box = Box()
    together(box.wait, box.wait, box.open)
"""),
    "no-notify": ("open", """
class Box:
    def __init__(self):
        self._changed = threading.Condition()
        self._is_open = False

    def wait(self):
        with self._changed:
            while not self._is_open:
                self._changed.wait()

    def open(self):
        with self._changed:
            self._is_open = True
            self._changed.notify()

def race():
    box = Box()
    together(box.wait, box.open)
"""),
    "if-for-while": ("take", """
class Box:
    def __init__(self):
        self._changed = threading.Condition(threading.Lock())
        self._items = []

    def take(self):
        with self._changed:
            while not self._items:
                self._changed.wait()
            return self._items.pop()

    def put(self):
        with self._changed:
            self._items.append(1)
            self._changed.notify()

    def grab(self):
        with self._changed:
            return self._items.pop() if self._items else None

def race():
    box = Box()
    def puts():
        box.put()
        if box.grab():
            box.put()
    together(box.take, puts)
"""),
    "no-timeout": ("wait", """
class Box:
    def __init__(self):
        self._changed = threading.Condition()

    def wait(self):
        with self._changed:
            return self._changed.wait(timeout=1)

def race():
    box, seen = Box(), []
    together(lambda: seen.append(box.wait()))
    assert seen == [False]
"""),
    "timeout-ignored": ("up", _LOCKED + """
    def up(self):
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self._n += 1
        finally:
            self._lock.release()
        return True

def race():
    box, seen = Box(), []
    together(lambda: seen.append(box.up()), lambda: seen.append(box.up()))
    assert box._n == sum(seen)
"""),
    "two-steps": ("fill", """
class Box(set):
    def __init__(self):
        self._lock = threading.Lock()

    def fill(self, items):
        with self._lock:
            super().update(items)

def race():
    box, seen = Box(), []
    together(lambda: box.fill((1, 2)), lambda: seen.append(len(frozenset(box))))
    assert seen[0] in (0, 2)
"""),
    "live-iterator": ("__iter__", _LOCKED + """
        self._items = [1]

    def __iter__(self):
        with self._lock:
            return iter(list(self._items))

    def add(self, item):
        with self._lock:
            self._items.append(item)

def race():
    box = Box()
    seen = iter(box)
    together(lambda: box.add(2))
    assert list(seen) == [1]
"""),
    "materialize-inside": ("fill", _LOCKED + """
        self._items = []

    def size(self):
        with self._lock:
            return len(self._items)

    def fill(self, items):
        items = list(items)
        with self._lock:
            self._items += items

def race():
    box = Box()
    together(lambda: box.fill(box.size() for _ in "ab"))
    assert box._items == [0, 0]
"""),
}  # fmt: skip

_EQUIVALENT: Final = {
    # One reading of a number is one step without the lock as well.
    "remove-lock": ("value", _READING),
    "fresh-lock": ("value", _READING),
    # No other method takes the lock.
    "other-lock": ("up", _COUNTING),
    # No method that holds the lock calls another one.
    "rlock-to-lock": ("__init__", """
class Box:
    def __init__(self):
        self._lock = threading.RLock()
        self._n = 0

    def up(self):
        with self._lock:
            self._n += 1

def race():
    box = Box()
    together(box.up, box.up)
    assert box._n == 2
"""),
    # What is read before the lock is taken never changes.
    "start-late": ("up", _LOCKED + """
        self._step = 1

    def up(self):
        with self._lock:
            step = self._step
            self._n += step

def race():
    box = Box()
    together(box.up, box.up)
    assert box._n == 2
"""),
    # The order of the entries is not promised, and to append is one step.
    "end-early": ("up", _LOCKED + """
        self._log = []

    def up(self):
        with self._lock:
            self._n += 1
            self._log.append("up")

def race():
    box = Box()
    together(box.up, box.up)
    assert box._n == len(box._log) == 2
"""),
    # Nobody looks at both while threads run.
    "split": ("up", _LOCKED + """
        self._m = 0

    def up(self):
        with self._lock:
            self._n += 1
            self._m += 1

def race():
    box = Box()
    together(box.up, box.up)
    assert box._n == box._m == 2
"""),
    "move-out": ("up", _LOCKED + """
        self._m, self._log = 0, []

    def up(self):
        with self._lock:
            self._n += 1
            self._log.append("up")
            self._m += 1

def race():
    box = Box()
    together(box.up, box.up)
    assert box._n == box._m == len(box._log) == 2
"""),
    # The key is always there.
    "no-finally": ("take", _LOCKED + """
        self._items = {1: "one"}

    def take(self):
        with self._lock:
            return self._items[1]

def race():
    box = Box()
    together(box.take, box.take)
"""),
    # What is returned never changes.
    "release-before-return": ("up", _LOCKED + """
        self._name = "box"

    def up(self):
        with self._lock:
            self._n += 1
            return self._name

def race():
    box, seen = Box(), []
    together(lambda: seen.append(box.up()), lambda: seen.append(box.up()))
    assert seen == ["box", "box"] and box._n == 2
"""),
    # The other method is for one thread, before there are others.
    "reverse-order": ("there", """
class Box:
    def __init__(self):
        self._one, self._other = threading.Lock(), threading.Lock()
        self._n = 0
        self.here()

    def here(self):
        with self._one, self._other:
            self._n = 0

    def there(self):
        with self._one, self._other:
            self._n += 1

def race():
    box = Box()
    together(box.there, box.there)
    assert box._n == 2
"""),
    # All pay into one and the same account.
    "operand-order": ("pay", _LOCKED + """
    def pay(self, other):
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            other._n += 1

def race():
    one, other, bank = Box(), Box(), Box()
    together(lambda: one.pay(bank), lambda: other.pay(bank))
    assert bank._n == 2
"""),
    # No more than one thread waits.
    "notify-one": ("open", """
class Box:
    def __init__(self):
        self._changed = threading.Condition(threading.Lock())
        self._is_open = False

    def wait(self):
        with self._changed:
            while not self._is_open:
                self._changed.wait()

    def open(self):
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

def race():
    box = Box()
    together(box.wait, box.open)
"""),
    # Nobody waits.
    "no-notify": ("open", """
class Box:
    def __init__(self):
        self._changed = threading.Condition(threading.Lock())
        self._is_open = False

    def is_open(self):
        with self._changed:
            return self._is_open

    def open(self):
        with self._changed:
            self._is_open = True
            self._changed.notify()

def race():
    box = Box()
    together(box.is_open, box.open)
    assert box.is_open()
"""),
    # One thread takes, and it is woken only when there is something.
    "if-for-while": ("take", """
class Box:
    def __init__(self):
        self._changed = threading.Condition(threading.Lock())
        self._n = 0

    def take(self):
        with self._changed:
            while not self._n:
                self._changed.wait()
            self._n -= 1

    def put(self):
        with self._changed:
            self._n += 1
            self._changed.notify()

def race():
    box = Box()
    together(box.take, box.put)
    assert box._n == 0
"""),
    # Whoever waits is woken.
    "no-timeout": ("wait", """
class Box:
    def __init__(self):
        self._changed = threading.Condition(threading.Lock())
        self._is_open = False

    def wait(self):
        with self._changed:
            while not self._is_open:
                self._changed.wait(timeout=1)

    def open(self):
        with self._changed:
            self._is_open = True
            self._changed.notify()

def race():
    box = Box()
    together(box.wait, box.open)
"""),
    # Each thread has a box of its own.
    "timeout-ignored": ("up", _LOCKED + """
    def up(self):
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self._n += 1
        finally:
            self._lock.release()
        return True

def race():
    one, other = Box(), Box()
    together(one.up, other.up)
    assert one._n == other._n == 1
"""),
    # All readers take the lock.
    "two-steps": ("fill", """
class Box(set):
    def __init__(self):
        self._lock = threading.Lock()

    def fill(self, items):
        with self._lock:
            super().update(items)

    def size(self):
        with self._lock:
            return len(self)

def race():
    box, seen = Box(), []
    together(lambda: box.fill((1, 2)), lambda: seen.append(box.size()))
    assert seen[0] in (0, 2)
"""),
    # Nobody changes the items.
    "live-iterator": ("__iter__", _LOCKED + """
        self._items = [1]

    def __iter__(self):
        with self._lock:
            return iter(list(self._items))

def race():
    box = Box()
    together(lambda: list(box) == [1] or 1 / 0, lambda: list(box) == [1] or 1 / 0)
"""),
    # Nobody gives anything but tuples.
    "materialize-inside": ("fill", _LOCKED + """
        self._items = []

    def fill(self, items):
        items = list(items)
        with self._lock:
            self._items += items

def race():
    box = Box()
    together(lambda: box.fill((1,)), lambda: box.fill((2,)))
    assert sorted(box._items) == [1, 2]
"""),
}  # fmt: skip

CASES: Final = tuple(
    Case(operator, deadly, function, body)
    for deadly, cases in ((True, _DEADLY), (False, _EQUIVALENT))
    for operator, (function, body) in cases.items()
)
