"""Are mutants distinct programs with small diffs and lasting names, and only of the code that a class uses?"""

from __future__ import annotations

import ast
import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from functools import cache
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

import lockproof
from lockedset import LockedSet
from lockproof.core.codec import decode, encode
from lockproof.core.errors import LockproofError
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.mutation.mutants import ModuleMutants, mutants_of, mutants_of_class, what_was_looked_for
from lockproof.mutation.operators.registry import OPERATORS
from lockproof.mutation.scope import overridden, used_modules
from lockproof.mutation.source import Source
from tests.corpus import builtin_sets, caches, counters, queues
from tests.lockedset.implementations import in_python

pytestmark = pytest.mark.one_build


@cache
def found(cls: type) -> tuple[ModuleMutants, ...]:
    return mutants_of_class(cls)


nightly = pytest.mark.nightly(reason="large modules, which take seconds to parse and to change")
LARGE = (LockedSet, threading.Condition, threading.Barrier, caches.MendedLru)
CLASSES = (queue.Queue, counters.MendedAccount, queues.MendedBuffer,
           *(pytest.param(each, marks=nightly) for each in LARGE))  # fmt: skip


def mutants(cls: type) -> list[Mutant]:
    return [mutant for each in found(cls) for mutant in each.mutants]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_mutant_is_a_different_program_with_a_unique_name(cls: type) -> None:
    all_of = mutants(cls)
    assert len(all_of) > 5
    assert len({each.id for each in all_of}) == len({(each.module, each.source) for each in all_of}) == len(all_of)
    originals = {file: Path(file).read_text(encoding="utf-8") for file in {each.file for each in all_of}}
    programs = {file: ast.dump(ast.parse(text)) for file, text in originals.items()}
    for each in all_of:
        original = originals[each.file]
        assert ast.dump(ast.parse(each.source)) != programs[each.file]
        assert each.id.startswith(f"{each.operator}:{each.function}:") and each.operator in OPERATORS
        assert original.splitlines()[each.line - 1].strip() and each.said


@pytest.mark.parametrize("cls", CLASSES)
def test_a_mutant_is_changed_in_one_function_and_in_few_places(cls: type) -> None:
    for each in mutants(cls):
        assert each.diff.count("\n@@ ") <= 3, each.diff
        # Where a `with` is removed, its statements change their indent; apart from indents few lines may change.
        lines = [line[1:].strip() for line in each.diff.splitlines()[2:] if line[0] in "+-"]
        new = Counter(line[1:].strip() for line in each.diff.splitlines()[2:] if line[0] == "+")
        old = Counter(line[1:].strip() for line in each.diff.splitlines()[2:] if line[0] == "-")
        assert lines and (new - old).total() + (old - new).total() <= 10, each.diff


def applied(diff: str, text: str) -> str:
    """Return a text with a unified diff applied, as `patch` does it."""
    lines, new, at = text.splitlines(keepends=True), list[str](), 0
    for line in diff.splitlines(keepends=True)[2:]:
        if line.startswith("@@"):
            start = int(line.split()[1].removeprefix("-").partition(",")[0]) - 1
            new += lines[at:start]
            at = start
        elif line[0] == "+":
            new.append(line[1:])
        elif line[0] in " -":
            assert lines[at] == line[1:]
            new += lines[at : at + 1] if line[0] == " " else []
            at += 1
    return "".join([*new, *lines[at:]])


@pytest.mark.parametrize("cls", [queues.MendedBuffer, queue.Queue])
def test_diffs_apply(cls: type) -> None:
    for each in mutants(cls):
        assert applied(each.diff, Path(each.file).read_text(encoding="utf-8")) == each.source


@in_python
@nightly
def test_a_set_with_explicit_locking_has_mutants_in_each_of_its_modules() -> None:
    modules = {"lockedset._commit", "lockedset._locking", "lockedset._choice", "lockedset._set"}
    assert {each.module for each in found(LockedSet)} == modules
    counts = Counter(each.operator for each in mutants(LockedSet))
    assert 60 <= counts.total() <= 160
    assert counts["remove-lock"] > 40 and counts["two-steps"] == 10 and counts["operand-order"] == 3
    assert counts["live-iterator"] == 2 and counts["materialize-inside"] == 9 and counts["rlock-to-lock"] == 4
    functions = {each.function for each in mutants(LockedSet)}
    public = {name for name in vars(LockedSet) if callable(getattr(LockedSet, name)) and not name.startswith("_")}
    # A union is filled by `_union`, and these call a method that is mutated.
    assert {f"LockedSet.{name}" for name in public - {"union"}} <= functions
    assert {"locked", "_holding", "_take_and_run", "alone", "grow"} <= functions


