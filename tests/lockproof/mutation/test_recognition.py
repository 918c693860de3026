"""Is every spelling of a lock recognized, and nothing that only looks like one?"""

from __future__ import annotations

from textwrap import dedent

import pytest

from lockproof.mutation.lock_kinds import by_name, call_by_name
from lockproof.mutation.mutants import mutants_of

pytestmark = pytest.mark.one_build

IMPORTS = """\
import threading, _thread, multiprocessing
import threading as t
from threading import RLock as Reentrant, Lock, Condition
"""


def removed(text: str) -> list[str]:
    """Return the functions from which `remove-lock` takes a lock."""
    found = mutants_of("m", "m.py", IMPORTS + dedent(text), operators=["remove-lock"]).mutants
    return [each.function for each in found]


def kinds(text: str) -> list[str]:
    return [each.kind for each in mutants_of("m", "m.py", IMPORTS + dedent(text)).sites]


def method(*lines: str) -> str:
    return "    def f(self, other):\n" + "".join(f"        {each}\n" for each in lines)


MADE = (
    "threading.Lock()", "t.Lock()", "Lock()", "Reentrant()", "threading.RLock()", "_thread.allocate_lock()",
    "_thread.RLock()", "Condition()", "t.Condition(Lock())", "threading.Semaphore(2)", "t.BoundedSemaphore()",
    "None or Lock()", "Lock() if True else None",
)  # fmt: skip


@pytest.mark.parametrize("made", MADE)
def test_an_attribute_is_a_lock_by_the_call_that_made_it_whatever_its_name(made: str) -> None:
    text = f"class A:\n    def __init__(self):\n        self._x = {made}\n" + method("with self._x:", "    g()")
    assert removed(text) == ["A.f"]


KEPT = "class A:\n    def __init__(self):\n        self._x = Lock()\n"


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    _x = Lock()\n" + method("with self._x:", "    g()"),
        "class A:\n    _x: Lock\n" + method("with self._x:", "    g()"),
        "class A:\n    _x: 'threading.Lock | None' = None\n" + method("with self._x:", "    g()"),
        "class A:\n    _x: Lock = field(default_factory=Lock)\n" + method("with self._x:", "    g()"),
        "class A:\n    _x: object = field(default_factory=lambda: Lock())\n" + method("with self._x:", "    g()"),
        "class A:\n    def __new__(cls):\n        self = new(cls)\n        self._x = Lock()\n        return self\n"
        + method("with self._x:", "    g()"),
        "class A:\n    def __init__(self):\n        object.__setattr__(self, '_x', Lock())\n"
        + method("with self._x:", "    g()"),
        "class A:\n    def __init__(self, given=None):\n        given = given or Lock()\n        self._x = given\n"
        + method("with self._x:", "    g()"),
        "_x = Lock()\nclass A:\n" + method("with _x:", "    g()"),
        "new = threading.Lock\n_x = new()\nclass A:\n" + method("with _x:", "    g()"),
        "class A:\n    kind = Lock\n    def __init__(self):\n        self._x = self.kind()\n"
        + method("with self._x:", "    g()"),
        KEPT + method("x = self._x", "with x:", "    g()"),
        KEPT + method("with other._x:", "    g()"),
        KEPT + "    def x(self):\n        return self._x\n" + method("with self.x():", "    g()"),
        KEPT + "    @property\n    def x(self):\n        return self._x\n" + method("with self.x:", "    g()"),
        KEPT + method("self._x.acquire()", "g()", "self._x.release()"),
        KEPT + method("self._x.acquire()", "if g():", "    self._x.release()", "    return", "self._x.release()"),
        KEPT + method("with ExitStack() as s:", "    s.enter_context(self._x)", "    g()"),
        KEPT + method("with open(other) as h, self._x:", "    g(h)"),
        KEPT + method("return run(len, self)") + "def run(g, self):\n    with self._x:\n        return g(self)\n",
        KEPT + "    @locking\n" + method("g()")
        + "def locking(g):\n    def inner(self):\n        with self._x:\n            g(self)\n    return inner\n",
        KEPT.replace("Lock()", "[Lock() for _ in range(8)]") + method("with self._x[3]:", "    g()"),
        KEPT.replace("Lock()", "{}\n        self._x[1] = Lock()") + method("with self._x[other]:", "    g()"),
        KEPT.replace("Lock()", "{}") + method("with self._x.setdefault(1, Lock()):", "    g()"),
        KEPT.replace("Lock()", "defaultdict(Lock)") + method("with self._x[other]:", "    g()"),
        KEPT.replace("Lock()", "[Lock()]") + method("for x in self._x:", "    with x:", "        g()"),
        "class A:\n" + method("with Lock():", "    g()"),
        "class A:\n    def f(self, x: Lock):\n        with x:\n            g()\n",
        "class A(Base):\n" + method("with self._lock:", "    g()"),
        "class A(Base):\n" + method("with self.not_empty:", "    g()"),
        "class A(Base):\n" + method("with self._locks[1]:", "    g()"),
        "class A(Base):\n" + method("with self._read_lock():", "    g()"),
        "class M(Reentrant):\n    pass\nclass A:\n    x = M()\n" + method("with self.x:", "    g()"),
    ],
)  # fmt: skip
def test_a_lock_is_found_in_every_place_where_one_is_kept(text: str) -> None:
    assert "A.f" in removed(text)


