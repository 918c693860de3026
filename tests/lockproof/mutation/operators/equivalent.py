"""For each operator the function that it changes, and a class whose mutant no thread can tell from it."""

from __future__ import annotations

from typing import Final

from tests.lockproof.mutation.operators.classes import COUNTING, LOCKED, READING

EQUIVALENT: Final = {
    # Reading a number once is one step even without the lock.
    "remove-lock": ("value", READING),
    "fresh-lock": ("value", READING),
    # No other method takes the lock.
    "other-lock": ("up", COUNTING),
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
    # The attribute that is read before the lock is taken never changes.
    "start-late": ("up", LOCKED + """
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
    # The order of the entries is not promised, and appending is one step.
    "end-early": ("up", LOCKED + """
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
    # No thread reads both while others run.
    "split": ("up", LOCKED + """
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
    "move-out": ("up", LOCKED + """
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
    "no-finally": ("take", LOCKED + """
        self._items = {1: "one"}

    def take(self):
        with self._lock:
            return self._items[1]

def race():
    box = Box()
    together(box.take, box.take)
"""),
    # The returned value never changes.
    "release-before-return": ("up", LOCKED + """
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
    # Only one thread calls the other method, before it starts others.
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
    # All threads pay into the same account.
    "operand-order": ("pay", LOCKED + """
    def pay(self, other):
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            other._n += 1

def race():
    one, other, bank = Box(), Box(), Box()
    together(lambda: one.pay(bank), lambda: other.pay(bank))
    assert bank._n == 2
"""),
    # At most one thread waits.
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
    # No thread waits.
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
    # Only one thread takes items, and it is woken only when there is one.
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
    # Every waiting thread is woken.
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
    "timeout-ignored": ("up", LOCKED + """
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
    # No thread changes the items.
    "live-iterator": ("__iter__", LOCKED + """
        self._items = [1]

    def __iter__(self):
        with self._lock:
            return iter(list(self._items))

def race():
    box = Box()
    together(lambda: list(box) == [1] or 1 / 0, lambda: list(box) == [1] or 1 / 0)
"""),
    # All callers pass tuples.
    "materialize-inside": ("fill", LOCKED + """
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