def test_a_queue_has_mutants_in_its_own_module_alone() -> None:
    assert [each.module for each in found(queue.Queue)] == ["queue"]
    functions = {each.function.partition(".")[0] for each in mutants(queue.Queue)}
    assert functions == {"Queue"}


def test_only_what_a_class_uses_is_changed() -> None:
    functions = {each.function for each in mutants(counters.MendedAccount)}
    assert functions == {f"MendedAccount.{name}" for name in ("__init__", "balance", "deposit", "pay")}


@in_python
def test_the_parts_of_a_class_come_in_the_order_of_their_imports() -> None:
    parts = {part.module: part for part in used_modules(LockedSet)}
    assert [*parts].index("lockedset._locking") < [*parts].index("lockedset._choice") < [*parts].index("lockedset._set")
    assert "lockedset._commit" in parts
    assert {"Lockable", "alone", "with_operands", "rare"} <= set(parts["lockedset._locking"].names)
    assert parts["lockedset._set"].text == Path(parts["lockedset._set"].file).read_text(encoding="utf-8")


def test_a_class_without_a_source_has_no_parts() -> None:
    assert used_modules(dict) == () and mutants_of_class(dict) == ()


OVERRIDING = """
from threading import Lock
class Base:
    _lock = Lock()
    def f(self):
        with self._lock: pass
    def e(self):
        with self._lock: pass
"""


@pytest.mark.parametrize(
    ("more", "dead"),
    [
        ("", True),
        ("    def g(self): return Box()", True),
        ("    def g(self, f=1): return self.f(f=f)", False),
        ("    def g(self): return super().f()", False),
        ("    def g(self): return (lambda up: up.f())(super())", False),
        ("    def g(self): return Base.f(self)", False),
        ("    def g(self): return getattr(super(), 'f')()", False),
        ("    def g(self): return Base()", False),
        ("    def g(self): return Other()\nclass Other(Base): pass", False),
        ("    @classmethod\n    def g(cls): return cls.f(Base())", False),
    ],
)
def test_an_overridden_method_counts_as_dead_unless_a_text_mentions_it(more: str, dead: bool) -> None:
    text = f"{OVERRIDING}class Box(Base):\n    def f(self): pass\n{more}\n"
    name = f"overriding{threading.get_ident()}"
    module = ModuleType(name)
    sys.modules[name] = module
    try:
        exec(text, vars(module))
        assert ("m.py", "Base.f") not in overridden(module.Other if "Other(" in more else module.Base, [])
        assert overridden(module.Box, [Source(name, "m.py", text)]) == ({("m.py", "Base.f")} if dead else set())
    finally:
        del sys.modules[name]


def test_another_module_may_mention_an_overridden_method() -> None:
    base, box = {"__name__": "base"}, {"__name__": "box"}
    exec(OVERRIDING, base)
    text = "class Box(Base):\n    def f(self): return super().f()\n"
    exec(text, box | {"Base": base["Base"]}, box)
    sources = [Source("base", "base.py", OVERRIDING), Source("box", "box.py", text)]
    assert overridden(box["Box"], sources) == set()  # type: ignore[arg-type]
    sources[1] = Source("box", "box.py", "class Box(Base):\n    def f(self): pass\n")
    assert overridden(box["Box"], sources) == {("base.py", "Base.f")}  # type: ignore[arg-type]


def test_a_wrapper_of_a_method_does_not_override_it() -> None:
    space: dict[str, Any] = {"__name__": "m"}
    text = f"""{OVERRIDING}
class Box(Base): pass
for name, method in vars(Base).copy().items():
    if callable(method): setattr(Box, name, lambda self, method=method: method(self))
"""
    exec(text, space)
    assert overridden(space["Box"], [Source("m", "m.py", text)]) == set()


@nightly
def test_an_overridden_method_that_has_not_run_has_no_mutants() -> None:
    def functions(cls: type, *ran: tuple[str, str]) -> set[str]:
        made = mutants_of_class(cls, operators=["remove-lock"], ran=ran)
        return {mutant.function for each in made for mutant in each.mutants}

    meaning, copy = functions(builtin_sets.MendedMeaning), functions(builtin_sets.MendedCopy)
    assert copy - meaning == {"_Changes.remove"} and meaning - copy == {"MendedMeaning.remove"}
    assert functions(builtin_sets.MendedMeaning, (str(builtin_sets.__file__), "_Changes.remove")) == copy | meaning


def test_a_class_uses_functions_that_write_a_variable_it_reads_but_not_other_classes() -> None:
    text = """
    class Box:
        def f(self):
            with _lock:
                return state
    def change():
        global state
        with _lock:
            state = 1
    def unrelated():
        with _lock:
            pass
    class Other(Box):
        def g(self):
            with _lock:
                self.n = 1
    """
    found = mutants_of("m", "m.py", dedent(text), names=["Box"], operators=["remove-lock"]).mutants
    assert [each.function for each in found] == ["Box.f", "change"]