@pytest.mark.parametrize(
    "lines",
    [
        ("with open('x') as handle:", "    g()"),
        ("with suppress(KeyError):", "    g()"),
        ("with self.clock:", "    g()"),
        ("with self.block:", "    g()"),
        ("with self._lock_file:", "    g()"),
        ("with other.lockdown():", "    g()"),
        ("with localcontext():", "    g()"),
        ("with ThreadPoolExecutor() as pool:", "    g()"),
        ("locks = ExitStack()", "with locks:", "    g()"),
        ("lock = open('x.lock')", "with lock:", "    g()"),
        ("self.acquire()", "g()", "self.release()"),
        ("lock = multiprocessing.Lock()", "with lock:", "    g()"),
        ("self.socket.acquire()", "g()", "self.socket.release()"),
    ],
)
def test_what_only_looks_like_a_lock_is_none(lines: tuple[str, ...]) -> None:
    assert removed("class A:\n" + method(*lines)) == []


def test_a_helper_that_holds_a_lock_is_followed() -> None:
    text = """
    class A:
        def __init__(self):
            self._x = Condition(Lock())
        @contextmanager
        def reading(self):
            with self._x:
                self.n += 1
            try:
                yield
            finally:
                with self._x:
                    self.n -= 1
        def both(self, other):
            stack = ExitStack()
            for each in sorted((self, other), key=id):
                stack.enter_context(each._x)
            return stack
        def __enter__(self):
            self._x.acquire()
        def __exit__(self, *_):
            self._x.release()
        def f(self):
            with self.reading():
                return 1
        def g(self, other):
            with self.both(other):
                return 1
        def h(self):
            with A():
                return 1
    """
    found = removed(text)
    assert {"A.f", "A.g", "A.h", "A.both", "A.__enter__"} <= set(found) and found.count("A.reading") == 2


def test_a_local_lock_of_one_function_does_not_make_a_lock_of_the_name_in_another() -> None:
    text = "def f():\n    x = Lock()\n    return x\ndef g(x):\n    with x:\n        pass\n"
    assert removed(text) == []


def test_the_sites_list_the_synchronization() -> None:
    text = """
    class A:
        def __init__(self):
            self._c = Condition()
        def f(self):
            with self._c:
                while not self.n:
                    self._c.wait()
                self._c.notify()
    """
    assert kinds(text) == ["makes: condition", "section: with", "wait", "notify"]


def test_a_module_without_locks_has_no_sites_and_no_mutants() -> None:
    found = mutants_of("m", "m.py", "class A:\n    def f(self):\n        with open('x') as h:\n            return h\n")
    assert found.sites == () and found.mutants == ()


@pytest.mark.parametrize(
    "name", ["lock", "_lock", "mutex", "write_lock", "lock2", "lock_a", "_rlock", "myLock", "pathlock"]
)
def test_names_of_locks(name: str) -> None:
    assert by_name(name) is not None


@pytest.mark.parametrize(
    "name", ["clock", "block", "blocks", "unlock", "locked", "lock_count", "padlock", "second", "", "_"]
)
def test_names_of_other_things(name: str) -> None:
    assert by_name(name) is None


def test_names_of_functions_whose_result_is_a_lock() -> None:
    assert all(map(call_by_name, ("locked", "read_lock", "lock_for", "_lock_of_key")))
    assert not any(map(call_by_name, ("open", "clock", "lockdown", "unlock", "lock_file", "suppress")))


def test_code_for_type_checkers_is_left_alone() -> None:
    text = """
    if TYPE_CHECKING:
        class A:
            x = Lock()
            def f(self):
                with self.x:
                    g()
    """
    assert removed(text) == [] and kinds(text) == []
