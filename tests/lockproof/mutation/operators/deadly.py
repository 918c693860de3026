"""For each operator the function that it changes, and a class whose race fails on the mutant in some schedule."""

from __future__ import annotations

from typing import Final

from tests.lockproof.mutation.operators.classes import COUNTING, LOCKED

DEADLY: Final = {
    "remove-lock": ("up", COUNTING),
    "other-lock": ("up", LOCKED + """
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
    "fresh-lock": ("up", COUNTING),
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
    "start-late": ("take", LOCKED + """
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
    "end-early": ("take", LOCKED + """
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
    "split": ("take", LOCKED + """
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
    "move-out": ("up", LOCKED + """
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
    "no-finally": ("take", LOCKED + """
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
    "release-before-return": ("ticket", LOCKED + """
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
    "operand-order": ("pay", LOCKED + """
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
    "live-iterator": ("__iter__", LOCKED + """
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
    "materialize-inside": ("fill", LOCKED + """
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