TEXT = dedent('''
    import threading

    def helper():
        return 1

    class Box:
        def __init__(self):
            self._lock = threading.RLock()
            self.n = 0

        def up(self):
            """Count."""
            with self._lock:
                # one more
                self.n += 1
                self.m = helper()

        def down(self):
            with self._lock:
                self.n -= 1
''')


def ids(text: str) -> set[str]:
    return {each.id for each in mutants_of("m", "m.py", text).mutants}


def test_names_of_mutants_stay_when_other_places_are_edited() -> None:
    before = ids(TEXT)
    assert before == ids(TEXT.replace("return 1", "x = 1\n    return x"))
    assert before == ids(TEXT.replace('"""Count."""', "print(1)"))
    assert before == ids("# a line more\n" + TEXT)
    edited = ids(TEXT.replace("self.n -= 1", "self.n -= 2"))
    assert {each for each in before if ":Box.down:" not in each} == {
        each for each in edited if ":Box.down:" not in each
    }
    assert before != edited


def test_equal_changes_in_one_function_get_different_names() -> None:
    text = "class A:\n    def f(self):\n" + "        with self._lock:\n            self.n = 1\n" * 2
    found = [each.id for each in mutants_of("m", "m.py", text, operators=["fresh-lock"]).mutants]
    assert len(found) == 2 and found[1] == f"{found[0]}-2"


def test_a_comment_above_a_lock_and_multiline_strings_stay() -> None:
    text = 'class A:\n    def f(self):\n        # why\n        with self._lock:\n            self.n = """a\n     b"""\n'
    (mutant,) = mutants_of("m", "m.py", text, operators=["remove-lock"]).mutants
    assert mutant.source == 'class A:\n    def f(self):\n        # why\n        self.n = """a\n     b"""\n'


def test_a_block_on_the_line_of_its_head_is_understood() -> None:
    text = "class A:\n    def f(self):\n        with self._lock: self.n = 1; self.m = 2\n"
    split, removed = (mutants_of("m", "m.py", text, operators=[each]).mutants for each in ("split", "remove-lock"))
    assert removed[0].source == "class A:\n    def f(self):\n        self.n = 1\n        self.m = 2\n"
    assert split[0].source.count("with self._lock:") == 2


def test_a_file_keeps_its_line_ends_and_a_missing_last_one() -> None:
    text = "class A:\r\n    def f(self):\r\n        with self._lock:\r\n            self.n = 1"
    (mutant,) = mutants_of("m", "m.py", text, operators=["remove-lock"]).mutants
    assert mutant.source == "class A:\r\n    def f(self):\r\n        self.n = 1"


def test_mutants_and_sites_go_through_json() -> None:
    one = mutants_of("m", "m.py", TEXT)
    for mutant in one.mutants:
        assert decode(Mutant, json.loads(json.dumps(encode(mutant)))) == mutant
    for site in one.sites:
        assert decode(SyncSite, json.loads(json.dumps(encode(site)))) == site


def test_locks_of_another_module_are_recognized() -> None:
    base = mutants_of(
        "base", "base.py", "import threading\nclass B:\n    def __init__(self):\n        self._x = threading.Lock()\n"
    )
    text = "from base import B\nclass A(B):\n    def f(self):\n        with self._x:\n            self.n = 1\n"
    alone = mutants_of("m", "m.py", text, operators=["remove-lock"])
    assert alone.mutants == ()
    together = mutants_of("m", "m.py", text, operators=["remove-lock"], known=[base.knowledge])
    assert [each.function for each in together.mutants] == ["A.f"]


def test_each_operator_has_a_description() -> None:
    assert len(OPERATORS) == 20
    assert all(name.islower() and OPERATORS[name].__doc__ for name in OPERATORS)
    assert "Condition" in what_was_looked_for()


def test_a_text_that_is_not_python_is_an_error_that_names_the_line() -> None:
    with pytest.raises(LockproofError) as error:
        mutants_of("m", "m.py", "x = 1\nclass A(:\n    pass\n")
    assert "m.py cannot be parsed, at line 2" in error.value.fact and error.value.step


@pytest.mark.thread_unsafe(reason="starts a process")
def test_mutants_need_the_standard_library_alone() -> None:
    code = "import lockproof.mutation.mutants, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    source = str(Path(lockproof.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {source!r}); {code}"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert {name for name in done.stdout.split() if name not in sys.stdlib_module_names} - {"__main__"} == {"lockproof"}
